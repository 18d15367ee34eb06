//! Integration tests of the image model.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod archive;
mod laws;
mod layout;
mod outline;
