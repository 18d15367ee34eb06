//! Removing an image, and looking whether anything of it was left.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::api::messages::{Blob, ImageName, Snapshot};
use super::api::{Api, ApiError};
use super::stored_image::{StoredImage, target_of};

/// On a blob: another one that it needs.
const CONTENT_LABEL: &str = "containerd.io/gc.ref.content";

/// On a blob: a snapshot that it needs.
const SNAPSHOT_LABEL: &str = "containerd.io/gc.ref.snapshot.";

/// What an image is made of on a node.
#[derive(Clone, Debug)]
pub(super) struct Footprint {
    pub(super) blobs: BTreeSet<String>,
    pub(super) chain_ids: Vec<String>,
    pub(super) snapshotter: String,
}

/// What is on a node after an image was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// Blobs and snapshots that another image needs.
    pub(super) shared: usize,
    /// Blobs and snapshots that no image needs: a lease or a container holds them.
    pub(super) held: usize,
    /// Other namespaces that have some of the blobs.
    pub(super) elsewhere: Vec<String>,
}

impl Footprint {
    pub(super) fn of(image: &StoredImage, snapshotter: &str) -> Self {
        Self {
            blobs: image.blobs(),
            chain_ids: image.chain_ids.clone(),
            snapshotter: image
                .snapshotter
                .as_deref()
                .unwrap_or(snapshotter)
                .to_owned(),
        }
    }

    /// Looks what of it is on the node.
    pub(super) async fn left(&self, api: &Api) -> Result<Left, ApiError> {
        let images = api.images().await?;
        let blobs = api.blobs().await?;
        let snapshots = api.snapshots(&self.snapshotter).await?;
        let needed = Needed::by(&images, &blobs, &snapshots);
        let own = blobs
            .iter()
            .filter(|blob| self.blobs.contains(&blob.digest));
        let own = own.map(|blob| &blob.digest);
        let is_own = |snapshot: &&Snapshot| self.chain_ids.contains(&snapshot.name);
        let own = own.chain(
            snapshots
                .iter()
                .filter(is_own)
                .map(|snapshot| &snapshot.name),
        );
        let (shared, held): (Vec<_>, Vec<_>) = own.partition(|name| needed.0.contains(*name));
        Ok(Left {
            shared: shared.len(),
            held: held.len(),
            elsewhere: self.elsewhere(api).await?,
        })
    }

    async fn elsewhere(&self, api: &Api) -> Result<Vec<String>, ApiError> {
        let mut elsewhere = Vec::new();
        for namespace in api.namespaces().await? {
            if namespace == api.namespace() {
                continue;
            }
            let blobs = api.in_namespace(&namespace).blobs().await?;
            if blobs.iter().any(|blob| self.blobs.contains(&blob.digest)) {
                elsewhere.push(namespace);
            }
        }
        Ok(elsewhere)
    }
}

/// Removes an image by its name, with the names that the CRI gave it besides, unless others need those.
pub(super) async fn remove(api: &Api, name: &str) -> Result<(), ApiError> {
    let images = api.images().await?;
    for name in names_to_remove(&images, name) {
        api.remove_image(&name).await?;
    }
    Ok(())
}

/// The CRI stores an image under its reference, its repository with the manifest's digest, and its id.
fn names_to_remove(images: &[ImageName], name: &str) -> Vec<String> {
    let Some(target) = target_of(images, name) else {
        return Vec::new();
    };
    let by_digest = format!("{}@{target}", repository(name));
    let same = images.iter().filter(|image| {
        let own = image.target.as_ref();
        own.is_some_and(|own| own.digest == target) && image.name != name
    });
    let (ids, others): (Vec<&str>, Vec<&str>) = same
        .map(|image| image.name.as_str())
        .partition(|name| name.starts_with("sha256:"));
    let is_sibling = |other: &&&str| **other != by_digest && repository(other) == repository(name);
    let has_sibling = others.iter().any(|other| is_sibling(&other));
    let (by_digest, others): (Vec<&str>, Vec<&str>) = others
        .into_iter()
        .partition(|other| *other == by_digest && !has_sibling);
    let ids = if others.is_empty() { ids } else { Vec::new() };
    let all = [name].into_iter().chain(by_digest).chain(ids);
    all.map(str::to_owned).collect()
}

/// Cuts tag and digest off a name.
fn repository(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once(':') {
        // Otherwise the colon is that of a port.
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    }
}

/// What the images that are there need, by digest and chain id.
struct Needed(HashSet<String>);

