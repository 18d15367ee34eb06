//! The index of a join: sets in an order in which most of them need not be looked at.

use crate::distinct::Distinct;
use crate::sets::csr::Csr;

/// Room for what rounding may take: filters may let a pair too many pass, never one too few.
const SLACK: f64 = 1e-9;

/// Sets from light to heavy, each with its rarest items first, and an index of the first items of each.
///
/// Two sets that are alike enough share an item among their first ones: what else they have
/// does not weigh enough. As rare items come first, few sets share them.
pub(super) struct Index {
    pub(super) sets: Csr,
    pub(super) weights: Vec<u64>,
    pub(super) totals: Vec<u64>,
    originals: Vec<u32>,
    starts: Vec<usize>,
    postings: Vec<Posting>,
    threshold: f64,
    /// The similarity that filters ask for: a little less than the threshold.
    pub(super) least: f64,
}

/// An item among the first ones of a set.
#[derive(Clone, Copy)]
pub(super) struct Posting {
    pub(super) set: u32,
    /// What the items after this one weigh.
    pub(super) rest: u64,
}

impl Index {
    pub(super) fn new(distinct: &Distinct, threshold: f64) -> Self {
        let (ranks, weights) = rarest_first(distinct);
        let (originals, totals) = lightest_first(distinct);
        let mut index = Self {
            sets: renumbered(distinct, &originals, &ranks),
            weights,
            totals,
            originals,
            starts: Vec::new(),
            postings: Vec::new(),
            threshold,
            least: threshold * (1.0 - SLACK),
        };
        index.post();
        index
    }

    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Returns the number that a set has outside.
    pub(super) fn original(&self, set: usize) -> u32 {
        self.originals[set]
    }

    /// Returns the sets before number `end`, and not before `start`, that have `item` among their first.
    pub(super) fn postings(&self, item: u32, start: usize, end: usize) -> &[Posting] {
        let (item, all) = (item as usize, &self.postings);
        let all = &all[self.starts[item]..self.starts[item + 1]];
        let from = all.partition_point(|posting| (posting.set as usize) < start);
        let to = all.partition_point(|posting| (posting.set as usize) < end);
        &all[from..to]
    }

    /// Returns whether a similarity is one that was asked for.
    pub(super) fn is_enough(&self, similarity: f64) -> bool {
        similarity >= self.threshold
    }

    /// Returns the first set that is not too light to be like one that weighs `total`.
    pub(super) fn first_like(&self, total: u64) -> usize {
        let least = self.least * total as f64;
        self.totals.partition_point(|&light| (light as f64) < least)
    }

    /// Calls `take` with the first items of a set and what is left after each, as long as the item and those after it
    /// weigh at least `least`.
    pub(super) fn for_each_first(&self, set: usize, least: f64, mut take: impl FnMut(u32, u64)) {
        let mut rest = self.totals[set];
        for &item in self.sets.get(set) {
            if (rest as f64) < least {
                break;
            }
            rest -= self.weights[item as usize];
            take(item, rest);
        }
    }

    /// Indexes the first items of each set.
    fn post(&mut self) {
        // What a set shares with one that is like it and no lighter is at least this part of it.
        let part = 2.0 * self.least / (1.0 + self.least);
        let mut starts = vec![0; self.weights.len() + 1];
        self.for_each_posting(part, |item, _| starts[item as usize + 1] += 1);
        for item in 1..starts.len() {
            starts[item] += starts[item - 1];
        }
        let mut next = starts.clone();
        let nothing = Posting { set: 0, rest: 0 };
        let mut postings = vec![nothing; starts.last().copied().unwrap_or(0)];
        self.for_each_posting(part, |item, posting| {
            postings[next[item as usize]] = posting;
            next[item as usize] += 1;
        });
        (self.starts, self.postings) = (starts, postings);
    }

    fn for_each_posting(&self, part: f64, mut take: impl FnMut(u32, Posting)) {
        for (set, number) in (0..self.len()).zip(0..) {
            let least = part * self.totals[set] as f64;
            self.for_each_first(set, least, |item, rest| {
                take(item, Posting { set: number, rest });
            });
        }
    }
}

/// Returns the sets from light to heavy, and what they weigh.
fn lightest_first(distinct: &Distinct) -> (Vec<u32>, Vec<u64>) {
    let weight = |&item: &u32| distinct.weights[item as usize];
    let totals = distinct
        .sets
        .iter()
        .map(|set| set.iter().map(weight).sum::<u64>());
    let mut sets: Vec<(u64, u32)> = totals.zip(0..).collect();
    sets.sort_unstable();
    let totals = sets.iter().map(|(total, _)| *total).collect();
    (sets.into_iter().map(|(_, set)| set).collect(), totals)
}

/// Returns the sets in this order, with the ranks of their items instead of the items.
fn renumbered(distinct: &Distinct, originals: &[u32], ranks: &[u32]) -> Csr {
    let mut sets = Csr::default();
    for &original in originals {
        let items = distinct.sets.get(original as usize);
        sets.push(items.iter().map(|&item| ranks[item as usize]));
        sets.make_last_a_set();
    }
    sets
}

/// Returns the rank of each item when the rarest comes first, and the weights by rank.
fn rarest_first(distinct: &Distinct) -> (Vec<u32>, Vec<u64>) {
    let mut sets_with = vec![0_u32; distinct.weights.len()];
    for &item in distinct.sets.iter().flatten() {
        sets_with[item as usize] += 1;
    }
    let mut by_rank: Vec<u32> = (0..).take(sets_with.len()).collect();
    by_rank.sort_by_key(|&item| sets_with[item as usize]);
    let mut ranks = vec![0; by_rank.len()];
    for (rank, &item) in (0..).zip(&by_rank) {
        ranks[item as usize] = rank;
    }
    let weights = by_rank.iter().map(|&item| distinct.weights[item as usize]);
    (ranks, weights.collect())
}
