//! A repository that images are made into.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use pullstudy_image::{
    BlobSink, BlobWriter, Descriptor, Digest, Document, Reference, SinkError, Tag,
};
use tokio::runtime::Handle;

use crate::{Client, PushBlobError, PushManifestError, Upload};

/// A repository as a [`BlobSink`]: blobs are pushed while they are written, for code that is not async.
///
/// Of each blob at most [`chunk_bytes`](crate::ClientOptions::chunk_bytes) are held in memory, twice while they are
/// sent. An error while writing is an [`io::Error`] around a [`PushBlobError`]; [`PushBlobError::UploadLost`] means that
/// the blob must be made again from its start.
///
/// # Panics
///
/// All calls wait for the runtime, so they panic on a thread that runs async tasks. Call them on a thread of your own,
/// or within `spawn_blocking`. On a current-thread runtime another thread must be running it meanwhile.
#[derive(Debug)]
pub struct RemoteSink {
    client: Client,
    repository: Reference,
    runtime: Handle,
    /// Manifests and indexes pushed, for their tags.
    documents: Mutex<HashMap<Digest, Document>>,
    /// Tags put, so that one that is put again is not sent again.
    tags: Mutex<HashMap<String, Digest>>,
}

/// Why an image could not be tagged in a repository.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// Its manifest was not pushed through this sink.
    #[error("{digest} was not pushed before it was tagged as {reference}")]
    Unknown {
        /// The tag.
        reference: Box<Reference>,
        /// What it should stand for.
        digest: Digest,
    },
    /// The manifest could not be pushed under its tag.
    #[error(transparent)]
    Push(PushManifestError),
}

impl RemoteSink {
    /// Writes to the reference's repository, on a runtime that has its I/O and time drivers on.
    pub fn new(client: Client, repository: Reference, runtime: Handle) -> Self {
        Self {
            client,
            repository,
            runtime,
            documents: Mutex::default(),
            tags: Mutex::default(),
        }
    }

    /// Returns the repository's name.
    pub fn place(&self) -> String {
        self.repository.name()
    }

    /// Pushes a manifest or an index under its digest. What it names must be there.
    ///
    /// # Errors
    ///
    /// [`PushManifestError`].
    pub fn put_document(&self, document: &Document) -> Result<Descriptor, PushManifestError> {
        let digest = document.descriptor().digest;
        let reference = self.repository.with_digest(digest);
        let pushed = self.client.push_document(&reference, document);
        let descriptor = self.runtime.block_on(pushed)?;
        let mut documents = self.documents();
        documents.insert(digest, document.clone());
        Ok(descriptor)
    }

    /// Makes a document pushed before visible under a tag.
    ///
    /// # Errors
    ///
    /// [`TagError`].
    pub fn put_tag(&self, tag: &Tag) -> Result<(), TagError> {
        let (name, digest) = (tag.reference.to_string(), tag.descriptor.digest);
        if self.tags().get(&name) == Some(&digest) {
            return Ok(());
        }
        let document = self.documents().get(&digest).cloned();
        let document = document.ok_or_else(|| TagError::Unknown {
            reference: Box::new(tag.reference.clone()),
            digest,
        })?;
        let pushed = self.client.push_document(&tag.reference, &document);
        self.runtime.block_on(pushed).map_err(TagError::Push)?;
        self.tags().insert(name, digest);
        Ok(())
    }

    /// Asks the registry to take a blob over from another of its repositories; tells whether it did.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the registry cannot be asked.
    pub fn mount(&self, digest: &Digest, from: &str) -> Result<bool, SinkError> {
        let asked = self.client.mount_blob(&self.repository, digest, from);
        self.runtime
            .block_on(asked)
            .map_err(|error| self.failed(error))
    }

    fn documents(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Document>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn tags(&self) -> std::sync::MutexGuard<'_, HashMap<String, Digest>> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: PushBlobError) -> SinkError {
        SinkError::new(self.place(), source)
    }
}

impl BlobSink for RemoteSink {
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError> {
        let asked = self.client.has_blob(&self.repository, digest);
        self.runtime
            .block_on(asked)
            .map_err(|error| self.failed(error))
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        let started = self.client.start_upload(&self.repository);
        let upload = self.runtime.block_on(started);
        Ok(Box::new(RemoteBlob {
            upload: upload.map_err(|error| self.failed(error))?,
            sink: self,
        }))
    }
}

struct RemoteBlob<'a> {
    sink: &'a RemoteSink,
    upload: Upload,
}

impl Write for RemoteBlob<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.sink.runtime.block_on(self.upload.write(buffer));
        written.map_err(io::Error::other)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Chunks go out when they are full, and the last one when the blob ends.
        Ok(())
    }
}

impl BlobWriter for RemoteBlob<'_> {
    fn finish(self: Box<Self>, digest: &Digest) -> Result<(), SinkError> {
        let Self { sink, upload } = *self;
        let finished = sink.runtime.block_on(upload.finish(digest));
        finished.map_err(|error| sink.failed(error))
    }
}
