//! How the payload bytes of a layer are shared among its files: exactly, and without a list in memory.

use super::noise::Noise;
use super::recipe::{FileSizes, LayerRecipe, MOST_FILES};

/// 1000 times the quantiles `(i + 0.5) / 64` of a log-normal distribution with median 1 and sigma 2.4.
///
/// Under Debian's `/usr` the mean file is 18 times the median one, which is `exp(sigma² / 2)` for sigma 2.4; a
/// study of ten thousand Windows file systems found 2.46 (Agrawal et al., FAST '07). Rounded to integers because
/// the logarithms of different C libraries need not agree to the last bit, and the same key must give the same
/// sizes everywhere.
const LOGNORMAL_QUANTILES: [u64; 64] = [
    3, 8, 15, 21, 29, 38, 47, 58, 69, 82, 96, 111, 127, 145, 165, 187, 210, 236, 263, 293, 326,
    362, 401, 443, 489, 539, 594, 654, 719, 790, 868, 954, 1048, 1152, 1265, 1391, 1530, 1684,
    1855, 2045, 2258, 2496, 2764, 3066, 3409, 3799, 4246, 4760, 5356, 6053, 6873, 7849, 9023,
    10454, 12226, 14464, 17357, 21210, 26546, 34340, 46638, 68581, 117_899, 331_008,
];

/// The weights of a layer's files: what their sizes are in proportion to.
#[derive(Clone, Debug)]
struct Weights {
    sizes: FileSizes,
    noise: Noise,
    left: u64,
}

impl Iterator for Weights {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        Some(match self.sizes {
            FileSizes::Even => 1,
            FileSizes::Lognormal => lognormal_weight(self.noise.word()),
        })
    }
}

/// Interpolates between neighbouring quantiles; the two tails end at the outermost ones.
fn lognormal_weight(word: u64) -> u64 {
    let below = (word >> 58) as usize;
    let above = (below + 1).min(LOGNORMAL_QUANTILES.len() - 1);
    let (low, high) = (LOGNORMAL_QUANTILES[below], LOGNORMAL_QUANTILES[above]);
    low + (((high - low) * (word & 0xffff)) >> 16)
}

/// Shares any number of payload bytes among the files of a layer.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    weights: Weights,
    total_weight: u64,
}

impl Shares {
    pub(super) fn new(recipe: &LayerRecipe) -> Self {
        // Counts beyond the limits, which recipes are refused for, are cut off rather than overflow.
        let count = recipe.files.count.clamp(1, MOST_FILES);
        let weights = Weights {
            sizes: recipe.files.sizes,
            noise: Noise::new(&recipe.key, "file sizes"),
            left: count,
        };
        let total_weight = match recipe.files.sizes {
            FileSizes::Even => count,
            FileSizes::Lognormal => weights.clone().sum(),
        };
        Self {
            weights,
            total_weight,
        }
    }

    /// Returns the sizes in the order of the files; they sum to `payload_bytes` exactly.
    pub(super) fn sizes(&self, payload_bytes: u64) -> Sizes {
        let scale = (u128::from(payload_bytes) << SCALE_BITS) / u128::from(self.total_weight);
        let rounded_down = match self.weights.sizes {
            FileSizes::Even => share(scale, 1) * self.total_weight,
            FileSizes::Lognormal => self
                .weights
                .clone()
                .map(|weight| share(scale, weight))
                .sum(),
        };
        Sizes {
            weights: self.weights.clone(),
            scale,
            one_more: payload_bytes - rounded_down,
        }
    }

    /// Returns what the files take when each is padded to a multiple of `block_bytes`.
    pub(super) fn padded_bytes(&self, payload_bytes: u64, block_bytes: u64) -> u64 {
        match self.weights.sizes {
            // Only two sizes occur, and there may be millions of files.
            FileSizes::Even => {
                let size = payload_bytes / self.total_weight;
                let larger = payload_bytes % self.total_weight;
                (self.total_weight - larger) * size.next_multiple_of(block_bytes)
                    + larger * (size + 1).next_multiple_of(block_bytes)
            }
            FileSizes::Lognormal => self
                .sizes(payload_bytes)
                .map(|size| size.next_multiple_of(block_bytes))
                .sum(),
        }
    }
}

/// Payload bytes to a unit of weight are kept with this many binary places: so many that what they cut off all
/// weights together is less than a byte, and so few that a share fits into 128 bits.
const SCALE_BITS: u32 = 48;

fn share(scale: u128, weight: u64) -> u64 {
    ((scale * u128::from(weight)) >> SCALE_BITS) as u64
}

/// The sizes of a layer's files, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    weights: Weights,
    scale: u128,
    /// What rounding down left over: that many first files have a byte more.
    one_more: u64,
}

impl Iterator for Sizes {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let weight = self.weights.next()?;
        let extra = u64::from(self.one_more > 0);
        self.one_more -= extra;
        Some(share(self.scale, weight) + extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Codec, Content, FileSet, LayerKey};

    fn sizes(sizes: FileSizes, count: u64, payload_bytes: u64) -> Vec<u64> {
        let recipe = LayerRecipe {
            key: LayerKey::new([3; 32]),
            program: None,
            files: FileSet {
                count,
                sizes,
                prefix: "data".to_owned(),
            },
            unpacked_bytes: payload_bytes,
            wire_bytes: None,
            content: Content::Zeros,
            codec: Codec::None,
        };
        Shares::new(&recipe).sizes(payload_bytes).collect()
    }

    #[test]
    fn even_files_differ_by_a_byte_at_most() {
        assert_eq!(sizes(FileSizes::Even, 4, 10), [3, 3, 2, 2]);
        assert_eq!(sizes(FileSizes::Even, 3, 2), [1, 1, 0]);
    }

    #[test]
    fn lognormal_files_sum_exactly_and_are_mostly_small() {
        for payload in [0, 1, 999, 1_000_000_007, 1 << 50] {
            let mut sizes = sizes(FileSizes::Lognormal, 5000, payload);
            assert_eq!(sizes.iter().sum::<u64>(), payload);
            sizes.sort_unstable();
            if payload > 1_000_000 {
                assert!(
                    sizes[2500] * 8 < payload / 5000,
                    "the median is far below the mean"
                );
            }
        }
    }
}
