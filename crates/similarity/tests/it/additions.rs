//! What sets add one after the other, in any order and in the one that adds little early.

use proptest::prelude::*;
use pullstudy_similarity::{Measure, Sets};

use crate::made::{MEASURES, SplitMix, small_sets, weight, weighted};

fn new(sets: &Sets, order: &[usize], measure: Measure) -> Vec<u64> {
    let additions = sets.additions(order.iter().copied());
    let steps = additions.steps().iter();
    steps
        .map(|step| match measure {
            Measure::Items => step.new_items,
            Measure::Weights => step.new_weight,
        })
        .collect()
}

proptest! {
    #[test]
    fn whatever_the_order_the_union_is_added(
        (made, order) in small_sets().prop_flat_map(|made| {
            let order: Vec<usize> = (0..made.len()).collect();
            (Just(made), Just(order).prop_shuffle())
        }),
    ) {
        let additions = weighted(&made).additions(order);
        let all: Vec<u8> = made.concat();
        let union: std::collections::BTreeSet<u8> = all.iter().copied().collect();
        let weigh = |item: &u8| u128::from(weight(item));
        prop_assert_eq!(additions.items(), all.len() as u64);
        prop_assert_eq!(additions.weight(), all.iter().map(weigh).sum::<u128>());
        prop_assert_eq!(additions.new_items(), union.len() as u64);
        prop_assert_eq!(additions.new_weight(), union.iter().map(weigh).sum::<u128>());
    }

    #[test]
    fn no_set_adds_more_than_it_has_or_anything_twice(made in small_sets()) {
        let sets = weighted(&made);
        let twice = sets.additions((0..sets.len()).chain(0..sets.len()));
        for (position, step) in twice.steps().iter().enumerate() {
            prop_assert!(step.new_items <= step.items && step.new_weight <= step.weight);
            prop_assert!(position < sets.len() || (step.new_items, step.new_weight) == (0, 0));
        }
    }

    #[test]
    fn each_step_adds_least_of_what_is_left(made in small_sets(), starts in 0_usize..4) {
        let sets = weighted(&made);
        let first: Vec<usize> = (0..sets.len()).rev().take(starts).collect();
        for measure in MEASURES {
            let order = sets.order_least_early(measure, &first);
            prop_assert_eq!(&order[..first.len()], &first);
            let added = new(&sets, &order, measure);
            for step in first.len()..order.len() {
                for &other in &order[step..] {
                    let instead = [&order[..step], &[other]].concat();
                    let would_add = new(&sets, &instead, measure)[step];
                    // Of equals the lowest.
                    prop_assert!((added[step], order[step]) <= (would_add, other));
                }
            }
            let mut all = order;
            all.sort_unstable();
            prop_assert_eq!(all, (0..sets.len()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn sets_named_twice_come_once() {
    let sets = Sets::of([[1], [2], [3]]);
    assert_eq!(
        sets.order_least_early(Measure::Items, &[2, 2, 0, 2]),
        [2, 0, 1]
    );
}

#[test]
fn looking_one_set_ahead_is_not_always_best() {
    // One set of 10, and three of 11 that have 10 in common: three of them weigh 13, but begin heavier.
    let of = |own: &'static str| vec![("common", 10), (own, 1)];
    let mut builder = pullstudy_similarity::SetsBuilder::new();
    for set in [vec![("alone", 10)], of("x"), of("y"), of("z")] {
        builder.push_weighted(set).unwrap();
    }
    let sets = builder.finish();
    let order = sets.order_least_early(Measure::Weights, &[]);
    assert_eq!(order, [0, 1, 2, 3]);
    assert_eq!(sets.additions(order.into_iter().take(3)).new_weight(), 22);
    assert_eq!(sets.additions([1, 2, 3]).new_weight(), 13);
}

#[test]
fn many_sets_that_share_a_base_are_put_in_order() {
    let mut numbers = SplitMix(5);
    let made = (0..50_000_u64).map(|set| {
        let own = (0..12)
            .map(|_| numbers.next() % 200_000)
            .collect::<Vec<_>>();
        own.into_iter().chain([1_000_000, 1_000_000 + set % 7])
    });
    let sets = Sets::of(made);
    let order = sets.order_least_early(Measure::Items, &[]);
    let additions = sets.additions(order);
    assert_eq!(additions.steps().len(), 50_000);
    assert_eq!(additions.new_items(), sets.items() as u64);
}

#[test]
fn totals_of_the_heaviest_sets_do_not_overflow() {
    let mut builder = pullstudy_similarity::SetsBuilder::new();
    for item in 0..3 {
        builder.push_weighted([(item, u64::MAX)]).unwrap();
    }
    let additions = builder.finish().additions([0, 1, 2, 0]);
    assert_eq!(additions.weight(), 4 * u128::from(u64::MAX));
    assert_eq!(additions.new_weight(), 3 * u128::from(u64::MAX));
}
