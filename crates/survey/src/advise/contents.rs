//! Layers of the same contents, compressed apart.

use std::collections::BTreeMap;

use super::advice::{Advice, AdviceKind};
use super::plan::Plan;
use super::swap::{Swap, swap};
use crate::Collection;

/// Puts one layer in place of all that have the same contents.
pub(super) fn advise(collection: &Collection, plan: &mut Plan) -> Vec<Advice> {
    // A layer that configs tell two things of is left alone.
    let mut contents: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    for image in collection.images() {
        let ids = image.diff_ids.iter().flatten();
        let fits = image.diff_ids.as_ref().map(Vec::len) == Some(image.layers.len());
        for (&layer, &id) in image.layers.iter().zip(ids).filter(|_| fits) {
            if let Some(layer) = plan.current(layer) {
                let known = contents.entry(layer).or_insert(Some(id));
                *known = known.filter(|&known| known == id);
            }
        }
    }
    let mut same: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (layer, id) in contents {
        if let Some(id) = id {
            same.entry(id).or_default().push(layer);
        }
    }
    let swaps = same.into_values().filter(|layers| layers.len() > 1);
    let swaps = swaps.map(|layers| Swap::keeping_smallest(layers, plan));
    swap(AdviceKind::ShareContents, swaps.collect(), plan)
}
