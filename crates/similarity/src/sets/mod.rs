//! Many sets in little memory.

mod builder;
pub(crate) mod csr;

use std::hash::Hash;

pub use builder::{SetTooHeavy, SetsBuilder};

use crate::matrix::SimilarityMatrix;
use crate::measure::Measure;
use crate::ratio::{containment_ratio, jaccard_ratio};
use crate::weighed::{Weighed, shared_weight};
use csr::Csr;
use std::num::NonZeroUsize;

/// Many sets, their items as numbers, and an index from each item to the sets that hold it.
///
/// Made with a [`SetsBuilder`] or [`Sets::of`]. Sets are numbered from 0 in the order in which they were added.
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::{Measure, Sets};
///
/// let sets = Sets::of([vec!["a", "b", "c"], vec!["b", "c", "d"], vec![]]);
/// assert_eq!(sets.similarity(0, 1, Measure::Items), 0.5);
/// assert_eq!(sets.row(0, Measure::Items), [1.0, 0.5, 0.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Sets {
    pub(crate) sets: Csr,
    pub(crate) postings: Csr,
    pub(crate) weights: Vec<u64>,
    pub(crate) totals: Vec<u64>,
    repeated_items: u64,
    conflicting_weights: u64,
}

impl Sets {
    /// Makes sets of items that all weigh 1.
    ///
    /// # Panics
    ///
    /// With more than [`u32::MAX`] sets or different items.
    #[must_use]
    pub fn of<T: Eq + Hash>(sets: impl IntoIterator<Item: IntoIterator<Item = T>>) -> Self {
        let mut builder = SetsBuilder::new();
        for set in sets {
            builder
                .push(set)
                .expect("2^64 items of weight 1 do not fit in memory");
        }
        builder.finish()
    }

    /// Returns how many sets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Returns whether there is no set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many different items there are.
    #[must_use]
    pub fn items(&self) -> usize {
        self.weights.len()
    }

    /// Returns how many items all sets have together: one that is in three sets counts three times.
    #[must_use]
    pub fn memberships(&self) -> usize {
        self.sets.total()
    }

    /// Returns the numbers of the items in a set, ascending.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn items_of(&self, set: usize) -> &[u32] {
        self.sets.get(set)
    }

    /// Returns the sets that hold an item, ascending.
    ///
    /// # Panics
    ///
    /// If there is no such item.
    #[must_use]
    pub fn sets_with(&self, item: usize) -> &[u32] {
        self.postings.get(item)
    }

    /// Returns the weight of an item: the first it came with, 1 if it came without.
    ///
    /// # Panics
    ///
    /// If there is no such item.
    #[must_use]
    pub fn weight(&self, item: usize) -> u64 {
        self.weights[item]
    }

    /// Returns what a set weighs: as many as it has items, or the sum of their weights.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn total(&self, set: usize, measure: Measure) -> u64 {
        match measure {
            Measure::Items => self.sets.get(set).len() as u64,
            Measure::Weights => self.totals[set],
        }
    }

    /// Returns how many items were dropped because their set had them already.
    #[must_use]
    pub fn repeated_items(&self) -> u64 {
        self.repeated_items
    }

    /// Returns how often an item came with another weight than the first time.
    #[must_use]
    pub fn conflicting_weights(&self) -> u64 {
        self.conflicting_weights
    }

    /// Returns the Jaccard similarity of two sets, as [`jaccard`](crate::jaccard()) does.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn similarity(&self, a: usize, b: usize, measure: Measure) -> f64 {
        let shared = u128::from(self.shared(a, b, measure));
        let (a, b) = (self.total(a, measure), self.total(b, measure));
        jaccard_ratio(shared, a.into(), b.into())
    }

    /// Returns how much of set `a` is in set `b`, as [`containment`](crate::containment) does.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn containment(&self, a: usize, b: usize, measure: Measure) -> f64 {
        let shared = self.shared(a, b, measure).into();
        containment_ratio(shared, self.total(a, measure).into())
    }

    /// Returns the similarity of one set with every set, itself included.
    ///
    /// Only sets that share an item with it are looked at.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn row(&self, set: usize, measure: Measure) -> Vec<f64> {
        let mut row = vec![0.0; self.len()];
        let mut shared = vec![0; self.len()];
        self.weighed(measure).row(set, &mut shared, &mut row);
        row
    }

    /// Returns the similarity of every two sets, computed by so many threads.
    ///
    /// It takes 8 bytes a pair: 400 MB for 10,000 sets. Where only similar pairs matter, [`Sets::pairs_above`] needs
    /// less.
    #[must_use]
    pub fn matrix(&self, measure: Measure, threads: NonZeroUsize) -> SimilarityMatrix {
        SimilarityMatrix::of(&self.weighed(measure), threads)
    }

    pub(crate) fn weighed(&self, measure: Measure) -> Weighed<'_> {
        match measure {
            Measure::Items => Weighed::counted(&self.sets, &self.postings),
            Measure::Weights => Weighed {
                sets: &self.sets,
                postings: &self.postings,
                weights: (&self.weights).into(),
                totals: (&self.totals).into(),
            },
        }
    }

    fn shared(&self, a: usize, b: usize, measure: Measure) -> u64 {
        let weight = |item: u32| match measure {
            Measure::Items => 1,
            Measure::Weights => self.weights[item as usize],
        };
        shared_weight(self.sets.get(a), self.sets.get(b), weight)
    }
}
