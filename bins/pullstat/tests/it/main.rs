//! Tests of the program from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod manifests;
mod quickstart;
mod usage;
