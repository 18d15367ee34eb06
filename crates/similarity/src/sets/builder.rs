//! Taking sets in, one after the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::Sets;
use super::csr::Csr;

/// Takes sets in one after the other, and numbers their items.
///
/// An item is kept once, however many sets hold it; a finished set takes 16 bytes, and 8 more an item in it.
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::{Measure, SetsBuilder};
///
/// let mut builder = SetsBuilder::new();
/// builder.push_weighted([("base", 300), ("x", 100)])?;
/// builder.push_weighted([("base", 300), ("y", 100), ("y", 100)])?;
/// let sets = builder.finish();
/// assert_eq!(sets.similarity(0, 1, Measure::Weights), 0.6);
/// assert_eq!(sets.repeated_items(), 1);
/// # Ok::<(), pullstudy_similarity::SetTooHeavy>(())
/// ```
#[derive(Debug, Clone)]
pub struct SetsBuilder<T> {
    numbers: HashMap<T, u32>,
    sets: Csr,
    weights: Vec<u64>,
    totals: Vec<u64>,
    repeated_items: u64,
    conflicting_weights: u64,
}

/// A set weighs more than an integer of 64 bits holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("set {set} weighs more than {} in total", u64::MAX)]
pub struct SetTooHeavy {
    /// The number that the set would have had.
    pub set: usize,
}

impl<T> Default for SetsBuilder<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            sets: Csr::default(),
            weights: Vec::new(),
            totals: Vec::new(),
            repeated_items: 0,
            conflicting_weights: 0,
        }
    }
}

impl<T: Eq + Hash> SetsBuilder<T> {
    /// Starts without a set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a set and returns its number; numbers count from 0. Every item that is new weighs 1.
    ///
    /// The items may come in any order. One that comes again is dropped and counted
    /// ([`Sets::repeated_items`]).
    ///
    /// # Errors
    ///
    /// [`SetTooHeavy`] if the set holds items that have a weight from before, and they add up to more than
    /// [`u64::MAX`]; the set is then not added.
    ///
    /// # Panics
    ///
    /// With more than [`u32::MAX`] sets or different items.
    pub fn push(&mut self, items: impl IntoIterator<Item = T>) -> Result<usize, SetTooHeavy> {
        self.add(items.into_iter().map(|item| (item, None)))
    }

    /// Adds a set of items with their weights, and returns its number.
    ///
    /// As [`SetsBuilder::push`]. An item has one weight, the first it came with; where it comes with another, that is
    /// counted ([`Sets::conflicting_weights`]).
    ///
    /// # Errors
    ///
    /// [`SetTooHeavy`] if the weights add up to more than [`u64::MAX`]; the set is then not added.
    ///
    /// # Panics
    ///
    /// With more than [`u32::MAX`] sets or different items.
    pub fn push_weighted(
        &mut self,
        items: impl IntoIterator<Item = (T, u64)>,
    ) -> Result<usize, SetTooHeavy> {
        let weighted = items.into_iter();
        self.add(weighted.map(|(item, weight)| (item, Some(weight))))
    }

    /// Returns the sets, with an index from items to sets.
    #[must_use]
    pub fn finish(mut self) -> Sets {
        self.sets.shrink();
        Sets {
            postings: self.sets.transposed(self.weights.len()),
            sets: self.sets,
            weights: self.weights,
            totals: self.totals,
            repeated_items: self.repeated_items,
            conflicting_weights: self.conflicting_weights,
        }
    }

    /// Returns the sets, and the items in the order of their numbers.
    #[must_use]
    pub fn finish_with_items(mut self) -> (Sets, Vec<T>) {
        let mut items: Vec<_> = std::mem::take(&mut self.numbers).into_iter().collect();
        items.sort_unstable_by_key(|(_, number)| *number);
        let items = items.into_iter().map(|(item, _)| item).collect();
        (self.finish(), items)
    }

    fn add(&mut self, items: impl Iterator<Item = (T, Option<u64>)>) -> Result<usize, SetTooHeavy> {
        let set = self.sets.len();
        assert!(u32::try_from(set).is_ok(), "sets are numbered in 32 bits");
        let known = self.weights.len();
        let numbers: Vec<u32> = items
            .map(|(item, weight)| self.number(item, weight))
            .collect();
        self.sets.push(numbers);
        let repeated = self.sets.make_last_a_set();
        let Some(total) = self.weigh(set) else {
            self.forget(known);
            return Err(SetTooHeavy { set });
        };
        self.repeated_items += repeated as u64;
        self.totals.push(total);
        Ok(set)
    }

    /// Returns the number of an item, a new one if it is new.
    fn number(&mut self, item: T, weight: Option<u64>) -> u32 {
        match self.numbers.entry(item) {
            Entry::Occupied(entry) => {
                let known = self.weights[*entry.get() as usize];
                self.conflicting_weights += u64::from(weight.is_some_and(|other| other != known));
                *entry.get()
            }
            Entry::Vacant(entry) => {
                let number =
                    u32::try_from(self.weights.len()).expect("items are numbered in 32 bits");
                self.weights.push(weight.unwrap_or(1));
                *entry.insert(number)
            }
        }
    }

    fn weigh(&self, set: usize) -> Option<u64> {
        let weights = self.sets.get(set).iter();
        weights
            .map(|&item| self.weights[item as usize])
            .try_fold(0_u64, u64::checked_add)
    }

    /// Takes the last set away, and the items that only it has.
    fn forget(&mut self, known: usize) {
        self.sets.pop();
        self.weights.truncate(known);
        self.numbers.retain(|_, number| (*number as usize) < known);
    }
}
