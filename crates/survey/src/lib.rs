//! What container images are like: their sizes, layers and commands, and what that means for pulling them.
//!
//! - [`Collection`]: the images of an archive of manifests, each layer once, and what was left out of it.
//! - [`SharedBase`]: what images begin with, and what would be saved if all began with the same.
#![forbid(unsafe_code)]

mod collection;
mod shared_base;

pub use collection::{
    Basis, CollectedImage, CollectedLayer, CollectedRepository, Collection, CollectionOptions,
    Compared, ImageChoice, LeftOut, LeftOutKind, Method, Step, Tally,
};
pub use shared_base::{LayerStack, SharedBase};
