//! Tests of the crate from outside.

#[cfg(feature = "plots")]
mod box_plot;
#[cfg(feature = "plots")]
mod clustermap;
#[cfg(feature = "plots")]
mod comparisons;
#[cfg(feature = "plots")]
mod fixture;
#[cfg(feature = "plots")]
mod inline;
#[cfg(feature = "plots")]
mod layer_sizes;
#[cfg(feature = "page")]
mod page;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "png")]
mod png;
#[cfg(feature = "page")]
mod sample_page;
#[cfg(feature = "plots")]
mod spread_lines;
#[cfg(feature = "plots")]
mod svg;
mod table;
#[cfg(feature = "plots")]
mod waterfall;
