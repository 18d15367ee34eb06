//! What was found not to be as said.

use std::fmt;

use pullstudy_image::Platform;

/// One thing that is not as the image says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The image, by its full name where it has one.
    pub image: String,
    /// The platform, where the image is one of several.
    pub platform: Option<Platform>,
    /// The layer, counted from 1, where the mismatch is one layer's.
    pub layer: Option<usize>,
    /// What was compared.
    pub check: Check,
    /// What the image says.
    pub expected: String,
    /// What was found.
    pub actual: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.image)?;
        if let Some(platform) = &self.platform {
            write!(f, " for {platform}")?;
        }
        if let Some(layer) = self.layer {
            write!(f, ", layer {layer}")?;
        }
        write!(
            f,
            ": {} should be {}, but is {}",
            self.check.name(),
            self.expected,
            self.actual
        )
    }
}

/// What was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The hash of the manifest or index, against the descriptor that leads to it.
    ManifestDigest,
    /// The size of the manifest or index, against that descriptor.
    ManifestSize,
    /// Whether the manifest or index can be read.
    Manifest,
    /// The hash of the config, against the manifest.
    ConfigDigest,
    /// The size of the config, against the manifest.
    ConfigSize,
    /// Whether the config can be read.
    Config,
    /// The number of layers, manifest against config.
    LayerCount,
    /// The platform, index against config.
    Platform,
    /// Whether a layer is there and of a type that can be read.
    Layer,
    /// The hash of a layer as stored, against the manifest.
    Digest,
    /// The stored size of a layer, against the manifest.
    Size,
    /// The hash of a layer's uncompressed tar, against the config.
    DiffId,
    /// Whether a layer can be decompressed and taken apart.
    Tar,
    /// The sum of the stored sizes, against annotation and label.
    WireBytes,
    /// The sum of the files' sizes, against annotation and label.
    UnpackedBytes,
    /// The length of the tar, against annotation and label.
    TarBytes,
    /// No other layer of the set has this digest.
    UniqueDigest,
    /// No other layer of the set has this diff_id.
    UniqueDiffId,
}

impl Check {
    /// Returns the name used in tables, JSON and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManifestDigest => "manifest digest",
            Self::ManifestSize => "manifest size",
            Self::Manifest => "manifest",
            Self::ConfigDigest => "config digest",
            Self::ConfigSize => "config size",
            Self::Config => "config",
            Self::LayerCount => "layer count",
            Self::Platform => "platform",
            Self::Layer => "layer",
            Self::Digest => "digest",
            Self::Size => "size",
            Self::DiffId => "diff_id",
            Self::Tar => "tar",
            Self::WireBytes => "wire_bytes",
            Self::UnpackedBytes => "unpacked_bytes",
            Self::TarBytes => "tar_bytes",
            Self::UniqueDigest => "unique digest",
            Self::UniqueDiffId => "unique diff_id",
        }
    }
}

/// Mismatches of one image, being collected.
pub(super) struct Findings<'a> {
    pub(super) image: &'a str,
    pub(super) platform: Option<&'a Platform>,
    pub(super) mismatches: &'a mut Vec<Mismatch>,
}

impl Findings<'_> {
    /// Notes a mismatch unless the two agree.
    pub(super) fn compare<T: PartialEq + fmt::Display>(
        &mut self,
        layer: Option<usize>,
        check: Check,
        expected: T,
        actual: T,
    ) {
        if expected != actual {
            self.note(layer, check, expected.to_string(), actual.to_string());
        }
    }

    /// Notes a mismatch.
    pub(super) fn note(
        &mut self,
        layer: Option<usize>,
        check: Check,
        expected: String,
        actual: String,
    ) {
        self.mismatches.push(Mismatch {
            image: self.image.to_owned(),
            platform: self.platform.cloned(),
            layer,
            check,
            expected,
            actual,
        });
    }
}

/// Counts the mismatches of one image.
pub(super) fn count(mismatches: &[Mismatch], image: &str, platform: Option<&Platform>) -> usize {
    mismatches
        .iter()
        .filter(|mismatch| mismatch.image == image && mismatch.platform.as_ref() == platform)
        .count()
}
