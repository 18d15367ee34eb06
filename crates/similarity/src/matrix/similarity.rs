//! How alike every two sets are.

use std::num::NonZeroUsize;

use super::condensed::CondensedMatrix;
use crate::weighed::Weighed;

/// How alike every two of many sets are, and the figures over it.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use pullstudy_similarity::{Measure, Sets};
///
/// let matrix = Sets::of([[1, 2], [2, 3]]).matrix(Measure::Items, NonZeroUsize::MIN);
/// assert_eq!(matrix.get(0, 1), 1.0 / 3.0);
/// assert_eq!(matrix.mean(), Some(1.0 / 3.0));
/// assert_eq!(matrix.mean_with_diagonal(), Some(2.0 / 3.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarityMatrix {
    similarities: CondensedMatrix,
}

impl SimilarityMatrix {
    pub(crate) fn of(sets: &Weighed<'_>, threads: NonZeroUsize) -> Self {
        Self {
            similarities: sets.condensed(threads, |similarity| similarity),
        }
    }

    /// Returns how many sets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.similarities.len()
    }

    /// Returns whether there is no set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.similarities.is_empty()
    }

    /// Returns the similarity of two sets, 1 of a set with itself.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    #[must_use]
    pub fn get(&self, a: usize, b: usize) -> f64 {
        if a == b {
            assert!(a < self.len(), "there is no such set");
            return 1.0;
        }
        self.similarities.get(a, b)
    }

    /// Returns the similarities of all sets `a < b`, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        self.similarities.values()
    }

    /// Returns the mean over all pairs of different sets; there is none for fewer than two sets.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let values = self.values();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// Returns the standard deviation over all pairs of different sets, as of a whole population.
    #[must_use]
    pub fn sd(&self) -> Option<f64> {
        let mean = self.mean()?;
        Some((self.squares_about(mean) / self.values().len() as f64).sqrt())
    }

    /// Returns the mean over the full matrix, with the ones of its diagonal: the published study's mean.
    ///
    /// It says more of how few the sets are than of how alike: `n` sets that share nothing have `1 / n`.
    #[must_use]
    pub fn mean_with_diagonal(&self) -> Option<f64> {
        let len = self.len() as f64;
        let sum = 2.0 * self.values().iter().sum::<f64>() + len;
        (!self.is_empty()).then(|| sum / (len * len))
    }

    /// Returns the standard deviation over the full matrix, with the ones of its diagonal, as of a whole population.
    #[must_use]
    pub fn sd_with_diagonal(&self) -> Option<f64> {
        let mean = self.mean_with_diagonal()?;
        let len = self.len() as f64;
        let squares = 2.0 * self.squares_about(mean) + len * (1.0 - mean).powi(2);
        Some(squares.sqrt() / len)
    }

    /// Turns similarities into Jaccard distances, `1 - similarity`, in place.
    #[must_use]
    pub fn into_distances(self) -> CondensedMatrix {
        let mut distances = self.similarities;
        for value in distances.values_mut() {
            *value = 1.0 - *value;
        }
        distances
    }

    fn squares_about(&self, mean: f64) -> f64 {
        self.values()
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum()
    }
}
