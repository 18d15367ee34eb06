//! Images pulled into a layout.

use std::sync::Arc;

use pullstudy_image::{Descriptor, LayoutWriter, Platform, Reference, SinkError, WriteLayoutError};

use crate::{Client, PullBlobError, PullImageError};

/// Which images of an index are meant. A manifest is always taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Platforms {
    /// All of them, and the index itself.
    All,
    /// The one for this platform.
    One(Platform),
}

/// Why an image could not be pulled into a layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullToLayoutError {
    /// Manifest or config could not be pulled.
    #[error("failed to pull {reference} into {layout}")]
    Image {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: String,
        /// The cause.
        source: PullImageError,
    },
    /// A layer could not be pulled.
    #[error("failed to pull {reference} into {layout}")]
    Blob {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: String,
        /// The cause.
        source: PullBlobError,
    },
    /// A blob could not be stored.
    #[error("failed to pull {reference} into {layout}")]
    Store {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: String,
        /// The cause.
        source: SinkError,
    },
    /// The tag could not be written.
    #[error("failed to pull {reference} into {layout}")]
    Tag {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: String,
        /// The cause.
        source: WriteLayoutError,
    },
}

impl Client {
    /// Pulls an image with all its blobs into a layout, tags it there, and returns what the tag stands for.
    ///
    /// Blobs that are there already are not pulled again; a blob appears when its digest is checked, the tag last.
    ///
    /// # Errors
    ///
    /// [`PullToLayoutError`]; whole blobs stay in the layout, so that a second try goes on from there.
    pub async fn pull_to_layout(
        &self,
        reference: &Reference,
        layout: &Arc<LayoutWriter>,
        platforms: &Platforms,
    ) -> Result<Descriptor, PullToLayoutError> {
        todo!("{reference} {layout:?} {platforms:?}")
    }
}
