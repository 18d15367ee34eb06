//! Sets with the weights that count in one comparison: where rows of similarities come from.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::num::NonZeroUsize;

use crate::matrix::CondensedMatrix;
use crate::ratio::jaccard_of;
use crate::rows::{RowBlock, for_each_block};
use crate::sets::csr::Csr;

/// Sets, the index of their items, and what each item and each set weighs.
pub(crate) struct Weighed<'a> {
    pub(crate) sets: &'a Csr,
    pub(crate) postings: &'a Csr,
    pub(crate) weights: Cow<'a, [u64]>,
    pub(crate) totals: Cow<'a, [u64]>,
}

impl<'a> Weighed<'a> {
    /// Makes every item count as one.
    pub(crate) fn counted(sets: &'a Csr, postings: &'a Csr) -> Self {
        Self {
            sets,
            postings,
            weights: vec![1; postings.len()].into(),
            totals: sets.iter().map(|set| set.len() as u64).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Writes the similarity of `set` with every set into `row`. `shared` is zeros, and is again
    /// afterwards.
    pub(crate) fn row(&self, set: usize, shared: &mut [u64], row: &mut [f64]) {
        self.share(set, 0, shared);
        self.settle(set, 0, shared, row, |similarity| similarity);
    }

    /// Fills a condensed matrix with what `value` makes of each similarity.
    pub(crate) fn condensed<F>(&self, threads: NonZeroUsize, value: F) -> CondensedMatrix
    where
        F: Fn(f64) -> f64 + Copy + Sync,
    {
        let mut matrix = CondensedMatrix::zeros(self.len());
        for_each_block(matrix.row_blocks(), threads, || {
            let mut shared = vec![0; self.len()];
            move |block: RowBlock<'_>| self.fill(block, &mut shared, value)
        });
        matrix
    }

    fn fill(&self, block: RowBlock<'_>, shared: &mut [u64], value: impl Fn(f64) -> f64 + Copy) {
        let mut left = block.values;
        for set in block.rows {
            let (row, rest) = left.split_at_mut(self.len() - set - 1);
            self.share(set, set + 1, shared);
            self.settle(set, set + 1, shared, row, value);
            left = rest;
        }
    }

    /// Adds what `set` shares with each set from number `from` on to `shared`.
    fn share(&self, set: usize, from: usize, shared: &mut [u64]) {
        for &item in self.sets.get(set) {
            let weight = self.weights[item as usize];
            let sets = self.postings.get(item as usize);
            let later = sets.partition_point(|&other| (other as usize) < from);
            for &other in &sets[later..] {
                shared[other as usize] += weight;
            }
        }
    }

    /// Turns what is shared from number `from` on into values, and sets it back to zero.
    fn settle(
        &self,
        set: usize,
        from: usize,
        shared: &mut [u64],
        row: &mut [f64],
        value: impl Fn(f64) -> f64,
    ) {
        let total = self.totals[set];
        let others = shared[from..].iter_mut().zip(&self.totals[from..]);
        for (value_here, (shared, &other)) in row.iter_mut().zip(others) {
            *value_here = value(jaccard_of(*shared, total, other));
            *shared = 0;
        }
    }
}

/// Returns what two ascending lists of items share, by weight.
pub(crate) fn shared_weight(a: &[u32], b: &[u32], weight: impl Fn(u32) -> u64) -> u64 {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let order = x.cmp(y);
        if order == Ordering::Equal {
            shared += weight(*x);
        }
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
    shared
}
