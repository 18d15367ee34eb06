//! Everything that a cluster says of pulls, in files, without loss.

mod collector;
mod coverage;
mod files;
mod follow;
mod item;
#[cfg(test)]
mod tests;

pub use collector::{CollectError, CollectOptions, Collected, Collector};
pub(crate) use coverage::ClusterSays;
pub use coverage::{
    Coverage, CoverageFailure, CoverageNote, CoverageRow, CoverageStep, CoverageTotals, ExpectedOf,
    ExpectedPods, FailureSource, Known, KnownBy, ReadCollectedError, SeenBy,
};
pub(crate) use item::{Change, Item, Watched};
