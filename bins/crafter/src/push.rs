//! Images made straight into a repository.

use std::error::Error;
use std::io;

use pullstudy_crafter::ImageSink;
use pullstudy_image::{
    BlobSink, BlobWriter, Descriptor, Digest, Document, Reference, SinkError, Tag,
};
use pullstudy_registry::{Client, PushBlobError, RemoteSink};

use crate::remote;

/// A repository that takes layers while they are made.
pub(crate) struct PushSink {
    remote: RemoteSink,
    repository: Reference,
    /// Where the base is, if that is a registry: its layers are mounted where the registry is the same.
    base: Option<Reference>,
}

impl PushSink {
    pub(crate) fn new(
        client: Client,
        repository: Reference,
        base: Option<Reference>,
    ) -> io::Result<Self> {
        Ok(Self {
            remote: RemoteSink::new(client, repository.clone(), remote::runtime()?),
            repository,
            base,
        })
    }

    fn failed(&self, source: impl Error + Send + Sync + 'static) -> SinkError {
        SinkError::new(self.place(), source)
    }
}

impl BlobSink for PushSink {
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError> {
        self.remote.contains(digest)
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        self.remote.start()
    }
}

impl ImageSink for PushSink {
    fn place(&self) -> String {
        self.remote.place()
    }

    fn put_document(&self, document: &Document) -> Result<(), SinkError> {
        let put = self.remote.put_document(document);
        put.map(drop).map_err(|error| self.failed(error))
    }

    fn adopt(&self, layer: &Descriptor) -> Result<bool, SinkError> {
        let here = |base: &&Reference| {
            base.registry() == self.repository.registry()
                && base.repository() != self.repository.repository()
        };
        match self.base.as_ref().filter(here) {
            Some(base) => self.remote.mount(&layer.digest, base.repository()),
            None => Ok(false),
        }
    }

    fn has_lost(&self, error: &(dyn Error + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if is_lost(error) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    fn put_tags(&self, tags: &[Tag]) -> Result<(), SinkError> {
        let put = |tag| self.remote.put_tag(tag).map_err(|error| self.failed(error));
        tags.iter().try_for_each(put)
    }
}

/// An I/O error hides the error it is made of from the chain of causes.
fn is_lost(error: &(dyn Error + 'static)) -> bool {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .map(|inner| inner as &(dyn Error + 'static));
    let error = inner.unwrap_or(error);
    matches!(error.downcast_ref(), Some(PushBlobError::UploadLost { .. }))
}
