//! What a pull's seconds may depend on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name that is not that of a term.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is none of {}", names())]
pub struct UnknownTerm {
    /// The name.
    pub name: String,
}

fn names() -> String {
    Term::ALL.map(Term::as_str).join(", ")
}

/// What a pull's seconds may depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Term {
    /// What every pull takes, whatever its size.
    Base,
    /// Bytes that are written.
    UnpackedBytes,
    /// Bytes that the registry sends.
    WireBytes,
    /// Layers.
    Layers,
    /// Files.
    Files,
    /// Nodes that pull at once.
    Nodes,
    /// Bytes that are unpacked from zstd layers: what they take beyond other unpacked bytes, or less than those.
    ZstdBytes,
}

impl Term {
    /// Terms that are tried, in the order in which one of two that cannot be told apart is kept.
    ///
    /// Unpacked bytes come before wire bytes: where layers compress a thousandfold, seconds a wire byte would be absurd.
    pub const ALL: [Self; 7] = [
        Self::Base,
        Self::UnpackedBytes,
        Self::WireBytes,
        Self::Layers,
        Self::Files,
        Self::Nodes,
        Self::ZstdBytes,
    ];

    /// Returns the name as it stands in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::UnpackedBytes => "unpacked_bytes",
            Self::WireBytes => "wire_bytes",
            Self::Layers => "layers",
            Self::Files => "files",
            Self::Nodes => "nodes",
            Self::ZstdBytes => "zstd_bytes",
        }
    }

    /// Whether it stands for less time, and not for more: zstd is unpacked faster than gzip.
    pub(super) fn may_save_time(self) -> bool {
        self == Self::ZstdBytes
    }

    /// Whether it counts bytes.
    #[must_use]
    pub fn is_bytes(self) -> bool {
        matches!(
            self,
            Self::UnpackedBytes | Self::WireBytes | Self::ZstdBytes
        )
    }
}

impl FromStr for Term {
    type Err = UnknownTerm;

    fn from_str(text: &str) -> Result<Self, UnknownTerm> {
        let known = Self::ALL.into_iter().find(|term| term.as_str() == text);
        known.ok_or_else(|| UnknownTerm {
            name: text.to_owned(),
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
