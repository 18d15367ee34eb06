//! What container images are like: their sizes, layers and commands, and what that means for pulling them.
#![forbid(unsafe_code)]

mod shared_base;

pub use shared_base::{LayerStack, SharedBase};
