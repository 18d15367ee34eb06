//! Runs a pull study: nodes that pull images, and a record of where the time went.
#![forbid(unsafe_code)]

mod confined;
mod hasher;
mod layer_stream;
mod layer_writer;
mod stopwatch;
mod tar_stream;
mod unpack;
mod whiteout;

pub use stopwatch::Span;
pub use tar_stream::TarError;
pub use unpack::{RootFilesystem, Skipped, UnpackError, Unpacked};
