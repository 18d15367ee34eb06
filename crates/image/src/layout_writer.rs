//! An OCI layout on disk, written so that a kill at any moment leaves a layout.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use oci_spec::image::ANNOTATION_REF_NAME;

use crate::blob::{BlobSink, BlobWriter, SinkError};
use crate::layout::ANNOTATION_IMAGE_NAME;
use crate::{Descriptor, Digest, Index, Layout, LayoutError, Reference};

/// Where partial blobs lie until they are whole. On the layout's own file system, so that a rename suffices.
const PARTIAL: &str = ".partial";

/// Writes a layout: blobs first, each appearing by rename, `index.json` last.
///
/// One writer at a time: a lock on the folder is held until the writer is dropped, and the system lets go of it when
/// the process dies. Partial blobs of unknown digest that a killed process left are removed by the next writer; blobs
/// that were finished stay, and so do those that can be resumed ([`LayoutWriter::resume`]).
#[derive(Debug)]
pub struct LayoutWriter {
    layout: Layout,
    next_partial: AtomicU64,
    lock: File,
}

/// A tag of a layout, about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tag {
    /// The full reference; its tag becomes `org.opencontainers.image.ref.name`.
    pub reference: Reference,
    /// The manifest or index it stands for.
    pub descriptor: Descriptor,
}

impl Tag {
    /// Says that `reference` stands for `descriptor`.
    pub fn new(reference: Reference, descriptor: Descriptor) -> Self {
        Self {
            reference,
            descriptor,
        }
    }
}

/// Why a layout could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteLayoutError {
    /// The folder or a file in it could not be made.
    #[error("failed to write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes this layout.
    #[error("{} is being written by another process; wait for it to end, or choose another folder", path.display())]
    Busy {
        /// The layout.
        path: PathBuf,
    },
    /// The folder holds something else than a layout.
    #[error("{} is not empty and no OCI layout; choose a new folder", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The layout's own list of images cannot be read.
    #[error("the existing layout cannot be added to")]
    Existing {
        /// Why.
        source: LayoutError,
    },
}

impl LayoutWriter {
    /// Opens a layout for writing, and makes an empty one where there is none.
    ///
    /// # Errors
    ///
    /// [`WriteLayoutError::Busy`] while another process writes it, [`WriteLayoutError::Foreign`] when the folder
    /// holds other things, [`WriteLayoutError::Write`] when it cannot be made.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, WriteLayoutError> {
        let root = root.into();
        refuse_foreign(&root)?;
        make_dir(&root.join("blobs").join("sha256"))?;
        let lock = lock(&root)?;
        clear_partials(&root)?;
        let writer = Self {
            layout: Layout::unchecked(root),
            next_partial: AtomicU64::new(0),
            lock,
        };
        writer.mark()?;
        Ok(writer)
    }

    /// Writes what makes a folder a layout, the marker last.
    fn mark(&self) -> Result<(), WriteLayoutError> {
        let root = self.layout.path();
        if !root.join("index.json").exists() {
            self.replace("index.json", Index::new(&[]).raw())?;
        }
        if root.join("oci-layout").exists() {
            return Layout::open(root)
                .map(drop)
                .map_err(|source| WriteLayoutError::Existing { source });
        }
        self.replace("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)
    }

    /// Returns the layout, for reading.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Tells whether a blob is there in its full length. One of another length is damaged, and is replaced when it is written.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the file cannot be looked at.
    pub fn holds(&self, descriptor: &Descriptor) -> Result<bool, SinkError> {
        match fs::metadata(self.layout.blob_path(&descriptor.digest)) {
            Ok(blob) => Ok(blob.is_file() && blob.len() == descriptor.size_bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.sink_error(error)),
        }
    }

    /// Stores a small blob, if it is not there yet, and returns its digest.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when it cannot be written.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Digest, SinkError> {
        let digest = Digest::of(bytes);
        if !self.contains(&digest)? {
            let mut blob = self.start()?;
            blob.write_all(bytes)
                .map_err(|source| self.sink_error(source))?;
            blob.finish(&digest)?;
        }
        Ok(digest)
    }

    /// Adds tags to `index.json`, by rename; a tag that is there already moves.
    ///
    /// Two entries are the same tag when their full references agree, or, where an entry has none, their tags do.
    ///
    /// # Errors
    ///
    /// [`WriteLayoutError`] when the index cannot be read or replaced; the old one stays then.
    pub fn put_tags(&self, tags: &[Tag]) -> Result<(), WriteLayoutError> {
        let index = self
            .layout
            .index()
            .map_err(|source| WriteLayoutError::Existing { source })?;
        let mut entries: Vec<Descriptor> = index.manifests().to_vec();
        for tag in tags {
            let entry = annotated(tag);
            entries.retain(|old| !same_tag(old, &entry));
            entries.push(entry);
        }
        self.replace("index.json", Index::new(&entries).raw())
    }

    /// Writes a file of the layout's root by rename, so that it is there whole or not at all.
    ///
    /// # Errors
    ///
    /// [`WriteLayoutError::Write`]; the old file stays then.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), WriteLayoutError> {
        let path = self.layout.path().join(name);
        let partial = self.partial();
        fs::write(&partial, bytes)
            .and_then(|()| fs::rename(&partial, &path))
            .map_err(|source| WriteLayoutError::Write { path, source })
    }

    fn partial(&self) -> PathBuf {
        let number = self.next_partial.fetch_add(1, Ordering::Relaxed);
        self.layout.path().join(PARTIAL).join(number.to_string())
    }

    /// Returns where the bytes of a blob of known digest wait for the rest.
    pub(crate) fn resumable_path(&self, digest: &Digest) -> PathBuf {
        let name = format!("{}-{}", digest.algorithm().name(), digest.hex());
        self.layout.path().join(PARTIAL).join(name)
    }

    fn sink_error(&self, source: io::Error) -> SinkError {
        SinkError::new(self.layout.path().display().to_string(), source)
    }
}

