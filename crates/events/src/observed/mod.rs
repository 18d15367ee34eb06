//! What is kept of events while logs are read: those that matter to pulls, each distinct one once.

mod event;
mod identity;
mod log;

pub(crate) use event::{ObservedEvent, Step, Times};
pub(crate) use identity::EventId;
pub(crate) use log::ObservedLog;
