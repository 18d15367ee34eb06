//! What makes a pull take its time: models fitted to measured pulls.

mod alike;
mod choice;
mod fit;
mod image_effect;
mod line;
mod observation;
mod predict;
mod profile;
mod profile_file;
mod spread;
mod term;

pub use fit::{BreakpointChoice, FitError, FitOptions, FittedObservation, ModelFit, fit};
pub use observation::Observation;
pub use predict::{Derived, Extrapolation, PredictError, Prediction, Sizes};
pub use profile::{
    Collinear, Fitted, LeftOut, LeftOutReason, MeasuredImage, NodeProfile, ProfileBreakpoint,
    ProfileTerm, Range, ResidualBand,
};
pub use profile_file::ProfileFileError;
pub use term::{Term, UnknownTerm};
