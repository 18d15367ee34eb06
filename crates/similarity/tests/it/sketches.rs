//! Sketches estimate what they say, as well as they say.

use proptest::prelude::*;
use pullstudy_similarity::{MinHasher, Sketches, ThresholdOutOfRange};

use crate::made::small_sets;

fn sketches(hashes: usize, bands: usize, seed: u64) -> Sketches {
    Sketches::new(MinHasher::new(hashes, bands, seed).unwrap())
}

fn numbers(from: u32, to: u32) -> impl Iterator<Item = [u8; 4]> {
    (from..to).map(u32::to_le_bytes)
}

/// Pairs of sets of 200 items, `shared` of which are shared.
fn pairs_sharing(shared: u32, sketches: &mut Sketches) {
    for pair in 0..200 {
        let start = pair * 1000;
        sketches.push(numbers(start, start + 200));
        sketches.push(numbers(start + 200 - shared, start + 400 - shared));
    }
}

#[test]
fn estimates_are_right_on_average_and_err_as_they_say() {
    for shared in [0, 50, 100, 150, 190] {
        let mut made = sketches(256, 64, 7);
        pairs_sharing(shared, &mut made);
        let similarity = f64::from(shared) / f64::from(400 - shared);
        let errors: Vec<f64> = (0..200)
            .map(|pair| made.similarity(2 * pair, 2 * pair + 1) - similarity)
            .collect();
        let mean = errors.iter().sum::<f64>() / 200.0;
        let rms = (errors.iter().map(|error| error * error).sum::<f64>() / 200.0).sqrt();
        let expected = made.hasher().standard_error(similarity);
        assert!(
            mean.abs() <= 4.0 * expected / 200.0_f64.sqrt(),
            "{shared}: mean error {mean}"
        );
        assert!(
            (rms - expected).abs() <= 0.2 * expected,
            "{shared}: {rms}, not {expected}"
        );
        assert!(expected <= 0.5 / 256.0_f64.sqrt());
    }
}

#[test]
fn candidates_are_found_as_often_as_they_should_be() {
    for shared in [50, 100, 150] {
        let mut made = sketches(32, 8, 11);
        pairs_sharing(shared, &mut made);
        let mut found = 0;
        made.for_each_candidate(|a, b| found += u32::from(b == a + 1 && a % 2 == 0));
        let similarity = f64::from(shared) / f64::from(400 - shared);
        let probability = made.hasher().candidate_probability(similarity);
        let sd = (200.0 * probability * (1.0 - probability)).sqrt();
        assert!(
            (f64::from(found) - 200.0 * probability).abs() <= 4.0 * sd + 1.0,
            "{shared}: {found}"
        );
    }
}

#[test]
fn sketches_are_the_same_for_ever() {
    let mut made = sketches(64, 16, 42);
    made.push(["sha256:aa", "sha256:bb", "sha256:cc"]);
    made.push(["sha256:cc", "sha256:bb", "sha256:dd"]);
    made.push(["sha256:dd", "sha256:ee"]);
    let similarities = [
        made.similarity(0, 1),
        made.similarity(1, 2),
        made.similarity(0, 2),
    ];
    // From the description of the hash functions, worked out apart from this program.
    assert_eq!(similarities, [34.0 / 64.0, 14.0 / 64.0, 0.0]);
}

#[test]
fn a_threshold_that_is_none_is_an_error() {
    let error = sketches(4, 2, 0).pairs_above(0.0).unwrap_err();
    assert_eq!(error, ThresholdOutOfRange { threshold: 0.0 });
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_matters(set in prop::collection::vec(any::<u16>(), 0..20), seed: u64) {
        let mut made = sketches(16, 4, seed);
        let bytes: Vec<[u8; 2]> = set.iter().map(|item| item.to_le_bytes()).collect();
        made.push(&bytes);
        made.push(bytes.iter().rev().chain(&bytes));
        prop_assert_eq!(made.similarity(0, 1), 1.0);
        prop_assert_eq!(made.len(), 2);
    }

    #[test]
    fn candidates_agree_in_a_band_and_come_once(made in small_sets(), seed: u64) {
        let mut sketched = sketches(8, 4, seed);
        for set in &made {
            sketched.push(set.iter().map(|&item| [item]));
        }
        let mut candidates = Vec::new();
        sketched.for_each_candidate(|a, b| candidates.push((a, b)));
        candidates.sort_unstable();
        prop_assert!(candidates.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(candidates.iter().all(|&(a, b)| a < b && sketched.similarity(a as usize, b as usize) >= 0.25));
        for (b, set) in (0..).zip(&made) {
            for (a, other) in (0..b).zip(&made) {
                prop_assert!(set != other || candidates.binary_search(&(a, b)).is_ok());
            }
        }
        let pairs = sketched.pairs_above(1.0).unwrap();
        prop_assert!(pairs.iter().all(|pair| pair.similarity == 1.0));
    }
}
