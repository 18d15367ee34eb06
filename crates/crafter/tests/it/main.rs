//! Tests of the crate from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bases;
mod crafted;
mod exactness;
mod layer;
mod layer_readers;
mod plans;
mod readers;
mod reproducible;
mod resume;
mod verifying;
