//! The ways a copy fails.

use std::io;
use std::path::PathBuf;

use pullstudy_image::{Digest, LayoutError, Reference, SinkError, WriteLayoutError};

use super::{CopyJob, CopySource, CopyTarget};
use crate::{
    FeedError, PullBlobError, PullImageError, PullManifestError, PushBlobError, PushManifestError,
};

/// Why an image could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// It is no image for the platform asked for, or no image at all.
    #[error("failed to copy {from} to {to}")]
    Pull {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: PullImageError,
    },
    /// What is to be copied is not there, or its manifest did not come.
    #[error("failed to copy {from} to {to}")]
    PullManifest {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: PullManifestError,
    },
    /// A blob did not come from a registry.
    #[error("failed to copy {from} to {to}")]
    PullBlob {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: PullBlobError,
    },
    /// A document could not be read from a layout.
    #[error("failed to copy {from} to {to}")]
    Read {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: LayoutError,
    },
    /// Blobs of a layout are missing or damaged. All of the image's are named.
    #[error("failed to copy {from} to {to}: unusable blobs ({}): {}", blobs.len(), listed(blobs))]
    Damaged {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// What is wrong with each.
        blobs: Vec<FeedError>,
    },
    /// A blob could not be pushed.
    #[error("failed to copy {from} to {to}")]
    PushBlob {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: PushBlobError,
    },
    /// The manifest or an index could not be pushed.
    #[error("failed to copy {from} to {to}")]
    PushManifest {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: PushManifestError,
    },
    /// The registry could not be reached for another image, and was left alone.
    #[error("failed to copy {from} to {to}: {registry} could not be reached")]
    OutOfReach {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The registry's host and port.
        registry: String,
    },
    /// A blob could not be stored in a layout.
    #[error("failed to copy {from} to {to}")]
    Store {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: SinkError,
    },
    /// There is no room left for a layout.
    #[error(
        "failed to copy {from}: the disk of {place} is full: free some space and repeat the command; what has arrived is kept"
    )]
    DiskFull {
        /// What was to be copied.
        from: String,
        /// The layout's folder.
        place: String,
    },
    /// The tag could not be written into a layout.
    #[error("failed to copy {from} to {to}")]
    Tag {
        /// What was to be copied.
        from: String,
        /// Where to.
        to: String,
        /// The cause.
        source: WriteLayoutError,
    },
    /// Indexes of a layout nest too deep, or in a circle.
    #[error("index {digest} of {} is nested more than {limit} deep", layout.display())]
    TooDeep {
        /// The layout.
        layout: PathBuf,
        /// Where it was given up.
        digest: Digest,
        /// How deep indexes are followed.
        limit: usize,
    },
}

impl CopyError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Pull { source, .. } => source.is_retryable(),
            Self::PullManifest { source, .. } => source.is_retryable(),
            Self::PullBlob { source, .. } => source.is_retryable(),
            Self::PushBlob { source, .. } => source.is_retryable(),
            Self::PushManifest { source, .. } => source.is_retryable(),
            _ => false,
        }
    }
}

fn listed(blobs: &[FeedError]) -> String {
    let sentences: Vec<String> = blobs.iter().map(sentence).collect();
    sentences.join("; ")
}

/// The error with its cause: in a list there is no other place for it.
fn sentence(error: &FeedError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// What went wrong with one blob, before it is known which image it was for.
#[derive(Debug)]
pub(super) enum BlobError {
    Pull(PullBlobError),
    Damaged(FeedError),
    Push(PushBlobError),
    Store(SinkError),
}

impl From<PushBlobError> for BlobError {
    fn from(error: PushBlobError) -> Self {
        match error {
            PushBlobError::Origin { source, .. } => (*source).into(),
            error => Self::Push(error),
        }
    }
}

impl From<FeedError> for BlobError {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Pull(source) => Self::Pull(source),
            damage => Self::Damaged(damage),
        }
    }
}

/// Names both ends of a copy in an error.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub(super) from: String,
    pub(super) to: String,
}

impl Ends {
    pub(super) fn new(job: &CopyJob) -> Self {
        Self {
            from: match &job.from {
                CopySource::Registry(reference) => reference.to_string(),
                CopySource::Layout(image) => image.name.clone(),
            },
            to: match &job.to {
                CopyTarget::Registry(reference) => reference.to_string(),
                CopyTarget::Layout(layout, _) => layout.layout().path().display().to_string(),
            },
        }
    }

    pub(super) fn blob_error(&self, error: BlobError) -> CopyError {
        let (from, to) = (self.from.clone(), self.to.clone());
        match error {
            BlobError::Store(source) => self.store(source),
            BlobError::Pull(source) => CopyError::PullBlob { from, to, source },
            BlobError::Push(source) => CopyError::PushBlob { from, to, source },
            BlobError::Damaged(blob) => CopyError::Damaged {
                from,
                to,
                blobs: vec![blob],
            },
        }
    }

    pub(super) fn damaged(&self, blobs: Vec<FeedError>) -> CopyError {
        CopyError::Damaged {
            from: self.from.clone(),
            to: self.to.clone(),
            blobs,
        }
    }

    pub(super) fn pull(&self, source: PullImageError) -> CopyError {
        match source {
            PullImageError::Manifest { source, .. } => self.pull_manifest(source),
            source => CopyError::Pull {
                from: self.from.clone(),
                to: self.to.clone(),
                source,
            },
        }
    }

    pub(super) fn pull_manifest(&self, source: PullManifestError) -> CopyError {
        CopyError::PullManifest {
            from: self.from.clone(),
            to: self.to.clone(),
            source,
        }
    }

    pub(super) fn read(&self, source: LayoutError) -> CopyError {
        CopyError::Read {
            from: self.from.clone(),
            to: self.to.clone(),
            source,
        }
    }

    pub(super) fn out_of_reach(&self, reference: &Reference) -> CopyError {
        CopyError::OutOfReach {
            from: self.from.clone(),
            to: self.to.clone(),
            registry: reference.registry().to_owned(),
        }
    }

    pub(super) fn push(&self, source: PushManifestError) -> CopyError {
        CopyError::PushManifest {
            from: self.from.clone(),
            to: self.to.clone(),
            source,
        }
    }

    pub(super) fn store(&self, source: SinkError) -> CopyError {
        let cause = source.source.downcast_ref::<io::Error>();
        if cause.is_some_and(|error| error.kind() == io::ErrorKind::StorageFull) {
            return CopyError::DiskFull {
                from: self.from.clone(),
                place: source.place,
            };
        }
        CopyError::Store {
            from: self.from.clone(),
            to: self.to.clone(),
            source,
        }
    }

    pub(super) fn tag(&self, source: WriteLayoutError) -> CopyError {
        CopyError::Tag {
            from: self.from.clone(),
            to: self.to.clone(),
            source,
        }
    }
}
