//! How many images share a layer.

use pullstudy_image::Digest;

use crate::Collection;

/// How many layers are in more than so many images, and how many in so many rows.
///
/// A row is a layer of an image: an image that has a layer twice has two rows of it. The published study counted rows
/// and called them images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reuse {
    /// In more than so many; 0 stands for "in exactly one".
    pub more_than: u64,
    /// Layers in more than so many images.
    pub by_images: u64,
    /// Layers with more than so many rows.
    pub by_rows: u64,
}

/// A layer, and how many images have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedLayer {
    /// The layer's number in its collection.
    pub layer: u32,
    /// The hash of its stored bytes.
    pub digest: Digest,
    /// How many bytes are stored.
    pub size_bytes: u64,
    /// How often images have it, twice where an image has it twice.
    pub rows: u64,
    /// How many images have it.
    pub images: u64,
}

/// Beyond these numbers of images layers are counted; 0 stands for "in exactly one".
const THRESHOLDS: [u64; 5] = [0, 1, 2, 50, 100];

/// Counts, of each layer, its rows and the images that have it.
pub(super) fn shared_layers(collection: &Collection) -> Vec<SharedLayer> {
    let mut layers: Vec<SharedLayer> = (0..)
        .zip(collection.layers())
        .map(|(number, layer)| SharedLayer {
            layer: number,
            digest: layer.digest,
            size_bytes: layer.size_bytes,
            rows: 0,
            images: 0,
        })
        .collect();
    // The image that had each layer last.
    let mut last = vec![usize::MAX; layers.len()];
    for image in 0..collection.len() {
        for &layer in collection.layers_of(image) {
            let layer = layer as usize;
            layers[layer].rows += 1;
            layers[layer].images += u64::from(last[layer] != image);
            last[layer] = image;
        }
    }
    layers
}

pub(super) fn reuse(layers: &[SharedLayer]) -> Vec<Reuse> {
    let count = |holds: &dyn Fn(&SharedLayer) -> bool| {
        layers.iter().filter(|layer| holds(layer)).count() as u64
    };
    let of = |more_than: u64| match more_than {
        0 => Reuse {
            more_than,
            by_images: count(&|layer| layer.images == 1),
            by_rows: count(&|layer| layer.rows == 1),
        },
        _ => Reuse {
            more_than,
            by_images: count(&|layer| layer.images > more_than),
            by_rows: count(&|layer| layer.rows > more_than),
        },
    };
    THRESHOLDS.into_iter().map(of).collect()
}

/// Sorts by images, then rows, then bytes: what is shared most comes first.
pub(super) fn most_shared(mut layers: Vec<SharedLayer>, most: usize) -> Vec<SharedLayer> {
    layers.sort_by_key(|layer| {
        let weight = (layer.images, layer.rows, layer.size_bytes);
        (std::cmp::Reverse(weight), layer.layer)
    });
    layers.truncate(most);
    layers
}
