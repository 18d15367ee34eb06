//! Mean and deviation over all pairs, without a matrix.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::distinct::Distinct;
use crate::measure::Measure;
use crate::ratio::jaccard_of;
use crate::sets::Sets;
use crate::sets::csr::Csr;

/// Mean and standard deviation of how alike every two sets are; see [`SimilarityMatrix`](crate::SimilarityMatrix) for what each is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// The mean over all pairs of different sets; there is none for fewer than two sets.
    pub mean: Option<f64>,
    /// The standard deviation over these pairs, as of a whole population.
    pub sd: Option<f64>,
    /// The mean over the full matrix, with the ones of its diagonal.
    pub mean_with_diagonal: Option<f64>,
    /// The standard deviation over the full matrix.
    pub sd_with_diagonal: Option<f64>,
}

impl Sets {
    /// Returns mean and standard deviation of the Jaccard similarities of every two sets, computed by so many threads.
    ///
    /// No matrix is kept: only sets that share items are looked at, identical ones once. The figures are those of
    /// [`Sets::matrix`] but for rounding, which in a standard deviation near 0 reaches the eighth decimal.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use pullstudy_similarity::{Measure, Sets};
    ///
    /// let sets = Sets::of([vec![1, 2], vec![2, 3], vec![7]]);
    /// let mean = sets.figures(Measure::Items, NonZeroUsize::MIN).mean;
    /// assert!((mean.expect("there are pairs") - 1.0 / 9.0).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn figures(&self, measure: Measure, threads: NonZeroUsize) -> Figures {
        let distinct = Distinct::of(self, measure);
        let sums = Summing::new(&distinct, self.items()).sums(threads);
        Figures::of(self.len() as f64, sums)
    }
}

impl Figures {
    fn of(sets: f64, sums: Sums) -> Self {
        let figures = |count: f64, sums: Sums| {
            let mean = sums.values / count;
            let variance = sums.squares / count - mean * mean;
            // Rounding may take it below 0.
            (count > 0.0).then(|| (mean, variance.max(0.0).sqrt()))
        };
        let pairs = figures(sets * (sets - 1.0) / 2.0, sums);
        let all = figures(
            sets * sets,
            Sums {
                values: 2.0 * sums.values + sets,
                squares: 2.0 * sums.squares + sets,
            },
        );
        Self {
            mean: pairs.map(|(mean, _)| mean),
            sd: pairs.map(|(_, sd)| sd),
            mean_with_diagonal: all.map(|(mean, _)| mean),
            sd_with_diagonal: all.map(|(_, sd)| sd),
        }
    }
}

/// Sums over pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    values: f64,
    squares: f64,
}

impl Sums {
    /// Adds a similarity that so many pairs have.
    fn add(&mut self, similarity: f64, pairs: f64) {
        self.values += pairs * similarity;
        self.squares += pairs * similarity * similarity;
    }
}

/// How many sets a thread takes at once.
const SETS_AT_ONCE: usize = 64;

/// What the sums are made of.
struct Summing<'a> {
    distinct: &'a Distinct,
    postings: Csr,
    totals: Vec<u64>,
}

impl<'a> Summing<'a> {
    fn new(distinct: &'a Distinct, items: usize) -> Self {
        let weigh = |set: &[u32]| {
            set.iter()
                .map(|&item| distinct.weights[item as usize])
                .sum()
        };
        Self {
            postings: distinct.sets.transposed(items),
            totals: distinct.sets.iter().map(weigh).collect(),
            distinct,
        }
    }

    /// Sums up lot by lot, so that the number of threads does not show in the last digit.
    fn sums(&self, threads: NonZeroUsize) -> Sums {
        let next = AtomicUsize::new(0);
        let work = || self.lots(&next);
        let mut lots = thread::scope(|scope| {
            let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(work)).collect();
            let mut lots = work();
            for other in others {
                lots.extend(other.join().expect("summing does not panic"));
            }
            lots
        });
        lots.sort_unstable_by_key(|(start, _)| *start);
        lots.iter().fold(Sums::default(), |all, (_, lot)| Sums {
            values: all.values + lot.values,
            squares: all.squares + lot.squares,
        })
    }

    /// Takes lots until none is left, and returns the sums of each with its first set.
    fn lots(&self, next: &AtomicUsize) -> Vec<(usize, Sums)> {
        let (mut lots, len) = (Vec::new(), self.distinct.len());
        let mut shared = vec![0; len];
        loop {
            let start = next.fetch_add(SETS_AT_ONCE, Ordering::Relaxed);
            if start >= len {
                return lots;
            }
            let mut sums = Sums::default();
            for set in start..len.min(start + SETS_AT_ONCE) {
                self.add(set, &mut shared, &mut sums);
            }
            lots.push((start, sums));
        }
    }

    /// Adds the pairs of a set with itself, as often as it is there, and with those after it.
    fn add(&self, set: usize, shared: &mut [u64], sums: &mut Sums) {
        let size = |set: usize| self.distinct.groups.get(set).len() as f64;
        let own = size(set);
        sums.add(1.0, own * (own - 1.0) / 2.0);
        let mut touched = Vec::new();
        for &item in self.distinct.sets.get(set) {
            let holders = self.postings.get(item as usize);
            let later = holders.partition_point(|&other| other as usize <= set);
            for &other in &holders[later..] {
                if shared[other as usize] == 0 {
                    touched.push(other as usize);
                }
                shared[other as usize] += self.distinct.weights[item as usize];
            }
        }
        touched.sort_unstable();
        for other in touched {
            let both = std::mem::take(&mut shared[other]);
            let similarity = jaccard_of(both, self.totals[set], self.totals[other]);
            sums.add(similarity, own * size(other));
        }
    }
}
