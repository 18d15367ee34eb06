//! The names under which an image says what it was made of: one place for all of them.
//!
//! A crafted image carries them as annotations of its manifest and as labels of its config, so that they survive
//! tools that rewrite manifests. Layer descriptors carry [`ANNOTATION_ROLE`], [`ANNOTATION_RECIPE`],
//! [`ANNOTATION_UNPACKED_BYTES`] and [`ANNOTATION_TAR_BYTES`]. Numbers are decimal.

/// The seed everything random derives from.
pub const ANNOTATION_SEED: &str = "dev.pullstudy.seed";
/// Sum of the layer descriptors' sizes, base layers included.
pub const ANNOTATION_WIRE_BYTES: &str = "dev.pullstudy.wire_bytes";
/// Sum of the regular files' sizes in the layers, or in one layer.
pub const ANNOTATION_UNPACKED_BYTES: &str = "dev.pullstudy.unpacked_bytes";
/// Length of the uncompressed tars of the layers, or of one layer.
pub const ANNOTATION_TAR_BYTES: &str = "dev.pullstudy.tar_bytes";
/// Unpacked bytes divided by wire bytes, to four digits.
pub const ANNOTATION_RATIO: &str = "dev.pullstudy.ratio";
/// What the files hold: `random`, `zeros` or `realistic`.
pub const ANNOTATION_CONTENT: &str = "dev.pullstudy.content";
/// What compressed the layers, with version and level: with the seed it determines their digests.
pub const ANNOTATION_COMPRESSOR: &str = "dev.pullstudy.compressor";
/// Which size was asked for exactly: `wire`, `unpacked`, or `published` for container-crafter's images.
pub const ANNOTATION_MEASURE: &str = "dev.pullstudy.measure";
/// The version of this crate.
pub const ANNOTATION_CRAFTER_VERSION: &str = "dev.pullstudy.crafter_version";
/// On a layer's descriptor: `own`, `shared` with other images of the set, or `base`.
pub const ANNOTATION_ROLE: &str = "dev.pullstudy.role";
/// On the descriptor of a layer that was made: the fingerprint of all that determined its bytes.
pub const ANNOTATION_RECIPE: &str = "dev.pullstudy.recipe";
