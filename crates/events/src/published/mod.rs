//! The published study's own method, mistakes included.

mod duration;

pub use duration::{PublishedDurationError, published_seconds};
