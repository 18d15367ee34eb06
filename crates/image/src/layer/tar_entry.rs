//! What the headers of a tar say of an entry.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use tar::Header;

// Where the fields of a header lie (POSIX pax, "ustar Interchange Format").
const MODE: Range<usize> = 100..108;
const UID: Range<usize> = 108..116;
const GID: Range<usize> = 116..124;
pub(super) const SIZE: Range<usize> = 124..136;
const MTIME: Range<usize> = 136..148;
const CHECKSUM: Range<usize> = 148..156;
pub(super) const TYPE_FLAG: usize = 156;
const DEVICE_MAJOR: Range<usize> = 329..337;
const DEVICE_MINOR: Range<usize> = 337..345;

/// The prefix of pax records that hold an extended attribute.
const XATTR_PREFIX: &[u8] = b"SCHILY.xattr.";

/// What an entry of a tar is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TarEntryKind {
    /// A regular file, with contents.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink {
        /// What it names, from its own folder or from the root.
        target: Vec<u8>,
    },
    /// One more name of a file that an earlier entry or layer made.
    HardLink {
        /// The path of that file, from the root.
        target: Vec<u8>,
    },
    /// A named pipe.
    Fifo,
    /// A device read byte by byte.
    CharacterDevice {
        /// Which driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// A device read block by block.
    BlockDevice {
        /// Which driver.
        major: u32,
        /// Which of its devices.
        minor: u32,
    },
    /// Records for all later entries; containerd ignores them.
    GlobalHeader,
    /// Sparse files, and whatever else carries this type flag.
    Unknown {
        /// The flag; `S` for all kinds of sparse files.
        type_flag: u8,
    },
}

/// One entry of a tar, its contents still to be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TarEntry {
    /// The path as it is written: it may be absolute, hold `..`, and need not be UTF-8.
    pub path: Vec<u8>,
    /// What the entry is.
    pub kind: TarEntryKind,
    /// How many bytes of contents follow, in bytes.
    pub size_bytes: u64,
    /// The twelve lowest bits: permissions, sticky, setgid, setuid.
    pub mode: u32,
    /// The owner.
    pub uid: u64,
    /// The owner's group.
    pub gid: u64,
    /// When the file was last changed.
    pub modified: SystemTime,
    /// Extended attributes: names and values.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What extension headers say of the entry after them.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) long_path: Option<Vec<u8>>,
    pub(super) long_target: Option<Vec<u8>>,
    pub(super) pax: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Tells whether the checksum is right, which nothing but a header has.
pub(super) fn has_checksum(header: &Header) -> bool {
    let Ok(stored) = header.cksum() else {
        return false;
    };
    let bytes = header.as_bytes();
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    // The field itself counts as eight spaces.
    let spaces = CHECKSUM.len() as u32 * u32::from(b' ');
    let actual = sum(&bytes[..CHECKSUM.start]) + spaces + sum(&bytes[CHECKSUM.end..]);
    actual == stored
}

