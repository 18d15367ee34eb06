//! A tar, read entry by entry from a buffer without copying what the files hold.
//!
//! The fields of a header are [`tar::Header`]'s business. The walk from header to header is done here, for two
//! reasons: [`tar::Archive`] reads extension headers of any size into memory, and it hands out contents through one
//! more copy, which a program that measures unpacking would measure too.

use std::io::{self, BufRead};

use tar::{EntryType, Header};

use super::tar_entry::{Extensions, SIZE, TarEntry, entry, field, has_checksum, pax_records};

/// A tar consists of blocks of this size.
const BLOCK_BYTES: u64 = 512;

/// Extension headers above this are refused, as Go's `archive/tar` (and so containerd) does.
const MAX_EXTENSION_BYTES: u64 = 1 << 20;

/// Why a tar could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TarError {
    /// The stream below the tar failed: the file system, or the decompressor.
    #[error("failed to read the tar at byte {position}")]
    Read {
        /// Position in the uncompressed tar.
        position: u64,
        /// What the stream said.
        source: io::Error,
    },
    /// The tar ends inside an entry.
    #[error("the tar ends at byte {position}, inside an entry")]
    Truncated {
        /// Position in the uncompressed tar.
        position: u64,
    },
    /// It does not begin with a header.
    #[error("it is not a tar: it does not begin with a header")]
    NotATar,
    /// A header is not one: wrong checksum, or a field that is no number.
    #[error("the tar has a damaged header at byte {position}")]
    Header {
        /// Position of the header in the uncompressed tar.
        position: u64,
        /// What is wrong with it, where a field is.
        source: Option<io::Error>,
    },
    /// A pax header has a record that is none.
    #[error("the tar has a damaged pax record in the header at byte {position}")]
    Pax {
        /// Position of the pax header in the uncompressed tar.
        position: u64,
    },
    /// An extension header (pax, long name) is larger than any honest one.
    #[error(
        "the tar has an extension header of {size_bytes} bytes at byte {position}; more than {MAX_EXTENSION_BYTES} is refused"
    )]
    Extension {
        /// Position of the header in the uncompressed tar.
        position: u64,
        /// The size it claims.
        size_bytes: u64,
    },
}

/// Reads a tar from a buffer, entry by entry. What the files hold is not copied.
///
/// Extension headers above 1 MiB are refused; other than these nothing is kept.
///
/// # Examples
///
/// ```
/// use pullstudy_image::{TarEntryKind, TarStream};
///
/// # let mut tar = tar::Builder::new(Vec::new());
/// # let mut header = tar::Header::new_ustar();
/// # header.set_size(6);
/// # tar.append_data(&mut header, "etc/motd", &b"hello\n"[..])?;
/// # let bytes = tar.into_inner()?;
/// let mut tar = TarStream::new(&bytes[..]);
/// while let Some(entry) = tar.next_entry()? {
///     assert_eq!((&entry.path[..], entry.kind), (&b"etc/motd"[..], TarEntryKind::File));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TarStream<R> {
    input: R,
    position: u64,
    /// Bytes of the current entry that were not read yet, and the padding after them.
    content_left: u64,
    padding_left: u64,
}

impl<R: BufRead> TarStream<R> {
    /// Reads from the start of a tar.
    pub fn new(input: R) -> Self {
        Self {
            input,
            position: 0,
            content_left: 0,
            padding_left: 0,
        }
    }

