//! Why the values of a sizes file do not go together, one sentence each.

use pullstudy_image::Platform;

use crate::{FitError, RecipeError};

/// Why a sizes file gives no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A key asks for something impossible.
    #[error("{file}, line {line}: {key} {problem}")]
    Impossible {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// The key, with its path: `sizes[0]`.
        key: String,
        /// What is wrong, to be read after the key.
        problem: PlanProblem,
    },
    /// The base was not measured for a platform.
    #[error("base {base} was measured for other platforms than {platform}")]
    BasePlatform {
        /// The base.
        base: String,
        /// The platform that is missing.
        platform: Platform,
    },
    /// The file names a base that was not given.
    #[error("base {base} was not measured before planning")]
    NoBase {
        /// The base.
        base: String,
    },
    /// The seed is beyond what every JSON reader holds.
    #[error("seed {seed} is too large: it must be below 2^53")]
    Seed {
        /// The seed given.
        seed: u64,
    },
}

/// What is impossible about a key, worded to follow the key's name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanProblem {
    /// A layer would be smaller than its headers.
    #[error(
        "leaves {layer_bytes} {measure} bytes for layer {layer} of {layers}, but the smallest possible has \
         {smallest_bytes}: ask for more bytes or fewer layers"
    )]
    TooSmall {
        /// Which layer, counted from 1.
        layer: u64,
        /// Of how many.
        layers: u64,
        /// The bytes it would have.
        layer_bytes: u64,
        /// The fewest it can have.
        smallest_bytes: u64,
        /// `wire` or `unpacked`.
        measure: &'static str,
    },
    /// The engine refuses the layer for another reason.
    #[error("asks for a layer that cannot be made: {reason}")]
    Layer {
        /// Why not.
        reason: RecipeError,
    },
    /// The codec cannot compress the content that far, or that little.
    #[error(
        "is {ratio}, but {content} content with compression {compression} reaches only {lowest:.3} to {highest:.3}: \
         choose a ratio between, or another content or compression"
    )]
    Ratio {
        /// The ratio asked for.
        ratio: f64,
        /// The lowest the layer in question can have.
        lowest: f64,
        /// The highest it can have.
        highest: f64,
        /// `random`, `zeros` or `realistic`.
        content: &'static str,
        /// `gzip`, `zstd` or `none`.
        compression: &'static str,
    },
    /// Two images would have the same tag.
    #[error("gives the tag {tag} a second time, after {other}: leave one of the two out")]
    SameTag {
        /// The tag.
        tag: String,
        /// The key that gave it first.
        other: String,
    },
    /// No layer would be left that tells the images apart.
    #[error(
        "is {shared}, but an image of the set has only {layers} layers of its own to share: use at most {most}"
    )]
    SharedLayers {
        /// How many are to be shared.
        shared: u64,
        /// Layers of the image that has fewest, without the base's.
        layers: u64,
        /// The most that can be shared.
        most: u64,
    },
    /// The large layer and the shared ones together leave nothing for the rest.
    #[error(
        "leaves no bytes for the layers that are neither the largest nor shared: lower split.largest or shared_layers"
    )]
    NothingLeft,
    /// Layers cannot be both listed and shared.
    #[error(
        "cannot be together with shared_layers: it lists every layer's own size; leave one of the two out"
    )]
    SharedAndListed,
    /// Layers cannot be both listed and a base's.
    #[error(
        "cannot be together with a base, whose layers have sizes of their own: use total, or base: builtin"
    )]
    BaseAndListed,
    /// The base has as many layers as the image, or more.
    #[error(
        "asks for {layers} layers, but the base alone has {base_layers}: ask for at least {least}"
    )]
    BaseLayers {
        /// Layers asked for.
        layers: u64,
        /// Layers of the base.
        base_layers: u64,
        /// The fewest that can be asked for.
        least: u64,
    },
    /// The base is larger than the image.
    #[error(
        "asks for {total_bytes} {measure} bytes, but the base alone has {base_bytes}: ask for more, or use a smaller base"
    )]
    BaseBytes {
        /// Bytes asked for.
        total_bytes: u64,
        /// Bytes of the base.
        base_bytes: u64,
        /// `wire` or `unpacked`.
        measure: &'static str,
    },
    /// The "largest" layer would not be the largest.
    #[error("is {share}, less than an even share of {layers} layers: use at least {least:.4}")]
    LargestShare {
        /// The share asked for.
        share: f64,
        /// Of how many layers.
        layers: u64,
        /// The smallest that makes sense.
        least: f64,
    },
    /// The matrix is absurd.
    #[error(
        "and sizes together ask for {layers} layers in all: more than {most} are a slip of the pen"
    )]
    TooManyLayers {
        /// Layers of all images.
        layers: u64,
        /// The most that is accepted.
        most: u64,
    },
    /// The published images are what is left after subtracting their base.
    #[error(
        "is {total_bytes} bytes, but the published method takes {subtracted_bytes} off for its base: ask for more"
    )]
    PublishedTotal {
        /// Bytes asked for.
        total_bytes: u64,
        /// What is taken off.
        subtracted_bytes: u64,
    },
    /// The first published layer is the base alone.
    #[error(
        "asks for 1 layer, but the published method needs the first for its base: ask for at least 2"
    )]
    PublishedLayers,
    /// The published method has no listed layers.
    #[error(
        "has layers_bytes, of which the published method knows nothing: use total or percentile"
    )]
    PublishedListed,
    /// The published method has its own base.
    #[error("is given, but the published method uses the built-in one: leave it out")]
    PublishedBase,
}

impl PlanProblem {
    /// Words the engine's refusal of a layer.
    pub(super) fn from_fit(
        error: FitError,
        layer: u64,
        layers: u64,
        layer_bytes: u64,
        measure: &'static str,
    ) -> Self {
        let too_small = |smallest_bytes| Self::TooSmall {
            layer,
            layers,
            layer_bytes,
            smallest_bytes,
            measure,
        };
        match error {
            FitError::TooSmall {
                smallest_wire_bytes,
                ..
            } => too_small(smallest_wire_bytes),
            FitError::Recipe {
                source: RecipeError::SmallerThanProgram { program_bytes, .. },
            } => too_small(program_bytes),
            FitError::Recipe { source } => Self::Layer { reason: source },
            FitError::Ratio { .. } => unreachable!("the sizes file has only ratios above 0"),
        }
    }
}
