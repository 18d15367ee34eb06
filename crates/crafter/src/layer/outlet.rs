//! Where a layer goes: the sink, the two hashes, and the count of bytes.

use std::io::{self, Write};

use pullstudy_image::{DiffId, Digest};
use sha2::{Digest as _, Sha256};

/// Hashes the tar and the stored bytes of a layer, and writes the latter.
pub(super) struct Outlet<'a> {
    sink: &'a mut dyn Write,
    progress: &'a mut dyn FnMut(u64),
    tar: Sha256,
    tar_bytes: u64,
    wire: Sha256,
    wire_bytes: u64,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(sink: &'a mut dyn Write, progress: &'a mut dyn FnMut(u64)) -> Self {
        Self {
            sink,
            progress,
            tar: Sha256::new(),
            tar_bytes: 0,
            wire: Sha256::new(),
            wire_bytes: 0,
        }
    }

    /// Takes the next bytes of the tar.
    pub(super) fn tar(&mut self, bytes: &[u8]) {
        self.tar.update(bytes);
        self.tar_bytes += bytes.len() as u64;
    }

    /// Takes the next stored bytes.
    pub(super) fn wire(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.update(bytes);
        self.write(bytes)
    }

    /// Takes the next bytes of a tar that is stored as it is, and hashes them but once.
    pub(super) fn plain(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tar(bytes);
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write_all(bytes)?;
        self.wire_bytes += bytes.len() as u64;
        (self.progress)(bytes.len() as u64);
        Ok(())
    }

    pub(super) fn wire_bytes(&self) -> u64 {
        self.wire_bytes
    }

    /// Returns the hashes and sizes of a compressed layer.
    pub(super) fn finish(self) -> Written {
        Written {
            digest: Digest::from_sha256(self.wire.finalize().into()),
            diff_id: DiffId::from_sha256(self.tar.finalize().into()),
            wire_bytes: self.wire_bytes,
            tar_bytes: self.tar_bytes,
        }
    }

    /// Returns the hashes and sizes of a layer that went through [`Self::plain`] only.
    pub(super) fn finish_plain(self) -> Written {
        let hash = self.tar.finalize().into();
        Written {
            digest: Digest::from_sha256(hash),
            diff_id: DiffId::from_sha256(hash),
            wire_bytes: self.wire_bytes,
            tar_bytes: self.tar_bytes,
        }
    }
}

/// Hashes and sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) digest: Digest,
    pub(super) diff_id: DiffId,
    pub(super) wire_bytes: u64,
    pub(super) tar_bytes: u64,
}
