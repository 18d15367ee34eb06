//! Why a build ended early.

use std::error::Error;
use std::io;

use pullstudy_image::{Digest, SinkError, SourceError};

use crate::WriteLayerError;

/// Why a build ended early. Images that were complete have their tags; finished layers stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no room left.
    #[error(
        "the disk of {place} is full: free some space or choose another folder, then repeat the command; finished layers are kept"
    )]
    DiskFull {
        /// The sink.
        place: String,
    },
    /// A layer could not be made.
    #[error("failed to make layer {layer} of {image}")]
    Layer {
        /// The image's full name; of a shared layer, the first image that has it.
        image: String,
        /// Counted from 1, base layers included.
        layer: usize,
        /// Why.
        source: WriteLayerError,
    },
    /// A blob or tag could not be stored.
    #[error("failed to store a part of {image}")]
    Store {
        /// The image's full name.
        image: String,
        /// Why.
        source: SinkError,
    },
    /// A base layer could not be opened.
    #[error("failed to open a base layer of {image}")]
    OpenBase {
        /// The image's full name.
        image: String,
        /// Why.
        source: SourceError,
    },
    /// A base layer could not be copied.
    #[error("failed to copy base layer {digest} of {image}")]
    CopyBase {
        /// The image's full name.
        image: String,
        /// The layer.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// A base layer has changed since it was measured.
    #[error("base layer {digest} of {image} has changed while the build ran: fetch the base again")]
    BaseChanged {
        /// The image's full name.
        image: String,
        /// The layer.
        digest: Digest,
    },
}

impl BuildError {
    /// Turns whatever was caused by a full disk into [`Self::DiskFull`], whose remedy is another.
    pub(super) fn or_disk_full(self, place: &str) -> Self {
        if is_disk_full(&self) {
            return Self::DiskFull {
                place: place.to_owned(),
            };
        }
        self
    }
}

fn is_disk_full(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        let kind = current.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(
            kind,
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        ) {
            return true;
        }
        cause = current.source();
    }
    false
}
