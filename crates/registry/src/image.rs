//! Whole images: manifest and config.

use pullstudy_image::{
    Config, Descriptor, Digest, Document, Hasher, Image, ImageError, Index, Manifest,
    ParseConfigError, Platform, Reference,
};

use crate::{Client, PullBlobError, PullManifestError};

/// A config of 10,000 layers stays below 2 MiB.
const MAX_CONFIG_BYTES: u64 = 8 << 20;

/// Indexes in indexes are followed this deep. Real ones nest once.
pub(crate) const MAX_DEPTH: usize = 8;

/// Why an image could not be pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullImageError {
    /// The manifest, or the index above it, could not be pulled.
    #[error("failed to pull image {reference}")]
    Manifest {
        /// What was asked for.
        reference: Box<Reference>,
        /// The cause.
        source: PullManifestError,
    },
    /// The config could not be pulled.
    #[error("failed to pull image {reference}")]
    Config {
        /// What was asked for.
        reference: Box<Reference>,
        /// The cause.
        source: PullBlobError,
    },
    /// The config cannot be understood.
    #[error("failed to parse config {digest} of {reference}")]
    ParseConfig {
        /// What was asked for.
        reference: Box<Reference>,
        /// The config's digest.
        digest: Digest,
        /// Why.
        source: ParseConfigError,
    },
    /// The config claims a size that no config has.
    #[error(
        "config {digest} of {reference} claims {size_bytes} bytes; more than {limit_bytes} is refused"
    )]
    ConfigTooLarge {
        /// What was asked for.
        reference: Box<Reference>,
        /// The config's digest.
        digest: Digest,
        /// Its claimed size.
        size_bytes: u64,
        /// The largest size taken.
        limit_bytes: u64,
    },
    /// Manifest and config contradict each other, or a layer is no tar.
    #[error("image {reference} is inconsistent")]
    Image {
        /// What was asked for.
        reference: Box<Reference>,
        /// How.
        source: ImageError,
    },
    /// An index lists nothing for the platform asked for.
    #[error("{reference} has no image for {platform}")]
    NoPlatform {
        /// What was asked for.
        reference: Box<Reference>,
        /// What it should run on.
        platform: Platform,
    },
    /// Indexes nest too deep, or in a circle.
    #[error("index {digest} of {reference} is nested more than {limit} deep")]
    TooDeep {
        /// What was asked for.
        reference: Box<Reference>,
        /// Where it was given up.
        digest: Digest,
        /// How deep indexes are followed.
        limit: usize,
    },
}

impl PullImageError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Manifest { source, .. } => source.is_retryable(),
            Self::Config { source, .. } => source.is_retryable(),
            _ => false,
        }
    }
}

impl Client {
    /// Pulls manifest and config of an image; of an index, those for `platform`.
    ///
    /// # Errors
    ///
    /// [`PullImageError`].
    pub async fn pull_image(
        &self,
        reference: &Reference,
        platform: &Platform,
    ) -> Result<Image, PullImageError> {
        let manifest = self.manifest_for(reference, platform).await?;
        let config = self.config(reference, manifest.config()).await?;
        Image::new(manifest, config).map_err(|source| PullImageError::Image {
            reference: Box::new(reference.clone()),
            source,
        })
    }

    /// Pulls a config whole and checks its digest. More than 8 MiB is refused.
    ///
    /// # Errors
    ///
    /// [`PullImageError::Config`], [`PullImageError::ConfigTooLarge`] or [`PullImageError::ParseConfig`].
    pub async fn config(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Config, PullImageError> {
        if descriptor.size_bytes > MAX_CONFIG_BYTES {
            return Err(PullImageError::ConfigTooLarge {
                reference: Box::new(reference.clone()),
                digest: descriptor.digest,
                size_bytes: descriptor.size_bytes,
                limit_bytes: MAX_CONFIG_BYTES,
            });
        }
        let raw = self.read_blob(reference, descriptor).await;
        let raw = raw.map_err(|source| PullImageError::Config {
            reference: Box::new(reference.clone()),
            source,
        })?;
        Config::parse(raw).map_err(|source| PullImageError::ParseConfig {
            reference: Box::new(reference.clone()),
            digest: descriptor.digest,
            source,
        })
    }

    /// Reads a small blob whole; once more if its bytes are wrong.
    async fn read_blob(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Vec<u8>, PullBlobError> {
        match self.read_blob_once(reference, descriptor).await {
            Err(PullBlobError::DigestMismatch { .. }) => {
                self.read_blob_once(reference, descriptor).await
            }
            read => read,
        }
    }

    async fn read_blob_once(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Vec<u8>, PullBlobError> {
        let mut download = self.download(reference, descriptor, 0);
        let mut hasher = Hasher::new(descriptor.digest.algorithm());
        let mut bytes = Vec::new();
        while let Some(chunk) = download.next_chunk().await? {
            hasher.update(&chunk);
            bytes.extend_from_slice(&chunk);
        }
        match hasher.finish() {
            actual if actual == descriptor.digest => Ok(bytes),
            actual => Err(PullBlobError::DigestMismatch {
                repository: reference.name(),
                expected: descriptor.digest,
                actual,
            }),
        }
    }

    /// Follows indexes down to the manifest for `platform`.
    pub(crate) async fn manifest_for(
        &self,
        reference: &Reference,
        platform: &Platform,
    ) -> Result<Manifest, PullImageError> {
        let failed = |source| of_manifest(reference, source);
        let (mut descriptor, mut document) = self.pull_document(reference).await.map_err(failed)?;
        for _ in 0..MAX_DEPTH {
            let next = match document {
                Document::Manifest(manifest) => return Ok(manifest),
                Document::Index(index) => chosen(&index, platform),
                _ => None,
            };
            descriptor = next.ok_or_else(|| PullImageError::NoPlatform {
                reference: Box::new(reference.clone()),
                platform: platform.clone(),
            })?;
            document = self
                .document(reference, &descriptor)
                .await
                .map_err(failed)?;
        }
        Err(too_deep(reference, descriptor.digest))
    }
}

/// The entry for a platform, or an index in which it may be.
fn chosen(index: &Index, platform: &Platform) -> Option<Descriptor> {
    let inner = |entry: &&Descriptor| entry.platform.is_none() && entry.is_index();
    index
        .for_platform(platform)
        .or_else(|| index.manifests().iter().find(inner))
        .cloned()
}

pub(crate) fn of_manifest(reference: &Reference, source: PullManifestError) -> PullImageError {
    PullImageError::Manifest {
        reference: Box::new(reference.clone()),
        source,
    }
}

pub(crate) fn too_deep(reference: &Reference, digest: Digest) -> PullImageError {
    PullImageError::TooDeep {
        reference: Box::new(reference.clone()),
        digest,
        limit: MAX_DEPTH,
    }
}
