//! Pictures: box plots of pull times, lines of spreads, the waterfall of one pull, what images have in common.

mod axis;
mod box_layout;
mod box_plot;
mod box_row;
mod canvas;
mod clustermap;
mod figure;
mod labels;
mod lanes;
mod layer_sizes;
mod legend;
mod page;
mod palette;
#[cfg(feature = "png")]
mod png;
mod pull_times;
mod spread_lines;
mod sweep_lines;
mod text;
mod waterfall;

pub use axis::Scale;
pub use box_plot::{BoxPlot, BoxPlotError};
pub use clustermap::{Clustermap, ClustermapError};
pub use figure::Figure;
pub use layer_sizes::{LayerSizes, LayerSizesError};
#[cfg(feature = "png")]
pub use png::PngError;
pub use pull_times::PullTimes;
pub use spread_lines::{SpreadLines, SpreadLinesError, SpreadPoint};
pub use sweep_lines::{SweepLine, SweepLines, SweepLinesError, SweepPanel};
pub use waterfall::Waterfall;
