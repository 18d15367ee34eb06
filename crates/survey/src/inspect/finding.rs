//! What should be known of an image before it is pulled.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It costs time or money, or fails on some engines or registries.
    Warning,
    /// The image cannot be pulled, unpacked or run as it is.
    Error,
}

impl Severity {
    /// Returns the word used in files and tables: `info`, `warning`, `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding is about. The codes' names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// A layer holds no entry.
    EmptyLayer,
    /// A layer is there twice.
    DuplicateLayer,
    /// Contents that no container sees.
    WastedBytes,
    /// One layer holds most of the bytes.
    FatLayer,
    /// More layers than an engine takes.
    TooManyLayers,
    /// Options that no mount takes.
    MountOptionsTooLong,
    /// A layer larger than a registry takes.
    LayerOverRegistryLimit,
    /// A layer that is in time for a registry only on a fast line.
    NeedsFastUpload,
    /// Layers that old engines cannot inflate.
    ZstdNeedsRuntime,
    /// A layer that registries need not have.
    ForeignLayer,
    /// A manifest of before 2016.
    Schema1,
    /// No build commands.
    NoHistory,
    /// Build commands that do not fit the layers.
    HistoryMismatch,
    /// A layer as large on the wire as unpacked.
    UncompressedLayer,
    /// A layer's media type does not say how it is stored.
    MislabelledLayer,
    /// A layer of no known type.
    UnknownLayerType,
    /// A manifest that does not say what it is.
    MediaTypeMissing,
    /// An image that does not say what it runs on.
    PlatformMissing,
    /// No config, or one that cannot be used.
    ConfigUnusable,
    /// Manifest and config count different layers.
    ConfigMismatch,
    /// Nothing is prepared for lazy pulling.
    NotLazy,
    /// A layer cannot be had.
    MissingLayer,
    /// A layer is not what it should be.
    DamagedLayer,
    /// More names than are kept in memory, so that the rest was not looked at.
    TooManyNames,
    /// Entries that engines refuse.
    UnusableEntry,
    /// A size that no layer can have, or a sum that is beyond counting.
    SizeOutOfRange,
}

/// A text is no code of a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no code of a finding; there are: {}", Code::names())]
#[non_exhaustive]
pub struct UnknownCode {
    /// The text.
    pub text: String,
}

impl Code {
    /// All codes, in the order in which findings are told.
    pub const ALL: &[Self] = &[
        Self::Schema1,
        Self::ConfigUnusable,
        Self::ConfigMismatch,
        Self::SizeOutOfRange,
        Self::MissingLayer,
        Self::DamagedLayer,
        Self::TooManyNames,
        Self::UnusableEntry,
        Self::UnknownLayerType,
        Self::MislabelledLayer,
        Self::TooManyLayers,
        Self::MountOptionsTooLong,
        Self::LayerOverRegistryLimit,
        Self::NeedsFastUpload,
        Self::ZstdNeedsRuntime,
        Self::ForeignLayer,
        Self::WastedBytes,
        Self::FatLayer,
        Self::EmptyLayer,
        Self::DuplicateLayer,
        Self::UncompressedLayer,
        Self::NotLazy,
        Self::PlatformMissing,
        Self::MediaTypeMissing,
        Self::NoHistory,
        Self::HistoryMismatch,
    ];

