//! Reading every stored layer once, in parallel.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use pullstudy_image::{Algorithm, BlobSource, Compression, Descriptor, DiffId, Digest};

use super::documents::{ImageDocuments, sentence};
use super::run::VerifyProgress;
use crate::examine::{Algorithms, Examined, examine};

/// How a stored layer is read: the same blob may be listed under two types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LayerKey {
    pub(super) digest: Digest,
    pub(super) compression: Compression,
    pub(super) diff_algorithm: Algorithm,
}

impl LayerKey {
    /// Returns how to read a layer, or `None` where its media type is no layer's.
    pub(super) fn of(descriptor: &Descriptor, diff_id: Option<&DiffId>) -> Option<Self> {
        Some(Self {
            digest: descriptor.digest,
            compression: Compression::of_layer(&descriptor.media_type).ok()?,
            diff_algorithm: diff_id.map_or(Algorithm::Sha256, DiffId::algorithm),
        })
    }
}

/// What each stored layer is, or why it cannot be read.
pub(super) type Layers = BTreeMap<LayerKey, Result<Examined, String>>;

/// Examines every layer that the images name, each once.
pub(super) fn examine_layers(
    source: &dyn BlobSource,
    images: &[ImageDocuments],
    jobs: NonZeroUsize,
    progress: &(dyn Fn(VerifyProgress) + Sync),
) -> Layers {
    let work = distinct(images);
    progress(VerifyProgress::Started {
        layers: work.len(),
        bytes: work
            .iter()
            .map(|(_, descriptor)| descriptor.size_bytes)
            .sum(),
    });
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.get().min(work.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((key, descriptor)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let examined = examine_one(source, key, descriptor);
                    progress(VerifyProgress::Layer {
                        bytes: descriptor.size_bytes,
                    });
                    if sender.send((*key, examined)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        results.iter().collect()
    })
}

/// Returns the distinct layers, the largest first, so that no thread is left alone with one at the end.
fn distinct(images: &[ImageDocuments]) -> Vec<(LayerKey, Descriptor)> {
    let mut layers = BTreeMap::new();
    for image in images {
        for (index, descriptor) in image.manifest.layers().iter().enumerate() {
            if let Some(key) = LayerKey::of(descriptor, image.diff_id(index)) {
                layers.entry(key).or_insert_with(|| descriptor.clone());
            }
        }
    }
    let mut layers: Vec<_> = layers.into_iter().collect();
    layers.sort_by_key(|(_, descriptor)| std::cmp::Reverse(descriptor.size_bytes));
    layers
}

fn examine_one(
    source: &dyn BlobSource,
    key: &LayerKey,
    descriptor: &Descriptor,
) -> Result<Examined, String> {
    let mut stored = source.open(descriptor).map_err(|error| sentence(&error))?;
    let algorithms = Algorithms {
        digest: key.digest.algorithm(),
        diff_id: key.diff_algorithm,
    };
    examine(&mut stored, key.compression, algorithms).map_err(|error| sentence(&error))
}

impl ImageDocuments {
    /// Returns what the config says of a layer, counted from 0.
    pub(super) fn diff_id(&self, index: usize) -> Option<&DiffId> {
        self.config.as_ref()?.diff_ids().get(index)
    }
}