    /// Returns the next entry; none at the end. What is left of the entry before it is passed over.
    ///
    /// # Errors
    ///
    /// [`TarError`]; nothing more can be read then.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>, TarError> {
        let mut extensions = Extensions::default();
        loop {
            self.skip_rest()?;
            let position = self.position;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let damaged = |source| TarError::Header {
                position,
                source: Some(source),
            };
            let size_bytes = field(&header, SIZE, Header::entry_size).map_err(damaged)?;
            if self.take_extension(&header, position, size_bytes, &mut extensions)? {
                continue;
            }
            let entry = entry(&header, size_bytes, extensions).map_err(damaged)?;
            self.expect_content(entry.size_bytes);
            return Ok(Some(entry));
        }
    }

    /// Gives the contents of the current entry to `take`, piece by piece, and returns how many bytes there were.
    ///
    /// # Errors
    ///
    /// [`TarContentError`]: the tar's, or that of `take`.
    pub fn content<E>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, TarContentError<E>> {
        let total = self.content_left;
        while self.content_left > 0 {
            let piece = self
                .piece(self.content_left)
                .map_err(TarContentError::Tar)?;
            take(piece).map_err(TarContentError::Taker)?;
            let length = piece.len();
            self.consume(length);
            self.content_left -= length as u64;
        }
        Ok(total)
    }

    /// Reads to the end of the stream: what lies behind the tar's own end belongs to the diff_id.
    ///
    /// # Errors
    ///
    /// [`TarError::Read`].
    pub fn drain(&mut self) -> Result<(), TarError> {
        loop {
            let length = self.fill()?.len();
            if length == 0 {
                return Ok(());
            }
            self.consume(length);
        }
    }

    /// Returns what was read from.
    pub fn into_inner(self) -> R {
        self.input
    }

    /// Takes a pax or long-name header in, and tells whether it was one.
    fn take_extension(
        &mut self,
        header: &Header,
        position: u64,
        size_bytes: u64,
        extensions: &mut Extensions,
    ) -> Result<bool, TarError> {
        let kind = header.entry_type();
        let is_long_name = kind.is_gnu_longname() || kind.is_gnu_longlink();
        if !is_long_name && !kind.is_pax_local_extensions() {
            return Ok(false);
        }
        if size_bytes > MAX_EXTENSION_BYTES {
            return Err(TarError::Extension {
                position,
                size_bytes,
            });
        }
        self.expect_content(size_bytes);
        let mut data = self.read_whole()?;
        if kind.is_pax_local_extensions() {
            extensions.pax = pax_records(&data).ok_or(TarError::Pax { position })?;
            return Ok(true);
        }
        // GNU ends long names with a NUL.
        data.truncate(
            data.iter()
                .position(|&byte| byte == 0)
                .unwrap_or(data.len()),
        );
        match kind {
            EntryType::GNULongName => extensions.long_path = Some(data),
            _ => extensions.long_target = Some(data),
        }
        Ok(true)
    }

    fn expect_content(&mut self, size_bytes: u64) {
        self.content_left = size_bytes;
        self.padding_left = (BLOCK_BYTES - size_bytes % BLOCK_BYTES) % BLOCK_BYTES;
    }

    fn read_whole(&mut self) -> Result<Vec<u8>, TarError> {
        let mut data = Vec::new();
        let taken = self.content(|piece| {
            data.extend_from_slice(piece);
            Ok::<(), std::convert::Infallible>(())
        });
        match taken {
            Ok(_) => Ok(data),
            Err(TarContentError::Tar(error)) => Err(error),
            Err(TarContentError::Taker(never)) => match never {},
        }
    }

    fn skip_rest(&mut self) -> Result<(), TarError> {
        while self.content_left > 0 {
            let length = self.piece(self.content_left)?.len();
            self.consume(length);
            self.content_left -= length as u64;
        }
        self.skip_padding()
    }

    /// Some builders (umoci 0.4) leave out what fills up the last block. Go's `archive/tar` does not mind, so engines do not.
    fn skip_padding(&mut self) -> Result<(), TarError> {
        while self.padding_left > 0 {
            let there = self.fill()?.len() as u64;
            if there == 0 {
                break;
            }
            let skipped = there.min(self.padding_left);
            self.consume(skipped as usize);
            self.padding_left -= skipped;
        }
        self.padding_left = 0;
        Ok(())
    }

    /// Reads a header; none at the end of the tar, marked by a block of zeros or the end of the stream.
    fn header(&mut self) -> Result<Option<Header>, TarError> {
        let position = self.position;
        if self.fill()?.is_empty() {
            return Ok(None);
        }
        let mut header = Header::new_old();
        let mut filled = 0;
        while filled < BLOCK_BYTES as usize {
            let piece = self.piece(BLOCK_BYTES - filled as u64)?;
            let length = piece.len();
            header.as_mut_bytes()[filled..filled + length].copy_from_slice(piece);
            self.consume(length);
            filled += length;
        }
        if header.as_bytes().iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        if has_checksum(&header) {
            return Ok(Some(header));
        }
        Err(match position {
            0 => TarError::NotATar,
            position => TarError::Header {
                position,
                source: None,
            },
        })
    }

    fn fill(&mut self) -> Result<&[u8], TarError> {
        let position = self.position;
        self.input
            .fill_buf()
            .map_err(|source| TarError::Read { position, source })
    }

    /// Returns up to `limit` bytes, at least one.
    fn piece(&mut self, limit: u64) -> Result<&[u8], TarError> {
        let position = self.position;
        let buffer = self.fill()?;
        if buffer.is_empty() {
            return Err(TarError::Truncated { position });
        }
        let length = usize::try_from(limit).map_or(buffer.len(), |limit| limit.min(buffer.len()));
        Ok(&buffer[..length])
    }

    fn consume(&mut self, length: usize) {
        self.input.consume(length);
        self.position += length as u64;
    }
}

