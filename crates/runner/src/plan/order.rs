//! A random order with a fixed stream.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// Puts items into a random order that depends on nothing but the seed and the block's number.
pub(super) fn shuffle<T>(items: &mut [T], seed: u64, block: u32) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&block.to_le_bytes());
    let mut random = Xoshiro256PlusPlus::from_seed(mixed(bytes));
    for last in (1..items.len()).rev() {
        items.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
}

/// Spreads few bits over the whole state: the generator starts badly from one that is nearly all zeros.
fn mixed(bytes: [u8; 32]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).into()
}

/// Returns a number below `bound`, all equally likely (D. Lemire, ACM Trans. Model. Comput. Simul. 29 (2019)).
fn below(random: &mut Xoshiro256PlusPlus, bound: u64) -> u64 {
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if (product as u64) >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_depends_on_seed_and_block_alone() {
        let order = |seed, block| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed, block);
            items
        };
        assert_eq!(order(1, 0), order(1, 0));
        assert_ne!(order(1, 0), order(2, 0));
        assert_ne!(order(1, 0), order(1, 1));
        let mut sorted = order(7, 3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn every_place_is_as_likely_as_any_other() {
        let mut counts = [[0_u32; 4]; 4];
        for seed in 0..4_000 {
            let mut items = [0, 1, 2, 3];
            shuffle(&mut items, seed, 0);
            for (place, item) in items.into_iter().enumerate() {
                counts[place][item as usize] += 1;
            }
        }
        // 1,000 expected; the standard deviation is 27.
        for count in counts.into_iter().flatten() {
            assert!((860..=1_140).contains(&count), "{counts:?}");
        }
    }
}
