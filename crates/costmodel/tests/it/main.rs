//! Tests of the library from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cost_laws;
mod cost_of_pulls;
mod coverage;
mod models;
