//! The commands that read logs of events.

pub(crate) mod args;
pub(crate) mod compare;
pub(crate) mod failures;
pub(crate) mod fields;
pub(crate) mod health;
pub(crate) mod picture;
pub(crate) mod pulls;
pub(crate) mod spread;
pub(crate) mod stages;
pub(crate) mod summary;
pub(crate) mod wall;