impl Needed {
    fn by(images: &[ImageName], blobs: &[Blob], snapshots: &[Snapshot]) -> Self {
        let labels: HashMap<&str, _> = blobs
            .iter()
            .map(|blob| (blob.digest.as_str(), &blob.labels))
            .collect();
        let parents: HashMap<&str, &str> = snapshots
            .iter()
            .map(|snapshot| (snapshot.name.as_str(), snapshot.parent.as_str()))
            .collect();
        let mut needed = HashSet::new();
        let targets = images.iter().filter_map(|image| image.target.as_ref());
        let mut open: Vec<String> = targets.map(|target| target.digest.clone()).collect();
        while let Some(name) = open.pop() {
            if !needed.insert(name.clone()) {
                continue;
            }
            let labels = labels.get(name.as_str()).into_iter().copied().flatten();
            open.extend(labels.filter_map(|(key, value)| reference(key, value)));
            let parent = parents.get(name.as_str()).filter(|name| !name.is_empty());
            open.extend(parent.map(|&name| name.to_owned()));
        }
        Self(needed)
    }
}

fn reference(key: &str, value: &str) -> Option<String> {
    let is_reference = key.starts_with(CONTENT_LABEL) || key.starts_with(SNAPSHOT_LABEL);
    is_reference.then(|| value.to_owned())
}

impl Left {
    /// Says what it means for the next pull of an image on a node.
    pub(super) fn notes(&self, image: &str, node: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if self.shared > 0 {
            notes.push(format!(
                "{} blobs and snapshots of {image} stay on {node}, as other images there need them: its next pull has \
                 that much less to do; pull to a node of its own to measure cold pulls",
                self.shared
            ));
        }
        if self.held > 0 {
            notes.push(format!(
                "{} blobs and snapshots of {image} are left on {node} after its removal, held by a container or a \
                 lease: its next pull is not cold; look for them with ctr containers ls and ctr leases ls",
                self.held
            ));
        }
        if !self.elsewhere.is_empty() {
            notes.push(format!(
                "layers of {image} are on {node} in the namespace {}, and containerd downloads nothing that another \
                 namespace has: its pulls are not cold; remove the image there first",
                self.elsewhere.join(", ")
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::super::api::messages::TypedDescriptor;
    use super::*;

    fn image(name: &str, digest: &str) -> ImageName {
        let digest = digest.to_owned();
        ImageName {
            name: name.to_owned(),
            target: Some(TypedDescriptor {
                digest,
                ..TypedDescriptor::default()
            }),
        }
    }

    #[test]
    fn what_the_cri_has_added_goes_too() {
        let images = [
            image("a.example:5000/x:1", "sha256:m"),
            image("a.example:5000/x@sha256:m", "sha256:m"),
            image("sha256:c", "sha256:m"),
            image("a.example:5000/y:1", "sha256:other"),
        ];
        let names = names_to_remove(&images, "a.example:5000/x:1");
        assert_eq!(
            names,
            [
                "a.example:5000/x:1",
                "a.example:5000/x@sha256:m",
                "sha256:c"
            ]
        );
        assert!(names_to_remove(&images, "a.example:5000/x:2").is_empty());
    }

    #[test]
    fn names_that_others_gave_the_image_stay() {
        let mut images = vec![
            image("a.example/x:study", "sha256:m"),
            image("a.example/x@sha256:m", "sha256:m"),
            image("sha256:c", "sha256:m"),
            image("a.example/x:prod", "sha256:m"),
        ];
        assert_eq!(
            names_to_remove(&images, "a.example/x:study"),
            ["a.example/x:study"]
        );
        // The same image in another repository: the digest's name is the study's, the id is not.
        images[3] = image("b.example/x:prod", "sha256:m");
        let names = names_to_remove(&images, "a.example/x:study");
        assert_eq!(names, ["a.example/x:study", "a.example/x@sha256:m"]);
    }

    #[test]
    fn what_images_need_is_found_through_labels_and_parents() {
        let labels = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        let blob = |digest: &str, pairs| Blob {
            digest: digest.to_owned(),
            labels: labels(pairs),
            ..Blob::default()
        };
        let blobs = [
            blob(
                "m",
                &[
                    ("containerd.io/gc.ref.content.config", "c"),
                    ("containerd.io/gc.ref.content.l.0", "l"),
                ],
            ),
            blob("c", &[("containerd.io/gc.ref.snapshot.overlayfs", "s2")]),
            blob("l", &[("containerd.io/uncompressed", "u")]),
            blob("lonely", &[]),
        ];
        let snapshot = |name: &str, parent: &str| Snapshot {
            name: name.to_owned(),
            parent: parent.to_owned(),
        };
        let snapshots = [
            snapshot("s1", ""),
            snapshot("s2", "s1"),
            snapshot("s3", "s2"),
        ];
        let Needed(needed) = Needed::by(&[image("x", "m")], &blobs, &snapshots);
        let expected = ["m", "c", "l", "s1", "s2"].map(str::to_owned);
        assert_eq!(needed, HashSet::from(expected));
    }
}
