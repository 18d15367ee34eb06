//! Random bytes that are the same on every machine, for ever.

use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::recipe::LayerKey;

/// A stream of random words of one layer, for one purpose.
///
/// xoshiro256+ (Blackman and Vigna, 2021), seeded with the SHA-256 of the layer's key and the purpose. It fills
/// memory several times faster than SHA-256 reads it, so noise never bounds a layer. The lowest bits of its words
/// are the weakest, which no compressor notices; xoshiro256++ would be a fifth slower.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    rng: Xoshiro256Plus,
}

impl Noise {
    pub(super) fn new(key: &LayerKey, purpose: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(key.as_bytes());
        hasher.update(purpose.as_bytes());
        Self {
            rng: Xoshiro256Plus::from_seed(hasher.finalize().into()),
        }
    }

    /// Returns the next 64 bits.
    pub(super) fn word(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Fills `out` from the low byte of each word on; what is left of the last word is dropped.
    pub(super) fn fill(&mut self, out: &mut [u8]) {
        // A local copy stays in registers; through `self` every word would go to memory and back.
        let mut rng = self.rng.clone();
        let mut words = out.chunks_exact_mut(8);
        for word in &mut words {
            word.copy_from_slice(&rng.next_u64().to_le_bytes());
        }
        let rest = words.into_remainder();
        if !rest.is_empty() {
            rest.copy_from_slice(&rng.next_u64().to_le_bytes()[..rest.len()]);
        }
        self.rng = rng;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut bytes = [0; 20];
        Noise::new(&LayerKey::new([7; 32]), "noise").fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "de127971f3b64b9250853fe84824c17930ea5a54");
    }

    #[test]
    fn keys_and_purposes_have_streams_of_their_own() {
        let first = |key: u8, purpose: &str| Noise::new(&LayerKey::new([key; 32]), purpose).word();
        assert_ne!(first(1, "noise"), first(2, "noise"));
        assert_ne!(first(1, "noise"), first(1, "sizes"));
    }
}
