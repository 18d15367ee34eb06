//! Tests of the crate from outside.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod critical_path;
mod events_file;
mod layout;
mod pod_events;
mod schedule;
mod trace;
