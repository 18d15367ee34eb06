//! Tests of the crate from outside.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod compare;
mod critical_path;
mod events_file;
mod failure_rates;
mod layout;
mod made;
mod pod_events;
mod schedule;
mod spread;
mod stages;
mod summary;
mod trace;
mod wall;
