//! Blobs on their way from where they are to where they are wanted, checked as they pass.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use pullstudy_image::{BlobSource, Descriptor, Digest, Hasher, Layout, Reference, SourceError};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::spawn_blocking;

use crate::transport::{Chunks, StreamError};
use crate::{Client, Observer, PullBlobError, TransferEvent};

/// Bytes read from a file at a time.
const READ_BYTES: usize = 256 << 10;

/// Chunks that may wait to be sent. They even out a slow side; memory stays small.
const CHUNKS_AHEAD: usize = 4;

/// Where blobs come from.
#[derive(Clone)]
pub(crate) enum Origin {
    Registry(Client, Reference),
    Layout(Layout, Observer),
}

/// Why a blob did not come from where it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// A registry did not give it.
    #[error(transparent)]
    Pull(PullBlobError),
    /// A layout lacks it, or it cannot be read.
    #[error(transparent)]
    Read(SourceError),
    /// A layout holds other bytes under its digest.
    #[error(
        "blob {digest} of {place} is damaged: {actual_bytes} bytes with digest {actual}, expected {expected_bytes} bytes"
    )]
    Damaged {
        /// The layout's folder.
        place: String,
        /// The blob.
        digest: Digest,
        /// What its bytes hash to.
        actual: Digest,
        /// The size its descriptor gives, in bytes.
        expected_bytes: u64,
        /// The size it has, in bytes.
        actual_bytes: u64,
    },
}

impl FeedError {
    /// Tells whether a registry gave other bytes than those asked for.
    pub(crate) fn is_wrong_pull(&self) -> bool {
        matches!(self, Self::Pull(PullBlobError::DigestMismatch { .. }))
    }
}

/// What went wrong at the origin, for whoever only sees that the stream broke.
#[derive(Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<FeedError>>>);

impl Failure {
    /// Keeps the error, and returns what the stream says in its place.
    fn set(&self, error: FeedError) -> StreamError {
        let message = error.to_string().into();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        message
    }

    pub(crate) fn take(&self) -> Option<FeedError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Origin {
    /// Starts a blob from its beginning. The last bytes come only if all of them have the right digest, so that
    /// nobody can take wrong bytes for the whole blob.
    pub(crate) fn open(&self, descriptor: &Descriptor, failure: &Failure) -> Chunks {
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        let (descriptor, failure) = (descriptor.clone(), failure.clone());
        match self.clone() {
            Self::Registry(client, reference) => {
                tokio::spawn(async move {
                    let fed = from_registry(&client, &reference, &descriptor, &sender).await;
                    if let Err(error) = fed {
                        let _ = sender.send(Err(failure.set(error))).await;
                    }
                });
            }
            Self::Layout(layout, observer) => {
                spawn_blocking(move || {
                    let fed = from_layout(&layout, &descriptor, &observer, &sender);
                    if let Err(error) = fed {
                        let _ = sender.blocking_send(Err(failure.set(error)));
                    }
                });
            }
        }
        chunks
    }
}

async fn from_registry(
    client: &Client,
    reference: &Reference,
    descriptor: &Descriptor,
    sender: &Sender<Result<Bytes, StreamError>>,
) -> Result<(), FeedError> {
    let mut hasher = Hasher::new(descriptor.digest.algorithm());
    let mut withheld: Option<Bytes> = None;
    let mut chunks = std::pin::pin!(client.chunks(reference, descriptor, 0));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(FeedError::Pull)?;
        hasher.update(&chunk);
        if let Some(before) = withheld.replace(chunk)
            && sender.send(Ok(before)).await.is_err()
        {
            return Ok(());
        }
    }
    let actual = hasher.finish();
    if actual != descriptor.digest {
        return Err(FeedError::Pull(PullBlobError::DigestMismatch {
            repository: reference.name(),
            expected: descriptor.digest,
            actual,
        }));
    }
    if let Some(last) = withheld {
        let _ = sender.send(Ok(last)).await;
    }
    Ok(())
}

fn from_layout(
    layout: &Layout,
    descriptor: &Descriptor,
    observer: &Observer,
    sender: &Sender<Result<Bytes, StreamError>>,
) -> Result<(), FeedError> {
    let place = || layout.path().display().to_string();
    let unreadable = |source| FeedError::Read(SourceError::new(place(), descriptor.digest, source));
    let mut file = layout.open(descriptor).map_err(FeedError::Read)?;
    let mut hasher = Hasher::new(descriptor.digest.algorithm());
    let (mut withheld, mut actual_bytes): (Option<Bytes>, u64) = (None, 0);
    loop {
        let mut chunk = Vec::with_capacity(READ_BYTES);
        let mut piece = (&mut file).take(READ_BYTES as u64);
        if piece.read_to_end(&mut chunk).map_err(unreadable)? == 0 {
            break;
        }
        hasher.update(&chunk);
        actual_bytes += chunk.len() as u64;
        if actual_bytes > descriptor.size_bytes {
            // Read on for the digest alone, which the error names.
            continue;
        }
        let bytes = chunk.len() as u64;
        observer.tell(&TransferEvent::Moved { bytes });
        if let Some(before) = withheld.replace(chunk.into())
            && sender.blocking_send(Ok(before)).is_err()
        {
            return Ok(());
        }
    }
    let actual = hasher.finish();
    if (actual, actual_bytes) != (descriptor.digest, descriptor.size_bytes) {
        return Err(FeedError::Damaged {
            place: place(),
            digest: descriptor.digest,
            actual,
            expected_bytes: descriptor.size_bytes,
            actual_bytes,
        });
    }
    if let Some(last) = withheld {
        let _ = sender.blocking_send(Ok(last));
    }
    Ok(())
}
