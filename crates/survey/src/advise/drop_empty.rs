//! Layers that hold nothing.

use std::collections::BTreeMap;

use super::advice::{Advice, AdviceKind};
use super::plan::Plan;
use crate::Collection;
use crate::survey::{is_empty_tar, is_known_empty};

/// Leaves empty layers out of the plan.
pub(super) fn advise(collection: &Collection, plan: &mut Plan) -> Vec<Advice> {
    let images = plan.images_of_layers();
    let empty = empty(collection);
    let mut advice: Vec<Advice> = Vec::new();
    for (&layer, &command) in &empty {
        let concerned: Vec<usize> = images[layer as usize]
            .iter()
            .map(|&image| image as usize)
            .collect();
        let critical = plan.critical_of(&concerned);
        plan.replace_in(&concerned, |one| (one != layer).then_some(one));
        advice.push(Advice {
            kind: AdviceKind::DropEmpty,
            layers: vec![layer],
            command,
            bytes_now: plan.size(layer),
            bytes_then: 0,
            layers_now: concerned.len(),
            layers_then: 0,
            critical_bytes_now: critical,
            critical_bytes_then: plan.critical_of(&concerned),
            images: concerned,
        });
    }
    plan.settle(|layer| (!empty.contains_key(&layer)).then_some(layer));
    advice.sort_by_key(|one| std::cmp::Reverse(one.layers_now));
    advice
}

/// Returns the layers that hold nothing, each with a command that made it.
fn empty(collection: &Collection) -> BTreeMap<u32, Option<u32>> {
    let mut empty = BTreeMap::new();
    for image in collection.images() {
        let steps = image.steps_of_layers();
        let ids = image.diff_ids.as_ref();
        let ids = ids.filter(|ids| ids.len() == image.layers.len());
        for (position, &layer) in image.layers.iter().enumerate() {
            let is_empty = is_known_empty(&collection.layer(layer).digest)
                || ids.is_some_and(|ids| is_empty_tar(&collection.diff_id(ids[position])));
            if is_empty {
                let command = steps.as_ref().and_then(|steps| steps[position].command);
                empty.entry(layer).or_insert(command);
            }
        }
    }
    empty
}
