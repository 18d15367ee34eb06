//! Pictures: box plots of pull times, lines of spreads, and the waterfall of one pull.

mod axis;
mod box_layout;
mod box_plot;
mod box_row;
mod canvas;
mod figure;
mod labels;
mod lanes;
mod legend;
mod page;
mod palette;
#[cfg(feature = "png")]
mod png;
mod pull_times;
mod spread_lines;
mod text;
mod waterfall;

pub use axis::Scale;
pub use box_plot::{BoxPlot, BoxPlotError};
pub use figure::Figure;
#[cfg(feature = "png")]
pub use png::PngError;
pub use pull_times::PullTimes;
pub use spread_lines::{SpreadLines, SpreadLinesError, SpreadPoint};
pub use waterfall::Waterfall;