impl Drop for LayoutWriter {
    fn drop(&mut self) {
        // A child process that another thread is just starting holds the file open for a moment, and the lock with it.
        let _ = self.lock.unlock();
        // It goes only if it is empty: blobs that can be resumed keep it.
        let _ = fs::remove_dir(self.layout.path().join(PARTIAL));
    }
}

impl BlobSink for LayoutWriter {
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError> {
        self.layout
            .blob_path(digest)
            .try_exists()
            .map_err(|source| self.sink_error(source))
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        let path = self.partial();
        let file = File::create(&path).map_err(|source| self.sink_error(source))?;
        // Producers write in chunks of many kilobytes; small writes (tar headers) are gathered.
        Ok(Box::new(PartialBlob {
            writer: self,
            path,
            file: BufWriter::with_capacity(64 << 10, file),
        }))
    }
}

/// A blob under a temporary name.
struct PartialBlob<'a> {
    writer: &'a LayoutWriter,
    path: PathBuf,
    file: BufWriter<File>,
}

impl Write for PartialBlob<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.file.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl BlobWriter for PartialBlob<'_> {
    fn finish(mut self: Box<Self>, digest: &Digest) -> Result<(), SinkError> {
        let target = self.writer.layout.blob_path(digest);
        self.file
            .flush()
            .and_then(|()| target.parent().map_or(Ok(()), fs::create_dir_all))
            .and_then(|()| fs::rename(&self.path, &target))
            .map_err(|source| self.writer.sink_error(source))
    }
}

impl Drop for PartialBlob<'_> {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}

fn annotated(tag: &Tag) -> Descriptor {
    let descriptor = tag.descriptor.clone();
    descriptor
        .with_annotation(ANNOTATION_REF_NAME, tag.reference.tag_or_latest())
        .with_annotation(ANNOTATION_IMAGE_NAME, tag.reference.to_string())
}

fn same_tag(a: &Descriptor, b: &Descriptor) -> bool {
    let name = |entry: &Descriptor, key: &str| entry.annotations.get(key).cloned();
    match (
        name(a, ANNOTATION_IMAGE_NAME),
        name(b, ANNOTATION_IMAGE_NAME),
    ) {
        (Some(a), Some(b)) => a == b,
        _ => name(a, ANNOTATION_REF_NAME) == name(b, ANNOTATION_REF_NAME),
    }
}

fn refuse_foreign(root: &Path) -> Result<(), WriteLayoutError> {
    let ours = |name: &str| {
        matches!(
            name,
            "blobs" | "index.json" | "oci-layout" | ".lock" | PARTIAL
        )
    };
    let Ok(entries) = fs::read_dir(root) else {
        return Ok(());
    };
    let foreign = entries
        .flatten()
        .any(|entry| !ours(&entry.file_name().to_string_lossy()));
    if foreign && !root.join("oci-layout").exists() {
        return Err(WriteLayoutError::Foreign {
            path: root.to_owned(),
        });
    }
    Ok(())
}

fn lock(root: &Path) -> Result<File, WriteLayoutError> {
    let path = root.join(".lock");
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = opened.map_err(|source| WriteLayoutError::Write {
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WriteLayoutError::Busy {
            path: root.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(WriteLayoutError::Write { path, source }),
    }
}

/// Removes partial blobs that nobody can go on with: those without a digest in their name.
fn clear_partials(root: &Path) -> Result<(), WriteLayoutError> {
    let path = root.join(PARTIAL);
    make_dir(&path)?;
    let failed = |source| WriteLayoutError::Write {
        path: path.clone(),
        source,
    };
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().to_string_lossy().contains('-') {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

fn make_dir(path: &Path) -> Result<(), WriteLayoutError> {
    fs::create_dir_all(path).map_err(|source| WriteLayoutError::Write {
        path: path.to_owned(),
        source,
    })
}
