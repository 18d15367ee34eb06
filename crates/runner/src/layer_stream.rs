//! A stored layer, inflated and hashed on the way, with the time that each takes.

use std::io::{self, BufRead, Read};
use std::time::Instant;

use pullstudy_image::{Algorithm, Compression, Decompressor, DiffId, Hasher};

use crate::Span;

/// How much is inflated, then hashed, then written at a time: large enough that reading the clock three times for each
/// costs nothing, small enough that the bytes are still in the processor's cache when the next step wants them.
const CHUNK_BYTES: usize = 256 << 10;

/// The tar of a layer, read from its stored bytes.
pub(crate) struct LayerStream<R: Read> {
    decoder: Decompressor<R>,
    chunk: Vec<u8>,
    /// The part of the chunk that was inflated, and how far it was consumed.
    filled: usize,
    consumed: usize,
    hasher: Hasher,
    decompress: Span,
    diff_id: Span,
}

/// What a layer turned out to be.
#[derive(Debug)]
pub(crate) struct LayerFacts {
    pub(crate) diff_id: DiffId,
    pub(crate) decompressing: Span,
    pub(crate) hashing: Span,
}

impl<R: Read> LayerStream<R> {
    pub(crate) fn new(
        stored: R,
        compression: Compression,
        algorithm: Algorithm,
    ) -> io::Result<Self> {
        Ok(Self {
            decoder: Decompressor::new(stored, compression)?,
            chunk: vec![0; CHUNK_BYTES],
            filled: 0,
            consumed: 0,
            hasher: Hasher::new(algorithm),
            decompress: Span::default(),
            diff_id: Span::default(),
        })
    }

    /// Ends the stream, whose bytes must all have been read.
    pub(crate) fn finish(mut self) -> LayerFacts {
        let start = Instant::now();
        let diff_id = self.hasher.finish_diff_id();
        self.diff_id.add(start, Instant::now(), 0);
        LayerFacts {
            diff_id,
            decompressing: self.decompress,
            hashing: self.diff_id,
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let start = Instant::now();
        self.consumed = 0;
        self.filled = read_full(&mut self.decoder, &mut self.chunk)?;
        let inflated = Instant::now();
        self.hasher.update(&self.chunk[..self.filled]);
        let bytes = self.filled as u64;
        self.decompress.add(start, inflated, bytes);
        self.diff_id.add(inflated, Instant::now(), bytes);
        Ok(())
    }
}

/// Fills the buffer, or reads to the end: decoders give what one block of theirs holds, which may be little.
fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

impl<R: Read> BufRead for LayerStream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.consumed == self.filled {
            self.next_chunk()?;
        }
        Ok(&self.chunk[self.consumed..self.filled])
    }

    fn consume(&mut self, length: usize) {
        self.consumed += length;
    }
}

impl<R: Read> Read for LayerStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    fn inflate(stored: &[u8], compression: Compression) -> (Vec<u8>, LayerFacts) {
        let mut stream = LayerStream::new(stored, compression, Algorithm::Sha256).unwrap();
        let mut tar = Vec::new();
        stream.read_to_end(&mut tar).unwrap();
        (tar, stream.finish())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_codec_gives_the_tar_and_its_diff_id() {
        let tar = noise(3 * CHUNK_BYTES + 17);
        let cases = [
            (tar.clone(), Compression::None),
            (gzip(&tar), Compression::Gzip),
            (zstd::encode_all(&tar[..], 1).unwrap(), Compression::Zstd),
        ];
        for (stored, compression) in cases {
            let (inflated, facts) = inflate(&stored, compression);
            assert_eq!(inflated, tar, "{}", compression.name());
            assert_eq!(facts.diff_id, DiffId::of(&tar));
            assert_eq!(facts.decompressing.bytes(), tar.len() as u64);
            assert_eq!(facts.hashing.bytes(), tar.len() as u64);
        }
    }

    #[test]
    fn members_and_frames_follow_one_another() {
        let (one, two) = (noise(1_000), noise(70_000));
        let joined = [one.clone(), two.clone()].concat();
        let members = [gzip(&one), gzip(b""), gzip(&two)].concat();
        assert_eq!(inflate(&members, Compression::Gzip).0, joined);
        // A skippable frame of three bytes between two frames (RFC 8878, section 3.1.2).
        let skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
        let frame = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        let frames = [frame(&one), skippable, frame(&two)].concat();
        assert_eq!(inflate(&frames, Compression::Zstd).0, joined);
    }

    #[test]
    fn a_cut_stream_is_an_error_and_no_shorter_layer() {
        let tar = noise(100_000);
        for (stored, compression) in [
            (gzip(&tar), Compression::Gzip),
            (zstd::encode_all(&tar[..], 1).unwrap(), Compression::Zstd),
        ] {
            let cut = &stored[..stored.len() - 5];
            let mut stream = LayerStream::new(cut, compression, Algorithm::Sha256).unwrap();
            assert!(
                stream.read_to_end(&mut Vec::new()).is_err(),
                "{}",
                compression.name()
            );
        }
    }
}
