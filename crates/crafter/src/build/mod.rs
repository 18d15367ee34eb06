//! From a plan to images in a sink: layers in parallel, each image's documents once its layers are there.

mod assemble;
mod config;
mod error;
mod fingerprint;
mod image;
mod journal;
mod layout_sink;
mod recall;
mod run;
mod sink;
mod unit;
mod worker;

pub use error::BuildError;
pub use fingerprint::RecipeFingerprint;
pub use image::{BuiltImage, BuiltPlatform};
pub use layout_sink::{BuildIdentity, LayoutSink, OpenLayoutSinkError};
pub use run::{BuildOptions, BuildProgress, build};
pub use sink::ImageSink;
