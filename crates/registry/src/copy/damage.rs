//! What is wrong with an image in a layout, found before anything is moved.

use std::io;

use pullstudy_image::{BlobSource, Descriptor, HashingReader, Layout, SourceError};
use tokio::task::spawn_blocking;

use super::LayoutImage;
use crate::FeedError;

/// Finds the blobs that cannot be copied: nothing where all are there, for damage shows while they are read; where one is
/// missing the others are read as well, so that all that is wrong can be told at once.
pub(super) async fn damage(image: &LayoutImage, blobs: &[Descriptor]) -> Vec<FeedError> {
    if blobs.iter().all(|blob| image.layout.open(blob).is_ok()) {
        return Vec::new();
    }
    let (layout, blobs) = (image.layout.clone(), blobs.to_vec());
    let reading = spawn_blocking(move || {
        let unusable = |blob: &Descriptor| check(&layout, blob).err();
        blobs.iter().filter_map(unusable).collect()
    });
    reading.await.expect("reading a layout does not panic")
}

fn check(layout: &Layout, blob: &Descriptor) -> Result<(), FeedError> {
    let place = || layout.path().display().to_string();
    let file = layout.open(blob).map_err(FeedError::Read)?;
    let mut reader = HashingReader::new(file, blob.digest.algorithm());
    io::copy(&mut reader, &mut io::sink())
        .map_err(|source| FeedError::Read(SourceError::new(place(), blob.digest, source)))?;
    match reader.finish() {
        found if found == (blob.digest, blob.size_bytes) => Ok(()),
        (actual, actual_bytes) => Err(FeedError::Damaged {
            place: place(),
            digest: blob.digest,
            actual,
            expected_bytes: blob.size_bytes,
            actual_bytes,
        }),
    }
}
