//! Literals and matches, and the symbols deflate writes for them.

/// The shortest and longest match of deflate.
pub(crate) const SHORTEST_MATCH: usize = 3;
pub(crate) const LONGEST_MATCH: usize = 258;
/// The farthest a match reaches back.
pub(crate) const FARTHEST_MATCH: usize = 32 * 1024;

pub(super) const END_OF_BLOCK: usize = 256;
/// Symbols 286 and 287 exist in the fixed code only, and never occur.
pub(super) const LITERAL_SYMBOLS: usize = 288;
pub(super) const DISTANCE_SYMBOLS: usize = 30;

/// The smallest length of each length symbol from 257 on, and the number of extra bits (RFC 1951, section 3.2.5).
pub(crate) const LENGTH_SLOTS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// The smallest distance of each distance symbol, and the number of extra bits (RFC 1951, section 3.2.5).
pub(crate) const DISTANCE_SLOTS: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

/// The words [`Token::word`] tells apart: 256 literals, then as many lengths of matches.
pub(super) const WORDS: usize = 512;
/// In place of a distance slot: the token is a literal.
pub(super) const NO_DISTANCE: usize = DISTANCE_SYMBOLS;

/// A literal byte, or a match: a copy of what was written before.
///
/// Nine bits of word, five of distance slot and 13 of distance within the slot: so that literals and matches can be
/// counted and written alike, without a branch no processor could predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(u32);

impl Token {
    #[inline]
    pub(crate) const fn literal(byte: u8) -> Self {
        Self(byte as u32 | (NO_DISTANCE as u32) << 9)
    }

    /// A copy of `length` bytes (3 to 258) from `distance` bytes before (1 to 32768).
    #[inline]
    pub(crate) fn copy(length: usize, distance: usize) -> Self {
        debug_assert!((SHORTEST_MATCH..=LONGEST_MATCH).contains(&length));
        debug_assert!((1..=FARTHEST_MATCH).contains(&distance));
        let slot = distance_slot((distance - 1) as u16);
        let extra = distance as u32 - u32::from(DISTANCE_SLOTS[slot].0);
        Self((256 + (length - SHORTEST_MATCH) as u32) | ((slot as u32) << 9) | (extra << 14))
    }

    /// The literal, or 256 and the length less three.
    #[inline]
    pub(super) fn word(self) -> usize {
        (self.0 & 0x1ff) as usize
    }

    /// The index into [`DISTANCE_SLOTS`], or [`NO_DISTANCE`].
    #[inline]
    pub(super) fn distance_slot(self) -> usize {
        (self.0 >> 9 & 0x1f) as usize
    }

    /// What the distance is beyond the smallest of its slot.
    #[inline]
    pub(super) fn extra_distance(self) -> u64 {
        u64::from(self.0 >> 14)
    }
}

/// Returns the index into [`LENGTH_SLOTS`] for a length less three.
#[inline]
pub(super) fn length_slot(short_length: u8) -> usize {
    match short_length {
        0..8 => usize::from(short_length),
        255 => 28,
        _ => {
            let log = short_length.ilog2() as usize;
            4 * (log - 1) + usize::from(short_length >> (log - 2) & 3)
        }
    }
}

/// Returns the index into [`DISTANCE_SLOTS`] for a distance less one.
#[inline]
pub(super) fn distance_slot(short_distance: u16) -> usize {
    if short_distance < 4 {
        return usize::from(short_distance);
    }
    let log = short_distance.ilog2() as usize;
    2 * log + usize::from(short_distance >> (log - 1) & 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_tables() {
        for length in SHORTEST_MATCH..=LONGEST_MATCH {
            let expected = LENGTH_SLOTS
                .iter()
                .rposition(|(smallest, _)| usize::from(*smallest) <= length)
                .unwrap();
            assert_eq!(length_slot((length - 3) as u8), expected, "length {length}");
        }
        for distance in 1..=FARTHEST_MATCH {
            let expected = DISTANCE_SLOTS
                .iter()
                .rposition(|(smallest, _)| usize::from(*smallest) <= distance)
                .unwrap();
            assert_eq!(
                distance_slot((distance - 1) as u16),
                expected,
                "distance {distance}"
            );
        }
    }
}
