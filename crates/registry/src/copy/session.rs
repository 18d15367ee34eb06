//! What the images of one copy share: blobs that move once, and how many at a time.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use pullstudy_image::{
    BlobSink, Descriptor, Digest, LayoutWriter, Reference, ResumableBlob, SinkError,
};
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;

use super::error::BlobError;
use super::{CopySource, CopyTarget, Platforms};
use crate::feed::{Failure, Origin};
use crate::observer::BlobOutcome;
use crate::{Client, PullBlobError, TransferEvent};

/// Chunks that may wait to be written, a few hundred KiB each. They even out a slow write; memory stays small.
const CHUNKS_AHEAD: usize = 4;

/// Chunks are gathered up to this before they are handed to the writing thread: waking it costs more than copying.
const GATHERED_BYTES: usize = 256 << 10;

/// One call of [`Client::copy`].
pub(super) struct Session<'a> {
    pub(super) client: &'a Client,
    pub(super) platforms: &'a Platforms,
    permits: Semaphore,
    blobs: Mutex<HashMap<Wanted, Seen>>,
    /// `index.json` of a layout is written by one at a time.
    pub(super) tagging: tokio::sync::Mutex<()>,
}

/// A blob and the place where it should be.
type Wanted = (String, Digest);

/// Whether it is there, and how it came there.
type Seen = Arc<OnceCell<BlobOutcome>>;

/// A blob of one image, between two places.
pub(super) struct Passage<'a> {
    pub(super) from: &'a CopySource,
    pub(super) to: &'a CopyTarget,
    pub(super) blob: Descriptor,
}

impl<'a> Session<'a> {
    pub(super) fn new(client: &'a Client, platforms: &'a Platforms) -> Self {
        Self {
            client,
            platforms,
            permits: Semaphore::new(client.options().concurrent_transfers.max(1)),
            blobs: Mutex::default(),
            tagging: tokio::sync::Mutex::default(),
        }
    }

    /// Counts the blobs that no image of the session has asked for yet.
    pub(super) fn plan(&self, to: &CopyTarget, blobs: &[Descriptor]) {
        let mut known = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut count, mut bytes) = (0, 0);
        for blob in blobs {
            known.entry((place(to), blob.digest)).or_insert_with(|| {
                count += 1;
                bytes += blob.size_bytes;
                Arc::default()
            });
        }
        drop(known);
        let observer = self.client.observer();
        observer.tell(&TransferEvent::Planned {
            blobs: count,
            bytes,
        });
    }

    /// Sees to it that a blob is where it should be; tells how it came there, if it was not seen to before.
    pub(super) async fn blob(
        &self,
        passage: &Passage<'_>,
    ) -> Result<Option<BlobOutcome>, BlobError> {
        let key = (place(passage.to), passage.blob.digest);
        let cell = {
            let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(blobs.entry(key).or_default())
        };
        let mut first = false;
        cell.get_or_try_init(|| async {
            let _permit = self.permits.acquire().await;
            let how = self.bring(passage).await?;
            first = true;
            let observer = self.client.observer();
            observer.tell(&TransferEvent::Blob {
                digest: passage.blob.digest,
                bytes: passage.blob.size_bytes,
                how,
            });
            Ok(how)
        })
        .await
        .map(|how| first.then_some(*how))
    }

    async fn bring(&self, passage: &Passage<'_>) -> Result<BlobOutcome, BlobError> {
        match passage.to {
            CopyTarget::Registry(reference) => self.push(passage, reference).await,
            CopyTarget::Layout(layout, _) => self.store(passage, layout).await,
        }
    }

    async fn push(&self, passage: &Passage<'_>, to: &Reference) -> Result<BlobOutcome, BlobError> {
        let digest = &passage.blob.digest;
        let mount = mount_from(passage.from, to);
        if self.client.has_blob(to, digest).await? {
            return Ok(BlobOutcome::Present);
        }
        if let Some(from) = mount
            && self.client.mount_blob(to, digest, from).await?
        {
            return Ok(BlobOutcome::Mounted);
        }
        let origin = self.origin(passage.from);
        self.client.push_from(to, &passage.blob, &origin).await?;
        Ok(BlobOutcome::Moved)
    }

    fn origin(&self, from: &CopySource) -> Origin {
        match from {
            CopySource::Registry(reference) => {
                Origin::Registry(self.client.clone(), reference.clone())
            }
            CopySource::Layout(image) => {
                Origin::Layout(image.layout.clone(), self.client.observer().clone())
            }
        }
    }

    async fn store(
        &self,
        passage: &Passage<'_>,
        layout: &Arc<LayoutWriter>,
    ) -> Result<BlobOutcome, BlobError> {
        if layout
            .contains(&passage.blob.digest)
            .map_err(BlobError::Store)?
        {
            return Ok(BlobOutcome::Present);
        }
        match passage.from {
            CopySource::Registry(reference) => self.pull(reference, &passage.blob, layout).await?,
            CopySource::Layout(_) => {
                let origin = self.origin(passage.from);
                pour(&origin, &passage.blob, layout).await?;
            }
        }
        Ok(BlobOutcome::Moved)
    }

    /// Pulls a blob from where an earlier attempt ended; once more from its start if its bytes are wrong.
    async fn pull(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        layout: &Arc<LayoutWriter>,
    ) -> Result<(), BlobError> {
        let actual = self.pull_once(reference, blob, layout).await?;
        if actual == blob.digest {
            return Ok(());
        }
        let actual = self.pull_once(reference, blob, layout).await?;
        if actual == blob.digest {
            return Ok(());
        }
        Err(BlobError::Pull(PullBlobError::DigestMismatch {
            repository: reference.name(),
            expected: blob.digest,
            actual,
        }))
    }

    /// Pulls the rest of a blob and returns the digest of all of it.
    async fn pull_once(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        layout: &Arc<LayoutWriter>,
    ) -> Result<Digest, BlobError> {
        let partial = reopen(layout, blob).await?;
        let mut chunks = std::pin::pin!(self.client.chunks(
            reference,
            blob,
            partial.received_bytes()
        ));
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let writing = spawn_blocking(move || write(partial, receiver));
        let mut failed = None;
        let mut gathered = Gathered::default();
        while let Some(chunk) = chunks.next().await {
            let full = match chunk {
                Ok(chunk) => gathered.add(chunk),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            };
            if let Some(full) = full
                && sender.send(full).await.is_err()
            {
                break;
            }
        }
        // What came before a failure is kept as well: the next attempt goes on from there.
        let _ = sender.send(gathered.rest()).await;
        drop(sender);
        let partial = writing.await.expect("writing a blob does not panic");
        let partial = partial.map_err(|source| BlobError::Store(disk_error(layout, source)))?;
        match failed {
            Some(error) => Err(BlobError::Pull(error)),
            None => partial.finish().map_err(BlobError::Store),
        }
    }
}

