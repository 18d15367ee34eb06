//! Observations that figures can be taken of.

/// Why values are no sample.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// There are no values at all.
    #[error("a sample needs at least one observation")]
    Empty,
    /// A value is NaN or infinite.
    #[error("observation {position} is {value}, which is not a finite number")]
    NotFinite {
        /// Position of the first such value in the input, from 0.
        position: usize,
        /// The value.
        value: f64,
    },
}

/// A percentile was asked for that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("percentile {percent} is not within 0 to 100")]
pub struct PercentOutOfRange {
    /// What was asked for.
    pub percent: f64,
}

/// At least one observation, all of them finite, sorted.
///
/// Figures do not depend on the order in which the observations came, not even in the last digit.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Sample, SampleError};
///
/// let sample = Sample::new([2.0, 1.0])?;
/// assert_eq!(sample.values(), [1.0, 2.0]);
/// assert_eq!(Sample::new([]), Err(SampleError::Empty));
/// # Ok::<(), SampleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
}

impl Sample {
    /// Takes observations in any order and of any one unit.
    ///
    /// # Errors
    ///
    /// [`SampleError`] if there are none, or if one of them is NaN or infinite.
    pub fn new(values: impl Into<Vec<f64>>) -> Result<Self, SampleError> {
        let mut sorted = values.into();
        if sorted.is_empty() {
            return Err(SampleError::Empty);
        }
        if let Some(position) = sorted.iter().position(|value| !value.is_finite()) {
            return Err(SampleError::NotFinite {
                position,
                value: sorted[position],
            });
        }
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Self { sorted })
    }

    /// Returns the observations, smallest first.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.sorted
    }

    /// Returns how many observations there are, at least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Returns the smallest observation.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.sorted[0]
    }

    /// Returns the largest observation.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }

    /// Returns the sum of the observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sorted.iter().sum()
    }

    /// Returns the arithmetic mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        // The sum of equal values, divided again, may be off by one in the last digit.
        (self.sum() / self.count() as f64).clamp(self.min(), self.max())
    }

    /// Returns the standard deviation of the sample, with n - 1 in the denominator; `None` for n = 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::Sample;
    ///
    /// assert_eq!(Sample::new([1.0, 3.0])?.sd(), Some(2.0_f64.sqrt()));
    /// assert_eq!(Sample::new([1.0])?.sd(), None);
    /// # Ok::<(), pullstudy_stats::SampleError>(())
    /// ```
    #[must_use]
    pub fn sd(&self) -> Option<f64> {
        let degrees_of_freedom = self.count().checked_sub(1).filter(|&n| n > 0)?;
        let mean = self.mean();
        let squares: f64 = self.sorted.iter().map(|value| (value - mean).powi(2)).sum();
        Some((squares / degrees_of_freedom as f64).sqrt())
    }

    /// Returns the standard deviation of a whole population, with n in the denominator; 0 for n = 1.
    ///
    /// For observations that are all there is, such as every image of a collection, in contrast to
    /// [`sd`](Self::sd).
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::Sample;
    ///
    /// assert_eq!(Sample::new([1.0, 3.0])?.population_sd(), 1.0);
    /// # Ok::<(), pullstudy_stats::SampleError>(())
    /// ```
    #[must_use]
    pub fn population_sd(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.sorted.iter().map(|value| (value - mean).powi(2)).sum();
        (squares / self.count() as f64).sqrt()
    }

    /// Returns the median: the middle observation, or the mean of the middle two.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.at(50.0)
    }

    /// Returns how far the largest observation lies above the smallest; 0 for n = 1.
    ///
    /// It grows with the number of observations: see [`expected_range`](crate::expected_range) before
    /// comparing those of samples of different sizes.
    #[must_use]
    pub fn range(&self) -> f64 {
        self.max() - self.min()
    }

    /// Returns the interquartile range: how far the 75th percentile lies above the 25th; 0 for n = 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::Sample;
    ///
    /// let sample = Sample::new([1.0, 2.0, 3.0, 4.0, 10.0])?;
    /// assert_eq!((sample.iqr(), sample.range()), (2.0, 9.0));
    /// # Ok::<(), pullstudy_stats::SampleError>(())
    /// ```
    #[must_use]
    pub fn iqr(&self) -> f64 {
        self.at(75.0) - self.at(25.0)
    }

    /// Returns a percentile, for `percent` in `0.0..=100.0`.
    ///
    /// Between two observations it interpolates linearly: the percentile lies at position
    /// `percent / 100 * (n - 1)` of the sorted observations. It never falls as `percent` grows; 0 gives
    /// the minimum, 100 the maximum.
    ///
    /// # Errors
    ///
    /// [`PercentOutOfRange`] if `percent` is below 0, above 100 or NaN.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::Sample;
    ///
    /// // The example of numpy.percentile's documentation.
    /// let sample = Sample::new([10.0, 7.0, 4.0, 3.0, 2.0, 1.0])?;
    /// assert_eq!(sample.quantile(50.0)?, 3.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Source
    ///
    /// R. J. Hyndman and Y. Fan, The American Statistician 50 (1996), definition 7.
    pub fn quantile(&self, percent: f64) -> Result<f64, PercentOutOfRange> {
        if (0.0..=100.0).contains(&percent) {
            Ok(self.at(percent))
        } else {
            Err(PercentOutOfRange { percent })
        }
    }

    /// The percentile, for a `percent` that is known to be within 0 to 100.
    pub(crate) fn at(&self, percent: f64) -> f64 {
        let position = percent / 100.0 * (self.count() - 1) as f64;
        // Rounding may carry the position a hair past the last observation.
        let below = (position as usize).min(self.count() - 1);
        let above = (below + 1).min(self.count() - 1);
        let (low, high) = (self.sorted[below], self.sorted[above]);
        // Halves first: the difference of two huge observations of unlike sign would overflow.
        let half_step = (high / 2.0 - low / 2.0) * (position - below as f64);
        (low + half_step + half_step).clamp(low, high)
    }
}

