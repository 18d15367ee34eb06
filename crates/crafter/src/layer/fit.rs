//! Finding the size that was not given: unpacked bytes from wire bytes and a ratio, or the other way round.

use super::recipe::{LayerRecipe, RecipeError};

/// The size of a layer that is given; the other one follows from the ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownSize {
    /// The stored bytes, exactly.
    WireBytes(u64),
    /// The sum of the regular files' sizes, exactly.
    UnpackedBytes(u64),
}

/// What kept a layer from the ratio asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The codec compresses no further, or expands no further.
    Codec,
    /// The tar headers of the files weigh too much for so few bytes.
    Headers,
}

/// A recipe whose two sizes go together.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The recipe with `unpacked_bytes` and `wire_bytes` set.
    pub recipe: LayerRecipe,
    /// Unpacked bytes divided by wire bytes, as they will be.
    pub achieved_ratio: f64,
    /// What kept the ratio more than 1 % away from the one asked for, if it is.
    pub limited_by: Option<Limit>,
}

/// Why no layer of the given size exists.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The recipe itself is impossible.
    #[error("the layer cannot be made")]
    Recipe {
        /// What is wrong with it.
        source: RecipeError,
    },
    /// Tar headers and framing alone take more than the wire bytes given.
    #[error("a layer of {wire_bytes} wire bytes is impossible: its headers alone take {smallest_wire_bytes}")]
    TooSmall {
        /// The wire bytes asked for.
        wire_bytes: u64,
        /// The smallest possible with these files and this codec.
        smallest_wire_bytes: u64,
    },
    /// The ratio is not a positive number.
    #[error("a ratio of {ratio} is impossible: it must be above 0")]
    Ratio {
        /// The ratio asked for.
        ratio: f64,
    },
}

impl LayerRecipe {
    /// Chooses the size that was not given so that unpacked / wire bytes come nearest to `ratio`.
    ///
    /// The sizes already in the recipe are replaced. The size that was given is met exactly; the other one is the
    /// nearest that codec, content and files can reach.
    ///
    /// # Errors
    ///
    /// [`FitError`] when no layer has the given size, whatever the ratio.
    pub fn fit(self, known: KnownSize, ratio: f64) -> Result<Fitted, FitError> {
        let _ = (known, ratio);
        todo!()
    }
}
