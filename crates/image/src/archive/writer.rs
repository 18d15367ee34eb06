//! An archive of manifests, written so that a kill at any moment loses nothing that was there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::journal::{Journal, TagList, TagRecord, list_line, record_line};
use super::location;
use super::missing::Missing;
use super::read::ArchiveError;
use super::stored;
use crate::{Digest, Hasher, Reference};

/// Where partial documents lie until they are whole. On the archive's own file system, so that a rename suffices.
const PARTIAL: &str = ".partial";

/// Writes an archive of manifests and configs, a folder a repository.
///
/// Documents appear under their digest by rename, and only if they have it. What is known of a tag is a line that is
/// appended. So an archive can be added to at any time, and nothing that is there need be asked for again.
#[derive(Clone, Debug)]
pub struct ArchiveWriter {
    root: PathBuf,
}

/// Writes what belongs to one repository. One process at a time may; it holds a lock until the writer is dropped.
#[derive(Debug)]
pub struct RepositoryWriter {
    folder: PathBuf,
    state: Mutex<State>,
    next_partial: AtomicU64,
    lock: File,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    file: File,
}

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteArchiveError {
    /// A folder or file could not be made.
    #[error("failed to write {}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes this repository's folder.
    #[error("{} is being written by another process; wait for it to end, or choose another folder", path.display())]
    Busy {
        /// The repository's folder.
        path: PathBuf,
    },
    /// What is there already cannot be read.
    #[error("the existing archive cannot be added to")]
    Existing {
        /// Why.
        source: ArchiveError,
    },
    /// The folder is that of another repository.
    #[error("{} holds {found}, not {expected}", path.display())]
    OtherRepository {
        /// The folder.
        path: PathBuf,
        /// The repository in it.
        found: String,
        /// The repository that was to be written.
        expected: String,
    },
    /// A document has another digest than the one it was to be kept under.
    #[error("a document for {} has digest {actual}, expected {expected}", path.display())]
    DigestMismatch {
        /// The repository's folder.
        path: PathBuf,
        /// The digest given.
        expected: Digest,
        /// The digest of the bytes.
        actual: Digest,
    },
}

impl ArchiveWriter {
    /// Opens an archive for writing, and makes an empty one where there is none.
    ///
    /// # Errors
    ///
    /// [`WriteArchiveError::Write`] when the folder cannot be made.
    pub fn create(root: impl Into<PathBuf>) -> Result<Self, WriteArchiveError> {
        let root = root.into();
        make_dir(&root)?;
        Ok(Self { root })
    }

    /// Returns the archive's folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Opens the folder of the reference's repository; its tag and digest do not matter.
    ///
    /// # Errors
    ///
    /// [`WriteArchiveError::Busy`] while another process writes it, [`WriteArchiveError::Existing`] when what is there
    /// cannot be read, [`WriteArchiveError::Write`] when nothing can be written there.
    pub fn repository(&self, reference: &Reference) -> Result<RepositoryWriter, WriteArchiveError> {
        RepositoryWriter::open(
            location::repository_folder(&self.root, reference),
            reference.name(),
        )
    }
}

impl RepositoryWriter {
    fn open(folder: PathBuf, name: String) -> Result<Self, WriteArchiveError> {
        make_dir(&folder)?;
        let lock = lock(&folder)?;
        clear_partials(&folder)?;
        let next_partial = AtomicU64::new(0);
        let journal = existing(&folder, name)?;
        let path = location::journal(&folder);
        if let Rewrite::Needed(journal) = &journal {
            replace(&folder, &next_partial, &path, journal.to_text().as_bytes())?;
        }
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.map_err(|source| WriteArchiveError::Write { path, source })?;
        Ok(Self {
            folder,
            state: Mutex::new(State {
                journal: journal.into_inner(),
                file,
            }),
            next_partial,
            lock,
        })
    }

    /// Returns the repository's folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Returns what is known of a tag, or of what was asked for by digest.
    pub fn record(&self, tag_or_digest: &str) -> Option<TagRecord> {
        self.state().journal.record(tag_or_digest).cloned()
    }

    /// Returns a document that is there whole, a manifest, index or config. One that is damaged counts as absent.
    pub fn document(&self, digest: &Digest) -> Option<Vec<u8>> {
        stored::read_blob(&self.folder, digest).ok()
    }

    /// Keeps a document under its digest.
    ///
    /// # Errors
    ///
    /// [`WriteArchiveError::DigestMismatch`] when it has another one; [`WriteArchiveError::Write`].
    pub fn put_document(&self, digest: &Digest, bytes: &[u8]) -> Result<(), WriteArchiveError> {
        let actual = Hasher::digest(digest.algorithm(), bytes);
        if actual != *digest {
            return Err(WriteArchiveError::DigestMismatch {
                path: self.folder.clone(),
                expected: *digest,
                actual,
            });
        }
        let path = location::blob(&self.folder, digest);
        if let Some(parent) = path.parent() {
            make_dir(parent)?;
        }
        replace(&self.folder, &self.next_partial, &path, bytes)
    }

