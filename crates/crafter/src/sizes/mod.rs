//! The sizes file: which images are wanted, in the words of container-crafter and more.
//!
//! [`SizesFile::read`] turns a YAML file into checked values. Every mistake becomes one sentence that names the file,
//! the line, the key and the remedy.

mod base_name;
mod file;
mod listed;
mod node;
mod percentile;
mod problem;
mod read;
mod section;
mod words;

pub use base_name::{BaseName, ParseBaseNameError};
pub use file::{
    Amount, FilesPerLayer, LayerCount, ListedLayer, Measure, SizeEntry, SizesFile, SizesNote, Split,
};
pub use percentile::{SURVEY_PERCENTILES, survey_size_bytes};
pub use problem::{SizesError, SizesProblem};