    /// Returns the code's name, such as `wasted-bytes`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmptyLayer => "empty-layer",
            Self::DuplicateLayer => "duplicate-layer",
            Self::WastedBytes => "wasted-bytes",
            Self::FatLayer => "fat-layer",
            Self::TooManyLayers => "too-many-layers",
            Self::MountOptionsTooLong => "mount-options-too-long",
            Self::LayerOverRegistryLimit => "layer-over-registry-limit",
            Self::NeedsFastUpload => "needs-fast-upload",
            Self::ZstdNeedsRuntime => "zstd-needs-runtime",
            Self::ForeignLayer => "foreign-layer",
            Self::Schema1 => "schema-1",
            Self::NoHistory => "no-history",
            Self::HistoryMismatch => "history-mismatch",
            Self::UncompressedLayer => "uncompressed-layer",
            Self::MislabelledLayer => "mislabelled-layer",
            Self::UnknownLayerType => "unknown-layer-type",
            Self::MediaTypeMissing => "media-type-missing",
            Self::PlatformMissing => "platform-missing",
            Self::ConfigUnusable => "config-unusable",
            Self::ConfigMismatch => "config-mismatch",
            Self::NotLazy => "not-lazy",
            Self::MissingLayer => "missing-layer",
            Self::DamagedLayer => "damaged-layer",
            Self::TooManyNames => "too-many-names",
            Self::UnusableEntry => "unusable-entry",
            Self::SizeOutOfRange => "size-out-of-range",
        }
    }

    /// Returns how bad such findings are.
    pub const fn severity(self) -> Severity {
        match self {
            Self::ConfigMismatch
            | Self::SizeOutOfRange
            | Self::MissingLayer
            | Self::DamagedLayer
            | Self::UnusableEntry
            | Self::UnknownLayerType => Severity::Error,
            Self::Schema1
            | Self::ConfigUnusable
            | Self::MislabelledLayer
            | Self::TooManyNames
            | Self::TooManyLayers
            | Self::MountOptionsTooLong
            | Self::LayerOverRegistryLimit
            | Self::ForeignLayer
            | Self::WastedBytes
            | Self::FatLayer
            | Self::EmptyLayer
            | Self::DuplicateLayer
            | Self::UncompressedLayer
            | Self::PlatformMissing => Severity::Warning,
            Self::NeedsFastUpload
            | Self::ZstdNeedsRuntime
            | Self::NotLazy
            | Self::MediaTypeMissing
            | Self::NoHistory
            | Self::HistoryMismatch => Severity::Info,
        }
    }

    /// Tells whether such findings are made only where layers are read.
    #[must_use]
    pub const fn needs_layers(self) -> bool {
        matches!(
            self,
            Self::WastedBytes
                | Self::MissingLayer
                | Self::DamagedLayer
                | Self::TooManyNames
                | Self::MislabelledLayer
                | Self::UnusableEntry
        )
    }

    fn names() -> String {
        let names: Vec<&str> = Self::ALL.iter().map(|code| code.name()).collect();
        names.join(", ")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let named = Self::ALL.iter().find(|code| code.name() == text);
        named.copied().ok_or_else(|| UnknownCode {
            text: text.to_owned(),
        })
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// Something found out about an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The layer it is about, counted from 1; null for the whole image.
    pub layer: Option<usize>,
    /// What was found, in a sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl Finding {
    pub(super) fn new(code: Code, layer: Option<usize>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            layer,
            message: message.into(),
            remedy: remedy(code),
        }
    }
}

const fn remedy(code: Code) -> &'static str {
    match code {
        Code::EmptyLayer => {
            "build with a builder that leaves such steps without a layer, or put the step into another RUN"
        }
        Code::DuplicateLayer => {
            "leave the second step out, or merge it with its neighbour; it unpacks twice, and some lazy pullers refuse it"
        }
        Code::WastedBytes => {
            "remove files in the RUN that makes them, set owner and mode with COPY --chown --chmod, or build the files in another stage"
        }
        Code::FatLayer => {
            "split the layer by how often its parts change; engines fetch several layers at a time, but each over one connection"
        }
        Code::TooManyLayers | Code::MountOptionsTooLong => {
            "merge steps, or build in stages and copy the result"
        }
        Code::LayerOverRegistryLimit => "split the layer, or choose a registry that takes it",
        Code::NeedsFastUpload => "split the layer, or push from a machine near the registry",
        Code::ZstdNeedsRuntime => {
            "compare with the engines of your nodes, or push gzip beside it under another tag"
        }
        Code::ForeignLayer => {
            "let the nodes reach the layer's own place, or push it to the registry where its licence allows that"
        }
        Code::Schema1 => "pull it with an old engine and push it again, or build it anew",
        Code::NoHistory | Code::HistoryMismatch => {
            "let the builder keep the history, if commands are to be told"
        }
        Code::UncompressedLayer => {
            "push with gzip or zstd, unless the network is faster than inflating"
        }
        Code::MislabelledLayer => "push again with a tool that writes the right media type",
        Code::UnknownLayerType => "check that this is an image for containers, and not encrypted",
        Code::MediaTypeMissing => {
            "push with a builder that states the media type, as OCI 1.1 advises"
        }
        Code::PlatformMissing => "set os and architecture when building",
        Code::ConfigUnusable => "fetch or push the image anew",
        Code::ConfigMismatch => "build the image anew: no engine unpacks it",
        Code::NotLazy => {
            "convert it (nerdctl image convert --estargz, soci create), if start-up time matters"
        }
        Code::SizeOutOfRange => "push the image again: its manifest claims sizes that cannot be",
        Code::MissingLayer => "push the image again, or inspect it where its layers are",
        Code::DamagedLayer => "push or copy the image again from its source",
        Code::TooManyNames => {
            "nothing is wrong with it; put fewer files into one image to have all of it looked at"
        }
        Code::UnusableEntry => "build the layer with another tool: engines stop at such entries",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_is_listed_once() {
        for code in Code::ALL {
            assert_eq!(code.name().parse(), Ok(*code));
            let times = Code::ALL.iter().filter(|other| *other == code).count();
            assert_eq!((times, remedy(*code).is_empty()), (1, false), "{code}");
        }
        let error = "wasted".parse::<Code>().unwrap_err().to_string();
        assert!(error.contains("there are: schema-1, "), "{error}");
    }
}
