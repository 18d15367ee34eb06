//! What became of a tag.

use pullstudy_image::{
    Digest, Missing, MissingPart, MissingReason, ParseReferenceError, Platform, Reference, in_words,
};

use crate::{ListTagsError, TransportError};

/// A tag, what it stands for, and how much of that the archive has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchedTag {
    /// Registry and repository.
    pub repository: String,
    /// The tag; none for what was asked for by digest, and for a repository whose tags could not be listed.
    pub tag: Option<String>,
    /// The digest of the manifest or index.
    pub digest: Option<Digest>,
    /// The media type of the manifest or index.
    pub media_type: Option<String>,
    /// What its images run on, where that is known: those that were wanted, first to last.
    pub platforms: Vec<Platform>,
    /// The layers of these images, summed up.
    pub layers: usize,
    /// The sizes of these layers, summed up: a layer of two images counts twice.
    pub wire_bytes: u64,
    /// How it ended.
    pub outcome: FetchOutcome,
    /// What the archive lacks of it, and why.
    pub missing: Vec<Missing>,
}

/// How fetching a tag ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchOutcome {
    /// The registry was asked, and the archive has all that was wanted.
    Fetched,
    /// The archive had all that was wanted before.
    Present,
    /// The manifest or index is there, and something that it names is not.
    Incomplete,
    /// Nothing is there.
    Failed,
}

impl FetchOutcome {
    /// Returns the word used in tables and JSON: `fetched`, `present`, `incomplete`, `failed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Present => "present",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }

    /// Tells whether all that was wanted is there.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Fetched | Self::Present)
    }
}

impl FetchedTag {
    pub(super) fn new(reference: &Reference) -> Self {
        let tag = match reference.digest() {
            Some(_) => reference.tag(),
            None => Some(reference.tag_or_latest()),
        };
        Self {
            repository: reference.name(),
            tag: tag.map(str::to_owned),
            digest: None,
            media_type: None,
            platforms: Vec::new(),
            layers: 0,
            wire_bytes: 0,
            outcome: FetchOutcome::Failed,
            missing: Vec::new(),
        }
    }

    /// The row of a repository whose tags could not be listed.
    pub(super) fn without_tags(reference: &Reference, missing: Missing) -> Self {
        Self {
            tag: None,
            missing: vec![missing],
            ..Self::new(reference)
        }
    }

    /// The row of what a registry listed though it is no tag.
    pub(super) fn no_tag(reference: &Reference, tag: &str, error: &ParseReferenceError) -> Self {
        let missing = Missing::new(MissingPart::Manifest, MissingReason::Unusable);
        Self {
            tag: Some(tag.to_owned()),
            missing: vec![missing.with_message(in_words(error))],
            ..Self::new(reference)
        }
    }
}

/// Why there is no list of tags.
pub(super) fn no_list(error: &ListTagsError) -> Missing {
    let reason = match error {
        ListTagsError::NotFound { .. } => MissingReason::NotFound,
        ListTagsError::Transport { source, .. } => reason(source),
        _ => MissingReason::Unusable,
    };
    Missing::new(MissingPart::Tags, reason).with_message(in_words(error))
}

/// Why a request got no answer, in one of the archive's words.
pub(super) fn reason(error: &TransportError) -> MissingReason {
    match error {
        TransportError::Unauthorized { .. } | TransportError::NoCredentials { .. } => {
            MissingReason::NoAccess
        }
        _ => match error.status() {
            Some(404) => MissingReason::NotFound,
            Some(401 | 403) => MissingReason::NoAccess,
            _ => MissingReason::Failed,
        },
    }
}
