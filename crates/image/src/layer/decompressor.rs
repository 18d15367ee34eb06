//! The tar of a layer, inflated from the stored bytes.

use std::fmt;
use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

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
    Gzip(Box<MultiGzDecoder<BufReader<R>>>),
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
            Compression::Gzip => Kind::Gzip(Box::new(MultiGzDecoder::new(buffered(stored)))),
            Compression::Zstd => Kind::Zstd(zstd::Decoder::with_buffer(buffered(stored))?),
        }))
    }
}

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::None(stored) => stored.read(buffer),
            Kind::Gzip(decoder) => decoder.read(buffer),
            Kind::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

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
