//! Reading a stored layer once, and finding out everything about it.

use std::io::{self, BufReader, Read};

use pullstudy_image::{
    Algorithm, Compression, Decompressor, DiffId, Digest, HashingReader, TarEntryKind, TarError,
    TarStream,
};

/// Bytes asked of a tar at a time.
const CHUNK_BYTES: usize = 128 << 10;

/// What a stored layer is, whatever its descriptor says.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The hash of the stored bytes.
    pub(crate) digest: Digest,
    /// How many bytes are stored.
    pub(crate) wire_bytes: u64,
    /// What they decompress to, or why they do not.
    pub(crate) tar: io::Result<ExaminedTar>,
}

/// What the uncompressed tar of a layer is.
#[derive(Debug)]
pub(crate) struct ExaminedTar {
    /// Its hash.
    pub(crate) diff_id: DiffId,
    /// Its length.
    pub(crate) tar_bytes: u64,
    /// Sum of the regular files' sizes, or why the tar cannot be read.
    pub(crate) unpacked_bytes: io::Result<u64>,
}

/// The hash functions that digest and diff_id were made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Algorithms {
    pub(crate) digest: Algorithm,
    pub(crate) diff_id: Algorithm,
}

/// Reads a stored layer to its end, with flat memory.
///
/// # Errors
///
/// Only for stored bytes that cannot be read; damage is part of the result.
pub(crate) fn examine(
    stored: &mut dyn Read,
    compression: Compression,
    algorithms: Algorithms,
) -> io::Result<Examined> {
    let mut hashed = HashingReader::new(stored, algorithms.digest);
    let tar = Decompressor::new(&mut hashed, compression)
        .and_then(|tar| examine_tar(tar, algorithms.diff_id));
    // After damage the decoder stops early, but the digest is of all stored bytes.
    io::copy(&mut hashed, &mut io::sink())?;
    let (digest, wire_bytes) = hashed.finish();
    Ok(Examined {
        digest,
        wire_bytes,
        tar,
    })
}

fn examine_tar(tar: impl Read, algorithm: Algorithm) -> io::Result<ExaminedTar> {
    let mut hashed = HashingReader::new(tar, algorithm);
    let unpacked_bytes = sum_of_files(&mut hashed);
    // What follows the end of the archive belongs to the diff_id, too.
    io::copy(&mut hashed, &mut io::sink())?;
    let (digest, tar_bytes) = hashed.finish();
    Ok(ExaminedTar {
        diff_id: digest
            .to_string()
            .parse()
            .expect("both kinds of hash are written alike"),
        tar_bytes,
        unpacked_bytes,
    })
}

fn sum_of_files(tar: &mut dyn Read) -> io::Result<u64> {
    let mut tar = TarStream::new(BufReader::with_capacity(CHUNK_BYTES, tar));
    let mut sum = 0_u64;
    while let Some(entry) = tar.next_entry().map_err(as_io)? {
        if entry.kind == TarEntryKind::File {
            sum = sum.saturating_add(entry.size_bytes);
        }
    }
    Ok(sum)
}

/// What the decompressor said is told as it is; what is wrong with the tar, in the words of its reader.
fn as_io(error: TarError) -> io::Error {
    match error {
        TarError::Read { source, .. } => source,
        other => io::Error::other(other),
    }
}
