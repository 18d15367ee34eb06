//! Tables and pictures of pull studies, from rows and result types.
//!
//! - [`Table`], [`Column`] and [`Format`]: rows as an aligned table, as JSON and as CSV; with the feature `parquet` as a
//!   file of typed columns.
//! - [`human_bytes`], [`human_seconds`], [`human_usd`], [`grouped`], [`percent`]: figures as people read them.
//! - [`BoxPlot`], [`SpreadLines`] and [`Waterfall`]: pull times by image and nodes, how far nodes lie apart, and what
//!   one pull was doing; [`Clustermap`] and [`LayerSizes`]: how alike images are, and how large their layers;
//!   [`Intervals`], [`LostTime`] and [`CostLines`]: what may be said of differences, what failures cost, and from when on
//!   something pays. As SVG, and
//!   with the feature `png` as PNG. They need the feature `plots`, which is on by default.
//! - With the feature `page`, [`Page`]: sections of text, facts, tables and figures as one HTML file that needs nothing else, or
//!   as Markdown.
//!
//! The crate draws from values that the caller has; it reaches for no network, cluster, file or clock.
//!
//! ```
//! use pullstudy_report::{Column, Format, Table};
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Row { image: &'static str, pulls: u64 }
//!
//! let table = Table::new(vec![Column::text("image", "image"), Column::count("pulls", "pulls")]);
//! let mut out = Vec::new();
//! table.write(Format::Table, &[Row { image: "app:1", pulls: 1_024 }], &mut out)?;
//! assert_eq!(String::from_utf8(out)?, "image  pulls\n------------\napp:1  1,024\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! [`WriteTableError`] where rows cannot be written; each picture has its own for values that cannot be drawn.
//!
//! # Links
//!
//! [Pictures](https://github.com/pullstudy/pullstudy/blob/main/docs/quickstart.md) of a first study; the figures are defined in [events](https://github.com/pullstudy/pullstudy/blob/main/docs/events.md).
#![forbid(unsafe_code)]

mod column;
mod format;
mod narrow;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "parquet")]
mod parquet_file;
#[cfg(feature = "plots")]
mod plots;
mod table;
mod terminal;
mod units;

pub use column::{Alignment, Column};
pub use format::{Format, UnknownFormat};
#[cfg(feature = "page")]
pub use page::{Definition, Fact, Page, PageFigure, PageTable, Section, Verdict, VerdictKind};
#[cfg(feature = "png")]
pub use plots::PngError;
#[cfg(feature = "plots")]
pub use plots::{
    BoxPlot, BoxPlotError, Clustermap, ClustermapError, CostLines, CostLinesError, CostOption,
    Figure, IntervalRow, Intervals, IntervalsError, LayerSizes, LayerSizesError, LostTime,
    LostTimeError, LostTimeRow, PullTimes, Scale, SpreadLines, SpreadLinesError, SpreadPoint,
    SweepLine, SweepLines, SweepLinesError, SweepPanel, Waterfall,
};
pub use table::{Table, WriteTableError};
pub use terminal::commands_terminal;
pub use units::{grouped, human_bytes, human_seconds, human_usd, percent};
