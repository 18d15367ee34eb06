//! Pairs worth a look, by locality-sensitive hashing.

use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;

use super::Sketches;

impl Sketches {
    /// Calls `take` once with every two sets that agree in all hash functions of some band, the lower number first.
    ///
    /// The pairs come in no particular order.
    pub fn for_each_candidate(&self, mut take: impl FnMut(u32, u32)) {
        let in_a_band = self.hasher.in_a_band();
        for band in 0..self.hasher.bands() {
            let columns = band * in_a_band..(band + 1) * in_a_band;
            let sorted = self.sorted_by(columns.clone());
            for bucket in sorted.chunk_by(|one, other| one.0 == other.0) {
                self.for_each_new(bucket, &columns, &mut take);
            }
        }
    }

    /// Returns the sets with a key of what they have in some columns, sorted.
    fn sorted_by(&self, columns: Range<usize>) -> Vec<(u64, u32)> {
        let key = |set: usize| {
            // Only groups what is compared afterwards: any function would do.
            let mut key = DefaultHasher::new();
            self.sketch(set)[columns.clone()]
                .iter()
                .for_each(|&hash| key.write_u64(hash));
            key.finish()
        };
        let mut sorted: Vec<(u64, u32)> = (0..self.len()).map(key).zip(0..).collect();
        sorted.sort_unstable();
        sorted
    }

    /// Calls `take` with the pairs of a bucket that agree in this band and in none before it.
    fn for_each_new(
        &self,
        bucket: &[(u64, u32)],
        columns: &Range<usize>,
        take: &mut impl FnMut(u32, u32),
    ) {
        let in_a_band = columns.len();
        for (at, &(_, a)) in bucket.iter().enumerate() {
            for &(_, b) in &bucket[at + 1..] {
                let (one, other) = (self.sketch(a as usize), self.sketch(b as usize));
                let before = one[..columns.start].chunks(in_a_band);
                let known = before
                    .zip(other.chunks(in_a_band))
                    .any(|(one, other)| one == other);
                if !known && one[columns.clone()] == other[columns.clone()] {
                    take(a, b);
                }
            }
        }
    }
}
