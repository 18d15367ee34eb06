//! Huffman codes of limited length for deflate.

/// The longest code of a literal, length or distance (RFC 1951, section 3.2.7).
pub(super) const LONGEST_CODE: u8 = 15;
/// The longest code of a code length.
pub(super) const LONGEST_LENGTH_CODE: u8 = 7;
const MOST_SYMBOLS: usize = 288;

/// A prefix code: the bits of each symbol, ready to be written, and their number.
#[derive(Clone, Debug)]
pub(super) struct Code<const SYMBOLS: usize> {
    pub(super) bits: [u16; SYMBOLS],
    pub(super) lengths: [u8; SYMBOLS],
}

impl<const SYMBOLS: usize> Code<SYMBOLS> {
    /// Makes the code that suits `frequencies` best, with no code longer than `longest`.
    ///
    /// At least two symbols get a code, because some decoders refuse a code of one.
    pub(super) fn for_frequencies(frequencies: &[u32; SYMBOLS], longest: u8) -> Self {
        let mut frequencies = *frequencies;
        let mut used = frequencies
            .iter()
            .filter(|frequency| **frequency > 0)
            .count();
        for frequency in &mut frequencies {
            if used < 2 && *frequency == 0 {
                *frequency = 1;
                used += 1;
            }
        }
        let mut lengths = [0; SYMBOLS];
        while !assign_lengths(&frequencies, &mut lengths, longest) {
            // Flatter frequencies make a flatter tree; with all at 1 it is as flat as can be.
            frequencies
                .iter_mut()
                .filter(|frequency| **frequency > 0)
                .for_each(|frequency| *frequency = *frequency / 2 + 1);
        }
        Self::from_lengths(lengths)
    }

    /// Makes the canonical code of the given lengths (RFC 1951, section 3.2.2).
    pub(super) fn from_lengths(lengths: [u8; SYMBOLS]) -> Self {
        let mut next = [0_u16; LONGEST_CODE as usize + 2];
        for length in 1..=LONGEST_CODE {
            let count = lengths.iter().filter(|other| **other == length).count() as u16;
            next[usize::from(length) + 1] = (next[usize::from(length)] + count) << 1;
        }
        let mut bits = [0; SYMBOLS];
        for (bits, length) in bits
            .iter_mut()
            .zip(lengths)
            .filter(|(_, length)| *length > 0)
        {
            // Codes go out from their highest bit on, everything else from its lowest.
            *bits = next[usize::from(length)].reverse_bits() >> (16 - length);
            next[usize::from(length)] += 1;
        }
        Self { bits, lengths }
    }

    /// Returns how many bits the symbols take when each occurs as often as `frequencies` says.
    pub(super) fn cost_bits(&self, frequencies: &[u32; SYMBOLS]) -> u64 {
        self.lengths
            .iter()
            .zip(frequencies)
            .map(|(length, frequency)| u64::from(*length) * u64::from(*frequency))
            .sum()
    }
}

/// Sets the lengths of a Huffman code and says whether all are within `longest`.
///
/// Two queues: the leaves by frequency, and the inner nodes, which come into being in order of frequency (van
/// Leeuwen, 1976).
fn assign_lengths(frequencies: &[u32], lengths: &mut [u8], longest: u8) -> bool {
    let mut leaves: Vec<u16> = (0..frequencies.len() as u16)
        .filter(|leaf| frequencies[usize::from(*leaf)] > 0)
        .collect();
    leaves.sort_by_key(|leaf| frequencies[usize::from(*leaf)]);
    let count = leaves.len();
    let mut weights = [0_u64; 2 * MOST_SYMBOLS];
    let mut parents = [0_usize; 2 * MOST_SYMBOLS];
    for (node, leaf) in leaves.iter().enumerate() {
        weights[node] = u64::from(frequencies[usize::from(*leaf)]);
    }
    let (mut next_leaf, mut next_inner) = (0, count);
    for node in count..2 * count - 1 {
        for _ in 0..2 {
            let take_leaf = next_leaf < count
                && (next_inner >= node || weights[next_leaf] <= weights[next_inner]);
            let child = if take_leaf {
                &mut next_leaf
            } else {
                &mut next_inner
            };
            weights[node] += weights[*child];
            parents[*child] = node;
            *child += 1;
        }
    }
    let mut depths = [0_u8; 2 * MOST_SYMBOLS];
    for node in (0..2 * count - 2).rev() {
        depths[node] = depths[parents[node]].saturating_add(1);
    }
    for (depth, leaf) in depths.iter().zip(&leaves) {
        lengths[usize::from(*leaf)] = *depth;
    }
    depths[..count].iter().all(|depth| *depth <= longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kraft_sum(lengths: &[u8]) -> u32 {
        lengths
            .iter()
            .filter(|length| **length > 0)
            .map(|length| 1 << (LONGEST_CODE - length))
            .sum()
    }

    #[test]
    fn the_example_of_rfc_1951_gives_its_codes() {
        // Section 3.2.2: lengths (3, 3, 3, 3, 3, 2, 4, 4) give 010, 011, 100, 101, 110, 00, 1110, 1111.
        let code = Code::from_lengths([3, 3, 3, 3, 3, 2, 4, 4]);
        let forwards: Vec<u16> = code
            .bits
            .iter()
            .zip(code.lengths)
            .map(|(bits, length)| bits.reverse_bits() >> (16 - length))
            .collect();
        assert_eq!(
            forwards,
            [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111]
        );
    }

    #[test]
    fn fibonacci_frequencies_are_kept_within_the_limit() {
        let mut frequencies = [1_u32; 40];
        for index in 2..40 {
            frequencies[index] = frequencies[index - 1] + frequencies[index - 2];
        }
        let code = Code::for_frequencies(&frequencies, LONGEST_CODE);
        assert!(
            code.lengths
                .iter()
                .all(|length| (1..=LONGEST_CODE).contains(length))
        );
        assert_eq!(kraft_sum(&code.lengths), 1 << LONGEST_CODE);
    }

    proptest! {
        #[test]
        fn codes_are_complete(frequencies in proptest::array::uniform30(0_u32..5000)) {
            let code = Code::for_frequencies(&frequencies, LONGEST_CODE);
            prop_assert_eq!(kraft_sum(&code.lengths), 1 << LONGEST_CODE);
            for (length, frequency) in code.lengths.iter().zip(frequencies) {
                prop_assert!(*length > 0 || frequency == 0);
            }
        }
    }
}
