//! What is kept of events while logs are read: those that matter to pulls, each distinct one once.

mod about;
mod event;
mod identity;
mod log;
mod sightings;

pub(crate) use event::{ObservedEvent, Step, Times};
pub(crate) use identity::EventId;
pub(crate) use log::ObservedLog;
pub(crate) use sightings::Sightings;
