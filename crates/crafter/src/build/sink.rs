//! A place that takes whole images.

use std::error::Error;

use pullstudy_image::{
    BlobSink, Descriptor, Digest, Document, LayoutWriter, NullSink, SinkError, Tag,
};

use super::RecipeFingerprint;
use crate::LayerReceipt;

/// A place that takes blobs and the tags they are found by: a layout, a registry, or nowhere.
///
/// A sink may remember finished layers, so that a build that was killed does not make them again.
pub trait ImageSink: BlobSink {
    /// Returns what messages call the sink: a path or a repository.
    fn place(&self) -> String;

    /// Stores a manifest or an index. What it names is there already.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when it cannot be kept.
    fn put_document(&self, document: &Document) -> Result<(), SinkError> {
        put_small(self, document.raw()).map(drop)
    }

    /// Takes a layer of the base over without its bytes, where the sink can get it by itself; tells whether it did.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the sink cannot be asked.
    fn adopt(&self, layer: &Descriptor) -> Result<bool, SinkError> {
        let _ = layer;
        Ok(false)
    }

    /// Tells whether an error means that the sink lost a layer half-way, so that making it once more may help.
    fn has_lost(&self, error: &(dyn Error + 'static)) -> bool {
        let _ = error;
        false
    }

    /// Makes images visible under their tags. All their blobs and documents are there already.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the tags cannot be kept.
    fn put_tags(&self, tags: &[Tag]) -> Result<(), SinkError>;

    /// Returns what is known of a layer that was finished before and is still there.
    fn recall(&self, recipe: &RecipeFingerprint) -> Option<LayerReceipt> {
        let _ = recipe;
        None
    }

    /// Remembers a layer that has just been finished.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when that cannot be written down.
    fn record(&self, recipe: &RecipeFingerprint, receipt: &LayerReceipt) -> Result<(), SinkError> {
        let _ = (recipe, receipt);
        Ok(())
    }
}

impl ImageSink for NullSink {
    fn place(&self) -> String {
        "nowhere".to_owned()
    }

    fn put_tags(&self, _: &[Tag]) -> Result<(), SinkError> {
        Ok(())
    }
}

impl ImageSink for LayoutWriter {
    fn place(&self) -> String {
        self.layout().path().display().to_string()
    }

    fn put_tags(&self, tags: &[Tag]) -> Result<(), SinkError> {
        LayoutWriter::put_tags(self, tags).map_err(|source| SinkError::new(self.place(), source))
    }
}

/// Stores a small blob, if it is not there yet, and returns its digest.
///
/// # Errors
///
/// [`SinkError`] when it cannot be written.
pub(super) fn put_small<S: ImageSink + ?Sized>(
    sink: &S,
    bytes: &[u8],
) -> Result<Digest, SinkError> {
    let digest = Digest::of(bytes);
    if !sink.contains(&digest)? {
        let mut blob = sink.start()?;
        blob.write_all(bytes)
            .map_err(|source| SinkError::new(sink.place(), source))?;
        blob.finish(&digest)?;
    }
    Ok(digest)
}
