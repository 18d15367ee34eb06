//! Blobs, pulled chunk by chunk.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use pullstudy_image::{Descriptor, Digest, Hasher, Reference};
use reqwest::{Method, Response};

use crate::transport::{Request, Target, Transport};
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
    /// The blob is larger or smaller than its descriptor says.
    #[error("blob {digest} from {repository} has {actual_bytes} bytes, expected {expected_bytes}")]
    SizeMismatch {
        /// Registry and repository.
        repository: String,
        /// The blob asked for.
        digest: Digest,
        /// The size its descriptor gives, in bytes.
        expected_bytes: u64,
        /// The size announced, or what came until it ended or grew too large, in bytes.
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
    /// Tells whether a second try may succeed. A body that is cut short counts as a broken connection.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_retryable())
    }
}

/// A blob on its way from a registry: chunks as they arrive, counted but not hashed.
///
/// A caller that hashes itself can time the wait for the network ([`next_chunk`](Self::next_chunk)) and the hashing
/// apart; others take [`verified`](Self::verified). The connection reads one chunk ahead, up to 400 KiB or so, and
/// then waits for the caller.
pub struct BlobStream {
    transport: Arc<Transport>,
    reference: Reference,
    descriptor: Descriptor,
    response: Response,
    received_bytes: u64,
}

/// A [`BlobStream`] whose digest is checked when it ends.
#[derive(Debug)]
pub struct VerifiedBlobStream {
    stream: BlobStream,
    hasher: Hasher,
}

impl Client {
    /// Asks for a blob once, and returns when the answer's header is there.
    ///
    /// Nothing is sent again when it fails, so that what is measured is one request;
    /// [`Client::download`] goes on after failures.
    ///
    /// How long this takes is the time to first byte, with connecting where no connection is idle.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`]; [`PullBlobError::SizeMismatch`] when another length is announced than the descriptor says.
    pub async fn blob(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<BlobStream, PullBlobError> {
        let path = format!("blobs/{}", descriptor.digest);
        let request = Request::read(Method::GET, reference, Target::Path(&path)).accept("*/*");
        let response = self
            .transport
            .send_once(&request)
            .await
            .map_err(|source| transport(reference, descriptor, source))?;
        let stream = BlobStream {
            transport: Arc::clone(&self.transport),
            reference: reference.clone(),
            descriptor: descriptor.clone(),
            response,
            received_bytes: 0,
        };
        match stream.response.content_length() {
            Some(announced) if announced != descriptor.size_bytes => {
                Err(stream.size_mismatch(announced))
            }
            _ => Ok(stream),
        }
    }
}

impl BlobStream {
    /// Returns the blob's descriptor.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Waits for the next bytes; `None` after the last, when as many came as the descriptor says.
    ///
    /// Safe to cancel: a chunk is either returned or still to come. The bytes are **not** hashed.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`] when the connection breaks or stalls, or the size is wrong.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        let answer = self.response.chunk();
        let chunk = self.transport.wait(&self.reference, answer).await;
        let chunk = chunk.map_err(|source| transport(&self.reference, &self.descriptor, source))?;
        self.received_bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        let expected_bytes = self.descriptor.size_bytes;
        let ended = chunk.is_none();
        if self.received_bytes > expected_bytes || ended && self.received_bytes < expected_bytes {
            return Err(self.size_mismatch(self.received_bytes));
        }
        Ok(chunk)
    }

    /// Checks the digest on the way.
    pub fn verified(self) -> VerifiedBlobStream {
        VerifiedBlobStream {
            hasher: Hasher::new(self.descriptor.digest.algorithm()),
            stream: self,
        }
    }

    fn size_mismatch(&self, actual_bytes: u64) -> PullBlobError {
        size_mismatch(&self.reference, &self.descriptor, actual_bytes)
    }
}

impl VerifiedBlobStream {
    /// Returns the blob's descriptor.
    pub fn descriptor(&self) -> &Descriptor {
        &self.stream.descriptor
    }

    /// Waits for the next bytes; `None` after the last, when size and digest are right.
    ///
    /// What was returned before an error must not be used.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`], at the end [`PullBlobError::DigestMismatch`].
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        let chunk = self.stream.next_chunk().await?;
        match &chunk {
            Some(bytes) => self.hasher.update(bytes),
            None => self.check_digest()?,
        }
        Ok(chunk)
    }

    fn check_digest(&self) -> Result<(), PullBlobError> {
        let expected = self.stream.descriptor.digest;
        let actual = self.hasher.clone().finish();
        if actual == expected {
            return Ok(());
        }
        Err(PullBlobError::DigestMismatch {
            repository: self.stream.reference.name(),
            expected,
            actual,
        })
    }
}

pub(crate) fn transport(
    reference: &Reference,
    descriptor: &Descriptor,
    source: TransportError,
) -> PullBlobError {
    let (repository, digest) = (reference.name(), descriptor.digest);
    if source.is_not_found() {
        PullBlobError::NotFound { repository, digest }
    } else {
        PullBlobError::Transport {
            repository,
            digest,
            source,
        }
    }
}

pub(crate) fn size_mismatch(
    reference: &Reference,
    descriptor: &Descriptor,
    actual_bytes: u64,
) -> PullBlobError {
    PullBlobError::SizeMismatch {
        repository: reference.name(),
        digest: descriptor.digest,
        expected_bytes: descriptor.size_bytes,
        actual_bytes,
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The response is left out: its headers may hold a signed address.
        f.debug_struct("BlobStream")
            .field("reference", &self.reference)
            .field("descriptor", &self.descriptor)
            .field("received_bytes", &self.received_bytes)
            .finish_non_exhaustive()
    }
}
