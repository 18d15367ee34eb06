//! Recomputing everything that images say of themselves.

mod compare;
mod documents;
mod layers;
mod mismatch;
mod run;
mod unique;

pub use mismatch::{Check, Mismatch};
pub use run::{VerifiedImage, VerifyOptions, VerifyProgress, VerifyReport, VerifyTarget, verify};
