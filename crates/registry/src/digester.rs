//! A hash over bytes that arrive piece by piece.

use pullstudy_image::{Algorithm, Digest};
use sha2::{Digest as _, Sha256, Sha512};

/// Hashes with the algorithm of the digest that is expected.
#[derive(Clone, Debug)]
pub(crate) enum Digester {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Digester {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
            _ => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::from_sha256(hasher.finalize().into()),
            Self::Sha512(hasher) => format!("sha512:{}", hex(&hasher.finalize()))
                .parse()
                .expect("128 lowercase hexadecimal digits are a SHA-512"),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashes `bytes` with `algorithm`.
pub(crate) fn digest_of(bytes: &[u8], algorithm: Algorithm) -> Digest {
    let mut digester = Digester::new(algorithm);
    digester.update(bytes);
    digester.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hash_as_the_whole() {
        let mut digester = Digester::new(Algorithm::Sha256);
        for piece in [b"made ".as_slice(), b"piece ", b"", b"by piece"] {
            digester.update(piece);
        }
        assert_eq!(digester.finish(), Digest::of(b"made piece by piece"));
    }

    #[test]
    fn sha512_too() {
        // SHA-512 of "abc", FIPS 180-4 example value.
        let text = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        assert_eq!(digest_of(b"abc", Algorithm::Sha512).to_string(), text);
    }
}
