//! What one layer is to be, to the byte.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use pullstudy_image::{DiffId, Digest};

use super::file_sizes::Shares;
use super::limits::{Cut, Rest};
use super::program::Program;
use super::tar_stream::{LONGEST_PREFIX_BYTES, TarLength};
use super::writer;

/// Changes whenever the same recipe begins to give other bytes.
const STREAM_VERSION: u32 = 1;

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
///
/// The contents differ in the wire bytes they take when none are asked for. With wire bytes given, each is mixed
/// so that they come out exactly.
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
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::Codec;
///
/// assert!(Codec::Zstd { level: 3 }.compressor().starts_with("libzstd 1."));
/// ```
///
/// # Source
///
/// RFC 1951 (deflate), RFC 1952 (gzip), RFC 8878 (Zstandard).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// As it is. More wire bytes than the tar has are zeros after its end, which readers ignore.
    None,
    /// As gzip members.
    ///
    /// Nothing is searched for: noise is stored, zeros are runs, and realistic content comes with its parse, which
    /// has the statistics of `gzip -6`. Levels 6 to 9 are that parse (on ordinary layers they differ by less than
    /// 1 %); at lower levels some matches are split in two, as many more as gzip itself finds there.
    Gzip {
        /// 1 to 9, as of the program `gzip`.
        level: u8,
    },
    /// As Zstandard frames: noise raw, zeros as run-length blocks, and realistic content by libzstd in frames of at
    /// most 127 KiB, with at times the end of one stored raw to meet the wire bytes.
    Zstd {
        /// 1 to 22, as of the program `zstd`.
        level: u8,
    },
}

impl Codec {
    /// Names what compresses, with version and level.
    ///
    /// A recipe fixes the tar, and so the diff_id, for ever. The stored bytes, and so the digest, are fixed only as
    /// long as this text stays the same: record it with the digest.
    pub fn compressor(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Gzip { level } => {
                format!("pullstudy-crafter deflate {STREAM_VERSION}, level {level}")
            }
            Self::Zstd { level } => format!(
                "libzstd {}, level {level}",
                zstd::zstd_safe::version_string()
            ),
        }
    }

    fn check(self) -> Result<(), RecipeError> {
        let (codec, level, highest) = match self {
            Self::None => return Ok(()),
            Self::Gzip { level } => ("gzip", level, 9),
            Self::Zstd { level } => ("zstd", level, 22),
        };
        if (1..=highest).contains(&level) {
            Ok(())
        } else {
            Err(RecipeError::Level {
                codec,
                level,
                highest,
            })
        }
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

impl FileSet {
    fn check(&self, with_program: bool) -> Result<(), RecipeError> {
        if self.count == 0 {
            return Err(RecipeError::NoFiles);
        }
        let is_folder = self
            .prefix
            .split('/')
            .all(|name| !matches!(name, "" | "." | ".."))
            && self.prefix.len() <= LONGEST_PREFIX_BYTES
            && !self.prefix.contains(|c: char| c.is_control() || c == '\\');
        let is_program = with_program
            && self
                .prefix
                .strip_prefix(Program::PATH)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_folder && !is_program {
            return Ok(());
        }
        Err(RecipeError::Prefix {
            prefix: self.prefix.clone(),
            longest: LONGEST_PREFIX_BYTES,
        })
    }
}

/// What one layer is to be, to the byte.
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::{Codec, Content, FileSet, FileSizes, LayerKey, LayerRecipe, Program};
///
/// let recipe = LayerRecipe {
///     key: LayerKey::new([42; 32]),
///     program: Program::for_architecture("amd64"),
///     files: FileSet { count: 20, sizes: FileSizes::Lognormal, prefix: "opt/data".to_owned() },
///     unpacked_bytes: 260_000,
///     wire_bytes: Some(100_001),
///     content: Content::Realistic,
///     codec: Codec::Gzip { level: 6 },
/// };
/// let mut blob = Vec::new();
/// let receipt = recipe.write(&mut blob, &mut |_| ())?;
/// assert_eq!((blob.len(), receipt.wire_bytes), (100_001, 100_001));
/// assert_eq!(receipt.tar_bytes, recipe.tar_bytes());
/// # Ok::<(), pullstudy_crafter::WriteLayerError>(())
/// ```
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
    /// Length of the uncompressed tar; with [`Codec::None`] that is all that was written.
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
    #[error(
        "{prefix:?} is no folder for payload files: it needs 1 to {longest} bytes, relative, without . and .."
    )]
    Prefix {
        /// The folder asked for.
        prefix: String,
        /// The most bytes it may have.
        longest: usize,
    },
    /// The program alone is larger than the layer.
    #[error(
        "a layer of {unpacked_bytes} unpacked bytes cannot hold the program of {program_bytes} bytes"
    )]
    SmallerThanProgram {
        /// The unpacked bytes asked for.
        unpacked_bytes: u64,
        /// The size of the program.
        program_bytes: u64,
    },
    /// The sizes are beyond what the arithmetic of this crate holds.
    #[error(
        "a layer of {unpacked_bytes} unpacked bytes in {files} files is too large: at most {largest} bytes and {most_files} files"
    )]
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

