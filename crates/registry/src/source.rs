//! A repository read like a file.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use pullstudy_image::{BlobSource, Descriptor, Reference, SourceError};
use tokio::runtime::Handle;

use crate::{Client, Download};

/// A repository as a [`BlobSource`]: blobs through [`std::io::Read`], for code that is not async.
///
/// Broken connections are taken up again. The bytes are not hashed. An error while reading is an [`io::Error`] around a [`PullBlobError`](crate::PullBlobError).
///
/// # Panics
///
/// Opening and reading wait for the runtime, so they panic on a thread that runs async tasks. Call them on a thread
/// of your own, or within `spawn_blocking`. On a current-thread runtime another thread must be running it meanwhile.
#[derive(Clone, Debug)]
pub struct RemoteSource {
    client: Client,
    reference: Reference,
    runtime: Handle,
}

impl RemoteSource {
    /// Reads from the reference's repository, on a runtime that has its I/O and time drivers on.
    pub fn new(client: Client, reference: Reference, runtime: Handle) -> Self {
        Self {
            client,
            reference,
            runtime,
        }
    }
}

impl BlobSource for RemoteSource {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        let mut download = self.client.download(&self.reference, descriptor, 0);
        // The first bytes are waited for here, so that a blob that is not there is told at once.
        match self.runtime.block_on(download.next_chunk()) {
            Ok(first) => Ok(Box::new(BlobReader {
                runtime: &self.runtime,
                download,
                chunk: first.unwrap_or_default(),
            })),
            Err(source) => Err(SourceError::new(
                self.reference.name(),
                descriptor.digest,
                source,
            )),
        }
    }
}

struct BlobReader<'a> {
    runtime: &'a Handle,
    download: Download,
    chunk: Bytes,
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let next = self.runtime.block_on(self.download.next_chunk());
            match next.map_err(io::Error::other)? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
