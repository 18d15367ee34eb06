//! `soci`: the SOCI snapshotter on nodes, so that containers start before their image is there.

mod source;

use std::path::PathBuf;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use pullstudy_image::Reference;

use super::error::DeployError;
use super::manifests::{Manifests, Touches};
use super::names::host_path;
use super::pods;
use super::site::Site;

pub use source::SociSource;

const HELPER: &str = "soci";
const SCRIPT: &str = include_str!("node.sh");
/// Where the containers see folders of the node.
const CONTAINERD: &str = "/host/containerd";
const UNITS: &str = "/host/units";
const FOLDER: &str = "/host/folder";
/// Where the snapshotter lies between its container and the one that installs it.
const STAGE: &str = "/stage";
/// The folder of systemd's units on nodes.
const UNITS_ON_NODE: &str = "/etc/systemd/system";

/// A DaemonSet that installs the SOCI snapshotter, and makes it containerd's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Soci {
    /// Where the snapshotter comes from; none takes it back from nodes instead.
    pub source: Option<SociSource>,
    /// The folder of nodes that it is put into. Programs must be allowed to run there. Default:
    /// `/opt/pullstudy-soci`.
    pub folder: PathBuf,
    /// The folder of containerd's `config.toml`. Default: `/etc/containerd`.
    pub containerd_folder: PathBuf,
    /// A busybox with a static binary at `/bin/busybox`.
    pub tools_image: Reference,
    /// What keeps the pod there.
    pub pause_image: Reference,
}

impl Soci {
    /// Installs the snapshotter from somewhere.
    pub fn install(source: SociSource) -> Self {
        Self {
            source: Some(source),
            folder: PathBuf::from("/opt/pullstudy-soci"),
            containerd_folder: PathBuf::from("/etc/containerd"),
            tools_image: pods::default_tools_image(),
            pause_image: pods::default_pause_image(),
        }
    }

    /// Takes it back from the nodes: the inverse of [`install`](Self::install).
    pub fn undo() -> Self {
        let source = SociSource::Image {
            image: pods::default_pause_image(),
            path: PathBuf::new(),
        };
        Self {
            source: None,
            ..Self::install(source)
        }
    }

    /// Returns the documents.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when the source or a folder cannot be.
    pub fn manifests(&self, site: &Site) -> Result<Manifests, DeployError> {
        let folder = host_path("the folder of the snapshotter", &self.folder)?;
        let containerd = host_path("the folder of containerd", &self.containerd_folder)?;
        let mut before = match &self.source {
            Some(source) => source.containers(&self.tools_image)?,
            None => Vec::new(),
        };
        before.push(self.node_container(&folder, &containerd));
        let spec = core::PodSpec {
            // To speak to the node's systemd, through the namespaces of its first process.
            host_pid: Some(true),
            init_containers: Some(before),
            containers: vec![pods::pause(&self.pause_image)],
            volumes: Some(volumes(&folder, &containerd)),
            termination_grace_period_seconds: Some(0),
            ..core::PodSpec::default()
        };
        let mut documents = site.documents()?;
        documents.add(&pods::daemon_set(site, HELPER, IntOrString::Int(1), spec));
        documents.finish(HELPER, self.touches(site, &folder, &containerd))
    }

    fn node_container(&self, folder: &str, containerd: &str) -> core::Container {
        let task = if self.source.is_some() {
            "install"
        } else {
            "undo"
        };
        core::Container {
            env: Some(vec![
                pods::env("CONTAINERD", CONTAINERD),
                pods::env("CONTAINERD_ON_NODE", containerd),
                pods::env("UNITS", UNITS),
                pods::env("FOLDER", FOLDER),
                pods::env("FOLDER_ON_NODE", folder),
                pods::env("STAGE", STAGE),
            ]),
            volume_mounts: Some(vec![
                pods::mount("stage", STAGE, true),
                pods::mount("containerd", CONTAINERD, false),
                pods::mount("units", UNITS, false),
                pods::mount("folder", FOLDER, false),
            ]),
            security_context: Some(core::SecurityContext {
                privileged: Some(true),
                run_as_user: Some(0),
                ..core::SecurityContext::default()
            }),
            ..pods::container(
                task,
                &self.tools_image,
                pods::words(&["sh", "-c", SCRIPT, "soci", task]),
            )
        }
    }

    fn touches(&self, site: &Site, folder: &str, containerd: &str) -> Touches {
        let (purpose, undo) = match &self.source {
            Some(_) => (
                "installs the SOCI snapshotter on every node, makes it containerd's, and RESTARTS containerd.",
                format!(
                    "drain the nodes, since containers that run from SOCI lose their files; apply `pullstat deploy \
                     soci --undo` with the same --namespace, --name and folders over it, which goes node by node; \
                     then {}",
                    site.undo(HELPER, "daemonset")
                ),
            ),
            None => (
                "takes the SOCI snapshotter back from every node, and RESTARTS containerd.",
                format!(
                    "install it again. When all pods run: {}",
                    site.undo(HELPER, "daemonset")
                ),
            ),
        };
        Touches {
            purpose: purpose.to_owned(),
            rights: "none; no token is mounted.".to_owned(),
            nodes: format!(
                "PRIVILEGED, as root, in the node's process namespace: this is root on every node. Changes \
                 {containerd}/config.toml, {UNITS_ON_NODE}/soci-snapshotter.service and {folder}; reloads systemd and \
                 restarts containerd, on all chosen nodes at about the same time (--node-selector takes them a few at \
                 a time). Pods go on running; images have to be pulled anew. Namespaces that enforce a Pod Security \
                 Standard must allow `privileged`."
            ),
            undo,
        }
    }
}

fn volumes(folder: &str, containerd: &str) -> Vec<core::Volume> {
    vec![
        pods::empty_dir(pods::TOOLS_VOLUME, "16Mi"),
        pods::empty_dir("stage", "512Mi"),
        pods::host_folder("containerd", containerd, "Directory"),
        pods::host_folder("units", UNITS_ON_NODE, "Directory"),
        pods::host_folder("folder", folder, "DirectoryOrCreate"),
    ]
}
