//! A node's blobs, under their digests.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pullstudy_image::{Descriptor, Digest};

use crate::unpack::remedy;

/// Why a node's store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the node's store failed at {}{}", path.display(), remedy(source))]
#[non_exhaustive]
pub struct StoreError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl StoreError {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { path, source }
    }
}

/// A folder with `blobs/` as in an OCI layout, and `ingest/` for what is not whole yet, as in containerd.
#[derive(Clone, Debug)]
pub(crate) struct ContentStore {
    root: PathBuf,
    next_ingest: Arc<AtomicU64>,
}

impl ContentStore {
    /// Opens a store, or makes an empty one. What a killed process left half-written is removed.
    pub(crate) fn open(root: PathBuf) -> Result<Self, StoreError> {
        let ingest = root.join("ingest");
        if ingest.exists() {
            fs::remove_dir_all(&ingest).map_err(StoreError::at(&ingest))?;
        }
        for folder in [&ingest, &root.join("blobs").join("sha256")] {
            fs::create_dir_all(folder).map_err(StoreError::at(folder))?;
        }
        Ok(Self {
            root,
            next_ingest: Arc::default(),
        })
    }

    /// Tells whether a blob is there. One that is there is whole; the size guards against a disk that was full.
    pub(crate) fn contains(&self, descriptor: &Descriptor) -> bool {
        let metadata = self.path_of(&descriptor.digest).metadata();
        metadata.is_ok_and(|metadata| metadata.len() == descriptor.size_bytes)
    }

    pub(crate) fn open_blob(&self, digest: &Digest) -> Result<File, StoreError> {
        let path = self.path_of(digest);
        File::open(&path).map_err(StoreError::at(path))
    }

    /// Reads a document, if it is there.
    pub(crate) fn read(&self, descriptor: &Descriptor) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.contains(descriptor) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let read = self.open_blob(&descriptor.digest)?.read_to_end(&mut bytes);
        read.map_err(StoreError::at(self.path_of(&descriptor.digest)))?;
        Ok(Some(bytes))
    }

    /// Stores a document whose digest was checked.
    pub(crate) fn put(&self, digest: &Digest, bytes: &[u8], sync: bool) -> Result<(), StoreError> {
        let mut ingest = self.start()?;
        ingest.write(bytes)?;
        ingest.commit(digest, sync)
    }

    /// Starts a blob.
    pub(crate) fn start(&self) -> Result<Ingest, StoreError> {
        let number = self.next_ingest.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join("ingest").join(number.to_string());
        let file = File::create_new(&path).map_err(StoreError::at(&path))?;
        Ok(Ingest {
            store: self.clone(),
            path,
            file,
        })
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        let folder = self.root.join("blobs").join(digest.algorithm().name());
        folder.join(digest.hex())
    }
}

/// A blob on its way into the store. Dropped before it is committed, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Ingest {
    store: ContentStore,
    path: PathBuf,
    file: File,
}

impl Ingest {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file
            .write_all(bytes)
            .map_err(StoreError::at(&self.path))
    }

    /// Makes the blob visible under `digest`, which the caller has checked. With `sync` it is on the disk first, as
    /// containerd has it before it renames.
    pub(crate) fn commit(self, digest: &Digest, sync: bool) -> Result<(), StoreError> {
        if sync {
            self.file.sync_all().map_err(StoreError::at(&self.path))?;
        }
        let target = self.store.path_of(digest);
        // The folder is missing for the rare algorithm only.
        let made = target.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::rename(&self.path, &target))
            .map_err(StoreError::at(target))
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        // After the rename there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}

/// Writes a small file by rename, so that it is there whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let partial = path.with_extension("partial");
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(StoreError::at(path))
}

#[cfg(test)]
mod tests {
    use pullstudy_image::MediaType;

    use super::*;

    fn descriptor(bytes: &[u8]) -> Descriptor {
        Descriptor::new(MediaType::ImageLayer, Digest::of(bytes), bytes.len() as u64)
    }

    fn ingests(root: &Path) -> usize {
        fs::read_dir(root.join("ingest")).unwrap().count()
    }

    #[test]
    fn a_blob_is_there_after_its_commit_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let store = ContentStore::open(dir.path().into()).unwrap();
        let blob = descriptor(b"blob");
        let mut ingest = store.start().unwrap();
        ingest.write(b"blob").unwrap();
        assert!(!store.contains(&blob));
        ingest.commit(&blob.digest, true).unwrap();
        assert_eq!(store.read(&blob).unwrap().unwrap(), b"blob");
        assert_eq!(ingests(dir.path()), 0);
    }

    #[test]
    fn what_was_dropped_or_killed_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let store = ContentStore::open(dir.path().into()).unwrap();
        store.start().unwrap().write(b"half").unwrap();
        assert_eq!(ingests(dir.path()), 0);
        fs::write(dir.path().join("ingest/7"), b"left by a kill").unwrap();
        ContentStore::open(dir.path().into()).unwrap();
        assert_eq!(ingests(dir.path()), 0);
    }

    #[test]
    fn a_blob_of_another_size_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let store = ContentStore::open(dir.path().into()).unwrap();
        let mut blob = descriptor(b"blob");
        store.put(&blob.digest, b"blob", false).unwrap();
        blob.size_bytes += 1;
        assert_eq!(store.read(&blob).unwrap(), None);
    }
}
