//! What was observed of container image pulls: Kubernetes events, traces, and figures over them.
#![forbid(unsafe_code)]

pub mod critical_path;
mod timestamp;
pub mod trace;

pub use critical_path::{Bound, CriticalPath};
