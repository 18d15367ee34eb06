//! A number for every two points: distances, and similarities.

mod condensed;
mod similarity;

pub use condensed::{CondensedMatrix, CondensedMatrixError};
pub use similarity::SimilarityMatrix;
