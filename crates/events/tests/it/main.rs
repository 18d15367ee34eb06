//! Tests of the crate from outside.

mod critical_path;
mod events_file;
mod pod_events;
mod schedule;
mod trace;
