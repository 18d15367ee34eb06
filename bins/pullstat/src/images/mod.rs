//! The commands that look into images.

mod archive;
pub(crate) mod similarity;
