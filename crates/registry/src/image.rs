//! Whole images: manifest and config.

use pullstudy_image::{
    Config, Descriptor, Digest, Image, ImageError, ParseConfigError, Platform, Reference,
};

use crate::{Client, PullBlobError, PullManifestError};

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
        todo!("{reference} {platform}")
    }

    /// Pulls a config whole and checks its digest. Larger ones than 8 MiB are refused.
    ///
    /// # Errors
    ///
    /// [`PullImageError::Config`], [`PullImageError::ConfigTooLarge`] or [`PullImageError::ParseConfig`].
    pub async fn config(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Config, PullImageError> {
        todo!("{reference} {descriptor:?}")
    }
}
