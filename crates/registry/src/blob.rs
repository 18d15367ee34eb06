//! Blobs, pulled chunk by chunk.

use bytes::Bytes;
use pullstudy_image::{Descriptor, Digest, Reference};

use crate::{Client, TransportError};

/// Why a blob could not be pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullBlobError {
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to pull blob {digest} from {repository}")]
    Transport {
        /// Registry and repository.
        repository: String,
        /// The blob asked for.
        digest: Digest,
        /// The cause.
        source: TransportError,
    },
    /// The repository has no such blob.
    #[error("{repository} has no blob {digest}")]
    NotFound {
        /// Registry and repository.
        repository: String,
        /// The blob asked for.
        digest: Digest,
    },
    /// More or fewer bytes came than the descriptor says.
    #[error("blob {digest} from {repository} has {actual_bytes} bytes, expected {expected_bytes}")]
    SizeMismatch {
        /// Registry and repository.
        repository: String,
        /// The blob asked for.
        digest: Digest,
        /// The size its descriptor gives, in bytes.
        expected_bytes: u64,
        /// The size announced, or what came before the end, in bytes.
        actual_bytes: u64,
    },
    /// The bytes received are not the bytes asked for.
    #[error("blob {expected} from {repository} has digest {actual}")]
    DigestMismatch {
        /// Registry and repository.
        repository: String,
        /// The blob asked for.
        expected: Digest,
        /// What its bytes hash to.
        actual: Digest,
    },
}

impl PullBlobError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_retryable(),
            // A body cut short: the length was promised right, and the connection ended early.
            Self::SizeMismatch {
                expected_bytes,
                actual_bytes,
                ..
            } => actual_bytes < expected_bytes,
            Self::NotFound { .. } | Self::DigestMismatch { .. } => false,
        }
    }
}

/// A blob on its way from a registry: chunks as they arrive, counted but not hashed.
///
/// A caller that hashes itself can time the wait for the network ([`next_chunk`](Self::next_chunk)) and the hashing
/// apart; others take [`verified`](Self::verified).
#[derive(Debug)]
pub struct BlobStream {
    descriptor: Descriptor,
}

/// A [`BlobStream`] whose digest is checked when it ends.
#[derive(Debug)]
pub struct VerifiedBlobStream {
    stream: BlobStream,
}

impl Client {
    /// Asks for a blob and returns once the answer's header is there: the time this takes is the time to first byte.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`]; [`PullBlobError::SizeMismatch`] when another length is announced than the descriptor says.
    pub async fn blob(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<BlobStream, PullBlobError> {
        todo!("{reference} {descriptor:?}")
    }
}

impl BlobStream {
    /// Returns the blob's descriptor.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Waits for the next bytes; `None` after the last, when as many came as the descriptor says.
    ///
    /// Safe to cancel: a chunk is either returned or still to come.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`] when the connection breaks or stalls, or the size is wrong. The bytes are **not** hashed.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        todo!()
    }

    /// Checks the digest on the way.
    pub fn verified(self) -> VerifiedBlobStream {
        VerifiedBlobStream { stream: self }
    }
}

impl VerifiedBlobStream {
    /// Waits for the next bytes; `None` after the last, when size and digest are right.
    ///
    /// What was returned before an error must not be used.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`], at the end [`PullBlobError::DigestMismatch`].
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        self.stream.next_chunk().await
    }
}
