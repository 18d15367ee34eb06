//! How many times as long the one takes as the other.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::confidence::{Confidence, Interval};
use crate::sample::Sample;

/// How an interval is found by drawing from the observations again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// How often; the more, the less the ends hang on the seed.
    pub resamples: u32,
    /// How sure the interval shall be.
    pub confidence: Confidence,
    /// Where the stream of random numbers starts; the same seed gives the same interval, on every
    /// machine.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 10,000 resamples, 95 %, seed 0.
    fn default() -> Self {
        Self {
            resamples: 10_000,
            confidence: Confidence::P95,
            seed: 0,
        }
    }
}

/// How many times the median of one sample is that of another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Ratio {
    /// The median of the first divided by that of the second; above 1 the first is the larger.
    pub estimate: f64,
    /// Where the ratio may lie; `None` where a sample has a single observation, where nothing was drawn,
    /// or where a draw had a median of 0 or below.
    pub interval: Option<Interval>,
}

/// Returns the ratio of the medians of two samples, with a bootstrap interval; `None` unless both medians
/// are above 0.
///
/// Each resample draws as many observations as there are from each sample, with replacement, and
/// takes the ratio of the medians. The interval is between percentiles of these ratios. The corrected
/// interval (BCa) is not used: its acceleration comes from leaving out one observation at a time,
/// which says nothing about a median. With fewer than about eight observations the interval is
/// too narrow, as all bootstrap intervals then are.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Bootstrap, Sample, ratio_of_medians};
///
/// let slow = Sample::new([12.0, 14.0, 15.5, 30.0])?;
/// let fast = Sample::new([8.0, 9.0, 9.5, 16.0])?;
/// let ratio = ratio_of_medians(&slow, &fast, &Bootstrap::default()).ok_or("no ratio")?;
/// assert_eq!(ratio.estimate, 14.75 / 9.25);
/// // From three in four to three times as long: four pulls against four say no more.
/// assert!(ratio.interval.is_some_and(|interval| interval.contains(1.0)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
///
/// B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 14.
#[must_use]
pub fn ratio_of_medians(first: &Sample, second: &Sample, bootstrap: &Bootstrap) -> Option<Ratio> {
    let medians = (first.median(), second.median());
    Some(Ratio {
        estimate: quotient(medians)?,
        interval: interval(first, second, bootstrap),
    })
}

fn quotient((first, second): (f64, f64)) -> Option<f64> {
    let ratio = first / second;
    (first > 0.0 && second > 0.0 && ratio.is_finite()).then_some(ratio)
}

fn interval(first: &Sample, second: &Sample, bootstrap: &Bootstrap) -> Option<Interval> {
    if first.count().min(second.count()) < 2 {
        return None;
    }
    let mut draws = Draws {
        rng: Xoshiro256PlusPlus::seed_from_u64(bootstrap.seed),
        places: Vec::new(),
    };
    let ratios: Option<Vec<f64>> = (0..bootstrap.resamples)
        .map(|_| quotient((draws.median(first), draws.median(second))))
        .collect();
    let ratios = Sample::new(ratios?).ok()?;
    let tail = 100.0 * bootstrap.confidence.tail();
    Some(Interval {
        low: ratios.at(tail),
        high: ratios.at(100.0 - tail),
    })
}

/// Draws with replacement.
struct Draws {
    rng: Xoshiro256PlusPlus,
    /// Kept between draws only to spare allocations.
    places: Vec<usize>,
}

impl Draws {
    /// Returns the median of as many observations as the sample has.
    fn median(&mut self, sample: &Sample) -> f64 {
        let (values, count) = (sample.values(), sample.count());
        self.places.clear();
        for _ in 0..count {
            let place = below(count, self.rng.next_u64());
            self.places.push(place);
        }
        // Observations are sorted, so the median is where the median of the places is.
        let (below, &mut high, _) = self.places.select_nth_unstable(count / 2);
        let low = match below.iter().max() {
            Some(&low) if count.is_multiple_of(2) => low,
            _ => high,
        };
        values[low] / 2.0 + values[high] / 2.0
    }
}

