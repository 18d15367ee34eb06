//! Components share nothing with one another, and hold every set.

use proptest::prelude::*;
use pullstudy_similarity::{Measure, Sets};

use crate::made::{MEASURES, small_set, weighted};

proptest! {
    #[test]
    fn components_share_nothing_and_hold_every_set(made in prop::collection::vec(small_set(), 0..8)) {
        let sets = weighted(&made);
        for measure in MEASURES {
            let components = sets.components(measure);
            let members: Vec<Vec<u32>> = components.iter().map(|component| component.sets()).collect();
            let mut all = members.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..).take(sets.len()).collect::<Vec<u32>>());
            prop_assert!(members.is_sorted_by_key(|component| component[0]));
            for (one, other) in members.iter().flat_map(|one| members.iter().map(move |other| (one, other))) {
                if one != other {
                    let shares = |a: u32, b: u32| sets.similarity(a as usize, b as usize, measure) > 0.0;
                    prop_assert!(!one.iter().any(|&a| other.iter().any(|&b| shares(a, b))));
                }
            }
        }
    }

    #[test]
    fn groups_hold_sets_that_are_identical(made in prop::collection::vec(small_set(), 0..12)) {
        let sets = weighted(&made);
        for measure in MEASURES {
            for component in sets.components(measure).iter() {
                prop_assert_eq!(component.groups().len(), component.distinct());
                for (number, group) in component.groups().enumerate() {
                    for (other_number, other) in component.groups().enumerate() {
                        let similarity = sets.similarity(group[0] as usize, other[other.len() - 1] as usize, measure);
                        prop_assert_eq!(similarity == 1.0, number == other_number);
                    }
                }
            }
        }
    }
}

#[test]
fn a_chain_of_shared_items_is_one_component() {
    let sets = Sets::of([
        vec![1, 2],
        vec![],
        vec![4, 5],
        vec![2, 3],
        vec![3, 4],
        vec![],
    ]);
    let components = sets.components(Measure::Items);
    let members: Vec<_> = components
        .iter()
        .map(|component| component.sets())
        .collect();
    assert_eq!(members, [vec![0, 2, 3, 4], vec![1, 5]]);
    assert_eq!(components.len(), 2);
}
