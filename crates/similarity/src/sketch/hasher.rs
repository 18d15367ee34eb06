//! The hash functions of sketches, fixed for ever.

/// Hash functions, and how many of them must agree for two sets to be compared.
///
/// A sketch of a set is the least hash of its items by each of `hashes` functions. Two sets agree in one of them with a
/// probability that is their Jaccard similarity `J`, so that the share of those that agree is
/// an estimate of it, with a [standard error](MinHasher::standard_error) of `sqrt(J (1 - J) / hashes)`, at
/// most `0.5 / sqrt(hashes)`: 0.044 for 128.
///
/// The functions are cut into `bands`; sets that agree in all functions of a band are
/// [candidates](crate::Sketches::for_each_candidate).
///
/// # The hash functions
///
/// An item's bytes are hashed by FNV-1a of 64 bits. Function `i` is the finaliser of SplitMix64 on that hash,
/// xored with the `i`-th number that SplitMix64 gives from the seed. This is never going to change: sketches of
/// different runs, machines and versions compare.
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::MinHasher;
///
/// let hasher = MinHasher::new(128, 32, 0)?;
/// assert!((hasher.standard_error(0.5) - 0.044).abs() < 0.001);
/// assert!(hasher.candidate_probability(0.8) > 0.9999);
/// assert!(hasher.candidate_probability(0.1) < 0.01);
/// # Ok::<(), pullstudy_similarity::BandsError>(())
/// ```
///
/// # Source
///
/// A. Z. Broder, "On the resemblance and containment of documents", SEQUENCES 1997; P. Indyk and R. Motwani,
/// "Approximate nearest neighbors", STOC 1998.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinHasher {
    keys: Vec<u64>,
    bands: usize,
}

/// Hash functions cannot be cut into so many bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{hashes} hash functions cannot be cut into {bands} bands of equal size")]
pub struct BandsError {
    /// How many hash functions there were to be.
    pub hashes: usize,
    /// How many bands.
    pub bands: usize,
}

impl MinHasher {
    /// Makes so many hash functions from a seed, in so many bands.
    ///
    /// # Errors
    ///
    /// [`BandsError`] unless both are above 0 and `hashes` is a multiple of `bands`.
    pub fn new(hashes: usize, bands: usize, seed: u64) -> Result<Self, BandsError> {
        if hashes == 0 || bands == 0 || !hashes.is_multiple_of(bands) {
            return Err(BandsError { hashes, bands });
        }
        let keys =
            (1..=hashes as u64).map(|turn| finalise(seed.wrapping_add(turn.wrapping_mul(GAMMA))));
        let keys = keys.collect();
        Ok(Self { keys, bands })
    }

    /// Returns how many hash functions there are.
    #[must_use]
    pub fn hashes(&self) -> usize {
        self.keys.len()
    }

    /// Returns how many bands they are cut into.
    #[must_use]
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// Returns how far an estimate lies from a similarity, as a standard deviation.
    #[must_use]
    pub fn standard_error(&self, similarity: f64) -> f64 {
        (similarity * (1.0 - similarity) / self.hashes() as f64).sqrt()
    }

    /// Returns how likely it is that sets of a similarity are candidates: `1 - (1 - J^r)^b` for `b` bands of `r`
    /// functions.
    #[must_use]
    pub fn candidate_probability(&self, similarity: f64) -> f64 {
        let in_one = similarity.powf(self.in_a_band() as f64);
        1.0 - (1.0 - in_one).powf(self.bands as f64)
    }

    pub(super) fn in_a_band(&self) -> usize {
        self.hashes() / self.bands
    }

    /// Lowers each of `least` to the hash of an item.
    pub(super) fn take(&self, item: u64, least: &mut [u64]) {
        for (least, key) in least.iter_mut().zip(&self.keys) {
            *least = finalise(item ^ key).min(*least);
        }
    }
}

/// What SplitMix64 adds from number to number.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of SplitMix64, a bijection.
#[inline]
fn finalise(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// FNV-1a of 64 bits.
pub(super) fn fnv_1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_functions_are_the_published_ones() {
        assert_eq!(fnv_1a(b""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(fnv_1a(b"foobar"), 0x8594_4171_F739_67E8);
        // The first numbers of SplitMix64 from seed 1234567.
        let hasher = MinHasher::new(3, 1, 1_234_567).unwrap();
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(hasher.keys, expected);
    }

    #[test]
    fn bands_that_do_not_fit_are_an_error() {
        for (hashes, bands) in [(0, 1), (8, 0), (8, 3), (4, 8)] {
            let error = MinHasher::new(hashes, bands, 0).unwrap_err();
            assert_eq!(error, BandsError { hashes, bands });
        }
    }
}