#[cfg(test)]
pub(crate) mod test_values {
    //! What the tests of several modules need.

    /// Asserts that a value is the expected one, but for this part of it.
    pub(crate) fn assert_close(actual: f64, expected: f64, part: f64) {
        assert!(
            (actual - expected).abs() <= part * expected.abs(),
            "{actual} is not {expected}"
        );
    }

    /// Returns `((i * step + start) % 1009) / 10` for i from 0: scattered, and the same in Python.
    pub(crate) fn scattered(count: u32, step: u32, start: f64) -> impl Iterator<Item = f64> {
        (0..count).map(move |i| (f64::from(i * step) + start) % 1009.0 / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of the same size as the expected value, to 12 digits.
    fn assert_close(actual: f64, expected: f64) {
        test_values::assert_close(actual, expected, 1e-12);
    }

    #[test]
    fn agrees_with_numpys_documented_percentiles() {
        // numpy.percentile: a = [[10, 7, 4], [3, 2, 1]], q = 50: 3.5 over all, and by axis
        // [6.5, 4.5, 2.5] and [7, 2].
        let median = |values: &[f64]| Sample::new(values).unwrap().quantile(50.0).unwrap();
        assert_eq!(median(&[10.0, 7.0, 4.0, 3.0, 2.0, 1.0]), 3.5);
        assert_eq!(
            [
                median(&[10.0, 3.0]),
                median(&[7.0, 2.0]),
                median(&[4.0, 1.0])
            ],
            [6.5, 4.5, 2.5]
        );
        assert_eq!(
            [median(&[10.0, 7.0, 4.0]), median(&[3.0, 2.0, 1.0])],
            [7.0, 2.0]
        );
    }

    #[test]
    fn agrees_with_pythons_statistics() {
        // python3 -c 'import statistics as s; d = [0.86, 1.196, 161.517, 63.767, 9.697378804,
        //   0.74839, 77.313795255]; print(s.quantiles(d, n=4, method="inclusive"),
        //   s.quantiles(d, n=20, method="inclusive")[::18], s.mean(d), s.stdev(d))'
        let seconds = [
            0.86,
            1.196,
            161.517,
            63.767,
            9.697378804,
            0.74839,
            77.313795255,
        ];
        let sample = Sample::new(seconds).unwrap();
        assert_close(sample.quantile(25.0).unwrap(), 1.028);
        assert_close(sample.median(), 9.697378804);
        assert_close(sample.quantile(75.0).unwrap(), 70.5403976275);
        assert_close(sample.quantile(5.0).unwrap(), 0.781873);
        assert_close(sample.quantile(95.0).unwrap(), 136.2560385765);
        assert_close(sample.mean(), 45.01422343700);
        assert_close(sample.sd().unwrap(), 60.61380699771753);
    }

    #[test]
    fn a_single_observation_is_every_figure_but_the_deviation() {
        let sample = Sample::new([1.5]).unwrap();
        assert_eq!(sample.quantile(0.0), Ok(1.5));
        assert_eq!(sample.quantile(37.0), Ok(1.5));
        assert_eq!(sample.mean(), 1.5);
        assert_eq!(sample.sd(), None);
    }

    #[test]
    fn nothing_and_no_number_are_refused() {
        assert_eq!(Sample::new([]), Err(SampleError::Empty));
        let error = Sample::new([1.0, f64::INFINITY, f64::NAN]).unwrap_err();
        assert_eq!(
            error,
            SampleError::NotFinite {
                position: 1,
                value: f64::INFINITY
            }
        );
        let error = Sample::new([f64::NAN]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "observation 0 is NaN, which is not a finite number"
        );
    }

    #[test]
    fn percentiles_outside_0_to_100_are_refused() {
        let sample = Sample::new([1.0, 2.0]).unwrap();
        for percent in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert!(sample.quantile(percent).is_err(), "{percent}");
        }
    }

    fn observations() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(
            any::<f64>().prop_filter("finite", |value| value.is_finite()),
            1..50,
        )
    }

