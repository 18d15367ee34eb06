//! By how much means differ, added up over strata.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::confidence::{Confidence, Interval};
use crate::sample::Sample;

/// By how much the means of first samples lie above those of second ones, in their unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MeanDifference {
    /// The sum over all strata of the first mean less the second.
    pub estimate: f64,
    /// Where the sum may lie; `None` where a sample has a single observation, or where none scatters at all.
    pub interval: Option<Interval>,
}

/// Returns the differences of means, first less second, added up over strata, with Welch's interval.
///
/// This is what is asked of sums such as money: what is paid in the long run goes by means, dear exceptions with their
/// weight, and not by medians. Each stratum is a pair of samples, such as the starts of one image without and with a cache;
/// of one pair it is the interval of Welch's test. Samples may differ in number and scatter. No strata give 0.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Confidence, Sample, mean_difference};
///
/// let without = Sample::new([12.0, 14.0, 15.5, 30.0])?;
/// let with = Sample::new([8.0, 9.0, 9.5, 16.0])?;
/// let saved = mean_difference(&[(&without, &with)], Confidence::P95);
/// assert_eq!(saved.estimate, 7.25);
/// // Four against four, each with an exception: this may be nothing at all.
/// assert!(saved.interval.is_some_and(|interval| interval.contains(0.0)));
/// # Ok::<(), pullstudy_stats::SampleError>(())
/// ```
///
/// # Source
///
/// B. L. Welch, Biometrika 34 (1947); F. E. Satterthwaite, Biometrics Bulletin 2 (1946), for the degrees of freedom of
/// sums of variances.
#[must_use]
pub fn mean_difference(strata: &[(&Sample, &Sample)], confidence: Confidence) -> MeanDifference {
    let differences = strata
        .iter()
        .map(|(first, second)| first.mean() - second.mean());
    // Zero has one sign.
    let estimate = differences.sum::<f64>() + 0.0;
    MeanDifference {
        estimate,
        interval: half_width(strata, confidence).map(|half| Interval {
            low: estimate - half,
            high: estimate + half,
        }),
    }
}

fn half_width(strata: &[(&Sample, &Sample)], confidence: Confidence) -> Option<f64> {
    let samples = strata.iter().flat_map(|(first, second)| [first, second]);
    let mut variance = 0.0;
    let mut squares = 0.0;
    for sample in samples {
        let of_mean = sample.sd()?.powi(2) / sample.count() as f64;
        variance += of_mean;
        squares += of_mean.powi(2) / (sample.count() - 1) as f64;
    }
    let freedom = variance.powi(2) / squares;
    // Not a number where nothing scatters, and infinite where squares are too small for a float.
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let half = student.inverse_cdf(1.0 - confidence.tail()) * variance.sqrt();
    half.is_finite().then_some(half)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::test_values::assert_close;

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values).unwrap()
    }

    fn assert_found(found: MeanDifference, [estimate, low, high]: [f64; 3]) {
        let interval = found.interval.unwrap();
        assert_close(found.estimate, estimate, 1e-12);
        assert_close(interval.low, low, 1e-8);
        assert_close(interval.high, high, 1e-8);
    }

    #[test]
    fn agrees_with_scipy() {
        // scipy 1.17.1: ttest_ind(x, y, equal_var=False).confidence_interval(level) for one pair; for two,
        // estimate ± t.ppf(0.975, df) * sqrt(sum(v)) with v = var(ddof=1) / n and df = sum(v)² / sum(v² / (n - 1)).
        let depression = sample(&[0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]);
        let after = sample(&[1.15, 0.88, 0.90, 0.74, 1.21]);
        let one = [(&depression, &after)];
        assert_found(
            mean_difference(&one, Confidence::P95),
            [0.337, -0.01972499633510394, 0.6937249963351039],
        );
        assert_found(
            mean_difference(&one, Confidence::new(0.99).unwrap()),
            [0.337, -0.16046698467497406, 0.8344669846749739],
        );
        let slow = sample(&[12.0, 14.0, 15.5, 30.0]);
        let fast = sample(&[8.0, 9.0, 9.5, 16.0]);
        assert_found(
            mean_difference(&[(&depression, &after), (&slow, &fast)], Confidence::P95),
            [7.587, -4.715995415342048, 19.88999541534205],
        );
    }

    #[test]
    fn what_does_not_scatter_or_is_there_once_has_no_interval() {
        let [once, twice] = [sample(&[3.0]), sample(&[1.0, 1.0])];
        let found = mean_difference(&[(&once, &twice)], Confidence::P95);
        assert_eq!((found.estimate, found.interval), (2.0, None));
        let found = mean_difference(&[(&twice, &twice)], Confidence::P95);
        assert_eq!((found.estimate, found.interval), (0.0, None));
        let nothing = mean_difference(&[], Confidence::P95);
        assert_eq!((nothing.estimate, nothing.interval), (0.0, None));
        let [tiny, huge] = [sample(&[0.0, 1e-300]), sample(&[-1e300, 1e300])];
        for values in [&tiny, &huge] {
            let found = mean_difference(&[(values, values)], Confidence::P95);
            assert_eq!((found.estimate, found.interval), (0.0, None));
        }
    }

    fn observations() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-400..400_i32).prop_map(|v| f64::from(v) / 8.0), 2..20)
    }

    proptest! {
        #[test]
        fn turned_round_it_changes_its_sign_and_nothing_else(
            first in observations(),
            second in observations(),
            by in -100..100_i32,
        ) {
            let moved: Vec<f64> = first.iter().map(|value| value + f64::from(by)).collect();
            let (first, moved, second) = (sample(&first), sample(&moved), sample(&second));
            let found = mean_difference(&[(&first, &second)], Confidence::P95);
            let back = mean_difference(&[(&second, &first)], Confidence::P95);
            prop_assert_eq!(found.estimate, -back.estimate + 0.0);
            prop_assert_eq!(found.interval.is_some(), back.interval.is_some());
            let there = mean_difference(&[(&moved, &second)], Confidence::P95);
            prop_assert!((there.estimate - found.estimate - f64::from(by)).abs() < 1e-9);
            if let (Some(a), Some(b)) = (found.interval, there.interval) {
                prop_assert!((b.high - b.low - a.high + a.low).abs() < 1e-6);
                prop_assert!(a.contains(found.estimate));
            }
        }

        #[test]
        fn strata_add_up_and_their_interval_is_narrower_than_all_ends_together(
            a in observations(),
            b in observations(),
        ) {
            let (a, b) = (sample(&a), sample(&b));
            let alone = mean_difference(&[(&a, &b)], Confidence::P95);
            let twice = mean_difference(&[(&a, &b), (&a, &b)], Confidence::P95);
            prop_assert!((twice.estimate - 2.0 * alone.estimate).abs() < 1e-9);
            if let (Some(alone), Some(twice)) = (alone.interval, twice.interval) {
                prop_assert!(twice.high - twice.low <= 2.0 * (alone.high - alone.low) + 1e-9);
            }
        }
    }
}
