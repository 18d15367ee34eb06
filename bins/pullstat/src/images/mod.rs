//! The commands that look into images.

mod collect;
pub(crate) mod survey;
