//! The published study's own method, mistakes included.

mod duration;
mod pods;
mod times;

pub use duration::{PublishedDurationError, published_seconds};
pub use times::{PublishedPullError, PublishedTimes};
