//! By how much one sample lies above another.

use crate::confidence::{Confidence, Interval};
use crate::rank_distribution::{RankMethod, exact_cdf, normal_sd, normal_z};
use crate::sample::Sample;

/// By how much the first of two samples lies above the second, in their unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Shift {
    /// The median of all differences, each of the first sample less each of the second.
    pub estimate: f64,
    /// Where the shift may lie; `None` where even all differences together are not sure enough, as with
    /// three observations against three at 95 %.
    pub interval: Option<Interval>,
    /// Where the interval comes from.
    pub method: RankMethod,
}

/// Returns the shift of Hodges and Lehmann between two samples, with its interval.
///
/// The interval holds every shift that the test of Mann and Whitney would not refuse; it is exact up to 50
/// observations in each sample, else normal. With equal differences it is a little wider
/// than it had to be, never narrower. The differences are counted, not kept: thousands of observations against
/// thousands take no memory.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Confidence, Interval, Sample, hodges_lehmann};
///
/// let first = Sample::new([11.0, 12.0, 13.0, 14.0])?;
/// let second = Sample::new([1.0, 2.0, 3.0, 4.0])?;
/// let shift = hodges_lehmann(&first, &second, Confidence::P95);
/// assert_eq!(shift.estimate, 10.0);
/// assert_eq!(shift.interval, Some(Interval { low: 7.0, high: 13.0 }));
/// # Ok::<(), pullstudy_stats::SampleError>(())
/// ```
///
/// # Source
///
/// J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 34 (1963).
#[must_use]
pub fn hodges_lehmann(first: &Sample, second: &Sample, confidence: Confidence) -> Shift {
    let differences = Differences { first, second };
    let (m, n) = (first.count(), second.count());
    let method = RankMethod::for_counts(m, n);
    let rank = match method {
        RankMethod::Exact => exact_rank(m, n, confidence),
        RankMethod::Normal => normal_rank(m, n, confidence),
    };
    Shift {
        estimate: differences.median(),
        interval: differences.interval(rank),
        method,
    }
}

/// How many U from 0 on are together too unlikely.
fn exact_rank(m: usize, n: usize, confidence: Confidence) -> usize {
    exact_cdf(m, n).partition_point(|&chance| chance <= confidence.tail())
}

fn normal_rank(m: usize, n: usize, confidence: Confidence) -> usize {
    let half_width = normal_z(confidence.tail()) * normal_sd(m, n, 0.0);
    // A float below 0 becomes 0.
    ((m * n) as f64 / 2.0 + 0.5 - half_width).floor() as usize
}

/// All differences of two samples, none of them kept.
struct Differences<'a> {
    first: &'a Sample,
    second: &'a Sample,
}

impl Differences<'_> {
    fn count(&self) -> usize {
        self.first.count() * self.second.count()
    }

    fn median(&self) -> f64 {
        let count = self.count();
        let (low, high) = (self.ranked(count.div_ceil(2)), self.ranked(count / 2 + 1));
        // Halves first: the sum of two huge differences would overflow.
        (low / 2.0 + high / 2.0).clamp(low, high)
    }

    /// From the difference of this rank to the one as far from the other end.
    fn interval(&self, rank: usize) -> Option<Interval> {
        // Where confidence is next to nothing, both ends meet in the median.
        let rank = rank.min(self.count().div_ceil(2));
        (rank > 0).then(|| Interval {
            low: self.ranked(rank),
            high: self.ranked(self.count() - rank + 1),
        })
    }

    /// Returns the difference of a rank from 1 to all, smallest first: the smallest number that so many
    /// do not exceed, found by halving the range of all floats.
    fn ranked(&self, rank: usize) -> f64 {
        let (mut low, mut high) = (key(f64::NEG_INFINITY), key(f64::INFINITY));
        while low < high {
            let middle = low + ((high.wrapping_sub(low)) as u64 / 2) as i64;
            if self.not_above(value(middle)) >= rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // Zero has one sign.
        value(low) + 0.0
    }

    /// Counts the differences that are at most `limit`: rows and columns of them are sorted.
    fn not_above(&self, limit: f64) -> usize {
        let others = self.second.values();
        let mut smaller = 0;
        let counts = self.first.values().iter().map(|value| {
            while smaller < others.len() && value - others[smaller] > limit {
                smaller += 1;
            }
            others.len() - smaller
        });
        counts.sum()
    }
}

