//! Tars of any content, hostile ones included: the names are written as given.

use std::fmt::Debug;

use pullstudy_image::{Compression, DiffId};
use pullstudy_runner::{RootFilesystem, UnpackError, Unpacked};
use tar::{EntryType, Header};

/// A tar on its way.
#[derive(Default)]
pub(crate) struct Tar {
    bytes: Vec<u8>,
}

impl Tar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(path, EntryType::Regular, 0o644, "", content)
    }

    pub(crate) fn file_with_mode(self, path: &str, mode: u32) -> Self {
        self.entry(path, EntryType::Regular, mode, "", b"")
    }

    pub(crate) fn folder(self, path: &str, mode: u32) -> Self {
        self.entry(path, EntryType::Directory, mode, "", b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(path, EntryType::Symlink, 0o777, target, b"")
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(path, EntryType::Link, 0o644, target, b"")
    }

    pub(crate) fn node(mut self, path: &str, kind: EntryType, (major, minor): (u32, u32)) -> Self {
        let mut header = header(path, kind, 0o640, "", 0);
        header.set_device_major(major).unwrap();
        header.set_device_minor(minor).unwrap();
        header.set_cksum();
        self.append(&header, b"");
        self
    }

    /// Appends a pax header for the entry that follows.
    pub(crate) fn pax(mut self, records: &[(&str, &[u8])]) -> Self {
        let data: Vec<u8> = records
            .iter()
            .flat_map(|(key, value)| record(key, value))
            .collect();
        let header = header("pax", EntryType::XHeader, 0o644, "", data.len() as u64);
        self.append(&header, &data);
        self
    }

    /// Appends an entry whose names are longer than a header has room for.
    pub(crate) fn long_entry(self, path: &str, kind: EntryType, target: &str) -> Self {
        self.pax(&[("path", path.as_bytes()), ("linkpath", target.as_bytes())])
            .entry("short", kind, 0o644, "short", b"")
    }

    pub(crate) fn entry(
        mut self,
        path: &str,
        kind: EntryType,
        mode: u32,
        target: &str,
        content: &[u8],
    ) -> Self {
        let header = header(path, kind, mode, target, content.len() as u64);
        self.append(&header, content);
        self
    }

    fn append(&mut self, header: &Header, content: &[u8]) {
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
    }

    /// Ends the tar with its two blocks of zeros.
    pub(crate) fn bytes(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }
}

fn header(path: &str, kind: EntryType, mode: u32, target: &str, size_bytes: u64) -> Header {
    let mut header = Header::new_ustar();
    let fields = header.as_mut_bytes();
    fields[..path.len()].copy_from_slice(path.as_bytes());
    fields[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size_bytes);
    header.set_mtime(1_700_000_000);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

/// `length key=value\n`, the length counting its own digits.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (1..)
        .find(|digits| (rest + digits).to_string().len() == *digits)
        .unwrap()
        + rest;
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

/// Applies an uncompressed layer whose diff_id is right.
pub(crate) fn apply(root: &mut RootFilesystem, tar: &[u8]) -> Result<Unpacked, UnpackError> {
    root.apply(tar, Compression::None, &DiffId::of(tar))
}

/// Applies layers to a new root filesystem, `rootfs` in `parent`.
pub(crate) fn unpack(parent: &std::path::Path, layers: &[Vec<u8>]) -> RootFilesystem {
    let mut root = RootFilesystem::create(parent.join("rootfs")).unwrap();
    for layer in layers {
        apply(&mut root, layer).unwrap_or_else(|error| panic!("{}", chain(&error)));
    }
    root
}

/// Writes an error with all its causes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// The result of something that must fail.
pub(crate) fn failure<T: Debug, E>(result: Result<T, E>) -> E {
    match result {
        Ok(value) => panic!("expected a failure, got {value:?}"),
        Err(error) => error,
    }
}