/// Reads a number of the header. An empty field is 0, as for every other reader.
pub(super) fn field<T: Default>(
    header: &Header,
    at: Range<usize>,
    read: impl FnOnce(&Header) -> io::Result<T>,
) -> io::Result<T> {
    let is_blank = header.as_bytes()[at.clone()]
        .iter()
        .all(|&byte| matches!(byte, 0 | b' '));
    if is_blank {
        return Ok(T::default());
    }
    // The words of the crate `tar` quote the header, which may be anything.
    read(header).map_err(|_| {
        let (first, last) = (at.start, at.end - 1);
        let message = format!("its bytes {first} to {last} are no number");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

pub(super) fn entry(
    header: &Header,
    size_bytes: u64,
    extensions: Extensions,
) -> io::Result<TarEntry> {
    let Extensions {
        long_path,
        long_target,
        mut pax,
    } = extensions;
    let path = pax.remove(&b"path"[..]).or(long_path);
    let path = path.unwrap_or_else(|| header.path_bytes().into_owned());
    let target = pax.remove(&b"linkpath"[..]).or(long_target);
    let target = target.or_else(|| header.link_name_bytes().map(|name| name.into_owned()));
    let kind = kind(header, &path, target.unwrap_or_default(), &pax)?;
    let has_content = matches!(
        kind,
        TarEntryKind::File | TarEntryKind::GlobalHeader | TarEntryKind::Unknown { .. }
    );
    let size_bytes = number(&pax, "size")?.unwrap_or(size_bytes);
    Ok(TarEntry {
        path,
        kind,
        // The other kinds are headers only, whatever their size field says (POSIX pax, "ustar Header Block").
        size_bytes: if has_content { size_bytes } else { 0 },
        mode: field(header, MODE, Header::mode)? & 0o7777,
        uid: match number(&pax, "uid")? {
            Some(uid) => uid,
            None => field(header, UID, Header::uid)?,
        },
        gid: match number(&pax, "gid")? {
            Some(gid) => gid,
            None => field(header, GID, Header::gid)?,
        },
        modified: modified(header, &pax)?,
        xattrs: xattrs(pax),
    })
}

fn kind(
    header: &Header,
    path: &[u8],
    target: Vec<u8>,
    pax: &BTreeMap<Vec<u8>, Vec<u8>>,
) -> io::Result<TarEntryKind> {
    let type_flag = header.as_bytes()[TYPE_FLAG];
    let device = || -> io::Result<(u32, u32)> {
        Ok((
            field(header, DEVICE_MAJOR, Header::device_major)?.unwrap_or(0),
            field(header, DEVICE_MINOR, Header::device_minor)?.unwrap_or(0),
        ))
    };
    Ok(match type_flag {
        // Before ustar a folder was a file with a slash at its end.
        0 if path.ends_with(b"/") => TarEntryKind::Directory,
        0 | b'0' | b'7' if pax.keys().any(|key| key.starts_with(b"GNU.sparse.")) => {
            TarEntryKind::Unknown { type_flag: b'S' }
        }
        0 | b'0' | b'7' => TarEntryKind::File,
        b'1' => TarEntryKind::HardLink { target },
        b'2' => TarEntryKind::Symlink { target },
        b'3' => device().map(|(major, minor)| TarEntryKind::CharacterDevice { major, minor })?,
        b'4' => device().map(|(major, minor)| TarEntryKind::BlockDevice { major, minor })?,
        b'5' => TarEntryKind::Directory,
        b'6' => TarEntryKind::Fifo,
        b'g' => TarEntryKind::GlobalHeader,
        type_flag => TarEntryKind::Unknown { type_flag },
    })
}

fn modified(header: &Header, pax: &BTreeMap<Vec<u8>, Vec<u8>>) -> io::Result<SystemTime> {
    let since_epoch = match pax.get(&b"mtime"[..]) {
        Some(text) => fractional_seconds(text).ok_or_else(|| not_a_number("mtime"))?,
        None => Duration::from_secs(field(header, MTIME, Header::mtime)?),
    };
    // What the system cannot hold becomes the epoch, as in containerd's unpacking.
    let moment = SystemTime::UNIX_EPOCH.checked_add(since_epoch);
    Ok(moment.unwrap_or(SystemTime::UNIX_EPOCH))
}

/// Reads `1700000000.25`; moments before 1970 become 1970, as in containerd's unpacking.
fn fractional_seconds(text: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(text).ok()?;
    if text.starts_with('-') {
        return Some(Duration::ZERO);
    }
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().take(9).collect();
    let nanoseconds = format!("{digits:0<9}").parse::<u32>().ok()?;
    Some(Duration::new(seconds.parse().ok()?, nanoseconds))
}

fn number(pax: &BTreeMap<Vec<u8>, Vec<u8>>, key: &'static str) -> io::Result<Option<u64>> {
    let Some(text) = pax.get(key.as_bytes()) else {
        return Ok(None);
    };
    let parsed = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| not_a_number(key))
}

fn not_a_number(key: &'static str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("pax record {key} is no number"),
    )
}

fn xattrs(pax: BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let named = pax.into_iter().filter_map(|(key, value)| {
        let name = key.strip_prefix(XATTR_PREFIX)?.to_vec();
        Some((name, value))
    });
    named.collect()
}

/// Reads records of the form `length key=value\n`. A value may hold line ends, so only the length tells its end.
pub(super) fn pax_records(mut data: &[u8]) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut records = BTreeMap::new();
    while !data.is_empty() {
        let space = data.iter().position(|&byte| byte == b' ')?;
        let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
        let record = data.get(space + 1..length)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|&byte| byte == b'=')?;
        records.insert(record[..equals].to_vec(), record[equals + 1..].to_vec());
        data = &data[length..];
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_and_fractions() {
        assert_eq!(
            fractional_seconds(b"1.5"),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            fractional_seconds(b"7.0000000019"),
            Some(Duration::new(7, 1))
        );
        assert_eq!(fractional_seconds(b"-3.5"), Some(Duration::ZERO));
        assert_eq!(fractional_seconds(b"x"), None);
    }
}
