//! The figures of a box and its whiskers.

use crate::sample::Sample;

/// What a box plot and a table row say about a sample, in the unit of its observations.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Sample, Summary};
///
/// let summary = Summary::of(&Sample::new([1.0, 2.0, 3.0, 4.0, 5.0])?);
/// assert_eq!((summary.q1, summary.median, summary.q3), (2.0, 3.0, 4.0));
/// assert_eq!(summary.sd, Some(2.5_f64.sqrt()));
/// # Ok::<(), pullstudy_stats::SampleError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Number of observations, at least 1.
    pub count: usize,
    /// Sum of the observations.
    pub sum: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the sample (n - 1); `None` for n = 1.
    pub sd: Option<f64>,
    /// Smallest observation.
    pub min: f64,
    /// 5th percentile.
    pub p5: f64,
    /// 25th percentile.
    pub q1: f64,
    /// 50th percentile.
    pub median: f64,
    /// 75th percentile.
    pub q3: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Largest observation.
    pub max: f64,
}

impl Summary {
    /// Returns the figures of a sample.
    #[must_use]
    pub fn of(sample: &Sample) -> Self {
        Self {
            count: sample.count(),
            sum: sample.sum(),
            mean: sample.mean(),
            sd: sample.sd(),
            min: sample.min(),
            p5: sample.at(5.0),
            q1: sample.at(25.0),
            median: sample.at(50.0),
            q3: sample.at(75.0),
            p95: sample.at(95.0),
            max: sample.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_figure_is_where_its_name_says() {
        // 0 to 100: the percentiles are their own positions; mean 50, variance n (n + 1) / 12.
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        let summary = Summary::of(&Sample::new(values).unwrap());
        let expected = Summary {
            count: 101,
            sum: 5050.0,
            mean: 50.0,
            sd: Some((101.0 * 102.0 / 12.0_f64).sqrt()),
            min: 0.0,
            p5: 5.0,
            q1: 25.0,
            median: 50.0,
            q3: 75.0,
            p95: 95.0,
            max: 100.0,
        };
        assert_eq!(summary, expected);
    }

    proptest! {
        #[test]
        fn the_figures_come_in_order(values in prop::collection::vec(-1e9..1e9_f64, 1..50)) {
            let s = Summary::of(&Sample::new(values).unwrap());
            let order = [s.min, s.p5, s.q1, s.median, s.q3, s.p95, s.max];
            prop_assert!(order.is_sorted(), "{:?}", order);
        }
    }
}
