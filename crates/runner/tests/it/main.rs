//! Integration tests of the engine `local`.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod escape;
mod failures;
mod layouts;
mod overlay;
mod peers;
mod pulls;
mod scene;
mod tars;
mod trees;
