//! Layers for which other downloads wait.

use std::cmp::Reverse;

use super::AdviseOptions;
use super::advice::{Advice, AdviceKind};
use super::plan::Plan;

/// A critical path that is longer than an equal share by no more than a tenth is left as it is.
const TOLERANCE_PERCENT: u64 = 110;

/// A split that shortens the critical path by less than a twentieth is not worth its layers.
const WORTH: u64 = 20;

/// A layer is split into no more parts than this.
const MOST_PARTS: u64 = 12;

/// Splits layers in the plan that keep downloads from ending together.
pub(super) fn advise(plan: &mut Plan, options: &AdviseOptions) -> Vec<Advice> {
    let images = plan.images_of_layers();
    let mut fat: Vec<u32> = (0..)
        .take(plan.collected())
        .filter(|&layer| plan.size(layer) / 2 >= options.part_bytes.max(1))
        .collect();
    fat.sort_by_key(|&layer| (Reverse(plan.size(layer)), layer));
    let mut advice = Vec::new();
    for layer in fat {
        let concerned = images[layer as usize].iter().map(|&image| image as usize);
        let concerned: Vec<usize> = concerned.collect();
        advice.extend(split(layer, concerned, plan, options));
    }
    advice.sort_by_key(|one: &Advice| Reverse(one.saved_critical_bytes()));
    advice
}

fn split(
    layer: u32,
    images: Vec<usize>,
    plan: &mut Plan,
    options: &AdviseOptions,
) -> Option<Advice> {
    let size = plan.size(layer);
    let most = (size / options.part_bytes.max(1)).min(MOST_PARTS);
    let count = best_count(layer, worst(&images, plan)?, most, plan)?;
    let parts = parts(size, count);
    let then = images
        .iter()
        .map(|&image| plan.critical_with(image, layer, &parts));
    let advice = Advice {
        kind: AdviceKind::Split,
        layers: vec![layer],
        command: None,
        bytes_now: size,
        bytes_then: size,
        layers_now: images.len(),
        layers_then: images.len() * parts.len(),
        critical_bytes_now: plan.critical_of(&images),
        critical_bytes_then: then.fold(0, u64::saturating_add),
        images,
    };
    let least = advice.critical_bytes_now - advice.critical_bytes_now / WORTH;
    if advice.critical_bytes_then >= least {
        return None;
    }
    plan.split(layer, &advice.images, &parts);
    Some(advice)
}

/// Returns the image whose downloads wait longest for others, if those of one do.
fn worst(images: &[usize], plan: &Plan) -> Option<usize> {
    let waiting = images
        .iter()
        .copied()
        .filter(|&image| keeps_waiting(plan, image));
    waiting.max_by_key(|&image| (plan.critical(image) - plan.ideal(image), Reverse(image)))
}

/// Returns in how many parts a layer is best for an image. Few parts that do about as well are better than many.
fn best_count(layer: u32, image: usize, most: u64, plan: &Plan) -> Option<u64> {
    let size = plan.size(layer);
    let critical = |count| plan.critical_with(image, layer, &parts(size, count));
    let counts: Vec<(u64, u64)> = (2..=most).map(|count| (count, critical(count))).collect();
    let best = counts.iter().map(|&(_, critical)| critical).min()?;
    let tolerated = best.saturating_add(plan.ideal(image) / 20);
    let mut good = counts
        .iter()
        .filter(|&&(_, critical)| critical <= tolerated);
    good.next().map(|&(count, _)| count)
}

/// Returns the sizes of parts that are about equal.
fn parts(size: u64, count: u64) -> Vec<u64> {
    let part = |number: u64| size / count + u64::from(number < size % count);
    (0..count).map(part).collect()
}

/// Whether downloads of an image wait for others.
fn keeps_waiting(plan: &Plan, image: usize) -> bool {
    let tolerated = plan.ideal(image).saturating_mul(TOLERANCE_PERCENT) / 100;
    plan.critical(image) > tolerated
}
