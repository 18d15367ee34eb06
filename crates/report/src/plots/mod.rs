//! Pictures: box plots of pull times, lines of spreads, the waterfall of one pull, what images have in common.

mod axis;
mod box_layout;
mod box_plot;
mod box_row;
mod canvas;
mod clustermap;
mod cost_lines;
mod figure;
mod intervals;
mod labels;
mod lanes;
mod layer_sizes;
mod legend;
mod lost_time;
mod page;
mod palette;
#[cfg(feature = "png")]
mod png;
mod pull_times;
mod spread_lines;
mod sweep_lines;
mod text;
mod theme;
mod waterfall;

pub use axis::Scale;
pub use box_plot::{BoxPlot, BoxPlotError};
pub use clustermap::{Clustermap, ClustermapError};
pub use cost_lines::{CostLines, CostLinesError, CostOption};
pub use figure::Figure;
pub use intervals::{IntervalRow, Intervals, IntervalsError};
pub use layer_sizes::{LayerSizes, LayerSizesError};
pub use lost_time::{LostTime, LostTimeError, LostTimeRow};
#[cfg(feature = "png")]
pub use png::PngError;
pub use pull_times::PullTimes;
pub use spread_lines::{SpreadLines, SpreadLinesError, SpreadPoint};
pub use sweep_lines::{SweepLine, SweepLines, SweepLinesError, SweepPanel};
pub use waterfall::Waterfall;
