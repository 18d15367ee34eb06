//! A hash for tables that are filled from logs: a few instructions for an identity, and not to be foreseen.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 2^64 divided by the golden ratio.
const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes under keys that are drawn anew for each table.
///
/// The hash of the standard library takes a fifth of the time in which a log is read. This one multiplies and folds, as
/// wyhash does. Whoever writes a log may choose what is hashed, but not the keys, and no hash ever leaves the process:
/// there is nothing to choose colliding texts by.
#[derive(Debug, Clone)]
pub(crate) struct KeyedHash {
    keys: [u64; 2],
}

#[derive(Debug)]
pub(crate) struct FoldingHasher {
    state: u64,
    key: u64,
}

impl Default for KeyedHash {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            keys: [random.hash_one(0_u8), random.hash_one(1_u8)],
        }
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = FoldingHasher;

    fn build_hasher(&self) -> FoldingHasher {
        let [state, key] = self.keys;
        FoldingHasher { state, key }
    }
}

impl FoldingHasher {
    /// Both halves of the product count: the upper one hangs on all bits of both factors.
    #[inline]
    fn fold(&mut self, low: u64, high: u64) {
        let product = u128::from(low ^ self.state) * u128::from(high ^ self.key);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for FoldingHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<16>();
        for chunk in chunks {
            self.write_u128(u128::from_le_bytes(*chunk));
        }
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        self.write_u128(u128::from_le_bytes(last));
        self.fold(bytes.len() as u64, 0);
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.fold(u64::from(number), 0);
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        self.fold(number as u64, (number >> 64) as u64);
    }

    /// What differs little may still lie in a row: a number that is near no simple fraction scatters it.
    #[inline]
    fn finish(&self) -> u64 {
        let product = u128::from(self.state) * u128::from(GOLDEN_RATIO);
        (product as u64) ^ ((product >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn near_neighbours_are_spread_over_a_table() {
        let hash = KeyedHash::default();
        // The lowest bits choose a place, the highest seven tell what shares one apart.
        for shift in [0, 32, 64, 96, 120] {
            let hashes = (0..256_u128).map(|number| hash.hash_one(number << shift));
            let places: HashSet<u64> = hashes.clone().map(|hash| hash % 4096).collect();
            assert!(places.len() > 200, "{} places at {shift}", places.len());
            let tops: HashSet<u64> = hashes.map(|hash| hash >> 57).collect();
            assert!(tops.len() > 80, "{} tops at {shift}", tops.len());
        }
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let hash = KeyedHash::default();
        let texts = [
            "",
            "\0",
            "\0\0",
            "a",
            "a\0",
            "0123456789abcdef",
            "0123456789abcdef\0",
        ];
        let hashes: HashSet<u64> = texts.iter().map(|text| hash.hash_one(text)).collect();
        assert_eq!(hashes.len(), texts.len());
        assert_ne!(hash.hash_one(("ab", "c")), hash.hash_one(("a", "bc")));
        assert_ne!(hash.hash_one("a"), KeyedHash::default().hash_one("a"));
    }
}
