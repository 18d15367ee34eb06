//! An order of sets in which little is added for long.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::measure::Measure;
use crate::sets::Sets;

impl Sets {
    /// Returns an order of all sets that adds little early: after those in `first`, always the set that adds least
    /// next, the lowest of equals.
    ///
    /// What is added is counted or weighed, as `measure` says. `first` comes first, as it stands, each set
    /// once.
    ///
    /// This is a heuristic that looks one set ahead. Which `k` sets together have the least (minimum k-union) is
    /// NP-hard to find and hard to come near to, and the answers for different `k` need not
    /// continue one another: a set that is heavy, but shares its weight with many, comes later than it would have to. The
    /// last `n - k` sets still add what the first `k` left, so that any order ends at the same total.
    ///
    /// Takes time in proportion to the items of all sets together, times the logarithm of their number.
    ///
    /// # Panics
    ///
    /// If there is no set of a number in `first`.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_similarity::{Measure, Sets};
    ///
    /// let sets = Sets::of([vec!["a", "b", "c"], vec!["x", "y"], vec!["a", "b"], vec!["x"]]);
    /// assert_eq!(sets.order_least_early(Measure::Items, &[]), [3, 1, 2, 0]);
    /// assert_eq!(sets.order_least_early(Measure::Items, &[0]), [0, 2, 3, 1]);
    /// ```
    ///
    /// # Source
    ///
    /// E. Chlamtáč, M. Dinitz and Y. Makarychev, "Minimizing the union", SODA 2017, on how hard it is.
    #[must_use]
    pub fn order_least_early(&self, measure: Measure, first: &[usize]) -> Vec<usize> {
        let mut search = Search::new(self, measure);
        for &set in first {
            search.take(set);
        }
        while let Some(set) = search.next() {
            search.take(set);
        }
        search.order
    }
}

/// What each set would still add, and which have been taken.
struct Search<'a> {
    sets: &'a Sets,
    measure: Measure,
    present: Vec<bool>,
    taken: Vec<bool>,
    left: Vec<u64>,
    /// What sets would have added at some time; the lowest entry of a set that is still true is the last.
    heap: BinaryHeap<Reverse<(u64, usize)>>,
    order: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(sets: &'a Sets, measure: Measure) -> Self {
        let left: Vec<u64> = (0..sets.len())
            .map(|set| sets.total(set, measure))
            .collect();
        let entries = left.iter().enumerate();
        Self {
            sets,
            measure,
            present: vec![false; sets.items()],
            taken: vec![false; sets.len()],
            heap: entries.map(|(set, &left)| Reverse((left, set))).collect(),
            left,
            order: Vec::with_capacity(sets.len()),
        }
    }

    /// Returns the set that adds least, of those that are left.
    fn next(&mut self) -> Option<usize> {
        while let Some(Reverse((adds, set))) = self.heap.pop() {
            if !self.taken[set] && adds == self.left[set] {
                return Some(set);
            }
        }
        None
    }

    /// Puts a set next, after which others add less.
    fn take(&mut self, set: usize) {
        if std::mem::replace(&mut self.taken[set], true) {
            return;
        }
        self.order.push(set);
        let mut lighter = Vec::new();
        for &item in self.sets.items_of(set) {
            if std::mem::replace(&mut self.present[item as usize], true) {
                continue;
            }
            let weight = match self.measure {
                Measure::Items => 1,
                Measure::Weights => self.sets.weight(item as usize),
            };
            for &other in self.sets.sets_with(item as usize) {
                self.left[other as usize] -= weight;
                lighter.push(other as usize);
            }
        }
        // A set that shares many items with this one moves once.
        lighter.sort_unstable();
        lighter.dedup();
        let lighter = lighter.into_iter().filter(|&other| !self.taken[other]);
        self.heap
            .extend(lighter.map(|other| Reverse((self.left[other], other))));
    }
}
