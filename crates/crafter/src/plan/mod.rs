//! From a sizes file to the exact layers of every image, before anything is made.

mod base;
mod exact;
mod image;
mod key;
mod matrix;
mod pattern;
mod problem;
mod published;
mod share;
mod warning;

pub use base::{Base, BaseError, BaseImage, BaseLayer};
pub use image::{ImagePlan, LayerPlan, LayerRole, PlatformPlan, SkippedImage};
pub use matrix::{Method, Plan, PlanOptions};
pub use pattern::TagPattern;
pub use problem::{PlanError, PlanProblem};
pub use warning::PlanWarning;
