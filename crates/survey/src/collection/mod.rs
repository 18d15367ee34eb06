//! The images of an archive: each layer once, and what was left out.

mod image;
mod judge;
mod left_out;
mod options;
mod read;
mod sets;
mod texts;

pub use image::{CollectedImage, CollectedLayer, Step};
pub use left_out::{LeftOut, LeftOutKind, Tally};
pub use options::{CollectionOptions, ImageChoice, Method};
pub use read::{CollectedRepository, Collection};
pub use sets::{Basis, Compared};
