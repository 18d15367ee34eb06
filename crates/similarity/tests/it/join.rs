//! The join finds every pair that looking at all pairs finds, and no other.

use proptest::prelude::*;
use pullstudy_similarity::{Measure, Pair, Sets, ThresholdOutOfRange};

use crate::made::{MEASURES, small_sets, threads, weighted};

/// Looks at all pairs.
fn plainly(sets: &Sets, threshold: f64, measure: Measure) -> Vec<Pair> {
    let numbers = 0..u32::try_from(sets.len()).unwrap();
    let pairs = numbers
        .clone()
        .flat_map(|a| numbers.clone().map(move |b| (a, b)));
    let pairs = pairs.filter(|(a, b)| a < b).map(|(a, b)| {
        let similarity = sets.similarity(a as usize, b as usize, measure);
        Pair { a, b, similarity }
    });
    pairs.filter(|pair| pair.similarity >= threshold).collect()
}

proptest! {
    #[test]
    fn the_join_is_exact(made in small_sets(), threshold in 0.01..=1.0_f64, count in 1_usize..4) {
        let sets = weighted(&made);
        for measure in MEASURES {
            let pairs = sets.pairs_above(threshold, measure, threads(count)).unwrap();
            prop_assert_eq!(pairs, plainly(&sets, threshold, measure));
        }
    }

    #[test]
    fn a_pair_at_the_threshold_is_above_it(made in small_sets(), shared in 1_u32..7, more in 0_u32..7) {
        let sets = weighted(&made);
        let threshold = f64::from(shared) / f64::from(shared + more);
        let pairs = sets.pairs_above(threshold, Measure::Items, threads(1)).unwrap();
        prop_assert_eq!(pairs, plainly(&sets, threshold, Measure::Items));
    }
}

#[test]
fn more_sets_than_a_thread_takes_at_once() {
    let sets = Sets::of((0..1500_u64).map(|set| {
        (0..12).map(move |item: u64| (set * 12 + item).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58)
    }));
    let pairs = sets.pairs_above(0.4, Measure::Items, threads(3)).unwrap();
    assert!(!pairs.is_empty());
    assert_eq!(pairs, plainly(&sets, 0.4, Measure::Items));
}

#[test]
fn a_threshold_that_is_none_is_an_error() {
    let sets = Sets::of([[1]]);
    for threshold in [0.0, -0.5, 1.1, f64::NAN] {
        let error = sets.pairs_above(threshold, Measure::Items, threads(1));
        let ThresholdOutOfRange { threshold: told } = error.unwrap_err();
        assert!(told == threshold || told.is_nan());
    }
}