/// Scales a random word to `0..count`; counts are far below 2^32, so no place is favoured noticeably.
fn below(count: usize, word: u64) -> usize {
    ((u128::from(word) * count as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::test_values::{assert_close, scattered};

    fn ratio(first: &[f64], second: &[f64], bootstrap: &Bootstrap) -> Option<Ratio> {
        let [first, second] = [first, second].map(|values| Sample::new(values).unwrap());
        ratio_of_medians(&first, &second, bootstrap)
    }

    #[test]
    fn agrees_with_all_resamples_there_are() {
        // python3 -c 'import numpy as np, itertools as i
        //   m = lambda x: [np.median(c) for c in i.product(x, repeat=4)]
        //   r = np.divide.outer(m([12, 14, 15.5, 30]), m([8, 9, 9.5, 16])).ravel()
        //   print(np.percentile(r, [2.5, 97.5]))'
        let found = ratio(
            &[12.0, 14.0, 15.5, 30.0],
            &[8.0, 9.0, 9.5, 16.0],
            &Bootstrap::default(),
        )
        .unwrap();
        assert_close(found.estimate, 1.5945945945945945, 1e-15);
        let interval = found.interval.unwrap();
        assert_close(interval.low, 0.921875, 1e-15);
        assert_close(interval.high, 3.2432432432432434, 1e-15);
    }

    #[test]
    fn agrees_with_scipys_bootstrap() {
        // python3 -c 'import numpy as np; from scipy.stats import bootstrap
        //   f = lambda n, a, b: [((i * a + b) % 1009) / 10 for i in range(n)]
        //   q = lambda a, b, axis: np.median(a, axis=axis) / np.median(b, axis=axis)
        //   print(bootstrap((f(40, 37, 50), f(30, 53, 211.5)), q, n_resamples=200000,
        //     method="percentile", rng=1).confidence_interval)'
        let found = ratio(
            &scattered(40, 37, 50.0).collect::<Vec<_>>(),
            &scattered(30, 53, 211.5).collect::<Vec<_>>(),
            &Bootstrap {
                seed: 7,
                ..Bootstrap::default()
            },
        )
        .unwrap();
        assert_close(found.estimate, 0.7529880478087648, 1e-15);
        let interval = found.interval.unwrap();
        // Both are random; steps between neighbouring medians are about 2 %.
        assert_close(interval.low, 0.4931794333683106, 0.03);
        assert_close(interval.high, 1.1385390428211586, 0.03);
    }

    #[test]
    fn the_stream_never_changes() {
        let found = ratio(
            &scattered(9, 37, 50.0).collect::<Vec<_>>(),
            &scattered(8, 53, 211.5).collect::<Vec<_>>(),
            &Bootstrap {
                resamples: 3,
                seed: 42,
                ..Bootstrap::default()
            },
        );
        let Interval { low, high } = found.unwrap().interval.unwrap();
        // Of SplitMix64, xoshiro256++ and numpy.percentile, written out in Python.
        assert_close(low, 0.44574498229043685, 1e-15);
        assert_close(high, 0.6378984651711925, 1e-15);
    }

    #[test]
    fn what_has_no_ratio_has_none() {
        let bootstrap = Bootstrap::default();
        assert_eq!(ratio(&[1.0, 2.0], &[0.0, 0.0], &bootstrap), None);
        assert_eq!(ratio(&[0.0, 0.0], &[1.0, 2.0], &bootstrap), None);
        assert_eq!(ratio(&[-1.0, -2.0], &[-1.0, -2.0], &bootstrap), None);
        let one = ratio(&[3.0], &[1.0, 2.0], &bootstrap).unwrap();
        assert_eq!((one.estimate, one.interval), (2.0, None));
        // Some draws have a median of 0 seconds.
        let zeros = ratio(&[1.0, 2.0], &[0.0, 2.0], &bootstrap).unwrap();
        assert_eq!((zeros.estimate, zeros.interval), (1.5, None));
        let none = Bootstrap {
            resamples: 0,
            ..bootstrap
        };
        assert_eq!(
            ratio(&[1.0, 2.0], &[1.0, 2.0], &none).unwrap().interval,
            None
        );
    }

    proptest! {
        #[test]
        fn scale_moves_the_ratio_and_the_seed_fixes_it(
            first in prop::collection::vec(1e-3..1e3_f64, 2..30),
            second in prop::collection::vec(1e-3..1e3_f64, 2..30),
            seed: u64,
        ) {
            let bootstrap = Bootstrap { resamples: 50, seed, ..Bootstrap::default() };
            let doubled: Vec<f64> = first.iter().map(|value| value * 2.0).collect();
            let a = ratio(&first, &second, &bootstrap).unwrap();
            let b = ratio(&doubled, &second, &bootstrap).unwrap();
            prop_assert_eq!(a, ratio(&first, &second, &bootstrap).unwrap());
            prop_assert_eq!(a.estimate * 2.0, b.estimate);
            let (a, b) = (a.interval.unwrap(), b.interval.unwrap());
            prop_assert!((a.low * 2.0 - b.low).abs() <= 1e-12 * b.low);
            prop_assert!(a.low <= a.high);
        }
    }
}
