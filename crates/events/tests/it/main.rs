//! Tests of the crate from outside.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bad_input;
mod compare;
mod critical_path;
mod events_file;
mod failure_rates;
mod filled;
mod fixtures;
mod kubelet;
mod layers;
mod layout;
mod log_forms;
mod made;
mod made_logs;
mod order_of_lines;
mod pod_events;
mod schedule;
mod spread;
mod stages;
mod summary;
mod trace;
mod wall;
