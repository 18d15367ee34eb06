//! Images as lists of layers that may be changed, and what it takes to pull them.

use std::collections::BTreeSet;
use std::num::NonZero;

use crate::Collection;

/// What it takes to pull a set of images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// Wire bytes that one cold node pulls if it pulls all images: each layer once.
    pub pulled_bytes: u64,
    /// So many layers, each once.
    pub pulled_layers: usize,
    /// Wire bytes of all images, each for itself: what is pulled if no two images meet on a node.
    pub apart_bytes: u64,
    /// So many layers, each image for itself.
    pub apart_layers: usize,
    /// Bytes on the critical path of downloads, summed over the images, each for itself on a cold node: layers are taken
    /// first to last by so many downloads at a time, all of the same speed.
    pub critical_bytes: u64,
}

/// Images as they are, or would be. Layers are numbers; those from the collection keep theirs, others follow. An image has
/// each layer once: it is pulled once.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) images: Vec<Vec<u32>>,
    sizes: Vec<u64>,
    /// What stands in the place of each layer of the collection; nothing where it is left out.
    current: Vec<Option<u32>>,
    downloads: NonZero<usize>,
}

impl Plan {
    pub(super) fn of(collection: &Collection, downloads: NonZero<usize>) -> Self {
        let layers = collection.layers().iter();
        Self {
            current: (0..).map(Some).take(layers.len()).collect(),
            images: (0..collection.len())
                .map(|image| distinct(collection.layers_of(image).iter().copied()))
                .collect(),
            sizes: layers.map(|layer| layer.size_bytes).collect(),
            downloads,
        }
    }

    pub(super) fn size(&self, layer: u32) -> u64 {
        self.sizes[layer as usize]
    }

    /// Returns how many layers the collection has: those that are made have greater numbers.
    pub(super) fn collected(&self) -> usize {
        self.current.len()
    }

    /// Makes a layer that the collection has not.
    pub(super) fn push(&mut self, size_bytes: u64) -> u32 {
        self.sizes.push(size_bytes);
        u32::try_from(self.sizes.len() - 1).expect("layers are numbered in 32 bits")
    }

    /// Returns the images of each layer, in their order and each once.
    pub(super) fn images_of_layers(&self) -> Vec<Vec<u32>> {
        let mut images = vec![Vec::new(); self.sizes.len()];
        for (number, layers) in (0..).zip(&self.images) {
            for &layer in layers {
                let of_layer: &mut Vec<u32> = &mut images[layer as usize];
                if of_layer.last() != Some(&number) {
                    of_layer.push(number);
                }
            }
        }
        images
    }

    /// Puts layers in place of others, or nothing, in these images.
    ///
    /// Whoever has done so for all images that have these layers must say so to [`settle`](Self::settle).
    pub(super) fn replace_in(&mut self, images: &[usize], with: impl Fn(u32) -> Option<u32>) {
        for &image in images {
            let layers = &mut self.images[image];
            *layers = distinct(layers.iter().filter_map(|&layer| with(layer)));
        }
    }

    /// Remembers what now stands in the place of layers of the collection.
    pub(super) fn settle(&mut self, with: impl Fn(u32) -> Option<u32>) {
        for layer in &mut self.current {
            *layer = layer.and_then(&with);
        }
    }

    /// Returns what stands in the place of a layer of the collection.
    pub(super) fn current(&self, layer: u32) -> Option<u32> {
        self.current[layer as usize]
    }

    /// Returns the bytes on the critical paths of some images' downloads.
    pub(super) fn critical_of(&self, images: &[usize]) -> u64 {
        let critical = images.iter().map(|&image| self.critical(image));
        critical.fold(0, u64::saturating_add)
    }

    pub(super) fn load(&self) -> Load {
        let mut load = Load::default();
        let mut seen = BTreeSet::new();
        for (number, layers) in self.images.iter().enumerate() {
            load.apart_layers += layers.len();
            for &layer in layers {
                let size = self.size(layer);
                load.apart_bytes = load.apart_bytes.saturating_add(size);
                if seen.insert(layer) {
                    load.pulled_bytes = load.pulled_bytes.saturating_add(size);
                }
            }
            load.critical_bytes = load.critical_bytes.saturating_add(self.critical(number));
        }
        load.pulled_layers = seen.len();
        load
    }

    /// Returns the bytes on the critical path of one image's downloads.
    pub(super) fn critical(&self, image: usize) -> u64 {
        let layers = self.images[image].iter();
        critical_bytes(layers.map(|&layer| self.size(layer)), self.downloads)
    }

    /// Returns what that would be with one layer in parts of these sizes.
    pub(super) fn critical_with(&self, image: usize, layer: u32, parts: &[u64]) -> u64 {
        let sizes = self.images[image].iter().flat_map(|&one| {
            let (parts, whole) = match one == layer {
                true => (parts, None),
                false => (&[][..], Some(self.size(one))),
            };
            parts.iter().copied().chain(whole)
        });
        critical_bytes(sizes, self.downloads)
    }

    /// Puts parts of these sizes in place of a layer, in these images.
    pub(super) fn split(&mut self, layer: u32, images: &[usize], sizes: &[u64]) {
        let parts: Vec<u32> = sizes.iter().map(|&size| self.push(size)).collect();
        for &image in images {
            let layers = &mut self.images[image];
            if let Some(position) = layers.iter().position(|&one| one == layer) {
                layers.splice(position..=position, parts.iter().copied());
            }
        }
    }

    /// Returns the least that the critical path could be: all downloads end at the same time.
    pub(super) fn ideal(&self, image: usize) -> u64 {
        let bytes = self.images[image]
            .iter()
            .fold(0_u64, |sum, &layer| sum.saturating_add(self.size(layer)));
        bytes.div_ceil(self.downloads.get() as u64)
    }
}

/// Returns each layer where it first stands.
fn distinct(layers: impl Iterator<Item = u32>) -> Vec<u32> {
    // Most images have a dozen.
    const FEW: usize = 64;
    let mut all: Vec<u32> = layers.collect();
    if all.len() > FEW {
        let mut seen = BTreeSet::new();
        all.retain(|&layer| seen.insert(layer));
        return all;
    }
    let mut distinct = Vec::with_capacity(all.len());
    for layer in all {
        if !distinct.contains(&layer) {
            distinct.push(layer);
        }
    }
    distinct
}

/// Returns how many bytes pass one after the other if each layer goes to the download that is free first.
fn critical_bytes(sizes: impl Iterator<Item = u64>, downloads: NonZero<usize>) -> u64 {
    let mut busy_until = Vec::new();
    for size in sizes {
        // A download that has nothing to do is not there: there may be many more of them than layers.
        if busy_until.len() < downloads.get() {
            busy_until.push(size);
        } else if let Some(free) = busy_until.iter_mut().min() {
            *free = free.saturating_add(size);
        }
    }
    busy_until.into_iter().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_go_to_the_download_that_is_free_first() {
        let three = NonZero::new(3).unwrap();
        let critical = |sizes: &[u64]| critical_bytes(sizes.iter().copied(), three);
        assert_eq!(critical(&[]), 0);
        assert_eq!(critical(&[5, 1, 1, 1, 1]), 5);
        assert_eq!(critical(&[1, 1, 1, 9]), 10);
        assert_eq!(critical_bytes([4, 5].into_iter(), NonZero::<usize>::MIN), 9);
    }
}
