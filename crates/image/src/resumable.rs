//! Blobs whose digest is known before their bytes: they survive a kill half-way.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::blob::SinkError;
use crate::{Digest, Hasher, LayoutWriter};

/// Bytes of an earlier attempt that are hashed at a time.
const REHASH_BYTES: usize = 256 << 10;

/// A blob on its way into a layout, which goes on where an earlier attempt ended, of this process or of one that
/// was killed.
///
/// It becomes visible under its digest by [`finish`](Self::finish) alone. Dropped before, its bytes stay for the next
/// attempt. The [`LayoutWriter`] it comes from must outlive it: that holds the layout's lock.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use pullstudy_image::{BlobSink, Digest, LayoutWriter};
///
/// let dir = tempfile::tempdir()?;
/// let writer = LayoutWriter::create(dir.path())?;
/// let digest = Digest::of(b"first and second");
///
/// let mut blob = writer.resume(&digest)?;
/// blob.write_all(b"first and ")?;
/// drop(blob); // the connection broke
/// assert!(!writer.contains(&digest)?);
///
/// let mut blob = writer.resume(&digest)?;
/// assert_eq!(blob.received_bytes(), 10);
/// blob.write_all(b"second")?;
/// assert_eq!(blob.finish()?, digest);
/// assert!(writer.contains(&digest)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ResumableBlob {
    place: String,
    path: PathBuf,
    target: PathBuf,
    file: File,
    expected: Digest,
    hasher: Hasher,
    received_bytes: u64,
}

impl LayoutWriter {
    /// Opens a blob whose digest is known, at the end of what an earlier attempt left of it.
    ///
    /// What is there is read and hashed first, so that the whole blob is checked at its end.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when it cannot be opened, or when it is open elsewhere.
    pub fn resume(&self, digest: &Digest) -> Result<ResumableBlob, SinkError> {
        let place = self.layout().path().display().to_string();
        let path = self.resumable_path(digest);
        let opened = open(&path).and_then(|mut file| {
            let (hasher, received_bytes) = rehash(&mut file, digest)?;
            Ok((file, hasher, received_bytes))
        });
        let (file, hasher, received_bytes) =
            opened.map_err(|source| SinkError::new(&place, source))?;
        Ok(ResumableBlob {
            place,
            path,
            target: self.layout().blob_path(digest),
            file,
            expected: *digest,
            hasher,
            received_bytes,
        })
    }
}

impl ResumableBlob {
    /// Returns how many bytes are there: the offset of the next one.
    pub fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Forgets all bytes, where they turned out to be wrong ones.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the file cannot be cut.
    pub fn restart(&mut self) -> Result<(), SinkError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(|source| SinkError::new(&self.place, source))?;
        self.hasher = Hasher::new(self.expected.algorithm());
        self.received_bytes = 0;
        Ok(())
    }

    /// Makes the blob visible if its bytes hash to its digest, and returns what they hash to.
    ///
    /// Bytes with another digest are removed: going on from them would be of no use.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when the file cannot be moved.
    pub fn finish(self) -> Result<Digest, SinkError> {
        let actual = self.hasher.clone().finish();
        let moved = if actual == self.expected {
            let folder = self.target.parent().map_or(Ok(()), fs::create_dir_all);
            folder.and_then(|()| fs::rename(&self.path, &self.target))
        } else {
            fs::remove_file(&self.path)
        };
        moved.map_err(|source| SinkError::new(&self.place, source))?;
        Ok(actual)
    }
}

impl Drop for ResumableBlob {
    fn drop(&mut self) {
        // A child process that another thread is just starting holds the file open for a moment, and the lock with it.
        let _ = self.file.unlock();
    }
}

impl Write for ResumableBlob {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.received_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &PathBuf) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("the blob is being written already")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn rehash(file: &mut File, digest: &Digest) -> io::Result<(Hasher, u64)> {
    let mut hasher = Hasher::new(digest.algorithm());
    let mut received_bytes = 0;
    let mut buffer = vec![0; REHASH_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hasher, received_bytes));
        }
        hasher.update(&buffer[..read]);
        received_bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BlobSink;

    #[test]
    fn another_process_goes_on_where_one_was_killed() {
        let dir = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"abcdef");
        let writer = LayoutWriter::create(dir.path()).unwrap();
        writer.resume(&digest).unwrap().write_all(b"abc").unwrap();
        drop(writer);

        let writer = LayoutWriter::create(dir.path()).unwrap();
        let mut blob = writer.resume(&digest).unwrap();
        assert_eq!(blob.received_bytes(), 3);
        blob.write_all(b"def").unwrap();
        assert_eq!(blob.finish().unwrap(), digest);
        assert!(writer.contains(&digest).unwrap());
    }

    #[test]
    fn wrong_bytes_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(dir.path()).unwrap();
        let digest = Digest::of(b"right");
        let mut blob = writer.resume(&digest).unwrap();
        blob.write_all(b"wrong").unwrap();
        assert_eq!(blob.finish().unwrap(), Digest::of(b"wrong"));
        assert!(!writer.contains(&digest).unwrap());
        assert_eq!(writer.resume(&digest).unwrap().received_bytes(), 0);
    }

    #[test]
    fn a_restart_forgets() {
        let dir = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(dir.path()).unwrap();
        let digest = Digest::of(b"right");
        let mut blob = writer.resume(&digest).unwrap();
        blob.write_all(b"wrong").unwrap();
        blob.restart().unwrap();
        blob.write_all(b"right").unwrap();
        assert_eq!(blob.finish().unwrap(), digest);
    }

    #[test]
    fn a_blob_is_open_once() {
        let dir = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(dir.path()).unwrap();
        let digest = Digest::of(b"x");
        let _first = writer.resume(&digest).unwrap();
        assert!(writer.resume(&digest).is_err());
    }
}
