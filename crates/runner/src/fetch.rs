//! A layer's way from the registry into the node's content store.

use std::time::Instant;

use pullstudy_events::{Phase, Stage};
use pullstudy_image::{Descriptor, Digest, Hasher};
use pullstudy_registry::{BlobStream, Bytes, PullBlobError};
use tokio_util::sync::CancellationToken;

use crate::Span;
use crate::content_store::{Ingest, StoreError};
use crate::pull::{Pull, PullError, blocking};

/// How much is gathered from the network before it is hashed and written in one go.
const BATCH_BYTES: usize = 1 << 20;

/// A blob on its way, handed back and forth between the network's task and a thread that may block.
struct Incoming {
    ingest: Ingest,
    hasher: Hasher,
    verify: Span,
    write: Span,
}

impl Incoming {
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

    /// Compares the digest, and makes the blob visible if it is right; adds the time to the spans.
    fn finish(self, expected: Digest, sync: bool) -> (Span, Span, Result<(), FinishError>) {
        let (mut verify, mut write) = (self.verify, self.write);
        let start = Instant::now();
        let actual = self.hasher.finish();
        let hashed = Instant::now();
        verify.add(start, hashed, 0);
        if actual != expected {
            return (verify, write, Err(FinishError::Digest(actual)));
        }
        let committed = self.ingest.commit(&expected, sync);
        write.add(hashed, Instant::now(), 0);
        (verify, write, committed.map_err(FinishError::Store))
    }
}

enum FinishError {
    Digest(Digest),
    Store(StoreError),
}

impl Pull {
    /// Fetches one layer, and returns the moment when it was there; none if it was told to stop before.
    ///
    /// What it was doing in a thread of its own is over by then.
    pub(crate) async fn fetch(
        &self,
        layer: u32,
        descriptor: &Descriptor,
        stop: &CancellationToken,
    ) -> Result<Option<Instant>, PullError> {
        let mut download = Span::default();
        let fetched = self.download(layer, descriptor, &mut download, stop).await;
        self.add_row(layer, Phase::Download, &download);
        Ok(fetched?.map(|()| Instant::now()))
    }

    async fn download(
        &self,
        layer: u32,
        descriptor: &Descriptor,
        download: &mut Span,
        stop: &CancellationToken,
    ) -> Result<Option<()>, PullError> {
        let start = Instant::now();
        let asked = self.client.blob(&self.reference, descriptor);
        let answer = stop.run_until_cancelled(asked).await;
        download.add(start, Instant::now(), 0);
        let Some(answer) = answer else {
            return Ok(None);
        };
        let stream = answer.map_err(|source| fetch_error(descriptor, source))?;
        let incoming = self.start_incoming(descriptor).await?;
        let (incoming, received) = self.receive(stream, incoming, download, stop).await;
        match received {
            Ok(Some(())) => self
                .keep(layer, descriptor.digest, incoming)
                .await
                .map(Some),
            not_whole => {
                self.add_row(layer, Phase::Verify, &incoming.verify);
                self.add_row(layer, Phase::Write, &incoming.write);
                not_whole
            }
        }
    }

    async fn start_incoming(&self, descriptor: &Descriptor) -> Result<Incoming, PullError> {
        let node = self.node.clone();
        let ingest = blocking(move || node.content().start()).await;
        Ok(Incoming {
            ingest: ingest.map_err(|source| self.store_error(source))?,
            hasher: Hasher::new(descriptor.digest.algorithm()),
            verify: Span::default(),
            write: Span::default(),
        })
    }

    /// Receives a blob, hashing and writing it batch by batch.
    async fn receive(
        &self,
        mut stream: BlobStream,
        mut incoming: Incoming,
        download: &mut Span,
        stop: &CancellationToken,
    ) -> (Incoming, Result<Option<()>, PullError>) {
        loop {
            let batch = next_batch(&mut stream, download);
            let batch = match stop.run_until_cancelled(batch).await {
                None => return (incoming, Ok(None)),
                Some(Ok(batch)) if batch.is_empty() => return (incoming, Ok(Some(()))),
                Some(Ok(batch)) => batch,
                Some(Err(source)) => {
                    let error = fetch_error(stream.descriptor(), source);
                    return (incoming, Err(error));
                }
            };
            let take = move || {
                let taken = incoming.take(&batch);
                (incoming, taken)
            };
            let (back, taken) = blocking(take).await;
            incoming = back;
            if let Err(source) = taken {
                return (incoming, Err(self.store_error(source)));
            }
        }
    }

    /// Checks what was received, and makes it visible in the node's store.
    async fn keep(
        &self,
        layer: u32,
        expected: Digest,
        incoming: Incoming,
    ) -> Result<(), PullError> {
        let sync = self.options.sync_blobs;
        let (verify, write, finished) = blocking(move || incoming.finish(expected, sync)).await;
        self.add_row(layer, Phase::Verify, &verify);
        self.add_row(layer, Phase::Write, &write);
        finished.map_err(|error| match error {
            FinishError::Store(source) => self.store_error(source),
            FinishError::Digest(actual) => PullError::Digest {
                repository: self.reference.name(),
                expected,
                actual,
            },
        })
    }

    fn add_row(&self, layer: u32, phase: Phase, span: &Span) {
        self.recorder.add(Stage::Fetch, Some(layer), phase, span);
    }
}

fn fetch_error(descriptor: &Descriptor, source: PullBlobError) -> PullError {
    PullError::Fetch {
        digest: descriptor.digest,
        source,
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
