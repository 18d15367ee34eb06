//! The tar of a layer, inflated from the stored bytes.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use crate::Compression;

/// Reads of the stored blob, where a decompressor sits in between.
const STORED_BUFFER_BYTES: usize = 128 << 10;

/// Reads the tar of a layer from its stored bytes, all members of gzip and all frames of zstd.
///
/// Memory is flat: zstd windows above 128 MiB are refused, as by the reference decoder.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use pullstudy_image::{Compression, Decompressor};
///
/// let mut tar = Vec::new();
/// Decompressor::new(&b"plain"[..], Compression::None)?.read_to_end(&mut tar)?;
/// assert_eq!(tar, b"plain");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Decompressor<R: Read>(Kind<R>);

enum Kind<R: Read> {
    None(R),
    Gzip(Box<GzipMembers<BufReader<R>>>),
    Zstd(zstd::Decoder<'static, BufReader<R>>),
}

impl<R: Read> Decompressor<R> {
    /// Prepares to read. Nothing is read yet.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] when the decompressor cannot be set up.
    pub fn new(stored: R, compression: Compression) -> io::Result<Self> {
        let buffered = |stored| BufReader::with_capacity(STORED_BUFFER_BYTES, stored);
        Ok(Self(match compression {
            Compression::None => Kind::None(stored),
            Compression::Gzip => Kind::Gzip(Box::new(GzipMembers::new(buffered(stored)))),
            Compression::Zstd => Kind::Zstd(zstd::Decoder::with_buffer(buffered(stored))?),
        }))
    }
}

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::None(stored) => stored.read(buffer),
            Kind::Gzip(members) => members.read(buffer),
            Kind::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

/// All members of a gzip file, one after the other.
///
/// `MultiGzDecoder` does the same, but takes whatever follows the last member for a damaged or a short one.
struct GzipMembers<R>(Option<GzDecoder<R>>);

impl<R: BufRead> GzipMembers<R> {
    fn new(stored: R) -> Self {
        Self(Some(GzDecoder::new(stored)))
    }

    /// Goes on to the next member; none at the end of the file.
    fn next(&mut self) -> io::Result<Option<&mut GzDecoder<R>>> {
        let Some(member) = &mut self.0 else {
            return Ok(None);
        };
        match member.get_mut().fill_buf()?.first() {
            None => return Ok(None),
            Some(&GZIP_START) => {}
            Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, AFTER_THE_END)),
        }
        let stored = self.0.take().map(GzDecoder::into_inner);
        self.0 = stored.map(GzDecoder::new);
        Ok(self.0.as_mut())
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut member = self.0.as_mut();
        while let Some(current) = member {
            let length = current.read(buffer)?;
            if length > 0 {
                return Ok(length);
            }
            member = self.next()?;
        }
        Ok(0)
    }
}

/// The first byte of a member (RFC 1952, section 2.3.1).
const GZIP_START: u8 = 0x1f;

const AFTER_THE_END: &str = "bytes that are no gzip follow its end";

impl<R: Read> fmt::Debug for Decompressor<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Kind::None(_) => Compression::None,
            Kind::Gzip(_) => Compression::Gzip,
            Kind::Zstd(_) => Compression::Zstd,
        };
        f.debug_tuple("Decompressor").field(&name).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn inflated(stored: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Decompressor::new(stored, Compression::Gzip)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn all_members_of_gzip_are_read() {
        let stored = [gzip("one "), gzip(""), gzip("two")].concat();
        assert_eq!(inflated(&stored).unwrap(), "one two");
        let cut = &stored[..stored.len() - 3];
        let kind = inflated(cut).unwrap_err().kind();
        assert_eq!(kind, io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn bytes_behind_the_end_of_gzip_are_named() {
        for behind in [&b"garbage"[..], &[0; 10]] {
            let stored = [&gzip("text"), behind].concat();
            let error = inflated(&stored).unwrap_err();
            assert_eq!(error.to_string(), AFTER_THE_END);
        }
    }
}
