//! A layout that remembers which layers are finished, and with which seed they were begun.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pullstudy_image::{
    BlobSink, BlobWriter, Digest, LayoutWriter, SinkError, Tag, WriteLayoutError, canonical_json,
};
use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::{ImageSink, RecipeFingerprint};
use crate::LayerReceipt;

/// Where the build keeps its notes, inside the layout. Readers of layouts ignore what they do not know.
const NOTES: &str = ".crafter";

/// The version of [`Unfinished`].
const VERSION: u32 = 1;

/// What tells one build from another: the sizes file, and every option that changes the images but the seed.
///
/// A build that is repeated after a kill has the same identity and goes on with its seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildIdentity(Digest);

impl BuildIdentity {
    /// Takes the identity of a build from the texts that determine it.
    pub fn of(texts: &[&str]) -> Self {
        Self(Digest::of(&canonical_json(&texts)))
    }

    /// Returns the seed of the same build, if it was begun in this layout and not finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_crafter::{BuildIdentity, LayoutSink};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let identity = BuildIdentity::of(&["sizes: [{total: 1MB}]"]);
    /// assert_eq!(identity.unfinished_seed(dir.path()), None);
    /// let sink = LayoutSink::open(dir.path(), &identity, 42)?;
    /// assert_eq!(identity.unfinished_seed(dir.path()), Some(42));
    /// sink.complete()?;
    /// assert_eq!(identity.unfinished_seed(dir.path()), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unfinished_seed(&self, layout: &Path) -> Option<u64> {
        let bytes = fs::read(layout.join(self.note())).ok()?;
        let unfinished: Unfinished = serde_json::from_slice(&bytes).ok()?;
        (unfinished.version == VERSION).then_some(unfinished.seed)
    }

    /// Returns the file that says the build is unfinished, relative to the layout.
    fn note(&self) -> String {
        format!("{NOTES}/unfinished-{}.json", &self.0.hex()[..16])
    }
}

/// The note that a build was begun.
#[derive(Serialize, Deserialize)]
struct Unfinished {
    version: u32,
    seed: u64,
}

/// A layout on disk as a sink of images, with a journal of finished layers.
#[derive(Debug)]
pub struct LayoutSink {
    writer: LayoutWriter,
    journal: Journal,
    note: PathBuf,
}

/// Why a layout could not be opened for a build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLayoutSinkError {
    /// The layout itself.
    #[error("cannot build into {}", path.display())]
    Layout {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: WriteLayoutError,
    },
    /// The build's own notes in it.
    #[error("failed to keep notes of the build in {}", path.display())]
    Notes {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl LayoutSink {
    /// Opens a layout, an empty one where there is none, and notes that a build with this seed has begun.
    ///
    /// # Errors
    ///
    /// [`OpenLayoutSinkError`] when the folder cannot be written, holds other things, or another process writes it.
    pub fn open(
        path: impl Into<PathBuf>,
        identity: &BuildIdentity,
        seed: u64,
    ) -> Result<Self, OpenLayoutSinkError> {
        let path = path.into();
        let layout_error = |source| OpenLayoutSinkError::Layout {
            path: path.clone(),
            source,
        };
        let writer = LayoutWriter::create(&path).map_err(layout_error)?;
        let notes = path.join(NOTES);
        let notes_error = |source| OpenLayoutSinkError::Notes {
            path: notes.clone(),
            source,
        };
        fs::create_dir_all(&notes).map_err(notes_error)?;
        let journal = Journal::open(&notes.join("layers.jsonl")).map_err(notes_error)?;
        let unfinished = Unfinished {
            version: VERSION,
            seed,
        };
        writer
            .replace(&identity.note(), &canonical_json(&unfinished))
            .map_err(layout_error)?;
        let note = path.join(identity.note());
        Ok(Self {
            writer,
            journal,
            note,
        })
    }

    /// Returns the layout's writer.
    pub fn writer(&self) -> &LayoutWriter {
        &self.writer
    }

    /// Notes that the build is complete: the next one without a seed of its own takes a new one.
    ///
    /// # Errors
    ///
    /// [`OpenLayoutSinkError::Notes`] when the note cannot be removed.
    pub fn complete(self) -> Result<(), OpenLayoutSinkError> {
        fs::remove_file(&self.note).map_err(|source| OpenLayoutSinkError::Notes {
            path: self.note.clone(),
            source,
        })
    }

    fn holds(&self, receipt: &LayerReceipt) -> bool {
        let path = self.writer.layout().blob_path(&receipt.digest);
        fs::metadata(path).is_ok_and(|blob| blob.is_file() && blob.len() == receipt.wire_bytes)
    }
}

impl BlobSink for LayoutSink {
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError> {
        self.writer.contains(digest)
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        self.writer.start()
    }
}

impl ImageSink for LayoutSink {
    fn place(&self) -> String {
        self.writer.place()
    }

    fn put_tags(&self, tags: &[Tag]) -> Result<(), SinkError> {
        ImageSink::put_tags(&self.writer, tags)
    }

    fn recall(&self, recipe: &RecipeFingerprint) -> Option<LayerReceipt> {
        self.journal
            .recall(recipe)
            .filter(|receipt| self.holds(receipt))
    }

    fn record(&self, recipe: &RecipeFingerprint, receipt: &LayerReceipt) -> Result<(), SinkError> {
        self.journal
            .record(recipe, receipt)
            .map_err(|source| SinkError::new(self.place(), source))
    }
}