/// Chunks on their way to another thread, made large enough to be worth it.
#[derive(Default)]
struct Gathered {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Gathered {
    fn add(&mut self, chunk: Bytes) -> Option<Vec<Bytes>> {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
        (self.bytes >= GATHERED_BYTES).then(|| self.rest())
    }

    fn rest(&mut self) -> Vec<Bytes> {
        self.bytes = 0;
        std::mem::take(&mut self.chunks)
    }
}

/// Opens what is there of a blob. Hashing it again takes a while, so a thread of its own does it.
async fn reopen(layout: &Arc<LayoutWriter>, blob: &Descriptor) -> Result<ResumableBlob, BlobError> {
    let (layout, blob) = (Arc::clone(layout), blob.clone());
    let opening = spawn_blocking(move || {
        let mut partial = layout.resume(&blob.digest)?;
        if partial.received_bytes() > blob.size_bytes {
            partial.restart()?;
        }
        Ok(partial)
    });
    let opened = opening.await.expect("opening a blob does not panic");
    opened.map_err(BlobError::Store)
}

/// Hashes and writes on a thread of its own.
fn write(
    mut blob: ResumableBlob,
    mut chunks: Receiver<Vec<Bytes>>,
) -> std::io::Result<ResumableBlob> {
    while let Some(gathered) = chunks.blocking_recv() {
        for chunk in gathered {
            blob.write_all(&chunk)?;
        }
    }
    Ok(blob)
}

/// Copies a blob between layouts.
async fn pour(
    origin: &Origin,
    blob: &Descriptor,
    layout: &Arc<LayoutWriter>,
) -> Result<(), BlobError> {
    let failure = Failure::default();
    let mut chunks = origin.open(blob, &failure);
    let (layout, digest) = (Arc::clone(layout), blob.digest);
    let writing = spawn_blocking(move || -> Result<Digest, SinkError> {
        let mut partial = layout.resume(&digest)?;
        partial.restart()?;
        while let Some(Ok(chunk)) = chunks.blocking_recv() {
            let written = partial.write_all(&chunk);
            written.map_err(|source| disk_error(&layout, source))?;
        }
        partial.finish()
    });
    let written = writing.await.expect("writing a blob does not panic");
    if let Some(error) = failure.take() {
        return Err(error.into());
    }
    written.map_err(BlobError::Store).map(drop)
}

fn disk_error(layout: &LayoutWriter, source: std::io::Error) -> SinkError {
    SinkError::new(layout.layout().path().display().to_string(), source)
}

/// Where a blob goes, as a key.
fn place(to: &CopyTarget) -> String {
    match to {
        CopyTarget::Registry(reference) => reference.name(),
        CopyTarget::Layout(layout, _) => format!("oci:{}", layout.layout().path().display()),
    }
}

/// The repository from which the target's registry may take blobs over.
fn mount_from<'a>(from: &'a CopySource, to: &Reference) -> Option<&'a str> {
    let origin = match from {
        CopySource::Registry(reference) => Some(reference),
        CopySource::Layout(image) => image.origin.as_ref(),
    };
    origin
        .filter(|origin| origin.registry() == to.registry())
        .filter(|origin| origin.repository() != to.repository())
        .map(Reference::repository)
}
