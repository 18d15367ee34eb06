//! Pictures: box plots of pull times, and the waterfall of one pull.

mod axis;
mod box_plot;
mod canvas;
mod figure;
mod lanes;
mod legend;
mod page;
mod text;
mod waterfall;

pub use axis::Scale;
pub use box_plot::{BoxPlot, BoxPlotError, PullTimes};
pub use figure::Figure;
pub use waterfall::Waterfall;
