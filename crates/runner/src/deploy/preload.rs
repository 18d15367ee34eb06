//! `preload`: images on every node before they are needed.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use pullstudy_image::Reference;

use super::error::DeployError;
use super::manifests::{Manifests, Touches};
use super::pods::{self, TOOLS, TOOLS_VOLUME};
use super::site::Site;

const HELPER: &str = "preload";
/// Nodes wait for different times, and the same node always for the same.
const STAGGER: &str = r#"share=$(printf %s "$NODE_NAME" | cksum | cut -d ' ' -f 1)
exec sleep $((share % STAGGER_SECONDS))"#;

/// A DaemonSet with one init container an image.
///
/// An init container only has to start, whatever is in its image: the first one brings a static `true` from a busybox
/// image, and the others run that. So images without a shell, or with nothing in them at all, are pulled, too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preload {
    /// What is pulled, in this order.
    pub images: Vec<Reference>,
    /// Nodes begin at moments that are spread over so much time. Default: all at once.
    pub stagger: Duration,
    /// So many nodes, or such a share of them (`10%`), are replaced at once when the DaemonSet changes. It does not
    /// hold when the DaemonSet is new: then all nodes begin, unless staggered. Default: 1.
    pub max_unavailable: String,
    /// A busybox with a static binary at `/bin/busybox`.
    pub tools_image: Reference,
    /// What keeps the pod there.
    pub pause_image: Reference,
}

impl Preload {
    /// Pulls these images.
    pub fn new(images: Vec<Reference>) -> Self {
        Self {
            images,
            stagger: Duration::ZERO,
            max_unavailable: "1".to_owned(),
            tools_image: pods::default_tools_image(),
            pause_image: pods::default_pause_image(),
        }
    }

    /// Returns the documents.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when there is no image, one is named twice, or something else cannot be.
    pub fn manifests(&self, site: &Site) -> Result<Manifests, DeployError> {
        self.check_images()?;
        let at_once = node_count(&self.max_unavailable)?;
        let mut documents = site.documents()?;
        documents.add(&pods::daemon_set(site, HELPER, at_once, self.pod()));
        documents.finish(HELPER, touches(site))
    }

    fn check_images(&self) -> Result<(), DeployError> {
        if self.images.is_empty() {
            return Err(DeployError::NoImage);
        }
        let mut seen = BTreeSet::new();
        let mut images = self.images.iter();
        match images.find(|image| !seen.insert(*image)) {
            Some(image) => Err(DeployError::ImageTwice {
                image: image.clone(),
            }),
            None => Ok(()),
        }
    }

    fn pod(&self) -> core::PodSpec {
        let mut before = vec![pods::tools(&self.tools_image, &["true"])];
        before.extend(self.wait());
        before.extend(self.images.iter().enumerate().map(pull));
        core::PodSpec {
            init_containers: Some(before),
            containers: vec![pods::pause(&self.pause_image)],
            volumes: Some(vec![pods::empty_dir(TOOLS_VOLUME, "16Mi")]),
            termination_grace_period_seconds: Some(0),
            ..core::PodSpec::default()
        }
    }

    fn wait(&self) -> Option<core::Container> {
        let seconds = self.stagger.as_secs();
        let command = pods::words(&["sh", "-c", STAGGER]);
        let container = core::Container {
            env: Some(vec![
                pods::node_name(),
                pods::env("STAGGER_SECONDS", &seconds.to_string()),
            ]),
            ..pods::container("wait", &self.tools_image, command)
        };
        (seconds > 0).then_some(container)
    }
}

fn pull((position, image): (usize, &Reference)) -> core::Container {
    let command = vec![format!("{TOOLS}/true")];
    core::Container {
        volume_mounts: Some(vec![pods::mount(TOOLS_VOLUME, TOOLS, true)]),
        ..pods::container(&format!("image-{}", position + 1), image, command)
    }
}

/// A number of nodes above 0, or a share of them between 1 % and 100 %.
fn node_count(text: &str) -> Result<IntOrString, DeployError> {
    let number = |text: &str| text.parse::<i32>().ok().filter(|number| *number > 0);
    let count = match text.strip_suffix('%') {
        Some(share) => number(share)
            .filter(|share| *share <= 100)
            .map(|share| IntOrString::String(format!("{share}%"))),
        None => number(text).map(IntOrString::Int),
    };
    let text = text.to_owned();
    count.ok_or(DeployError::NodeCount { text })
}

fn touches(site: &Site) -> Touches {
    Touches {
        purpose: "pulls images onto every node, one after the other, before they are needed."
            .to_owned(),
        rights: "none; no token is mounted.".to_owned(),
        nodes:
            "the images fill the nodes' disks, and stay until the kubelet removes what is unused. \
                Not privileged, not root, no host path."
                .to_owned(),
        undo: format!("{} The images stay.", site.undo(HELPER, "daemonset")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_counted_or_shared() {
        assert_eq!(node_count("3").unwrap(), IntOrString::Int(3));
        let share = IntOrString::String("10%".to_owned());
        assert_eq!(node_count("10%").unwrap(), share);
        for bad in [
            "0",
            "-1",
            "",
            "%",
            "0%",
            "101%",
            "1.5",
            "many",
            "99999999999",
        ] {
            assert!(node_count(bad).is_err(), "{bad}");
        }
    }
}
