//! Figures over measured pulls: quantiles, means, standard deviations, summaries for box plots.
//!
//! - [`Sample`]: observations that are known to be finite and sorted; every figure is a method of it.
//! - [`Summary`]: the figures of a box and its whiskers in one value.
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
#![forbid(unsafe_code)]

mod sample;
mod summary;

pub use sample::{PercentOutOfRange, Sample, SampleError};
pub use summary::Summary;
