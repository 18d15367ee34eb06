//! What an archive lacks, and why.

use serde::{Deserialize, Serialize};

use crate::{Digest, Platform};

/// A document that was asked for, or that another one names, and that the archive does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Missing {
    /// What it would be.
    pub part: MissingPart,
    /// Its digest, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What it would run on, where an index tells.
    #[serde(skip)]
    pub platform: Option<Platform>,
    /// Why it is not there.
    pub reason: MissingReason,
    /// The reason in words, where there are more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MissingPart {
    /// The list of a repository's tags.
    Tags,
    /// A manifest or an index.
    Manifest,
    /// An image config.
    Config,
}

/// Why a document is not in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MissingReason {
    /// It was never asked for, or the writer was stopped before; the published crawl asked for nothing below an
    /// index, and left no reason for tags without a manifest.
    NotAsked,
    /// The registry does not have it.
    NotFound,
    /// The registry did not give it to this user.
    NoAccess,
    /// What the registry gave was not what the digest or the limits allow.
    Unusable,
    /// It could not be had for another reason, such as a registry that was out of reach.
    Failed,
    /// Its file in the archive cannot be read, or holds other bytes than its digest says.
    Damaged,
}

impl MissingPart {
    /// Returns the word used in files and tables: `tags`, `manifest`, `config`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Manifest => "manifest",
            Self::Config => "config",
        }
    }
}

impl MissingReason {
    /// Returns the word used in files and tables, such as `not-found`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::NotFound => "not-found",
            Self::NoAccess => "no-access",
            Self::Unusable => "unusable",
            Self::Failed => "failed",
            Self::Damaged => "damaged",
        }
    }
}

impl Missing {
    /// Says that `part` is missing for `reason`, without digest, platform and message.
    pub const fn new(part: MissingPart, reason: MissingReason) -> Self {
        Self {
            part,
            digest: None,
            platform: None,
            reason,
            message: None,
        }
    }

    /// Returns the same with a digest.
    #[must_use]
    pub const fn with_digest(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }

    /// Returns the same with the reason in words.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        for reason in [
            MissingReason::NotAsked,
            MissingReason::NotFound,
            MissingReason::NoAccess,
            MissingReason::Unusable,
            MissingReason::Failed,
            MissingReason::Damaged,
        ] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
        for part in [
            MissingPart::Tags,
            MissingPart::Manifest,
            MissingPart::Config,
        ] {
            assert_eq!(serde_json::to_value(part).unwrap(), part.name());
        }
    }
}
