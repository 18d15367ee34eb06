//! Pictures: box plots of pull times, and the waterfall of one pull.

mod axis;
mod box_plot;
mod canvas;
mod figure;
mod lanes;
mod legend;
mod page;
#[cfg(feature = "png")]
mod png;
mod text;
mod waterfall;

pub use axis::Scale;
pub use box_plot::{BoxPlot, BoxPlotError, PullTimes};
pub use figure::Figure;
#[cfg(feature = "png")]
pub use png::PngError;
pub use waterfall::Waterfall;