/// Contents could not be read, or not be taken.
#[derive(Debug)]
pub enum TarContentError<E> {
    /// The tar could not be read.
    Tar(TarError),
    /// Whoever took the contents failed.
    Taker(E),
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;
    use tar::Builder;

    use super::*;
    use crate::TarEntryKind;
    use crate::layer::tar_entry::TYPE_FLAG;

    fn read(tar: &[u8]) -> Result<Vec<(TarEntry, Vec<u8>)>, TarError> {
        read_from(tar)
    }

    fn read_from(input: impl BufRead) -> Result<Vec<(TarEntry, Vec<u8>)>, TarError> {
        let mut tar = TarStream::new(input);
        let mut entries = Vec::new();
        while let Some(entry) = tar.next_entry()? {
            let content = tar.read_whole()?;
            entries.push((entry, content));
        }
        tar.drain().map(|()| entries)
    }

    fn header(kind: EntryType, size_bytes: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size_bytes);
        header.set_mode(0o644);
        header
    }

    fn block(name: &str, kind: EntryType, content: &[u8]) -> Vec<u8> {
        let mut header = header(kind, content.len() as u64);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        let mut block = header.as_bytes().to_vec();
        block.extend_from_slice(content);
        block.resize(block.len().next_multiple_of(512), 0);
        block
    }

    #[test]
    fn what_the_tar_crate_writes_is_read() {
        let long = "long/".repeat(60) + "name";
        let mut builder = Builder::new(Vec::new());
        builder
            .append_data(&mut header(EntryType::Regular, 5), "a", &b"hello"[..])
            .unwrap();
        builder
            .append_data(&mut header(EntryType::Regular, 600), &long, &[7; 600][..])
            .unwrap();
        builder
            .append_link(&mut header(EntryType::Symlink, 0), "link", &long)
            .unwrap();
        let entries = read(&builder.into_inner().unwrap()).unwrap();
        let names: Vec<&[u8]> = entries.iter().map(|(entry, _)| &entry.path[..]).collect();
        assert_eq!(names, [b"a", long.as_bytes(), b"link"]);
        assert_eq!(
            (&entries[0].1[..], &entries[1].1[..]),
            (&b"hello"[..], &[7; 600][..])
        );
        let target = long.into_bytes();
        assert_eq!(entries[2].0.kind, TarEntryKind::Symlink { target });
    }

    #[test]
    fn a_pax_value_may_hold_line_ends_and_override_the_header() {
        let value = b"\x01\n\x00\n=";
        let records = [
            b"29 SCHILY.xattr.user.x=".as_slice(),
            value,
            b"\n",
            b"12 uid=4294\n",
        ]
        .concat();
        assert!(
            pax_records(&records[..40]).is_none(),
            "a cut record is found out"
        );
        let mut tar = block("pax", EntryType::XHeader, &records);
        tar.extend(block("file", EntryType::Regular, b"x"));
        let (entry, _) = read(&tar).unwrap().remove(0);
        assert_eq!(entry.xattrs, [(b"user.x".to_vec(), value.to_vec())]);
        assert_eq!(entry.uid, 4294);
    }

    #[test]
    fn an_old_folder_is_a_file_with_a_slash() {
        let mut header = header(EntryType::Regular, 0);
        header.as_mut_bytes()[..7].copy_from_slice(b"folder/");
        header.as_mut_bytes()[TYPE_FLAG] = 0;
        header.set_cksum();
        let tar = header.as_bytes();
        assert_eq!(read(tar).unwrap()[0].0.kind, TarEntryKind::Directory);
    }

    #[test]
    fn a_huge_extension_is_refused_before_it_is_read() {
        let mut header = header(EntryType::XHeader, 1 << 40);
        header.set_cksum();
        let error = read(header.as_bytes()).unwrap_err();
        let size = 1 << 40;
        assert!(matches!(error, TarError::Extension { size_bytes, .. } if size_bytes == size));
    }

    #[test]
    fn a_cut_tar_and_a_damaged_header_are_told_apart() {
        let tar = block("file", EntryType::Regular, &[1; 700]);
        for length in [100, 512, 700, 1_211] {
            let error = read(&tar[..length]).unwrap_err();
            assert!(
                matches!(error, TarError::Truncated { .. }),
                "{length}: {error}"
            );
        }
        let mut damaged = tar.clone();
        damaged[0] ^= 1;
        let error = read(&damaged).unwrap_err();
        assert!(matches!(error, TarError::NotATar), "{error}");
        let mut second = block("first", EntryType::Regular, b"");
        second.extend(damaged);
        assert!(matches!(
            read(&second),
            Err(TarError::Header { position: 512, .. })
        ));
    }

    #[test]
    fn what_is_wrong_is_told_without_what_stands_there() {
        let mut header = header(EntryType::Regular, 0);
        header.as_mut_bytes()[SIZE].copy_from_slice(b"\x1b[2Jno size!");
        header.set_cksum();
        let words = crate::in_words(&read(header.as_bytes()).unwrap_err());
        let expected = "the tar has a damaged header at byte 0: its bytes 124 to 135 are no number";
        assert_eq!(words, expected);
        let text = "this is no tar".repeat(100);
        let words = crate::in_words(&read(text.as_bytes()).unwrap_err());
        assert_eq!(words, "it is not a tar: it does not begin with a header");
    }

    #[test]
    fn a_last_block_that_is_not_filled_up_is_no_damage() {
        let tar = block("file", EntryType::Regular, &[1; 700]);
        for length in [1_212, 1_300] {
            let entries = read(&tar[..length]).unwrap();
            assert_eq!(entries[0].1, [1; 700], "{length}");
        }
    }

    proptest! {
        #[test]
        fn the_size_of_the_buffer_changes_nothing(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2_000), 0..6),
            capacity in 1_usize..1_000,
        ) {
            let mut builder = Builder::new(Vec::new());
            for (number, content) in contents.iter().enumerate() {
                let mut header = header(EntryType::Regular, content.len() as u64);
                builder.append_data(&mut header, format!("{number}"), &content[..]).unwrap();
            }
            let tar = builder.into_inner().unwrap();
            let entries = read_from(BufReader::with_capacity(capacity, &tar[..])).unwrap();
            let read: Vec<Vec<u8>> = entries.into_iter().map(|(_, content)| content).collect();
            prop_assert_eq!(read, contents);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = pax_records(&bytes);
            let _ = read(&bytes);
            let mut tar = block("pax", EntryType::XHeader, &bytes);
            tar.extend(block("file", EntryType::Regular, &bytes));
            let _ = read(&tar);
        }
    }
}
