//! Figures over pulls and over what happened to containers: pure functions, the same for the same rows.

mod column;
mod compare;
mod failure_classes;
mod failure_rate;
mod grouping;
mod image_name;
mod key;
mod moments;
mod spread;
mod stages;
mod summary;
mod wall;
mod warning;

pub use column::{Column, ColumnError};
pub use compare::{
    CompareOptions, ComparedRow, ComparedTotal, Comparison, MatchBy, OneSided, Verdict, compare,
    compare_all,
};
pub use failure_classes::{FailureClassRow, failure_classes};
pub use failure_rate::{FailureRateRow, failure_rates};
pub use grouping::{Grouping, ParseGroupingError};
pub use key::{Key, KeyValue};
pub use spread::{SpreadEvent, SpreadRow, spread};
pub use stages::{StageRow, StartupStage, stages};
pub use summary::{Summaries, SummaryRow, summarise};
pub use wall::{WallRow, wall};
pub use warning::{Group, SummaryWarning, warning_lines};
