//! A repository read like a file.

use std::io::Read;

use pullstudy_image::{BlobSource, Descriptor, Reference, SourceError};
use tokio::runtime::Handle;

use crate::Client;

/// A repository as a [`BlobSource`]: blobs with [`std::io::Read`], for code that is not async.
///
/// A blob's bytes are fetched on the runtime while the reader works on the chunk before. Read on a thread that is
/// none of the runtime's own (or within `spawn_blocking`): waiting there would block the runtime, so it panics.
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
        todo!(
            "{:?} {} {:?} {descriptor:?}",
            self.client,
            self.reference,
            self.runtime
        )
    }
}
