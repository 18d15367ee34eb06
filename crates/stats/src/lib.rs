//! Figures over measured pulls: quantiles, summaries for box plots, and what may be said of a difference.
//!
//! - [`Sample`]: observations that are known to be finite and sorted; every figure is a method of it.
//! - [`Summary`]: the figures of a box and its whiskers in one value.
//! - [`MannWhitney`], [`hodges_lehmann`] and [`ratio_of_medians`]: whether two samples differ, by how much, and
//!   how many times, each with what it could be by chance.
//! - [`mean_difference`]: by how much means differ, as sums of money do, with Welch's interval.
//! - [`Design`], [`Regression`], [`Segmented`]: lines through observations, ordinary or robust, with bounds and
//!   breakpoints; [`pearson`]: whether two things can be told apart at all.
//! - [`expected_range`]: how far apart fewer observations of the same kind would lie.
//!
//! Figures have the unit of the observations. Percentiles interpolate linearly, as numpy does by
//! default; the standard deviation is that of a sample (n - 1), and there is none for n = 1.
//!
//! ```
//! use pullstudy_stats::{Sample, Summary};
//!
//! let pull_seconds = Sample::new([3.0, 1.0, 2.0, 4.0])?;
//! assert_eq!(pull_seconds.median(), 2.5);
//! assert_eq!(pull_seconds.quantile(25.0)?, 1.75);
//! assert_eq!(Summary::of(&pull_seconds).count, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! [`SampleError`] of observations that are no numbers or none at all; [`DesignError`] and [`RegressionError`] of lines
//! that they do not determine. A figure that does not exist for so few observations is an [`Option`].
//!
//! # Links
//!
//! [From events to pulls to figures](https://github.com/pullstudy/pullstudy/blob/main/docs/events.md) has the definitions.
#![forbid(unsafe_code)]

mod confidence;
mod expected_range;
mod mann_whitney;
mod mean_difference;
mod rank_distribution;
mod ratio;
mod regression;
mod sample;
mod shift;
mod summary;

pub use confidence::{Confidence, ConfidenceOutOfRange, Interval};
pub use expected_range::{ExpectedRange, expected_range};
pub use mann_whitney::MannWhitney;
pub use mean_difference::{MeanDifference, mean_difference};
pub use rank_distribution::RankMethod;
pub use ratio::{Bootstrap, Ratio, ratio_of_medians};
pub use regression::{
    Breakpoint, Coefficient, Design, DesignError, Errors, Regression, RegressionError,
    RegressionOptions, Segmented, jackknife, pearson,
};
pub use sample::{PercentOutOfRange, Sample, SampleError};
pub use shift::{Shift, hodges_lehmann};
pub use summary::Summary;
