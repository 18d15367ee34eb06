//! A hash by the algorithm that a digest names, fed piece by piece.

use pullstudy_image::{Algorithm, DiffId, Digest};
use sha2::{Digest as _, Sha256, Sha512};

/// A running hash.
#[derive(Clone, Debug)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
            // Documents with an algorithm that is neither are refused when they are parsed.
            _ => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    pub(crate) fn into_digest(self) -> Digest {
        self.text()
            .parse()
            .expect("a hash in hexadecimal is a digest")
    }

    pub(crate) fn into_diff_id(self) -> DiffId {
        self.text()
            .parse()
            .expect("a hash in hexadecimal is a diff_id")
    }

    fn text(self) -> String {
        let (name, bytes) = match self {
            Self::Sha256(hasher) => (Algorithm::Sha256.name(), hasher.finalize().to_vec()),
            Self::Sha512(hasher) => (Algorithm::Sha512.name(), hasher.finalize().to_vec()),
        };
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}:{hex}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_algorithms_give_the_digest_they_name() {
        for text in [
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ] {
            let expected: Digest = text.parse().unwrap();
            let mut hasher = Hasher::new(expected.algorithm());
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!(hasher.clone().into_digest(), expected);
            assert_eq!(hasher.into_diff_id().to_string(), text);
        }
    }
}