    proptest! {
        #[test]
        fn a_percentile_never_falls_as_percent_grows(
            values in observations(),
            a in 0.0..=100.0_f64,
            b in 0.0..=100.0_f64,
        ) {
            let sample = Sample::new(values).unwrap();
            prop_assert!(sample.at(a.min(b)) <= sample.at(a.max(b)));
        }

        #[test]
        fn percentiles_lie_between_minimum_and_maximum(
            values in observations(),
            percent in 0.0..=100.0_f64,
        ) {
            let sample = Sample::new(values).unwrap();
            prop_assert!((sample.min()..=sample.max()).contains(&sample.at(percent)));
            prop_assert_eq!(sample.at(0.0), sample.min());
            prop_assert_eq!(sample.at(100.0), sample.max());
        }

        #[test]
        fn the_order_of_observations_changes_no_figure(
            values in prop::collection::vec(-1e9..1e9_f64, 1..50).prop_shuffle(),
            percent in 0.0..=100.0_f64,
        ) {
            let mut reversed = values.clone();
            reversed.reverse();
            let (a, b) = (Sample::new(values).unwrap(), Sample::new(reversed).unwrap());
            prop_assert_eq!(a.at(percent), b.at(percent));
            prop_assert_eq!((a.mean(), a.sd()), (b.mean(), b.sd()));
        }

        #[test]
        fn the_deviation_moves_with_scale_and_not_with_place(
            values in prop::collection::vec(0.0..1e3_f64, 2..50),
            place in -1e3..1e3_f64,
        ) {
            let moved: Vec<f64> = values.iter().map(|value| value * 2.0 + place).collect();
            let (a, b) = (Sample::new(values).unwrap(), Sample::new(moved).unwrap());
            let (a, b) = (a.sd().unwrap(), b.sd().unwrap());
            prop_assert!((b - 2.0 * a).abs() <= 1e-9 * a.max(1.0), "{} is not twice {}", b, a);
        }

        #[test]
        fn the_mean_lies_between_minimum_and_maximum(
            values in prop::collection::vec(-1e9..1e9_f64, 1..50),
        ) {
            let sample = Sample::new(values).unwrap();
            prop_assert!((sample.min()..=sample.max()).contains(&sample.mean()));
        }
    }
}
