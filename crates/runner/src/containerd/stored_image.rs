//! An image as it lies in containerd's stores.

use std::collections::BTreeSet;

use pullstudy_image::{Config, Document, Image, Index, Platform, Reference};

use super::api::messages::ImageName;
use super::api::{Api, ApiError};
use crate::chain_ids::chain_ids;

/// Indexes in indexes are followed this deep. Real ones nest once.
const MAX_DEPTH: usize = 8;

/// On the config's blob: the snapshot that the image was unpacked to, by snapshotter.
const SNAPSHOT_LABEL: &str = "containerd.io/gc.ref.snapshot.";

/// An image, and where containerd keeps it.
#[derive(Clone, Debug)]
pub(super) struct StoredImage {
    pub(super) image: Image,
    /// Digests and sizes of the indexes and the manifest, from the name to the layers.
    pub(super) documents: Vec<(String, u64)>,
    /// Index, manifest, config and layers as stored: what a kubelet calls the image's size.
    pub(super) size_bytes: u64,
    /// The name of each layer's snapshot.
    pub(super) chain_ids: Vec<String>,
    /// What it was unpacked with, where that is told.
    pub(super) snapshotter: Option<String>,
}

/// Why an image that was pulled could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadImageError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{digest} is no manifest, index or config")]
    Damaged {
        digest: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("an index has nothing for {platform}")]
    NoPlatform { platform: Platform },
    #[error("its indexes are nested too deep")]
    TooDeep,
}

impl StoredImage {
    /// Reads what a digest in the image store stands for.
    pub(super) async fn read(
        api: &Api,
        target: &str,
        platform: &Platform,
    ) -> Result<Self, ReadImageError> {
        let mut documents = Vec::new();
        let mut digest = target.to_owned();
        for _ in 0..MAX_DEPTH {
            let raw = api.read(&digest).await?;
            let size_bytes = raw.len() as u64;
            let document = Document::parse(raw).map_err(damaged(&digest))?;
            documents.push((digest, size_bytes));
            match document {
                Document::Index(index) => digest = choose(&index, platform)?,
                Document::Manifest(manifest) => {
                    let config_digest = manifest.config().digest.to_string();
                    let raw = api.read(&config_digest).await?;
                    let config = Config::parse(raw).map_err(damaged(&config_digest))?;
                    let image = Image::new(manifest, config).map_err(damaged(target))?;
                    return Self::of(api, image, documents).await;
                }
                _ => break,
            }
        }
        Err(ReadImageError::TooDeep)
    }

    async fn of(
        api: &Api,
        image: Image,
        documents: Vec<(String, u64)>,
    ) -> Result<Self, ReadImageError> {
        let config = image.manifest().config();
        let labels = api.blob(&config.digest.to_string()).await?;
        let labels = labels.map(|blob| blob.labels).unwrap_or_default();
        let snapshotter = labels
            .keys()
            .find_map(|key| key.strip_prefix(SNAPSHOT_LABEL));
        let document_bytes: u64 = documents.iter().map(|(_, bytes)| bytes).sum();
        Ok(Self {
            size_bytes: document_bytes + config.size_bytes + image.manifest().wire_bytes(),
            chain_ids: chain_ids(&image),
            snapshotter: snapshotter.map(str::to_owned),
            documents,
            image,
        })
    }

    /// Returns the digests of all its blobs: documents, config and layers.
    pub(super) fn blobs(&self) -> BTreeSet<String> {
        let layers = self.image.layers().iter();
        let layers = layers.map(|layer| layer.digest().to_string());
        let config = self.image.manifest().config().digest.to_string();
        let documents = self.documents.iter().map(|(digest, _)| digest.clone());
        documents.chain([config]).chain(layers).collect()
    }
}

fn choose(index: &Index, platform: &Platform) -> Result<String, ReadImageError> {
    let chosen = index.for_platform(platform);
    let no_platform = || ReadImageError::NoPlatform {
        platform: platform.clone(),
    };
    Ok(chosen.ok_or_else(no_platform)?.digest.to_string())
}

fn damaged<E: std::error::Error + Send + Sync + 'static>(
    digest: &str,
) -> impl FnOnce(E) -> ReadImageError {
    let digest = digest.to_owned();
    move |error| ReadImageError::Damaged {
        digest,
        source: error.into(),
    }
}

/// Returns the name that containerd and the CRI give a reference in their image store.
pub(super) fn store_name(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => format!("{}@{digest}", reference.name()),
        None => format!("{}:{}", reference.name(), reference.tag_or_latest()),
    }
}

/// Returns the digest that a name stands for.
pub(super) fn target_of<'a>(images: &'a [ImageName], name: &str) -> Option<&'a str> {
    let image = images.iter().find(|image| image.name == name)?;
    Some(image.target.as_ref()?.digest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_the_names_that_containerd_gives_them() {
        let digest = format!("sha256:{}", "1".repeat(64));
        for (reference, name) in [
            ("busybox", "docker.io/library/busybox:latest".to_owned()),
            ("127.0.0.1:5000/a/b:1", "127.0.0.1:5000/a/b:1".to_owned()),
            // The CRI drops the tag where there is a digest.
            (
                &format!("a.example/b:1@{digest}"),
                format!("a.example/b@{digest}"),
            ),
        ] {
            assert_eq!(store_name(&reference.parse().unwrap()), name);
        }
    }
}
