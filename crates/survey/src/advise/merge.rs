//! Small layers that are always pulled together.

use std::collections::{BTreeMap, BTreeSet};

use super::AdviseOptions;
use super::advice::{Advice, AdviceKind};
use super::plan::Plan;

/// Makes one layer of small ones that follow one another in exactly the same images.
pub(super) fn advise(plan: &mut Plan, options: &AdviseOptions) -> Vec<Advice> {
    let images = plan.images_of_layers();
    let mut becomes: BTreeMap<u32, Option<u32>> = BTreeMap::new();
    let mut advice = Vec::new();
    for run in runs(plan, &images, options) {
        let mut one = merged(run, &images, plan);
        let whole = plan.push(one.bytes_then);
        let mut with: BTreeMap<u32, Option<u32>> =
            one.layers.iter().map(|&layer| (layer, None)).collect();
        with.insert(one.layers[0], Some(whole));
        one.critical_bytes_now = plan.critical_of(&one.images);
        plan.replace_in(&one.images, |layer| {
            with.get(&layer).copied().unwrap_or(Some(layer))
        });
        one.critical_bytes_then = plan.critical_of(&one.images);
        becomes.extend(with);
        advice.push(one);
    }
    plan.settle(|layer| becomes.get(&layer).copied().unwrap_or(Some(layer)));
    advice.sort_by_key(|one: &Advice| std::cmp::Reverse(one.layers_now - one.layers_then));
    advice
}

fn merged(run: Vec<u32>, images: &[Vec<u32>], plan: &Plan) -> Advice {
    let concerned = &images[run[0] as usize];
    let sizes = run.iter().map(|&layer| plan.size(layer));
    let bytes = sizes.fold(0, u64::saturating_add);
    Advice {
        kind: AdviceKind::Merge,
        images: concerned.iter().map(|&image| image as usize).collect(),
        command: None,
        bytes_now: bytes,
        bytes_then: bytes,
        layers_now: run.len() * concerned.len(),
        layers_then: concerned.len(),
        layers: run,
        critical_bytes_now: 0,
        critical_bytes_then: 0,
    }
}

/// Returns each run of two or more small layers. The first image that has a layer tells what follows it; the others must
/// agree.
fn runs(plan: &Plan, images: &[Vec<u32>], options: &AdviseOptions) -> Vec<Vec<u32>> {
    let follows = Follows::new(plan);
    let mut taken = BTreeSet::new();
    let mut runs = Vec::new();
    for &layer in plan.images.iter().flatten() {
        let is_small = |layer: u32| plan.size(layer) < options.small_bytes;
        if !is_small(layer) || !taken.insert(layer) {
            continue;
        }
        let (mut run, mut bytes) = (vec![layer], plan.size(layer));
        while let Some(next) = run.last().and_then(|&last| follows.always(last)) {
            let is_together = images[layer as usize] == images[next as usize];
            bytes += plan.size(next);
            let fits = is_small(next) && bytes <= options.merged_bytes;
            if !is_together || !fits || !taken.insert(next) {
                break;
            }
            run.push(next);
        }
        if run.len() > 1 {
            runs.push(run);
        }
    }
    runs
}

/// Which layer always follows another.
struct Follows(BTreeMap<u32, Option<u32>>);

impl Follows {
    fn new(plan: &Plan) -> Self {
        let mut follows: BTreeMap<u32, Option<u32>> = BTreeMap::new();
        for layers in &plan.images {
            let mut seen = BTreeSet::new();
            for (position, &layer) in layers.iter().enumerate() {
                let next = layers.get(position + 1).copied();
                // What an image has twice is followed by two things.
                let next = next.filter(|next| seen.insert(layer) && !seen.contains(next));
                let known = follows.entry(layer).or_insert(next);
                *known = known.filter(|&known| Some(known) == next);
            }
        }
        Self(follows)
    }

    fn always(&self, layer: u32) -> Option<u32> {
        self.0.get(&layer).copied().flatten()
    }
}
