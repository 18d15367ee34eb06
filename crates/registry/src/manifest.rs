//! Manifests and indexes, pulled and checked.

use pullstudy_image::{Descriptor, Digest, Document, ParseDocumentError, Reference};

use crate::{Client, TransportError};

/// Why a manifest or an index could not be pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullManifestError {
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to pull the manifest of {reference}")]
    Transport {
        /// What was asked for.
        reference: Box<Reference>,
        /// The cause.
        source: TransportError,
    },
    /// The registry has no such repository, tag or digest.
    #[error("{reference} does not exist; check repository and tag")]
    NotFound {
        /// What was asked for.
        reference: Box<Reference>,
    },
    /// The answer is larger than any manifest.
    #[error("the manifest of {reference} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What was asked for.
        reference: Box<Reference>,
        /// The largest size taken.
        limit_bytes: u64,
    },
    /// The bytes received are not the bytes asked for.
    #[error("the manifest of {reference} has digest {actual}, expected {expected}")]
    DigestMismatch {
        /// What was asked for.
        reference: Box<Reference>,
        /// The digest asked for, or promised by the registry.
        expected: Digest,
        /// What the bytes hash to.
        actual: Digest,
    },
    /// The bytes received are neither a manifest nor an index.
    #[error("{reference} is no image")]
    Parse {
        /// What was asked for.
        reference: Box<Reference>,
        /// Why.
        source: ParseDocumentError,
    },
}

impl PullManifestError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_retryable())
    }
}

impl Client {
    /// Asks what a reference stands for: digest, media type and size of its manifest or index. One HEAD request.
    ///
    /// A tag is resolved as it is now; a digest beside it is what counts.
    ///
    /// # Errors
    ///
    /// [`PullManifestError`].
    pub async fn resolve(&self, reference: &Reference) -> Result<Descriptor, PullManifestError> {
        todo!("{reference} {:?}", self.options)
    }

    /// Pulls the manifest or index that `descriptor` names from the reference's repository. The digest is checked.
    ///
    /// # Errors
    ///
    /// [`PullManifestError`].
    pub async fn document(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Document, PullManifestError> {
        todo!("{reference} {descriptor:?}")
    }
}
