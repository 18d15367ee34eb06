//! Digests of stored bytes and of uncompressed tars: the same arithmetic, two types.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};

/// A hash function that image documents may name.
///
/// # Source
///
/// OCI image-spec 1.1, descriptor.md, "Registered algorithms".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256: what every image in the wild uses.
    Sha256,
    /// SHA-512: registered, and rare.
    Sha512,
}

impl Algorithm {
    /// Returns the name as it stands in a digest, `sha256` or `sha512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// The bytes of a hash, shared by [`Digest`] and [`DiffId`], which only differ in meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Hash {
    Sha256([u8; 32]),
    Sha512([u8; 64]),
}

impl Hash {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }

    fn hex(&self) -> String {
        self.bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn of(bytes: &[u8]) -> Self {
        Self::Sha256(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm().name(), self.hex())
    }
}

impl FromStr for Hash {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let malformed = || ParseDigestError::Malformed {
            text: text.to_owned(),
        };
        let (algorithm, hex) = text.split_once(':').ok_or_else(malformed)?;
        match algorithm {
            "sha256" => parse_hex(hex.as_bytes())
                .map(Self::Sha256)
                .ok_or_else(malformed),
            "sha512" => parse_hex(hex.as_bytes())
                .map(Self::Sha512)
                .ok_or_else(malformed),
            _ => Err(ParseDigestError::UnknownAlgorithm {
                text: text.to_owned(),
            }),
        }
    }
}

/// Lowercase only: image-spec says `[a-f0-9]{64}`, and a digest is compared as a string elsewhere.
fn parse_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    // Digits are below 16, what is no digit is above: one comparison at the end tells whether any was none.
    let mut highest = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        let [high, low] = pair.map(|digit| HEX_VALUES[usize::from(digit)]);
        highest |= high | low;
        *byte = high << 4 | low;
    }
    (highest < 16).then_some(bytes)
}

/// The value of each byte as a digit; archives hold a hundred digests an image.
const HEX_VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Why a text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDigestError {
    /// It has not the form `algorithm:lowercase hex` with the algorithm's own length.
    #[error("{text:?} is no digest: expected sha256: and 64 lowercase hexadecimal digits")]
    Malformed {
        /// What was given.
        text: String,
    },
    /// Its algorithm is neither `sha256` nor `sha512`.
    #[error("{text:?} has a digest algorithm other than sha256 and sha512")]
    UnknownAlgorithm {
        /// What was given.
        text: String,
    },
}

macro_rules! hash_type {
    ($name:ident) => {
        impl $name {
            /// Wraps the 32 bytes of a SHA-256.
            pub const fn from_sha256(bytes: [u8; 32]) -> Self {
                Self(Hash::Sha256(bytes))
            }

            /// Reads a SHA-256, the usual case, from the letters of a document; nothing for all else.
            pub(crate) fn from_ascii(letters: &[u8]) -> Option<Self> {
                let digits = letters.strip_prefix(b"sha256:")?;
                parse_hex(digits).map(Self::from_sha256)
            }

            /// Returns the SHA-256 of `bytes`.
            pub fn of(bytes: &[u8]) -> Self {
                Self(Hash::of(bytes))
            }

            /// Returns the hash function.
            pub fn algorithm(&self) -> Algorithm {
                self.0.algorithm()
            }

            /// Returns the raw bytes of the hash: 32 for SHA-256, 64 for SHA-512.
            pub fn as_bytes(&self) -> &[u8] {
                self.0.bytes()
            }

            /// Returns the lowercase hexadecimal digits, without the algorithm.
            pub fn hex(&self) -> String {
                self.0.hex()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseDigestError;

            fn from_str(text: &str) -> Result<Self, ParseDigestError> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The hash of a blob's bytes as they are stored and sent, compressed where the blob is.
///
/// # Examples
///
/// ```
/// use pullstudy_image::Digest;
///
/// let digest = Digest::of(b"{}");
/// assert_eq!(digest, "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".parse()?);
/// # Ok::<(), pullstudy_image::ParseDigestError>(())
/// ```
///
/// # Source
///
/// OCI image-spec 1.1, descriptor.md, "Digests".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Hash);

/// The hash of a layer's uncompressed tar: what the config lists under `rootfs.diff_ids`.
///
/// Two layers with one diff_id unpack to the same files, however they were compressed.
///
/// # Examples
///
/// ```
/// use pullstudy_image::DiffId;
///
/// let diff_id = DiffId::of(&[0; 1024]);
/// assert_eq!(diff_id.hex(), "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
/// ```
///
/// # Source
///
/// OCI image-spec 1.1, config.md, "Layer DiffID".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiffId(Hash);

hash_type!(Digest);
hash_type!(DiffId);

/// Hashes and counts what is written through it.
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Starts a SHA-256 over what will be written to `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    /// Ends the hash: the SHA-256 of all bytes written, their count, and the inner writer.
    pub fn finish(self) -> ([u8; 32], u64, W) {
        (self.hasher.finalize().into(), self.bytes, self.inner)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A hash over bytes that arrive piece by piece.
///
/// # Examples
///
/// ```
/// use pullstudy_image::{Algorithm, Digest, Hasher};
///
/// let mut hasher = Hasher::new(Algorithm::Sha256);
/// hasher.update(b"made piece ");
/// hasher.update(b"by piece");
/// assert_eq!(hasher.finish(), Digest::of(b"made piece by piece"));
/// ```
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Starts a hash by `algorithm`.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    /// Hashes bytes that are all there.
    pub fn digest(algorithm: Algorithm, bytes: &[u8]) -> Digest {
        let mut hasher = Self::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hasher) => hasher.update(bytes),
            State::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Ends the hash: the digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        Digest(self.finish_hash())
    }

    /// Ends the hash, where the bytes were an uncompressed tar.
    pub fn finish_diff_id(self) -> DiffId {
        DiffId(self.finish_hash())
    }

    fn finish_hash(self) -> Hash {
        match self.0 {
            State::Sha256(hasher) => Hash::Sha256(hasher.finalize().into()),
            State::Sha512(hasher) => Hash::Sha512(hasher.finalize().into()),
        }
    }
}

/// Hashes and counts what is read through it, with the algorithm of the digest that is expected.
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
    bytes: u64,
}

impl<R: Read> HashingReader<R> {
    /// Starts a hash by `algorithm` over what will be read from `inner`.
    pub fn new(inner: R, algorithm: Algorithm) -> Self {
        Self {
            inner,
            hasher: Hasher::new(algorithm),
            bytes: 0,
        }
    }

    /// Ends the hash: the digest of all bytes read, and their count.
    pub fn finish(self) -> (Digest, u64) {
        (self.hasher.finish(), self.bytes)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_prints_as_it_was_read() {
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text.parse::<Digest>().unwrap().to_string(), text);
        assert_eq!(Digest::of(b"").to_string(), text);
    }

    #[test]
    fn sha512_is_read_too() {
        // SHA-512 of nothing, FIPS 180-4 example value.
        let text = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
        let (digest, bytes) = HashingReader::new(io::empty(), Algorithm::Sha512).finish();
        assert_eq!((digest.to_string().as_str(), bytes), (text, 0));
        assert_eq!(text.parse(), Ok(digest));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "sha256",
            "sha256:",
            "sha256:abc",
            "md5:d41d8cd98f00b204e9800998ecf8427e",
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        let upper = "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        assert!(
            upper.parse::<DiffId>().is_err(),
            "hex digits of a digest are lowercase"
        );
    }
}
