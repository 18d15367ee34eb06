//! The cluster that other packages test against, itself put to the test.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod ends;
mod faults;
mod nodes;
mod pulls;
mod real;
mod restarts;
mod scene;
