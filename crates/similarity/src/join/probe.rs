//! One set against all lighter ones.

use super::index::Index;
use crate::ratio::jaccard_of;
use crate::weighed::shared_weight;

/// What is shared with a set that was found to be too little.
const TOO_LITTLE: u64 = u64::MAX;

/// Looks for the sets that are like one set; kept from set to set for its memory.
pub(super) struct Prober<'a> {
    index: &'a Index,
    /// What each set was found to share so far.
    shared: Vec<u64>,
    /// The sets with an entry in `shared`.
    found: Vec<u32>,
}

impl<'a> Prober<'a> {
    pub(super) fn new(index: &'a Index) -> Self {
        Self {
            index,
            shared: vec![0; index.len()],
            found: Vec::new(),
        }
    }

    /// Calls `take` with every set before `set` that is like it, and their similarity.
    pub(super) fn probe(&mut self, set: usize, mut take: impl FnMut(usize, f64)) {
        self.look_up(set);
        let index = self.index;
        for other in self.found.drain(..) {
            let other = other as usize;
            if std::mem::take(&mut self.shared[other]) == TOO_LITTLE {
                continue;
            }
            let weight = |item: u32| index.weights[item as usize];
            let shared = shared_weight(index.sets.get(set), index.sets.get(other), weight);
            let similarity = jaccard_of(shared, index.totals[set], index.totals[other]);
            if index.is_enough(similarity) {
                take(other, similarity);
            }
        }
    }

    /// Finds sets that share one of the first items, and drops those that cannot share enough.
    fn look_up(&mut self, set: usize) {
        let (index, total) = (self.index, self.index.totals[set]);
        let first = index.first_like(total);
        let part = index.least / (1.0 + index.least);
        index.for_each_first(set, index.least * total as f64, |item, rest| {
            let weight = index.weights[item as usize];
            for posting in index.postings(item, first, set) {
                let shared = &mut self.shared[posting.set as usize];
                if *shared == 0 {
                    self.found.push(posting.set);
                } else if *shared == TOO_LITTLE {
                    continue;
                }
                *shared += weight;
                let most = *shared + rest.min(posting.rest);
                let both = total as f64 + index.totals[posting.set as usize] as f64;
                if (most as f64) < part * both {
                    *shared = TOO_LITTLE;
                }
            }
        });
    }
}
