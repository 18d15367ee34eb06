//! What the images of one copy share: blobs that move once, and how many at a time.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use pullstudy_image::{Descriptor, Digest, LayoutWriter, Reference, ResumableBlob, SinkError};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore, oneshot};
use tokio::task::spawn_blocking;

use super::error::BlobError;
use super::lane::{Lane, Lanes};
use super::{CopySource, CopyTarget, Platforms};
use crate::feed::{Failure, Origin};
use crate::observer::BlobOutcome;
use crate::{Client, PullBlobError, TransferEvent};

/// One call of [`Client::copy`].
pub(super) struct Session<'a> {
    pub(super) client: &'a Client,
    pub(super) platforms: &'a Platforms,
    permits: Semaphore,
    blobs: Mutex<HashMap<Wanted, Seen>>,
    lanes: Lanes,
    /// Registries that no connection led to.
    out_of_reach: Mutex<HashSet<String>>,
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
            lanes: Lanes::default(),
            out_of_reach: Mutex::default(),
            tagging: tokio::sync::Mutex::default(),
        }
    }

    /// Leaves a registry alone for the rest of the session.
    pub(super) fn give_up(&self, reference: &Reference) {
        let mut given_up = self.given_up();
        given_up.insert(reference.registry().to_owned());
    }

    /// Tells whether a registry is left alone.
    pub(super) fn is_out_of_reach(&self, reference: &Reference) -> bool {
        self.given_up().contains(reference.registry())
    }

    fn given_up(&self) -> MutexGuard<'_, HashSet<String>> {
        let given_up = self.out_of_reach.lock();
        given_up.unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the blobs that no image of the session has asked for yet.
    pub(super) fn plan(&self, to: &CopyTarget, blobs: &[Descriptor]) {
        let mut known = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut count, mut bytes) = (0, 0);
        for blob in blobs {
            known.entry((place(to), blob.digest)).or_insert_with(|| {
                count += 1;
                bytes = blob.size_bytes.saturating_add(bytes);
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
        let lane = self.lanes.take(self.client);
        let client = client_of(lane.as_ref(), self.client);
        let (origin, to, blob) = (self.origin(passage.from), to.clone(), passage.blob.clone());
        let pushing = async move { client.push_from(&to, &blob, &origin).await };
        self.on_lane(lane, pushing).await?;
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
        if layout.holds(&passage.blob).map_err(BlobError::Store)? {
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
    ///
    /// Receiving, hashing and writing are one thread's work: what has just come from the network is still in the processor's
    /// cache, and no thread is woken to take it over.
    async fn pull_once(
        &self,
        reference: &Reference,
        blob: &Descriptor,
        layout: &Arc<LayoutWriter>,
    ) -> Result<Digest, BlobError> {
        let lane = self.lanes.take(self.client);
        let pull = Pull {
            client: client_of(lane.as_ref(), self.client),
            reference: reference.clone(),
            blob: blob.clone(),
            layout: Arc::clone(layout),
        };
        self.on_lane(lane, pull.run()).await
    }

    /// Does some work on a thread of its own.
    async fn on_lane<T: Send + 'static>(
        &self,
        lane: Option<Lane>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        // A thread does not end when nobody waits for it any more; this tells it.
        let (_waiting, nobody_waits) = oneshot::channel::<()>();
        let working = spawn_blocking(move || {
            let work = async {
                tokio::select! {
                    done = work => Some(done),
                    _ = nobody_waits => None,
                }
            };
            match &lane {
                Some(own) => (own.run(work), lane),
                None => (Handle::current().block_on(work), None),
            }
        });
        let (done, lane) = working.await.expect("moving a blob does not panic");
        if let Some(lane) = lane {
            self.lanes.put(lane);
        }
        done.expect("this function waits")
    }
}

fn client_of(lane: Option<&Lane>, otherwise: &Client) -> Client {
    lane.map_or(otherwise, |lane| &lane.client).clone()
}

/// One blob on its way into a layout, on a thread of its own.
struct Pull {
    client: Client,
    reference: Reference,
    blob: Descriptor,
    layout: Arc<LayoutWriter>,
}

impl Pull {
    async fn run(self) -> Result<Digest, BlobError> {
        let mut partial = self.reopen().map_err(BlobError::Store)?;
        let offset = partial.received_bytes();
        if offset > 0 {
            let found = TransferEvent::Found { bytes: offset };
            self.client.observer().tell(&found);
        }
        let chunks = self.client.chunks(&self.reference, &self.blob, offset);
        let mut chunks = std::pin::pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(BlobError::Pull)?;
            let written = partial.write_all(&chunk);
            written.map_err(|source| BlobError::Store(disk_error(&self.layout, source)))?;
        }
        partial.finish().map_err(BlobError::Store)
    }

    /// Opens what is there of the blob.
    fn reopen(&self) -> Result<ResumableBlob, SinkError> {
        let mut partial = self.layout.resume(&self.blob.digest)?;
        if partial.received_bytes() > self.blob.size_bytes {
            partial.restart()?;
        }
        Ok(partial)
    }
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
