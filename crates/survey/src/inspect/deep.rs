//! Layers, read to their last byte without writing any.

use std::io::{self, BufReader, Read};

use pullstudy_image::{
    Algorithm, BlobSource, Compression, Decompressor, Descriptor, DiffId, Digest, HashingReader,
    SourceError, TarError, TarStream,
};

use super::walk::{Counts, RootImage, WalkError};
use super::way::MAX_NAMES;

/// Bytes asked of a blob, and of a decompressor, at a time.
const CHUNK_BYTES: usize = 128 << 10;

/// How gzip members and zstd frames begin (RFC 1952, section 2.3.1; RFC 8878, section 3.1.1). Skippable frames, with
/// which zstd:chunked ends but nothing begins, are left out.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What is wrong with a layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerProblem {
    /// It is not there, or cannot be opened.
    #[error("the layer cannot be had")]
    Missing {
        /// Why.
        source: SourceError,
    },
    /// Its bytes cannot be read to the end.
    #[error("reading broke off after {stored_bytes} bytes")]
    Read {
        /// How far it came, in stored bytes.
        stored_bytes: u64,
        /// Why.
        source: io::Error,
    },
    /// The stored bytes have another digest.
    #[error("the stored bytes are {actual_bytes} with digest {actual}; expected {expected_bytes}")]
    Digest {
        /// What they hash to.
        actual: Digest,
        /// How many there are.
        actual_bytes: u64,
        /// How many the manifest promises.
        expected_bytes: u64,
    },
    /// It cannot be inflated, or is no tar.
    #[error("the layer cannot be unpacked")]
    Tar {
        /// Where and why.
        source: TarError,
    },
    /// The tar has another hash than the config says.
    #[error("the tar has diff_id {actual}; the config says {expected}")]
    DiffId {
        /// What it hashes to.
        actual: DiffId,
        /// What the config says.
        expected: DiffId,
    },
    /// There are more names than are kept in memory.
    #[error(
        "the image has more than {limit} names, or very long ones: it was not looked at further"
    )]
    TooManyNames {
        /// The most that are kept.
        limit: usize,
    },
}

impl LayerProblem {
    /// Tells whether nothing is wrong with the layer except that it could not be had, or not whole.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Read { .. })
    }
}

/// What a layer turned out to be.
#[derive(Debug, Default)]
pub(super) struct ReadLayer {
    pub(super) counts: Counts,
    /// Known if the tar could be read to its end.
    pub(super) tar_bytes: Option<u64>,
    pub(super) diff_id: Option<DiffId>,
    /// How the layer is stored, by its first bytes.
    pub(super) compression: Option<Compression>,
    pub(super) problem: Option<LayerProblem>,
}

impl ReadLayer {
    /// Tells whether all entries were seen.
    pub(super) fn is_whole(&self) -> bool {
        self.tar_bytes.is_some()
    }

    fn failed(problem: LayerProblem) -> Self {
        Self {
            problem: Some(problem),
            ..Self::default()
        }
    }
}

/// Reads one layer, and carries its entries out.
pub(super) fn read_layer(
    source: &dyn BlobSource,
    descriptor: &Descriptor,
    expected: Option<&DiffId>,
    root: &mut RootImage,
) -> ReadLayer {
    let stored = match source.open(descriptor) {
        Ok(stored) => stored,
        Err(source) => return ReadLayer::failed(LayerProblem::Missing { source }),
    };
    let mut hashed = HashingReader::new(stored, descriptor.digest.algorithm());
    let algorithm = expected.map_or(Algorithm::Sha256, DiffId::algorithm);
    let mut layer = ReadLayer::default();
    walk(&mut hashed, algorithm, root, &mut layer);
    // After damage the decompressor stops early, but the digest is of all stored bytes.
    let drained = io::copy(&mut hashed, &mut io::sink());
    let (actual, actual_bytes) = hashed.finish();
    let stored = match drained {
        Err(source) => Some(LayerProblem::Read {
            stored_bytes: actual_bytes,
            source,
        }),
        Ok(_) => wrong_bytes(descriptor, actual, actual_bytes),
    };
    let named = wrong_diff_id(layer.diff_id, expected);
    // Wrong bytes explain all the rest.
    layer.problem = stored.or(layer.problem.take()).or(named);
    layer
}

fn wrong_bytes(descriptor: &Descriptor, actual: Digest, actual_bytes: u64) -> Option<LayerProblem> {
    let expected_bytes = descriptor.size_bytes;
    let is_right = (actual, actual_bytes) == (descriptor.digest, expected_bytes);
    (!is_right).then_some(LayerProblem::Digest {
        actual,
        actual_bytes,
        expected_bytes,
    })
}

fn wrong_diff_id(actual: Option<DiffId>, expected: Option<&DiffId>) -> Option<LayerProblem> {
    let (actual, expected) = (actual?, *expected?);
    (actual != expected).then_some(LayerProblem::DiffId { actual, expected })
}

fn walk(stored: &mut dyn Read, algorithm: Algorithm, root: &mut RootImage, layer: &mut ReadLayer) {
    let walked = inflate(stored, algorithm, root, layer);
    layer.problem = walked.err().map(|error| match error {
        WalkError::Tar(source) => LayerProblem::Tar { source },
        WalkError::Full(_) => LayerProblem::TooManyNames { limit: MAX_NAMES },
    });
}

fn inflate(
    stored: &mut dyn Read,
    algorithm: Algorithm,
    root: &mut RootImage,
    layer: &mut ReadLayer,
) -> Result<(), WalkError> {
    let unread = |source| {
        WalkError::Tar(TarError::Read {
            position: 0,
            source,
        })
    };
    let start = first_bytes(stored).map_err(unread)?;
    let compression = sniff(&start);
    layer.compression = Some(compression);
    let stored = BufReader::with_capacity(CHUNK_BYTES, start.chain(stored));
    let inflated = Decompressor::new(stored, compression).map_err(unread)?;
    let mut hashed = HashingReader::new(inflated, algorithm);
    let mut tar = TarStream::new(BufReader::with_capacity(CHUNK_BYTES, &mut hashed));
    root.apply(&mut tar, &mut layer.counts)?;
    let (digest, tar_bytes) = hashed.finish();
    layer.tar_bytes = Some(tar_bytes);
    layer.diff_id = digest.to_string().parse().ok();
    Ok(())
}

/// Takes what tells a compression: networks hand bytes out as they come, one at a time if need be.
fn first_bytes(stored: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    stored
        .take(ZSTD_MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    Ok(start)
}

/// Engines look at the first bytes too, whatever the media type says.
fn sniff(start: &[u8]) -> Compression {
    if start.starts_with(&GZIP_MAGIC) {
        Compression::Gzip
    } else if start.starts_with(&ZSTD_MAGIC) {
        Compression::Zstd
    } else {
        Compression::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    #[test]
    fn a_compression_is_told_however_its_bytes_come() {
        for (stored, compression) in [
            (&b"\x1f\x8b\x08\x00"[..], Compression::Gzip),
            (&b"\x28\xb5\x2f\xfd"[..], Compression::Zstd),
            (&b""[..], Compression::None),
        ] {
            let start = first_bytes(&mut Slow(stored)).unwrap();
            assert_eq!(sniff(&start), compression);
        }
    }
}
