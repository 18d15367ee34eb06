//! Tests of the simulator as its callers see it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod files;
mod formulas;
mod kubelets;
mod laws;
mod literature;
mod recordings;
mod supplies;
