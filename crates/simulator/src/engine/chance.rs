//! Random numbers of one node.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Steps into which nodes' speeds are cut: transfers of equal limits are simulated together.
const SPEED_STEPS: usize = 16;

/// The middle of each sixteenth of a normal distribution, from its median up: `scipy.stats.norm.ppf((i + 8.5) / 16)`.
const SIXTEENTHS: [f64; SPEED_STEPS / 2] = [
    0.078_412_412_7,
    0.237_202_109_3,
    0.402_250_065_3,
    0.579_132_162_2,
    0.776_421_761_1,
    1.009_990_169_2,
    1.318_010_897_3,
    1.862_731_867_4,
];

/// A stream of random numbers, the same for the same seed and node.
#[derive(Debug, Clone)]
pub(super) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(super) fn new(seed: u64, node: u32) -> Self {
        // An odd multiplier keeps nodes apart; the generator's own seeding mixes the bits.
        let mixed = seed ^ (u64::from(node) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// A number from 0 to below 1.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2_f64.powi(-53)
    }

    /// A factor whose logarithm is normal with this standard deviation, in steps.
    pub(super) fn speed(&mut self, spread: f64) -> f64 {
        let step = (self.uniform() * SPEED_STEPS as f64) as usize;
        let half = SPEED_STEPS / 2;
        let deviation = match step.checked_sub(half) {
            Some(above) => SIXTEENTHS[above],
            None => -SIXTEENTHS[half - 1 - step],
        };
        (spread * deviation).exp()
    }
}
