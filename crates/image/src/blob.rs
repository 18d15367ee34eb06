//! Places that take blobs as streams, and places that give them.

use std::error::Error;
use std::io::{self, Read, Write};

use crate::{Descriptor, Digest};

/// A place that takes blobs: a layout on disk, a registry, or nowhere.
///
/// A producer writes a blob while it is made and tells the digest at the end, so nothing need be kept to be hashed
/// first. The blob is visible under its digest only after [`BlobWriter::finish`]; a writer that is dropped before
/// leaves nothing behind.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use pullstudy_image::{BlobSink, Digest, SinkError};
///
/// fn produce(sink: &dyn BlobSink) -> Result<Digest, Box<dyn std::error::Error>> {
///     let mut blob = sink.start()?;
///     blob.write_all(b"made piece ")?;
///     blob.write_all(b"by piece")?;
///     let digest = Digest::of(b"made piece by piece");
///     blob.finish(&digest)?;
///     Ok(digest)
/// }
/// produce(&pullstudy_image::NullSink)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait BlobSink: Send + Sync {
    /// Tells whether the sink already holds a blob, so that it need not be made again.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the sink cannot be asked.
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError>;

    /// Starts a blob whose digest is not known yet.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the sink cannot take one.
    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError>;
}

/// One blob on its way into a [`BlobSink`].
pub trait BlobWriter: Write + Send {
    /// Ends the blob and makes it visible under `digest`, the hash of all bytes written.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the sink cannot keep it; nothing is visible then.
    fn finish(self: Box<Self>, digest: &Digest) -> Result<(), SinkError>;
}

/// A place that gives blobs by digest.
pub trait BlobSource: Send + Sync {
    /// Opens a blob for reading. The bytes are not checked: hash them.
    ///
    /// # Errors
    ///
    /// [`SourceError`] when it is not there or cannot be opened.
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError>;
}

/// Why a sink did not take a blob.
#[derive(Debug, thiserror::Error)]
#[error("failed to store a blob in {place}")]
#[non_exhaustive]
pub struct SinkError {
    /// The sink: a path or a repository.
    pub place: String,
    /// The cause.
    pub source: Box<dyn Error + Send + Sync>,
}

impl SinkError {
    /// Names the sink and the cause.
    pub fn new(place: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            place: place.into(),
            source: source.into(),
        }
    }
}

/// Why a source did not give a blob.
#[derive(Debug, thiserror::Error)]
#[error("failed to read blob {digest} from {place}")]
#[non_exhaustive]
pub struct SourceError {
    /// The source: a path or a repository.
    pub place: String,
    /// The blob asked for.
    pub digest: Digest,
    /// The cause.
    pub source: Box<dyn Error + Send + Sync>,
}

impl SourceError {
    /// Names the source, the blob and the cause.
    pub fn new(
        place: impl Into<String>,
        digest: Digest,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            place: place.into(),
            digest,
            source: source.into(),
        }
    }
}

/// A sink that keeps nothing: for benchmarks and dry runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl BlobSink for NullSink {
    fn contains(&self, _: &Digest) -> Result<bool, SinkError> {
        Ok(false)
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        Ok(Box::new(NullWriter))
    }
}

struct NullWriter;

impl Write for NullWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter for NullWriter {
    fn finish(self: Box<Self>, _: &Digest) -> Result<(), SinkError> {
        Ok(())
    }
}
