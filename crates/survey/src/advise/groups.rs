//! Sets of layers, and what becomes of those that have a layer in common.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::plan::Plan;
use super::swap::Swap;

/// Layers that could be one, by what they have in common.
pub(super) struct Groups<K>(BTreeMap<K, (BTreeSet<u32>, Option<u32>)>);

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Groups<K> {
    pub(super) fn add(&mut self, key: K, layer: u32, command: Option<u32>) {
        let (layers, _) = self.0.entry(key).or_insert((BTreeSet::new(), command));
        layers.insert(layer);
    }

    /// Returns each set of several layers, no layer in two of them: what has a layer in common is one.
    pub(super) fn swaps(self, plan: &Plan) -> Vec<Swap> {
        let images = plan.images_of_layers();
        // What one image has twice is meant to be there twice.
        let meets = |layers: &BTreeSet<u32>| {
            let mut seen = BTreeSet::new();
            let mut rows = layers.iter().flat_map(|&layer| &images[layer as usize]);
            rows.any(|image| !seen.insert(image))
        };
        self.joined()
            .into_iter()
            .filter(|(layers, _)| layers.len() > 1 && !meets(layers))
            .filter_map(|(layers, command)| {
                Swap::keeping_largest(layers.into_iter().collect(), command, plan)
            })
            .collect()
    }

    /// Joins all that has a layer in common. Each layer is moved once: chains of ten thousand groups are real.
    fn joined(self) -> Vec<(BTreeSet<u32>, Option<u32>)> {
        let (layers, mut commands): (Vec<_>, Vec<_>) = self.0.into_values().unzip();
        let mut roots = Roots((0..layers.len()).collect());
        let mut groups: HashMap<u32, usize> = HashMap::new();
        for (group, layers) in layers.iter().enumerate() {
            let others = layers.iter().filter_map(|layer| groups.get(layer));
            let others: BTreeSet<usize> = others.map(|&other| roots.of(other)).collect();
            for other in others {
                commands[group] = commands[other].or(commands[group]);
                roots.0[other] = group;
            }
            groups.extend(layers.iter().map(|&layer| (layer, group)));
        }
        let mut joined: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        for (group, layers) in layers.into_iter().enumerate() {
            joined.entry(roots.of(group)).or_default().extend(layers);
        }
        let joined = joined.into_iter();
        joined
            .map(|(root, layers)| (layers, commands[root]))
            .collect()
    }

    /// Returns the bytes beyond the largest layer of each set, of layers as they stand now.
    pub(super) fn surplus(self, plan: &Plan) -> u64 {
        let mut current = Groups::default();
        for (key, (layers, command)) in &self.0 {
            for &layer in layers {
                if let Some(layer) = plan.current(layer) {
                    current.add(key, layer, *command);
                }
            }
        }
        let swaps = current.swaps(plan);
        let others = swaps.iter().flat_map(|swap| &swap.layers[1..]);
        others.fold(0, |sum, &layer| sum.saturating_add(plan.size(layer)))
    }
}

/// Which group each group has become part of; a root is part of itself.
struct Roots(Vec<usize>);

impl Roots {
    fn of(&mut self, mut group: usize) -> usize {
        while self.0[group] != group {
            // Halves the way for whoever comes next.
            self.0[group] = self.0[self.0[group]];
            group = self.0[group];
        }
        group
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups(sets: &[Vec<u32>]) -> Groups<usize> {
        let mut groups = Groups::default();
        for (key, layers) in sets.iter().enumerate() {
            for &layer in layers {
                groups.add(key, layer, Some(key as u32));
            }
        }
        groups
    }

    fn joined(sets: &[Vec<u32>]) -> Vec<Vec<u32>> {
        let joined = groups(sets).joined().into_iter();
        joined
            .map(|(layers, _)| layers.into_iter().collect())
            .collect()
    }

    #[test]
    fn what_has_a_layer_in_common_is_one() {
        let sets = [vec![1, 2], vec![3, 4], vec![5], vec![2, 3]];
        assert_eq!(joined(&sets), [vec![5], vec![1, 2, 3, 4]]);
    }

    #[test]
    fn a_group_keeps_the_command_of_what_it_joined() {
        let sets = [vec![1], vec![2], vec![1, 2], vec![3]];
        let commands: Vec<_> = groups(&sets)
            .joined()
            .into_iter()
            .map(|one| one.1)
            .collect();
        assert_eq!(commands, [Some(1), Some(3)]);
    }

    #[test]
    fn a_long_chain_is_one_group() {
        let sets: Vec<Vec<u32>> = (0..50_000).map(|layer| vec![layer, layer + 1]).collect();
        assert_eq!(joined(&sets).len(), 1);
    }

    proptest! {
        #[test]
        fn no_layer_is_lost_or_in_two_groups(
            sets in prop::collection::vec(prop::collection::vec(0_u32..40, 1..5), 0..20),
        ) {
            let joined = joined(&sets);
            let mut layers: Vec<u32> = joined.concat();
            layers.sort_unstable();
            let mut all: Vec<u32> = sets.concat();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(layers, all);
            for set in &sets {
                let holds = |group: &&Vec<u32>| set.iter().all(|layer| group.contains(layer));
                prop_assert!(joined.iter().any(|group| holds(&group)));
            }
        }
    }
}
