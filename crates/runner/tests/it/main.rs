//! Integration tests of the engines, and of what is collected.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[cfg(feature = "containerd")]
mod containerd;
#[cfg(feature = "kubernetes")]
mod coverage;
#[cfg(feature = "kubernetes")]
mod coverage_laws;
#[cfg(feature = "kubernetes")]
mod deploy;
mod escape;
mod failures;
mod layouts;
mod overlay;
mod peers;
mod pulls;
mod run_page;
mod scene;
mod studies;
mod tars;
mod trees;
