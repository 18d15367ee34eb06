//! How far apart a few observations lie, drawn from many.

use crate::sample::Sample;

/// How far the largest of some observations lies above the smallest, over all ways to draw them.
///
/// A range grows with the number of observations by itself: sixteen nodes lie further apart than four
/// of the same kind. Draw the smaller cluster's number of nodes from the larger one, and the two can
/// be set against each other.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ExpectedRange {
    /// How many observations are drawn, each at most once.
    pub draws: usize,
    /// The mean over all ways to draw them.
    pub mean: f64,
    /// The smallest range that at least 5 % of the draws do not exceed.
    pub p5: f64,
    /// The smallest range that at least 95 % of the draws do not exceed.
    pub p95: f64,
}

/// Returns the range of `draws` observations that are drawn at random, each at most once; `None` for no
/// draws, or more than there are observations.
///
/// No drawing is done: the figures are those of all draws that there are, however many. One
/// draw has no range, so all are 0; where all observations are drawn, all are the range of the sample.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Sample, expected_range};
///
/// // Of 1, 2, 4 two are drawn: 1 2, 2 4 or 1 4.
/// let range = expected_range(&Sample::new([1.0, 2.0, 4.0])?, 2).ok_or("too few")?;
/// assert!((range.mean - (1.0 + 2.0 + 3.0) / 3.0).abs() < 1e-15);
/// assert_eq!((range.p5, range.p95), (1.0, 3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
///
/// H. A. David and H. N. Nagaraja, Order Statistics (2003), on samples from finite populations.
#[must_use]
pub fn expected_range(sample: &Sample, draws: usize) -> Option<ExpectedRange> {
    if !(1..=sample.count()).contains(&draws) {
        return None;
    }
    let ranges = Ranges {
        values: sample.values(),
        largest_at: largest_at(sample.count(), draws),
    };
    Some(ExpectedRange {
        draws,
        mean: ranges.mean(),
        p5: ranges.quantile(0.05),
        p95: ranges.quantile(0.95),
    })
}

/// The chance that the largest of the draws is the observation of each rank from 1, at rank - 1:
/// C(rank - 1, draws - 1) / C(count, draws), from the last rank down, so that nothing overflows.
fn largest_at(count: usize, draws: usize) -> Vec<f64> {
    let mut chances = vec![0.0; count];
    let mut chance = draws as f64 / count as f64;
    for rank in (draws..=count).rev() {
        chances[rank - 1] = chance;
        if rank > draws {
            chance *= (rank - draws) as f64 / (rank - 1) as f64;
        }
    }
    chances
}

/// The ranges of all draws from sorted values.
struct Ranges<'a> {
    values: &'a [f64],
    largest_at: Vec<f64>,
}

