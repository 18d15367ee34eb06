//! Tests of the library from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod dockerfile_fixtures;
mod dockerfile_laws;
mod dockerfiles;
