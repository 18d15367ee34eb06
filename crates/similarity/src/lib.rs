//! Comparing sets: how alike two of them are, and what clusters many of them form.
//!
//! - [`jaccard`], [`weighted_jaccard`], [`containment`] and [`weighted_containment`]: two sets, as sorted slices.
//! - [`Sets`]: many sets, their matrix, and [all pairs that are similar](Sets::pairs_above) without looking at all pairs.
//!
//! The crate does not know what the sets hold: layers of images, words, numbers. It depends on
//! nothing that touches a file or a network.
//!
//! ```
//! use pullstudy_similarity::{containment, jaccard};
//!
//! let (small, large) = (["base", "python"], ["base", "numpy", "python", "scipy"]);
//! assert_eq!(jaccard(&small, &large)?, 0.5);
//! assert_eq!(containment(&small, &large)?, 1.0);
//! # Ok::<(), pullstudy_similarity::UnsortedSet>(())
//! ```
#![forbid(unsafe_code)]

mod distinct;
mod jaccard;
mod join;
mod matrix;
mod measure;
mod ratio;
mod rows;
mod sets;
mod weighed;

pub use jaccard::{UnsortedSet, containment, jaccard, weighted_containment, weighted_jaccard};
pub use join::{Pair, ThresholdOutOfRange};
pub use matrix::{CondensedMatrix, CondensedMatrixError, SimilarityMatrix};
pub use measure::Measure;
pub use sets::{SetTooHeavy, Sets, SetsBuilder};
