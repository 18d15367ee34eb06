//! A number for every two points: distances, and similarities.

mod condensed;
mod similarity;

pub(crate) use condensed::pairs;
pub use condensed::{CondensedMatrix, CondensedMatrixError};
pub use similarity::SimilarityMatrix;
