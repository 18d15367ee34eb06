//! Root filesystems, built layer by layer.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use pullstudy_image::{Compression, DiffId, TarError, TarStream};

use crate::Span;
use crate::confined::ConfinedDir;
use crate::layer_stream::{LayerFacts, LayerStream};
use crate::layer_writer::{Counts, LayerWriter, PutError};

/// A root filesystem on its way: a folder, and the layers applied to it so far.
///
/// Layers are applied in order into **one** folder, whiteouts carried out as removals, as `umoci unpack` does it.
/// containerd's overlayfs snapshotter keeps a folder a layer instead and turns whiteouts into device nodes. The files
/// written are the same, so the cost is too, with one exception: two images that share lower layers share their
/// folders in containerd, and are unpacked apart here.
///
/// **Nothing leaves the folder.** Absolute names, `..`, and symlinks in a name's way are taken as they would be
/// inside a `chroot`; a file is always made anew, never opened through what is there.
///
/// **Rights.** With the superuser's rights owners and devices are set. Without, owners stay the caller's, folders
/// keep `u+rwx` so that later layers can be applied, devices are left out, and [`Unpacked::skipped`] counts all of it.
/// Sparse entries are refused: image builders write none.
///
/// **Durability.** Files are not flushed to disk, as in containerd by default.
///
/// # Examples
///
/// ```
/// use pullstudy_image::{Compression, DiffId};
/// use pullstudy_runner::RootFilesystem;
///
/// let mut tar = tar::Builder::new(Vec::new());
/// let mut header = tar::Header::new_ustar();
/// header.set_size(6);
/// header.set_mode(0o644);
/// tar.append_data(&mut header, "etc/motd", &b"hello\n"[..])?;
/// let tar = tar.into_inner()?;
///
/// let dir = tempfile::tempdir()?;
/// let mut root = RootFilesystem::create(dir.path().join("rootfs"))?;
/// let unpacked = root.apply(&tar[..], Compression::None, &DiffId::of(&tar))?;
/// assert_eq!(unpacked.file_bytes, 6);
/// assert_eq!(std::fs::read(root.path().join("etc/motd"))?, b"hello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
///
/// OCI image-spec 1.1, layer.md, "Applying Changesets"; containerd 1.6, `archive/tar.go`.
#[derive(Debug)]
pub struct RootFilesystem {
    path: PathBuf,
    root: ConfinedDir,
    is_superuser: bool,
}

/// What applying a layer did, and how long each part of it took.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unpacked {
    /// Bytes of the uncompressed tar.
    pub tar_bytes: u64,
    /// Sum of the regular files' sizes in bytes.
    pub file_bytes: u64,
    /// Entries in the tar, whiteouts included.
    pub entries: u64,
    /// Regular files among them.
    pub files: u64,
    /// Whiteouts among them.
    pub whiteouts: u64,
    /// What could not be put onto this file system.
    pub skipped: Skipped,
    /// Reading the stored layer back and inflating it; its bytes are [`Unpacked::tar_bytes`].
    pub decompressing: Span,
    /// Hashing the tar.
    pub hashing: Span,
    /// All the rest: reading the tar's headers, and making files, folders, links and whiteouts.
    pub writing: Span,
}

/// What was left out of a layer, as this process or file system cannot have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Device nodes.
    pub devices: u64,
    /// Entries whose owner was not set.
    pub owners: u64,
    /// Extended attributes.
    pub xattrs: u64,
}

impl Skipped {
    /// Adds what was left out elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.devices += other.devices;
        self.owners += other.owners;
        self.xattrs += other.xattrs;
    }
}