/// The most unpacked bytes of a layer, 1 PiB: with them every sum of sizes fits into 64 bits.
pub(super) const LARGEST_UNPACKED_BYTES: u64 = 1 << 50;
/// The most files of a layer: more would take minutes to plan, and no registry has seen as many.
pub(super) const MOST_FILES: u64 = 100_000_000;
/// Zeros after the end of a plain tar, at most; tar reads records of 10 KiB, and ignores what follows the end.
const LONGEST_PLAIN_PADDING_BYTES: u64 = 64 * 1024;

impl LayerRecipe {
    /// Checks that the recipe is possible, without making anything.
    ///
    /// # Errors
    ///
    /// [`RecipeError`], the first thing that is wrong.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.check_shape()?;
        let program_bytes = self.program.map_or(0, Program::size_bytes);
        if self.unpacked_bytes < program_bytes {
            return Err(RecipeError::SmallerThanProgram {
                unpacked_bytes: self.unpacked_bytes,
                program_bytes,
            });
        }
        let limits = self.wire_limits();
        match self.wire_bytes {
            Some(wire_bytes) if !limits.contains(&wire_bytes) => Err(RecipeError::WireBytes {
                wire_bytes,
                lowest: *limits.start(),
                highest: *limits.end(),
            }),
            _ => Ok(()),
        }
    }

    /// Checks everything but the sizes' relation to each other.
    pub(super) fn check_shape(&self) -> Result<(), RecipeError> {
        self.codec.check()?;
        self.files.check(self.program.is_some())?;
        if self.unpacked_bytes > LARGEST_UNPACKED_BYTES || self.files.count > MOST_FILES {
            return Err(RecipeError::TooLarge {
                unpacked_bytes: self.unpacked_bytes,
                files: self.files.count,
                largest: LARGEST_UNPACKED_BYTES,
                most_files: MOST_FILES,
            });
        }
        Ok(())
    }

    /// Returns the exact length of the uncompressed tar, without making it.
    ///
    /// Zeros after the end of a plain tar do not count. Of a recipe that [`Self::check`] refuses, the sizes are cut
    /// off at the limits.
    pub fn tar_bytes(&self) -> u64 {
        TarLength::of(self, &Shares::new(self)).bytes
    }

    /// Returns the wire bytes this layer can take with these unpacked bytes; all of them can be met exactly.
    ///
    /// The range is conservative: a few values just outside it might do, too.
    pub fn wire_limits(&self) -> RangeInclusive<u64> {
        self.wire_limits_with(&Shares::new(self))
    }

    pub(super) fn wire_limits_with(&self, shares: &Shares) -> RangeInclusive<u64> {
        let tar = TarLength::of(self, shares);
        let rest = Rest::of(tar, Cut::of(self, tar));
        let padding_bytes = if self.codec == Codec::None {
            LONGEST_PLAIN_PADDING_BYTES
        } else {
            0
        };
        rest.fewest_wire_bytes(self.codec)..=rest.most_wire_bytes(self.codec) + padding_bytes
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
        self.check()
            .map_err(|source| WriteLayerError::Recipe { source })?;
        let written = writer::write(self, out, progress)?;
        Ok(LayerReceipt {
            digest: written.digest,
            diff_id: written.diff_id,
            wire_bytes: written.wire_bytes,
            unpacked_bytes: self.unpacked_bytes,
            tar_bytes: written.tar_bytes,
        })
    }
}
