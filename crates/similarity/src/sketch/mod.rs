//! Small sketches of many large sets.

mod candidates;
mod hasher;

pub use hasher::{BandsError, MinHasher};

use crate::join::{Pair, ThresholdOutOfRange};

/// Sketches of many sets: their similarity is estimated without the sets.
///
/// For sets that are too many or too large to be joined exactly by [`Sets`](crate::Sets). A sketch takes 8 bytes a
/// hash function, whatever the size of the set.
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::{MinHasher, Sketches};
///
/// let mut sketches = Sketches::new(MinHasher::new(128, 32, 0)?);
/// sketches.push((0..1000_u32).map(u32::to_le_bytes));
/// sketches.push((100..1100_u32).map(u32::to_le_bytes));
/// sketches.push((5000..6000_u32).map(u32::to_le_bytes));
/// assert!((sketches.similarity(0, 1) - 900.0 / 1100.0).abs() < 0.1);
/// let pairs = sketches.pairs_above(0.5)?;
/// assert_eq!(pairs.iter().map(|pair| (pair.a, pair.b)).collect::<Vec<_>>(), [(0, 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sketches {
    hasher: MinHasher,
    /// The least hashes of each set, one set after the other.
    least: Vec<u64>,
}

impl Sketches {
    /// Starts without a set.
    #[must_use]
    pub fn new(hasher: MinHasher) -> Self {
        let least = Vec::new();
        Self { hasher, least }
    }

    /// Adds the sketch of a set, and returns the number of the set; numbers count from 0.
    ///
    /// Items may come in any order and more than once. An empty set is like other empty ones, and like nothing else.
    ///
    /// # Panics
    ///
    /// With more than [`u32::MAX`] sets.
    pub fn push(&mut self, items: impl IntoIterator<Item: AsRef<[u8]>>) -> usize {
        let set = self.len();
        assert!(u32::try_from(set).is_ok(), "sets are numbered in 32 bits");
        let start = self.least.len();
        self.least.resize(start + self.hasher.hashes(), u64::MAX);
        for item in items {
            let item = hasher::fnv_1a(item.as_ref());
            self.hasher.take(item, &mut self.least[start..]);
        }
        set
    }

    /// Returns how many sets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.least.len() / self.hasher.hashes()
    }

    /// Returns whether there is no set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.least.is_empty()
    }

    /// Returns the hash functions behind the sketches.
    #[must_use]
    pub fn hasher(&self) -> &MinHasher {
        &self.hasher
    }

    /// Estimates the Jaccard similarity of two sets: the share of hash functions that agree.
    ///
    /// [`MinHasher::standard_error`] says how far off that is.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn similarity(&self, a: usize, b: usize) -> f64 {
        let both = self.sketch(a).iter().zip(self.sketch(b));
        let agreed = both.filter(|(a, b)| a == b).count();
        agreed as f64 / self.hasher.hashes() as f64
    }

    /// Returns the candidates whose estimated similarity is `threshold` or more, sorted.
    ///
    /// Not all pairs of that similarity are candidates: [`MinHasher::candidate_probability`] says how many.
    ///
    /// # Errors
    ///
    /// [`ThresholdOutOfRange`] unless `0 < threshold <= 1`.
    pub fn pairs_above(&self, threshold: f64) -> Result<Vec<Pair>, ThresholdOutOfRange> {
        ThresholdOutOfRange::check(threshold)?;
        let mut pairs = Vec::new();
        self.for_each_candidate(|a, b| {
            let similarity = self.similarity(a as usize, b as usize);
            if similarity >= threshold {
                pairs.push(Pair { a, b, similarity });
            }
        });
        pairs.sort_unstable_by_key(|pair| (pair.a, pair.b));
        Ok(pairs)
    }

    fn sketch(&self, set: usize) -> &[u64] {
        let hashes = self.hasher.hashes();
        &self.least[set * hashes..][..hashes]
    }
}