/// Why a layer could not be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// The folder for the root filesystem could not be made.
    #[error("failed to make the folder {}{}", path.display(), remedy(source))]
    Create {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The layer is no tar, or could not be read or inflated.
    #[error("failed to read the layer")]
    Tar {
        /// Where and why.
        source: TarError,
    },
    /// An entry could not be written.
    #[error("failed to unpack {}{}", path.display(), remedy(source))]
    Write {
        /// The file, as the layer names it, below the root filesystem's folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An entry is of a kind that is not unpacked, such as a sparse file.
    #[error("entry {entry:?} of the layer has the unsupported type {:?}", char::from(*type_flag))]
    Unsupported {
        /// The entry's path.
        entry: String,
        /// Its type flag in the tar; `S` for all kinds of sparse files.
        type_flag: u8,
    },
    /// A whiteout names nothing, or a folder above its own.
    #[error("entry {entry:?} of the layer is a whiteout of no name")]
    Whiteout {
        /// The entry's path.
        entry: String,
    },
    /// The tar is not the one that the config names.
    #[error("the layer has diff_id {actual}, the config expects {expected}")]
    DiffId {
        /// The diff_id in the config.
        expected: DiffId,
        /// The hash of what was unpacked.
        actual: DiffId,
    },
}

/// Returns what to do about an error of the file system, for the end of a sentence.
pub(crate) fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free space there, or choose a folder on another file system"
        }
        io::ErrorKind::ReadOnlyFilesystem => "; choose a folder that can be written",
        _ => "",
    }
}

impl RootFilesystem {
    /// Makes an empty root filesystem, in a folder that must not exist yet.
    ///
    /// # Errors
    ///
    /// [`UnpackError::Create`].
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, UnpackError> {
        let path = path.into();
        let opened = fs::create_dir(&path).and_then(|()| ConfinedDir::open(&path));
        match opened {
            Ok(root) => Ok(Self {
                path,
                root,
                is_superuser: rustix::process::geteuid().is_root(),
            }),
            Err(source) => Err(UnpackError::Create { path, source }),
        }
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Applies one layer in a single pass over its stored bytes.
    ///
    /// Memory is a fixed buffer, and about a hundred bytes for each entry of the layer.
    ///
    /// # Errors
    ///
    /// [`UnpackError`]; the folder then holds part of the layer and must be thrown away. A wrong diff_id is known
    /// only at the end, as in containerd.
    pub fn apply(
        &mut self,
        stored: impl Read,
        compression: Compression,
        expected: &DiffId,
    ) -> Result<Unpacked, UnpackError> {
        let start = Instant::now();
        let (counts, facts) = self.put_layer(stored, compression, expected)?;
        if facts.diff_id != *expected {
            return Err(UnpackError::DiffId {
                expected: *expected,
                actual: facts.diff_id,
            });
        }
        let end = Instant::now();
        let elsewhere = facts.decompressing.busy() + facts.hashing.busy();
        let busy = (end - start).saturating_sub(elsewhere);
        Ok(Unpacked {
            tar_bytes: facts.decompressing.bytes(),
            file_bytes: counts.file_bytes,
            entries: counts.entries,
            files: counts.files,
            whiteouts: counts.whiteouts,
            skipped: counts.skipped,
            decompressing: facts.decompressing,
            hashing: facts.hashing,
            writing: Span::of_part(start, end, busy, counts.file_bytes),
        })
    }

    fn put_layer(
        &self,
        stored: impl Read,
        compression: Compression,
        expected: &DiffId,
    ) -> Result<(Counts, LayerFacts), UnpackError> {
        let unreadable = |source| UnpackError::Tar { source };
        let stream = LayerStream::new(stored, compression, expected.algorithm());
        let stream = stream.map_err(|source| {
            unreadable(TarError::Read {
                position: 0,
                source,
            })
        })?;
        let mut tar = TarStream::new(stream);
        let mut layer = LayerWriter::new(&self.root, self.is_superuser);
        while let Some(entry) = tar.next_entry().map_err(unreadable)? {
            let put = layer.put(&entry, &mut tar);
            put.map_err(|error| self.entry_error(&entry.path, error))?;
        }
        tar.drain().map_err(unreadable)?;
        let finished = layer.finish();
        let counts = finished.map_err(|source| UnpackError::Write {
            path: self.path.clone(),
            source,
        })?;
        Ok((counts, tar.into_inner().finish()))
    }

    fn entry_error(&self, entry: &[u8], error: PutError) -> UnpackError {
        let name = || String::from_utf8_lossy(entry).into_owned();
        match error {
            PutError::Tar(source) => UnpackError::Tar { source },
            PutError::Whiteout => UnpackError::Whiteout { entry: name() },
            PutError::Unsupported { type_flag } => UnpackError::Unsupported {
                entry: name(),
                type_flag,
            },
            PutError::Write(source) => UnpackError::Write {
                path: self.path.join(name().trim_start_matches('/')),
                source,
            },
        }
    }
}
