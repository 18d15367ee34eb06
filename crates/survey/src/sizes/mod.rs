//! From survey to study: sizes of images worth crafting.

mod file;
mod medoids;
mod percentiles;
mod typical;

pub use file::{StudyImage, StudyLayer, StudySizes};
