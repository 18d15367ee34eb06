//! All pairs of similar sets, without looking at all pairs.

mod expand;
mod index;
mod probe;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::distinct::Distinct;
use crate::measure::Measure;
use crate::sets::Sets;
use expand::Expansion;
use index::Index;
use probe::Prober;

/// Two sets and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The set with the lower number.
    pub a: u32,
    /// The set with the higher number.
    pub b: u32,
    /// Their Jaccard similarity.
    pub similarity: f64,
}

/// A similarity that is no threshold: not above 0, or above 1.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("threshold {threshold} is not above 0 and at most 1")]
pub struct ThresholdOutOfRange {
    /// What was given.
    pub threshold: f64,
}

impl ThresholdOutOfRange {
    pub(crate) fn check(threshold: f64) -> Result<(), Self> {
        if threshold > 0.0 && threshold <= 1.0 {
            return Ok(());
        }
        Err(Self { threshold })
    }
}

/// How many sets a thread takes at once.
const SETS_AT_ONCE: usize = 256;

/// How many lots of pairs may wait for each thread, so that a slow receiver does not fill the memory.
const WAITING_LOTS: usize = 4;

impl Sets {
    /// Returns all pairs of different sets whose similarity is `threshold` or more, sorted.
    ///
    /// Exactly those, with exactly the similarity of [`Sets::similarity`], computed by so many threads. It takes
    /// 16 bytes a pair; [`Sets::for_each_pair_above`] keeps none.
    ///
    /// # Errors
    ///
    /// [`ThresholdOutOfRange`] unless `0 < threshold <= 1`: at 0 every pair is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use pullstudy_similarity::{Measure, Pair, Sets};
    ///
    /// let sets = Sets::of([[1, 2, 3], [2, 3, 4], [7, 8, 9]]);
    /// let pairs = sets.pairs_above(0.5, Measure::Items, NonZeroUsize::MIN)?;
    /// assert_eq!(pairs, [Pair { a: 0, b: 1, similarity: 0.5 }]);
    /// # Ok::<(), pullstudy_similarity::ThresholdOutOfRange>(())
    /// ```
    pub fn pairs_above(
        &self,
        threshold: f64,
        measure: Measure,
        threads: NonZeroUsize,
    ) -> Result<Vec<Pair>, ThresholdOutOfRange> {
        let mut pairs = Vec::new();
        self.for_each_pair_above(threshold, measure, threads, |pair| pairs.push(pair))?;
        pairs.sort_unstable_by_key(|pair| (pair.a, pair.b));
        Ok(pairs)
    }

    /// Hands all pairs of different sets whose similarity is `threshold` or more to `take`, in no particular order.
    ///
    /// As [`Sets::pairs_above`]; `take` is called on the calling thread, and the others wait for it.
    ///
    /// # Errors
    ///
    /// [`ThresholdOutOfRange`] unless `0 < threshold <= 1`.
    ///
    /// # Source
    ///
    /// Bayardo, Ma and Srikant, "Scaling up all pairs similarity search", WWW 2007; Xiao, Wang, Lin and
    /// Yu, "Efficient similarity joins for near duplicate detection", WWW 2008.
    pub fn for_each_pair_above(
        &self,
        threshold: f64,
        measure: Measure,
        threads: NonZeroUsize,
        mut take: impl FnMut(Pair),
    ) -> Result<(), ThresholdOutOfRange> {
        ThresholdOutOfRange::check(threshold)?;
        let distinct = Distinct::of(self, measure);
        let index = Index::new(&distinct, threshold);
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (sender, lots) = mpsc::sync_channel(WAITING_LOTS * threads.get());
            for _ in 0..threads.get() {
                let out = Expansion::new(&distinct.groups, sender.clone());
                let (index, next) = (&index, &next);
                scope.spawn(move || work(index, next, out));
            }
            drop(sender);
            lots.into_iter().flatten().for_each(&mut take);
        });
        Ok(())
    }
}

/// Compares one lot of sets after the other until none is left.
fn work(index: &Index, next: &AtomicUsize, mut out: Expansion<'_>) {
    let mut prober = Prober::new(index);
    loop {
        let start = next.fetch_add(SETS_AT_ONCE, Ordering::Relaxed);
        if start >= index.len() {
            break;
        }
        for set in start..index.len().min(start + SETS_AT_ONCE) {
            out.identical(index.original(set));
            prober.probe(set, |other, similarity| {
                out.pair(index.original(set), index.original(other), similarity);
            });
        }
    }
    out.send();
}
