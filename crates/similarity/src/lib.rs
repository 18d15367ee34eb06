//! Comparing sets: how alike two of them are, and what clusters many of them form.
//!
//! - [`jaccard`](jaccard()), [`weighted_jaccard`], [`containment`] and [`weighted_containment`]: two sets, as sorted slices.
//! - [`Sets`]: many sets, their matrix, [figures](Sets::figures) over all pairs, and
//!   [all pairs that are similar](Sets::pairs_above) without looking at all pairs.
//! - [`Sets::components`]: sets that have nothing to do with one another, taken apart.
//! - [`cluster`](cluster()): distances to a [`Dendrogram`], which is cut, compared with its distances, and put in order.
//! - [`Sets::cluster`]: the same for sets, without the distances of those that share nothing.
//! - [`Sets::additions`] and [`Sets::order_least_early`]: what sets add one after the other, and an order that adds little
//!   for long.
//! - [`Sketches`]: estimates where sets are too many or too large, with their error stated.
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
//!
//! # Errors
//!
//! [`UnsortedSet`] with the first position that is out of order. Nothing else can be wrong with two sets; clusterings
//! and sketches have errors of their own.
//!
//! # Links
//!
//! [Similarity of images](https://github.com/pullstudy/pullstudy/blob/main/docs/similarity.md) says what the figures mean and which the published study used. P. Jaccard,
//! Bull. Soc. vaud. sci. nat. 37 (1901); D. Müllner, [arXiv:1109.2378](https://arxiv.org/abs/1109.2378).
#![forbid(unsafe_code)]

mod additions;
mod cluster;
mod components;
mod dendrogram;
mod distinct;
mod figures;
mod jaccard;
mod join;
mod linkage;
mod matrix;
mod measure;
mod ratio;
mod rows;
mod sets;
mod sketch;
mod union_find;
mod weighed;

pub use additions::{Addition, Additions};
pub use cluster::{TooManySets, cluster, cluster_in_place};
pub use components::{Component, Components};
pub use dendrogram::{Dendrogram, LeafOrderError, Merge};
pub use figures::Figures;
pub use jaccard::{UnsortedSet, containment, jaccard, weighted_containment, weighted_jaccard};
pub use join::{Pair, ThresholdOutOfRange};
pub use linkage::Linkage;
pub use matrix::{CondensedMatrix, CondensedMatrixError, SimilarityMatrix};
pub use measure::Measure;
pub use sets::{SetTooHeavy, Sets, SetsBuilder};
pub use sketch::{BandsError, MinHasher, Sketches};
