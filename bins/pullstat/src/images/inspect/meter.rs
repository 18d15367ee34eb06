//! How far the reading of layers has come.

use std::io::{self, Read};
use std::sync::Arc;

use pullstudy_console::{Meter, Unit, retries};
use pullstudy_image::{BlobSource, Descriptor, SourceError};
use pullstudy_registry::Observer;
use pullstudy_survey::{Subject, SubjectContent};

/// A bar of the layers' wire bytes.
#[derive(Clone)]
pub(super) struct LayerMeter(Arc<Meter>);

impl LayerMeter {
    pub(super) fn new() -> Self {
        Self(Arc::new(Meter::new(Unit::Bytes)))
    }

    /// Returns what a client tells its failures to.
    pub(super) fn observer(&self) -> Observer {
        let meter = Arc::clone(&self.0);
        retries(move |line| meter.say(line))
    }

    pub(super) fn finish(&self) {
        self.0.finish();
    }

    /// Watches the layers of one image while they are read.
    pub(super) fn watch<'a>(&self, source: &'a dyn BlobSource, subject: &Subject) -> Watched<'a> {
        if let SubjectContent::Image { manifest, .. } = &subject.content {
            self.0.extend(manifest.wire_bytes());
        }
        self.0.set_words(subject.reference.clone());
        Watched {
            source,
            meter: Arc::clone(&self.0),
        }
    }
}

/// Blobs that move a bar while they are read.
pub(super) struct Watched<'a> {
    source: &'a dyn BlobSource,
    meter: Arc<Meter>,
}

impl Watched<'_> {
    pub(super) fn source(&self) -> &dyn BlobSource {
        self
    }
}

impl BlobSource for Watched<'_> {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        let blob = self.source.open(descriptor)?;
        Ok(Box::new(WatchedBlob {
            blob,
            meter: &self.meter,
        }))
    }
}

struct WatchedBlob<'a> {
    blob: Box<dyn Read + Send + 'a>,
    meter: &'a Meter,
}

impl Read for WatchedBlob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.blob.read(buffer)?;
        self.meter.advance(count as u64);
        Ok(count)
    }
}