/// Numbers floats in their order; undone by [`value`].
fn key(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn value(key: i64) -> f64 {
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::test_values::{assert_close, scattered};

    fn shift(first: &[f64], second: &[f64], level: f64) -> Shift {
        hodges_lehmann(
            &Sample::new(first).unwrap(),
            &Sample::new(second).unwrap(),
            Confidence::new(level).unwrap(),
        )
    }

    #[test]
    fn agrees_with_differences_that_numpy_sorted() {
        // numpy.sort(numpy.subtract.outer(x, y).ravel()): its median, and its elements k and mn - k + 1 from 1,
        // where k is the number of U whose exact chance adds up to at most 2.5 %, or
        // floor(mn/2 + 0.5 - scipy.stats.norm.ppf(0.995) * sqrt(mn (m+n+1) / 12)). The first is also
        // the example of R's wilcox.test: 0.305, from -0.15 to 0.76.
        let depression = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let after = [1.15, 0.88, 0.90, 0.74, 1.21];
        let moved: Vec<f64> = scattered(50, 53, 211.5).map(|v| v + 9.003).collect();
        let cases = [
            (
                shift(&depression, &after, 0.95),
                (0.305, -0.15, 0.76, RankMethod::Exact),
            ),
            (
                shift(&scattered(50, 37, 5.0).collect::<Vec<_>>(), &moved, 0.95),
                (-14.503, -26.153, -2.853, RankMethod::Exact),
            ),
            (
                shift(
                    &scattered(60, 37, 5.0).collect::<Vec<_>>(),
                    &scattered(80, 53, 211.5).collect::<Vec<_>>(),
                    0.99,
                ),
                (-4.1, -18.15, 9.65, RankMethod::Normal),
            ),
        ];
        for (actual, (estimate, low, high, method)) in cases {
            assert_eq!(actual.method, method);
            let interval = actual.interval.unwrap();
            assert_close(actual.estimate, estimate, 1e-12);
            assert_close(interval.low, low, 1e-12);
            assert_close(interval.high, high, 1e-12);
        }
    }

    #[test]
    fn three_against_three_are_too_few_for_an_interval() {
        let few = shift(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], 0.95);
        assert_eq!((few.estimate, few.interval), (-3.0, None));
        let surer = shift(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0], 0.99);
        assert_eq!(surer.interval, None);
    }

    #[test]
    fn thousands_against_thousands_are_counted_not_kept() {
        // Every difference of i - j - 0.25 for i, j below 2000; symmetric, so the middle is -0.25.
        let first: Vec<f64> = (0..2000).map(f64::from).collect();
        let second: Vec<f64> = first.iter().map(|value| value + 0.25).collect();
        let found = shift(&first, &second, 0.95);
        assert_eq!(found.estimate, -0.25);
        let Interval { low, high } = found.interval.unwrap();
        assert_eq!(low + high, -0.5);
    }

    fn observations() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-400..400_i32).prop_map(|v| f64::from(v) / 8.0), 1..30)
    }

    proptest! {
        #[test]
        fn ranks_are_those_of_the_sorted_differences(first in observations(), second in observations()) {
            let mut sorted: Vec<f64> =
                first.iter().flat_map(|a| second.iter().map(move |b| a - b)).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let (first, second) = (Sample::new(first).unwrap(), Sample::new(second).unwrap());
            let differences = Differences { first: &first, second: &second };
            for (position, &difference) in sorted.iter().enumerate() {
                prop_assert_eq!(differences.ranked(position + 1), difference);
            }
            prop_assert_eq!(differences.median(), Sample::new(sorted).unwrap().median());
        }

        #[test]
        fn moving_the_first_moves_the_shift(
            first in observations(),
            second in observations(),
            by in -100..100_i32,
        ) {
            let by = f64::from(by);
            let moved: Vec<f64> = first.iter().map(|value| value + by).collect();
            let (a, b) = (shift(&first, &second, 0.95), shift(&moved, &second, 0.95));
            prop_assert_eq!(a.estimate + by, b.estimate);
            prop_assert_eq!(a.interval.map(|i| i.low + by), b.interval.map(|i| i.low));
            let back = shift(&second, &first, 0.95);
            prop_assert_eq!(-a.estimate, back.estimate);
            prop_assert_eq!(a.interval.map(|i| -i.low), back.interval.map(|i| i.high));
        }

        #[test]
        fn the_interval_holds_the_estimate_and_widens_with_confidence(
            first in observations(),
            second in observations(),
            level in 0.01..0.98_f64,
        ) {
            let (a, b) = (shift(&first, &second, level), shift(&first, &second, level + 0.01));
            for found in [a, b] {
                prop_assert!(found.interval.is_none_or(|i| i.contains(found.estimate)));
            }
            if let (Some(a), Some(b)) = (a.interval, b.interval) {
                prop_assert!(b.low <= a.low && b.high >= a.high);
            }
        }
    }
}
