//! Tests of the crate from outside.

#[cfg(feature = "plots")]
mod box_plot;
#[cfg(feature = "plots")]
mod clustermap;
#[cfg(feature = "plots")]
mod fixture;
#[cfg(feature = "plots")]
mod layer_sizes;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "png")]
mod png;
#[cfg(feature = "plots")]
mod spread_lines;
#[cfg(feature = "plots")]
mod svg;
mod table;
#[cfg(feature = "plots")]
mod waterfall;