impl Ranges<'_> {
    fn mean(&self) -> f64 {
        let (Some(first), Some(last)) = (self.values.first(), self.values.last()) else {
            return 0.0;
        };
        // The smallest is distributed as the largest is, from the other end.
        let chances = self.largest_at.iter().zip(self.largest_at.iter().rev());
        let parts = self.values.iter().zip(chances);
        // From the first value on: times since 1970 would leave few digits for their differences.
        let mean: f64 = parts
            .map(|(value, (largest, smallest))| (value - first) * (largest - smallest))
            .sum();
        mean.clamp(0.0, last - first)
    }

    /// Returns the smallest range that this share of the draws does not exceed, by halving the ranges that
    /// there are.
    fn quantile(&self, share: f64) -> f64 {
        let (mut low, mut high) = (0, f64::MAX.to_bits());
        while low < high {
            let middle = low + (high - low) / 2;
            // Chances that add up to 1 may miss it by a hair.
            if self.not_above(f64::from_bits(middle)) >= share - 1e-12 {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        f64::from_bits(low)
    }

    /// The share of draws whose range is at most `limit`. A draw whose smallest is the value at `start` has
    /// all others among the `d` values after it that are near enough: C(d, draws - 1) ways.
    fn not_above(&self, limit: f64) -> f64 {
        let mut end = 0;
        let shares = (0..self.values.len()).map(|start| {
            while end < self.values.len() && self.values[end] - self.values[start] <= limit {
                end += 1;
            }
            self.largest_at[end - 1 - start]
        });
        shares.sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::test_values::assert_close;

    const SECONDS: [f64; 10] = [
        16.0445, 14.8035, 15.31, 20.5, 15.02, 15.9, 17.3, 14.95, 15.6, 16.2,
    ];

    fn range(values: &[f64], draws: usize) -> Option<ExpectedRange> {
        expected_range(&Sample::new(values).unwrap(), draws)
    }

    #[test]
    fn agrees_with_all_draws_there_are() {
        // python3 -c 'import numpy as np, itertools as i
        //   z = [16.0445, 14.8035, 15.31, 20.5, 15.02, 15.9, 17.3, 14.95, 15.6, 16.2]
        //   for m in 1, 2, 4, 7, 10:
        //     r = [max(c) - min(c) for c in i.combinations(z, m)]
        //     print(m, np.mean(r), np.quantile(r, [.05, .95], method="inverted_cdf"))'
        let cases = [
            (1, 0.0, 0.0, 0.0),
            (2, 1.6916, 0.1465, 5.48),
            (4, 3.1769595238095247, 0.89, 5.6965),
            (7, 4.6108375, 1.3965, 5.6965),
            (10, 5.6965, 5.6965, 5.6965),
        ];
        for (draws, mean, p5, p95) in cases {
            let found = range(&SECONDS, draws).unwrap();
            assert_eq!(found.draws, draws);
            assert_close(found.mean, mean, 1e-12);
            assert_close(found.p5, p5, 1e-12);
            assert_close(found.p95, p95, 1e-12);
        }
    }

    #[test]
    fn both_ends_are_exact() {
        let all = range(&SECONDS, 10).unwrap();
        let whole = Sample::new(SECONDS).unwrap().range();
        assert_eq!([all.mean, all.p5, all.p95], [whole; 3]);
        let one = range(&SECONDS, 1).unwrap();
        assert_eq!([one.mean, one.p5, one.p95], [0.0; 3]);
        assert_eq!(range(&SECONDS, 0), None);
        assert_eq!(range(&SECONDS, 11), None);
    }

    #[test]
    fn ten_thousand_do_not_overflow() {
        // Of 1 to n the mean range of m draws is (n + 1) (m - 1) / (m + 1).
        let values: Vec<f64> = (1..=10_000).map(f64::from).collect();
        for draws in [2, 64, 5_000, 9_999] {
            let expected = 10_001.0 * (draws as f64 - 1.0) / (draws as f64 + 1.0);
            assert_close(range(&values, draws).unwrap().mean, expected, 1e-9);
        }
    }

    #[test]
    fn times_since_1970_keep_their_digits() {
        let since = SECONDS.map(|seconds| (seconds * 1024.0).round() / 1024.0);
        let moved = since.map(|seconds| seconds + 1_731_221_230.0);
        assert_eq!(range(&since, 4).unwrap().p5, range(&moved, 4).unwrap().p5);
        assert_close(
            range(&moved, 4).unwrap().mean,
            range(&since, 4).unwrap().mean,
            1e-12,
        );
    }

    proptest! {
        #[test]
        fn more_draws_never_lie_closer(values in prop::collection::vec(-1e6..1e6_f64, 2..60)) {
            let whole = Sample::new(values.as_slice()).unwrap().range();
            let all: Vec<ExpectedRange> =
                (1..=values.len()).map(|draws| range(&values, draws).unwrap()).collect();
            for pair in all.windows(2) {
                prop_assert!(pair[0].mean <= pair[1].mean + 1e-9 * whole);
                prop_assert!(pair[0].p5 <= pair[1].p5 && pair[0].p95 <= pair[1].p95);
            }
            for found in all {
                prop_assert!(found.p5 <= found.p95 && found.p95 <= whole && found.mean <= whole);
            }
        }
    }
}
