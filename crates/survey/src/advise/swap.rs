//! Layers that take each other's place.

use std::collections::{BTreeSet, HashMap};

use super::advice::{Advice, AdviceKind};
use super::plan::Plan;

/// Layers of which one would do.
#[derive(Debug)]
pub(super) struct Swap {
    /// The one that stays, then the others.
    pub(super) layers: Vec<u32>,
    pub(super) command: Option<u32>,
}

impl Swap {
    /// Of some layers, each named once, the one of the largest size stays: no saving is greater than this tells.
    ///
    /// Layers less than half as large are something else, whatever made them. None if nothing is to be swapped.
    pub(super) fn keeping_largest(
        mut layers: Vec<u32>,
        command: Option<u32>,
        plan: &Plan,
    ) -> Option<Self> {
        layers.sort_by_key(|&layer| (std::cmp::Reverse(plan.size(layer)), layer));
        let largest = plan.size(*layers.first()?);
        layers.retain(|&layer| plan.size(layer) >= largest / 2);
        (layers.len() > 1).then_some(Self { layers, command })
    }

    /// Of some layers, each named once, the one of the smallest size stays.
    pub(super) fn keeping_smallest(mut layers: Vec<u32>, plan: &Plan) -> Self {
        layers.sort_by_key(|&layer| (plan.size(layer), layer));
        Self {
            layers,
            command: None,
        }
    }
}

/// Swaps layers in the plan, and tells what that saves, most first. No layer may be in two of the swaps.
pub(super) fn swap(kind: AdviceKind, swaps: Vec<Swap>, plan: &mut Plan) -> Vec<Advice> {
    let images = plan.images_of_layers();
    let mut stays = HashMap::new();
    let mut advice: Vec<Advice> = Vec::new();
    for swap in swaps {
        let Some(&kept) = swap.layers.first() else {
            continue;
        };
        let others: BTreeSet<u32> = swap.layers.iter().copied().collect();
        let mut one = swap_of(kind, swap, &images, plan);
        one.critical_bytes_now = plan.critical_of(&one.images);
        plan.replace_in(&one.images, |layer| {
            Some(if others.contains(&layer) { kept } else { layer })
        });
        one.critical_bytes_then = plan.critical_of(&one.images);
        stays.extend(others.into_iter().map(|layer| (layer, kept)));
        advice.push(one);
    }
    plan.settle(|layer| Some(stays.get(&layer).copied().unwrap_or(layer)));
    advice.sort_by_key(|one| std::cmp::Reverse(one.saved_bytes()));
    advice
}

fn swap_of(kind: AdviceKind, swap: Swap, images: &[Vec<u32>], plan: &Plan) -> Advice {
    let of_layers = swap.layers.iter().map(|&layer| &images[layer as usize]);
    let layers_now: usize = of_layers.clone().map(Vec::len).sum();
    let mut concerned: Vec<usize> = of_layers.flatten().map(|&image| image as usize).collect();
    concerned.sort_unstable();
    concerned.dedup();
    let sizes = swap.layers.iter().map(|&layer| plan.size(layer));
    Advice {
        kind,
        layers_now,
        layers_then: concerned.len(),
        images: concerned,
        command: swap.command,
        bytes_now: sizes.fold(0, u64::saturating_add),
        bytes_then: plan.size(swap.layers[0]),
        layers: swap.layers,
        critical_bytes_now: 0,
        critical_bytes_then: 0,
    }
}
