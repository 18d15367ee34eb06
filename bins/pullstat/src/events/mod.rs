//! The commands that read logs of events.

mod args;
pub(crate) mod health;
pub(crate) mod pulls;
