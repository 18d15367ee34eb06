//! Straight lines through observations: by least squares, or so that a few bad observations do not matter.

mod design;
mod fit;
mod jackknife;
mod segmented;
mod solve;

pub use design::{Design, DesignError, pearson};
pub use fit::{Coefficient, Errors, Regression, RegressionError, RegressionOptions};
pub use jackknife::jackknife;
pub use segmented::{Breakpoint, Segmented};
