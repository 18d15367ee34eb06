//! Sets made up for tests.

use std::collections::BTreeSet;

use proptest::prelude::*;

/// A set of few items out of few, so that sets overlap, contain one another and are empty.
pub(crate) fn small_set() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::btree_set(0_u8..12, 0..8)
        .prop_map(|set: BTreeSet<u8>| set.into_iter().collect())
}
