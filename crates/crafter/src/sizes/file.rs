//! What a sizes file asks for, checked.

use std::collections::BTreeMap;
use std::fmt;

use pullstudy_image::{Digest, Platform, Reference};

use super::BaseName;
use crate::{Codec, Content, FileSizes};

/// A sizes file: a matrix of image sizes by numbers of layers, and what all its images have in common.
///
/// Made by [`SizesFile::read`] or [`SizesFile::parse`]; every value has been checked by itself. Whether the values go
/// together is found out by planning. This file has every key; all but `sizes` and `layers` may be left out, and have
/// the values shown then, `seed` a random one:
///
/// ```
/// # let text = r#"
/// uri: ghcr.io/you/images   # default: none
/// sizes:
///   - total: 53702097       # bytes, or 50MB (10^6), 50MiB (2^20)
///   - percentile: 50        # of the published survey's image sizes
///   - layers_bytes: [30MB, 7.3MB, 3622MB]   # one image with exactly these layers
///   - layers_bytes: [{size: 30MB, shared: base}, 7.3MB]   # a layer that other images list by the same name
/// layers:                   # of images with a total or percentile; base layers count
///   - exact: 9
///   - {min: 10, max: 12}    # every number from min to max
/// measure: wire             # what total counts: wire or unpacked
/// ratio: 1.0                # unpacked bytes / wire bytes
/// content: random           # random, zeros or realistic; realistic where ratio is above 1
/// compression: gzip         # gzip, zstd or none
/// level: 6                  # gzip 1 to 9 (6), zstd 1 to 22 (3)
/// split: even               # or {largest: 0.9}: this share of the bytes in the last layer
/// files: {per_layer: 1, sizes: even}   # or lognormal
/// shared_layers: 0          # so many first layers are the same in every image of the set
/// base: builtin             # or a layout such as ./base or oci:base:12, or a reference
/// platforms: [linux/amd64]
/// max_layer: 10GB           # an image with a layer of more wire bytes is skipped
/// seed: 42
/// # "#;
/// # let sizes = pullstudy_crafter::SizesFile::parse("every-key.yaml", text)?;
/// # assert_eq!((sizes.entries.len(), sizes.layer_counts.len()), (4, 4));
/// # let short = text.split("measure:").next().unwrap().to_owned() + "seed: 42";
/// # let short = pullstudy_crafter::SizesFile::parse("every-key.yaml", &short)?;
/// # assert_eq!((sizes.codec, sizes.files, sizes.split, sizes.max_layer_bytes), (short.codec, short.files, short.split, short.max_layer_bytes));
/// # Ok::<(), pullstudy_crafter::SizesError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SizesFile {
    /// The file as it is called in messages.
    pub name: String,
    /// The hash of the file's text.
    pub text_digest: Digest,
    /// `uri`: the repository of the images, without a tag.
    pub uri: Option<Reference>,
    /// `sizes`, in the order of the file.
    pub entries: Vec<SizeEntry>,
    /// `layers`, ranges counted out, in the order of the file.
    pub layer_counts: Vec<LayerCount>,
    /// `measure`: what a total counts.
    pub measure: Measure,
    /// `ratio`: unpacked bytes divided by wire bytes, above 0.
    pub ratio: f64,
    /// `content`: what the files hold.
    pub content: Content,
    /// `compression` and `level`.
    pub codec: Codec,
    /// `split`: how an image's bytes are shared among its layers.
    pub split: Split,
    /// `files`: how a layer's bytes are shared among its files.
    pub files: FilesPerLayer,
    /// `shared_layers`: how many first layers are the same in every image of the set.
    pub shared_layers: u64,
    /// `base`: where the first layers come from.
    pub base: BaseName,
    /// `platforms`: at least one, all different.
    pub platforms: Vec<Platform>,
    /// `max_layer`: an image that has a layer of more wire bytes is skipped, as registries refuse it; of the published
    /// method, one of more zeros.
    pub max_layer_bytes: u64,
    /// `seed`: what everything random derives from, below 2^53.
    pub seed: Option<u64>,
    /// What was understood in a way that may surprise.
    pub notes: Vec<SizesNote>,
    /// The line of each key of the top level.
    pub(super) lines: BTreeMap<String, u64>,
}

impl SizesFile {
    /// Returns the line a key of the top level stands on, or `None` where the file leaves it to its default.
    pub fn line_of(&self, key: &str) -> Option<u64> {
        self.lines.get(key).copied()
    }
}

/// One item of `sizes`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SizeEntry {
    /// Which item, as it is called in messages: `sizes[0]` is the first.
    pub key: String,
    /// The line it stands on.
    pub line: u64,
    /// The size asked for.
    pub amount: Amount,
}

/// The size of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// All layers together, in bytes; one image for each number of layers.
    Total(u64),
    /// Each layer, first to last; one image.
    Layers(Vec<ListedLayer>),
}

/// A layer whose size the file lists.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedLayer {
    /// Its size.
    pub bytes: u64,
    /// What the layer is called, if other images have it, too: they list it by the same name, with the same size and at
    /// the same position.
    pub shared: Option<String>,
}

/// One number of layers, base layers included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerCount {
    /// Which item it comes from, as it is called in messages: `layers[0]` is the first.
    pub key: String,
    /// The line it stands on.
    pub line: u64,
    /// The number of layers, at least 1.
    pub count: u64,
}

/// What a total counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The layers as stored and sent: the sum of their descriptors' sizes.
    Wire,
    /// The files in the layers: the sum of the regular files' sizes.
    Unpacked,
}

impl Measure {
    /// Returns the name used in the file and in annotations: `wire` or `unpacked`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Unpacked => "unpacked",
        }
    }
}

/// How an image's bytes are shared among its layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Split {
    /// All the same, to a byte.
    Even,
    /// This share, above 0 and at most 1, in the last layer; the rest evenly in the others.
    Largest(f64),
}

/// How a layer's bytes are shared among its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilesPerLayer {
    /// Number of files in each layer, at least 1.
    pub count: u64,
    /// How large they are.
    pub sizes: FileSizes,
}

/// Something in a sizes file that was understood in a way that may surprise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SizesNote {
    /// Fractions of a byte were cut off.
    Truncated {
        /// The file.
        file: String,
        /// The keys and what is left of their values.
        keys: Vec<(String, u64)>,
    },
    /// `uri` has a tag, which is of no use: tags are made from the sizes.
    UriTag {
        /// The file.
        file: String,
        /// The tag that was left out.
        tag: String,
    },
}

impl fmt::Display for SizesNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { file, keys } => {
                let (key, bytes) = keys
                    .first()
                    .map_or(("", 0), |(key, bytes)| (key.as_str(), *bytes));
                let others = keys.len().saturating_sub(1);
                write!(
                    f,
                    "{file}: a fraction of a byte is cut off: {key} is {bytes}"
                )?;
                if others > 0 {
                    write!(f, ", and {others} more are cut off likewise")
                } else {
                    Ok(())
                }
            }
            Self::UriTag { file, tag } => {
                write!(
                    f,
                    "{file}: the tag {tag:?} of uri is left out: tags are made from the sizes"
                )
            }
        }
    }
}
