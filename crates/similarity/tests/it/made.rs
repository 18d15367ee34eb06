//! Sets made up for tests.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use pullstudy_similarity::{Sets, SetsBuilder};

/// What is weighed in the tests of both measures.
pub(crate) const MEASURES: [pullstudy_similarity::Measure; 2] = [
    pullstudy_similarity::Measure::Items,
    pullstudy_similarity::Measure::Weights,
];

/// A set of few items out of few, so that sets overlap, contain one another and are empty.
pub(crate) fn small_set() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::btree_set(0_u8..12, 0..8).prop_map(|set| set.into_iter().collect())
}

/// Many such sets, some of them identical.
pub(crate) fn small_sets() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(small_set(), 0..24)
}

/// Weights of items, one of them nothing.
pub(crate) fn weight(item: &u8) -> u64 {
    u64::from(*item) * 1000
}

/// Sets of items with their weights.
pub(crate) fn weighted(sets: &[Vec<u8>]) -> Sets {
    let mut builder = SetsBuilder::new();
    for set in sets {
        let items = set.iter().map(|&item| (item, weight(&item)));
        builder.push_weighted(items).unwrap();
    }
    builder.finish()
}

/// A number of threads.
pub(crate) fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// A stream of numbers that is the same for ever.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
