//! The words by which files, annotations and messages call the engine's values.

use pullstudy_image::Compression;

use crate::{Codec, Content};

impl Content {
    /// Returns the name used in the sizes file and in annotations: `random`, `zeros` or `realistic`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Zeros => "zeros",
            Self::Realistic => "realistic",
        }
    }
}

impl Codec {
    /// Returns the compression without its level, which decides on a layer's media type.
    pub const fn compression(self) -> Compression {
        match self {
            Self::None => Compression::None,
            Self::Gzip { .. } => Compression::Gzip,
            Self::Zstd { .. } => Compression::Zstd,
        }
    }
}
