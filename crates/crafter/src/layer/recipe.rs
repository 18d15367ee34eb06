//! What one layer is to be, to the byte.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use pullstudy_image::{DiffId, Digest};

use super::program::Program;

/// The key everything random in a layer derives from: same recipe and key, same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerKey([u8; 32]);

impl LayerKey {
    /// Wraps 32 bytes, best the SHA-256 of what makes the layer unlike all others.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What the payload files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// Incompressible noise; where fewer wire bytes are asked for, noise and zeros in turn.
    Random,
    /// Zeros; where more wire bytes are asked for than zeros take, zeros and noise in turn.
    Zeros,
    /// A mix that costs what ordinary layers cost to decompress.
    Realistic,
}

/// How the tar is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// As it is.
    None,
    /// As gzip members.
    Gzip {
        /// 1 to 9, as of the program `gzip`.
        level: u8,
    },
    /// As Zstandard frames.
    Zstd {
        /// 1 to 22, as of the program `zstd`.
        level: u8,
    },
}

impl Codec {
    /// Names what compresses, with version and level: with the recipe it determines a layer's digest.
    pub fn compressor(self) -> String {
        todo!()
    }
}

/// How the payload bytes are shared among the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileSizes {
    /// All the same, to a byte.
    Even,
    /// Log-normal, as in ordinary file systems: many small files, few large ones.
    Lognormal,
}

/// The payload files of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileSet {
    /// How many, at least 1. Files may be empty where there are more of them than bytes.
    pub count: u64,
    /// How the bytes are shared among them.
    pub sizes: FileSizes,
    /// The folder they lie in, relative to the root, without a slash at either end: `data` or `opt/chonk`.
    pub prefix: String,
}

/// What one layer is to be, to the byte.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRecipe {
    /// What everything random derives from. It is also part of the file names, so that layers of zeros differ.
    pub key: LayerKey,
    /// The built-in program as the first file of the layer, at [`Program::PATH`].
    pub program: Option<Program>,
    /// The payload files; their sizes and the program's sum to `unpacked_bytes`.
    pub files: FileSet,
    /// Sum of the regular files' sizes.
    pub unpacked_bytes: u64,
    /// The stored bytes, exactly, or `None` for what the content takes by itself.
    pub wire_bytes: Option<u64>,
    /// What the payload files hold.
    pub content: Content,
    /// How the tar is stored.
    pub codec: Codec,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerReceipt {
    /// SHA-256 of the stored bytes.
    pub digest: Digest,
    /// SHA-256 of the uncompressed tar.
    pub diff_id: DiffId,
    /// Number of stored bytes.
    pub wire_bytes: u64,
    /// Sum of the regular files' sizes.
    pub unpacked_bytes: u64,
    /// Length of the uncompressed tar.
    pub tar_bytes: u64,
}

/// Why a recipe is impossible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The codec has no such level.
    #[error("{codec} has no level {level}: levels go from 1 to {highest}")]
    Level {
        /// `gzip` or `zstd`.
        codec: &'static str,
        /// The level asked for.
        level: u8,
        /// The highest there is.
        highest: u8,
    },
    /// A layer without payload files would have nothing to tell it from others.
    #[error("a layer needs at least one payload file")]
    NoFiles,
    /// The folder of the payload files does not fit into a tar header, or leaves the root.
    #[error("{prefix:?} is no folder for payload files: it needs 1 to {longest} bytes, relative, without . and ..")]
    Prefix {
        /// The folder asked for.
        prefix: String,
        /// The most bytes it may have.
        longest: usize,
    },
    /// The program alone is larger than the layer.
    #[error("a layer of {unpacked_bytes} unpacked bytes cannot hold the program of {program_bytes} bytes")]
    SmallerThanProgram {
        /// The unpacked bytes asked for.
        unpacked_bytes: u64,
        /// The size of the program.
        program_bytes: u64,
    },
    /// The sizes are beyond what the arithmetic of this crate holds.
    #[error("a layer of {unpacked_bytes} unpacked bytes in {files} files is too large: at most {largest} bytes and {most_files} files")]
    TooLarge {
        /// The unpacked bytes asked for.
        unpacked_bytes: u64,
        /// The files asked for.
        files: u64,
        /// The most unpacked bytes a layer may have.
        largest: u64,
        /// The most files a layer may have.
        most_files: u64,
    },
    /// The stored bytes asked for cannot be reached with these unpacked bytes.
    #[error("{wire_bytes} wire bytes are out of reach: this layer can take {lowest} to {highest}")]
    WireBytes {
        /// The wire bytes asked for.
        wire_bytes: u64,
        /// The fewest this layer can take.
        lowest: u64,
        /// The most this layer can take.
        highest: u64,
    },
}

/// Why a layer could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteLayerError {
    /// The recipe is impossible; nothing was written.
    #[error("the layer cannot be made")]
    Recipe {
        /// What is wrong with it.
        source: RecipeError,
    },
    /// The place it was written to failed.
    #[error("failed to write the layer after {written_bytes} bytes")]
    Sink {
        /// Stored bytes that had been written.
        written_bytes: u64,
        /// The failure.
        source: io::Error,
    },
    /// The compressor library failed.
    #[error("{compressor} failed after {written_bytes} bytes")]
    Compressor {
        /// Library, version and level.
        compressor: String,
        /// Stored bytes that had been written.
        written_bytes: u64,
        /// The failure.
        source: io::Error,
    },
}

impl LayerRecipe {
    /// Checks that the recipe is possible, without making anything.
    ///
    /// # Errors
    ///
    /// [`RecipeError`], the first thing that is wrong.
    pub fn check(&self) -> Result<(), RecipeError> {
        todo!()
    }

    /// Returns the exact length of the uncompressed tar.
    pub fn tar_bytes(&self) -> u64 {
        todo!()
    }

    /// Returns the wire bytes this layer can take with these unpacked bytes; all of them can be met exactly.
    ///
    /// The range is conservative: a few values just outside it might do, too.
    pub fn wire_limits(&self) -> RangeInclusive<u64> {
        todo!()
    }

    /// Writes the layer in one pass and with flat memory, and returns its hashes and sizes.
    ///
    /// `progress` is called with the number of wire bytes written since the last call.
    ///
    /// # Errors
    ///
    /// [`WriteLayerError`]; after an error `out` holds a part of a layer.
    pub fn write(
        &self,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<LayerReceipt, WriteLayerError> {
        let _ = (out, progress);
        todo!()
    }
}
