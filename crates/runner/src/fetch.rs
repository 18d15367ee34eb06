//! A layer's way from the registry into the node's content store.

use std::time::Instant;

use pullstudy_events::{Phase, Stage};
use pullstudy_image::{Descriptor, Digest};
use pullstudy_registry::{BlobStream, Bytes, PullBlobError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::Span;
use crate::content_store::{Ingest, StoreError};
use crate::hasher::Hasher;
use crate::pull::{Pull, PullError, blocking};

/// How much is gathered from the network before it is hashed and written in one go.
const BATCH_BYTES: usize = 1 << 20;

/// A blob on its way, handed back and forth between the network's task and a thread that may block.
struct Arrival {
    ingest: Ingest,
    hasher: Hasher,
    verify: Span,
    write: Span,
}

impl Arrival {
    /// Hashes, then writes, as containerd's writer does: one after the other, in the same thread.
    fn take(&mut self, batch: &[Bytes]) -> Result<(), StoreError> {
        let bytes = batch.iter().map(|chunk| chunk.len() as u64).sum();
        let start = Instant::now();
        batch.iter().for_each(|chunk| self.hasher.update(chunk));
        let hashed = Instant::now();
        self.verify.add(start, hashed, bytes);
        let written = batch.iter().try_for_each(|chunk| self.ingest.write(chunk));
        self.write.add(hashed, Instant::now(), bytes);
        written
    }

    /// Compares the digest, and makes the blob visible if it is right.
    fn finish(mut self, expected: Digest, sync: bool) -> (Span, Span, Result<(), FinishError>) {
        let start = Instant::now();
        let actual = self.hasher.into_digest();
        let hashed = Instant::now();
        self.verify.add(start, hashed, 0);
        if actual != expected {
            return (self.verify, self.write, Err(FinishError::Digest(actual)));
        }
        let committed = self.ingest.commit(&expected, sync);
        self.write.add(hashed, Instant::now(), 0);
        (
            self.verify,
            self.write,
            committed.map_err(FinishError::Store),
        )
    }
}

enum FinishError {
    Digest(Digest),
    Store(StoreError),
}

impl Pull {
    /// Fetches one layer as soon as there is a slot for it, and returns the moment when it was there; none if it was
    /// told to stop before. What it was doing in a thread of its own is over by then.
    pub(crate) async fn fetch(
        &self,
        layer: u32,
        descriptor: &Descriptor,
        slots: &Semaphore,
        stop: &CancellationToken,
    ) -> Result<Option<Instant>, PullError> {
        let Some(_slot) = stop.run_until_cancelled(self.slot(layer, slots)).await else {
            return Ok(None);
        };
        let mut download = Span::default();
        let arrived = self.receive(descriptor, &mut download, stop).await;
        self.recorder
            .add(Stage::Fetch, Some(layer), Phase::Download, &download);
        let Some(arrival) = arrived? else {
            return Ok(None);
        };
        self.keep(layer, descriptor.digest, arrival).await?;
        Ok(Some(Instant::now()))
    }

    async fn slot<'a>(&self, layer: u32, slots: &'a Semaphore) -> SemaphorePermit<'a> {
        if let Ok(slot) = slots.try_acquire() {
            return slot;
        }
        let start = Instant::now();
        let slot = slots.acquire().await;
        let mut wait = Span::default();
        wait.add(start, Instant::now(), 0);
        self.recorder
            .add(Stage::Fetch, Some(layer), Phase::Wait, &wait);
        slot.expect("the semaphore is never closed")
    }

    /// Receives a blob, hashing and writing it batch by batch.
    async fn receive(
        &self,
        descriptor: &Descriptor,
        download: &mut Span,
        stop: &CancellationToken,
    ) -> Result<Option<Arrival>, PullError> {
        let failed = |source| PullError::Fetch {
            digest: descriptor.digest,
            source,
        };
        let start = Instant::now();
        let asked = self.client.blob(&self.reference, descriptor);
        let answer = stop.run_until_cancelled(asked).await;
        download.add(start, Instant::now(), 0);
        let Some(answer) = answer else {
            return Ok(None);
        };
        let mut stream = answer.map_err(failed)?;
        let mut arrival = self.start_arrival(descriptor).await?;
        loop {
            let batch = next_batch(&mut stream, download);
            let Some(batch) = stop.run_until_cancelled(batch).await else {
                return Ok(None);
            };
            let batch = batch.map_err(failed)?;
            if batch.is_empty() {
                return Ok(Some(arrival));
            }
            let taken = blocking(move || arrival.take(&batch).map(|()| arrival)).await;
            arrival = taken.map_err(|source| self.store_error(source))?;
        }
    }

    /// Checks what was received, and makes it visible in the node's store.
    async fn keep(&self, layer: u32, expected: Digest, arrival: Arrival) -> Result<(), PullError> {
        let sync = self.options.sync_blobs;
        let (verify, write, finished) = blocking(move || arrival.finish(expected, sync)).await;
        self.recorder
            .add(Stage::Fetch, Some(layer), Phase::Verify, &verify);
        self.recorder
            .add(Stage::Fetch, Some(layer), Phase::Write, &write);
        finished.map_err(|error| match error {
            FinishError::Store(source) => self.store_error(source),
            FinishError::Digest(actual) => PullError::Digest {
                repository: self.reference.name(),
                expected,
                actual,
            },
        })
    }

    async fn start_arrival(&self, descriptor: &Descriptor) -> Result<Arrival, PullError> {
        let node = self.node.clone();
        let ingest = blocking(move || node.content().start()).await;
        Ok(Arrival {
            ingest: ingest.map_err(|source| self.store_error(source))?,
            hasher: Hasher::new(descriptor.digest.algorithm()),
            verify: Span::default(),
            write: Span::default(),
        })
    }
}

/// Gathers what arrives, up to a batch; nothing at the end of the blob.
async fn next_batch(
    stream: &mut BlobStream,
    download: &mut Span,
) -> Result<Vec<Bytes>, PullBlobError> {
    let start = Instant::now();
    let (mut batch, mut length) = (Vec::new(), 0);
    let ended = loop {
        match stream.next_chunk().await {
            Ok(Some(chunk)) => {
                length += chunk.len();
                batch.push(chunk);
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if length >= BATCH_BYTES {
            break Ok(());
        }
    };
    download.add(start, Instant::now(), length as u64);
    ended.map(|()| batch)
}
