//! Sets, clusters and sketches, by their laws and beside peers.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod additions;
mod cluster_sets;
mod components;
mod join;
mod made;
mod many_sets;
mod scipy_trees;
mod sketches;
mod trees;
mod two_sets;
