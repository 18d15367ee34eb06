//! What pulling container images costs: seconds and bytes to money, models of pull times, and predictions.
//!
//! - [`fit`]: measured pulls ([`Observation`]) to a [`NodeProfile`], a small file one can share.
//! - [`NodeProfile::predict`]: seconds of a pull before anything is pulled.
//!
//! ```
//! use pullstudy_costmodel::{FitOptions, Observation, Sizes, fit};
//!
//! let pull = |seconds, gigabytes: u64| Observation::new("app", seconds).unpacked_bytes(gigabytes * 1_000_000_000);
//! let pulls = [pull(9.0, 1), pull(16.1, 2), pull(23.0, 3), pull(29.9, 4), pull(37.0, 5)];
//! let profile = fit(&pulls, &FitOptions::default())?.profile;
//! let prediction = profile.predict(&Sizes { unpacked_bytes: Some(3_500_000_000), ..Sizes::default() })?;
//! assert!((prediction.median_seconds - 26.5).abs() < 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod model;

pub use model::{
    BreakpointChoice, Collinear, Extrapolation, FitError, FitOptions, Fitted, FittedObservation,
    LeftOut, LeftOutReason, ModelFit, NodeProfile, Observation, PredictError, Prediction,
    ProfileBreakpoint, ProfileFileError, ProfileTerm, Range, ResidualBand, Sizes, Term, fit,
};