    /// Keeps the tags that the registry listed. `asked_at_unix_seconds` is when, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`WriteArchiveError::Write`].
    pub fn put_tags(
        &self,
        tags: &[String],
        asked_at_unix_seconds: Option<u64>,
    ) -> Result<(), WriteArchiveError> {
        self.put_list(TagList {
            asked_at_unix_seconds,
            tags: tags.to_vec(),
            missing: None,
        })
    }

    /// Keeps the reason for which the registry listed no tags. Tags that it listed before stay known.
    ///
    /// # Errors
    ///
    /// [`WriteArchiveError::Write`].
    pub fn put_missing_tags(
        &self,
        missing: Missing,
        asked_at_unix_seconds: Option<u64>,
    ) -> Result<(), WriteArchiveError> {
        let known = self.state().journal.list.clone().unwrap_or_default();
        self.put_list(TagList {
            asked_at_unix_seconds,
            tags: known.tags,
            missing: Some(missing),
        })
    }

    fn put_list(&self, list: TagList) -> Result<(), WriteArchiveError> {
        let mut state = self.state();
        self.append(&mut state, &list_line(&list))?;
        state.journal.list = Some(list);
        Ok(())
    }

    /// Keeps what is known of a tag, in place of what was known before.
    ///
    /// # Errors
    ///
    /// [`WriteArchiveError::Write`].
    pub fn put_record(&self, record: TagRecord) -> Result<(), WriteArchiveError> {
        let mut state = self.state();
        if state.journal.record(&record.key()) == Some(&record) {
            return Ok(());
        }
        self.append(&mut state, &record_line(&record))?;
        state.journal.put(record);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a line, whole or not at all: half a line on a full disk would swallow the next one.
    fn append(&self, state: &mut State, line: &str) -> Result<(), WriteArchiveError> {
        let failed = |source| WriteArchiveError::Write {
            path: location::journal(&self.folder),
            source,
        };
        let end = state.file.seek(SeekFrom::End(0)).map_err(failed)?;
        let written = state.file.write_all(line.as_bytes());
        if written.is_err() {
            // Should this fail too, the next writer finds half a line and drops it.
            let _ = state.file.set_len(end);
        }
        written.map_err(failed)
    }
}

impl Drop for RepositoryWriter {
    fn drop(&mut self) {
        // Empty by now. Should it stay all the same, the next writer clears it.
        let _ = fs::remove_dir(self.folder.join(PARTIAL));
        // A process that this one is just starting (a credential helper) has the file open until it runs its own
        // program, and closing it here would not let go of the lock.
        let _ = self.lock.unlock();
    }
}

/// A journal, and whether its file must be written before lines can be appended.
enum Rewrite {
    Needed(Journal),
    NotNeeded(Journal),
}

impl Rewrite {
    fn into_inner(self) -> Journal {
        match self {
            Self::Needed(journal) | Self::NotNeeded(journal) => journal,
        }
    }
}

fn existing(folder: &Path, name: String) -> Result<Rewrite, WriteArchiveError> {
    let path = location::journal(folder);
    if !path.exists() {
        return Ok(Rewrite::Needed(Journal::new(name)));
    }
    let read = stored::read_journal(folder);
    let (journal, stale) = read.map_err(|source| WriteArchiveError::Existing { source })?;
    if journal.repository != name {
        return Err(WriteArchiveError::OtherRepository {
            path,
            found: journal.repository,
            expected: name,
        });
    }
    Ok(if stale {
        Rewrite::Needed(journal)
    } else {
        Rewrite::NotNeeded(journal)
    })
}

/// Writes a file by rename, so that it is there whole or not at all.
fn replace(
    folder: &Path,
    next_partial: &AtomicU64,
    path: &Path,
    bytes: &[u8],
) -> Result<(), WriteArchiveError> {
    let number = next_partial.fetch_add(1, Ordering::Relaxed);
    let partial = folder.join(PARTIAL).join(number.to_string());
    let renamed = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    renamed.map_err(|source| {
        // It may be gone, and a file that cannot be removed is cleared by the next writer.
        let _ = fs::remove_file(&partial);
        WriteArchiveError::Write {
            path: path.to_owned(),
            source,
        }
    })
}

fn lock(folder: &Path) -> Result<File, WriteArchiveError> {
    let path = folder.join(".lock");
    let opened = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = opened.map_err(|source| WriteArchiveError::Write {
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WriteArchiveError::Busy {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(WriteArchiveError::Write { path, source }),
    }
}

fn clear_partials(folder: &Path) -> Result<(), WriteArchiveError> {
    let path = folder.join(PARTIAL);
    if path.exists() {
        fs::remove_dir_all(&path).map_err(|source| WriteArchiveError::Write {
            path: path.clone(),
            source,
        })?;
    }
    make_dir(&path)
}

fn make_dir(path: &Path) -> Result<(), WriteArchiveError> {
    fs::create_dir_all(path).map_err(|source| WriteArchiveError::Write {
        path: path.to_owned(),
        source,
    })
}
