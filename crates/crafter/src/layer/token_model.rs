//! Makes tokens, and the bytes they stand for, with the statistics of ordinary layers.

use std::ops::Range;

use super::deflate::{
    DISTANCE_SLOTS, FARTHEST_MATCH, LENGTH_SLOTS, LONGEST_MATCH, SHORTEST_MATCH, Token,
};
use super::noise::Noise;
use super::texture::{
    COMMONEST_BYTES, MATCH_DISTANCES, RANKS, REPEATED_DISTANCES, SHORT_MATCH_DISTANCES, TEXTURES,
    Texture,
};

/// 256 times the quantiles `(i + 0.5) / 16` of an exponential distribution of mean 1.
const EXPONENTIAL_QUANTILES: [u32; 16] = [
    8, 25, 43, 63, 85, 108, 133, 162, 194, 231, 273, 325, 389, 475, 606, 887,
];

/// A word has 64 random bits, a literal takes twelve.
const LITERALS_OF_A_WORD: usize = 5;
/// Bytes of a match that are copied in one step.
const COPIED_AT_ONCE: usize = 16;

/// A distribution to draw from with ten random bits.
type Lot = [u8; 1 << 10];
/// A distribution to draw from with twelve random bits.
type FineLot = [u8; 1 << 12];

/// Makes the tokens of all textures.
pub(super) struct TokenModel {
    noise: Noise,
    textures: Vec<Lots>,
    distances: Lot,
    short_distances: Lot,
    last_distance: usize,
    splitting: Splitting,
}

/// The distributions of one texture.
struct Lots {
    literals: FineLot,
    literal_runs: Lot,
    match_lengths: Lot,
    long_run: u32,
}

impl Lots {
    fn of(texture: &Texture) -> Self {
        let by_rank = literal_weights(texture);
        let mut literals = [0; 1 << 12];
        fill_lot(&mut literals, &by_rank);
        literals
            .iter_mut()
            .for_each(|rank| *rank = COMMONEST_BYTES[usize::from(*rank)]);
        let (mut literal_runs, mut match_lengths) = ([0; 1 << 10], [0; 1 << 10]);
        fill_lot(&mut literal_runs, &texture.literal_runs);
        fill_lot(&mut match_lengths, &texture.match_lengths);
        Self {
            literals,
            literal_runs,
            match_lengths,
            long_run: texture.long_run,
        }
    }
}

/// Interpolates the weight of each rank, 256 times finer than the table.
fn literal_weights(texture: &Texture) -> [u32; 256] {
    std::array::from_fn(|index| {
        let rank = index as u32 + 1;
        let above = RANKS
            .iter()
            .position(|known| u32::from(*known) >= rank)
            .expect("256 is the last rank");
        let below = above.saturating_sub(1);
        let (from, to) = (u32::from(RANKS[below]), u32::from(RANKS[above]));
        let (high, low) = (
            u32::from(texture.literal_ranks[below]),
            u32::from(texture.literal_ranks[above]),
        );
        256 * high - 256 * (high - low) * (rank - from) / (to - from).max(1)
    })
}

/// Gives each index a share of the places in proportion to its weight.
fn fill_lot<W: Copy + Into<u32>>(lot: &mut [u8], weights: &[W]) {
    let total: u64 = weights
        .iter()
        .map(|weight| u64::from((*weight).into()))
        .sum();
    let (mut sum, mut start) = (0, 0);
    for (index, weight) in weights.iter().enumerate() {
        sum += u64::from((*weight).into());
        let end = (sum * lot.len() as u64 / total) as usize;
        lot[start..end].fill(index as u8);
        start = end;
    }
}

/// How a lower level of gzip shows: some matches come in two pieces, as if found by a lazier search.
#[derive(Clone, Copy, Debug)]
struct Splitting {
    /// Parts of 64 of the matches that are split.
    share: u8,
    seen: u8,
}

impl Splitting {
    /// gzip -1 makes 39 % more matches of the same tar than gzip -6 does, -3 27 % more, -4 12 % more.
    const fn for_level(level: u8) -> Self {
        let share = match level {
            ..=2 => 40,
            3 => 28,
            4..=5 => 13,
            _ => 0,
        };
        Self { share, seen: 0 }
    }

    fn next(&mut self) -> bool {
        self.seen += self.share;
        let split = self.seen >= 64;
        self.seen %= 64;
        split
    }
}

impl TokenModel {
    /// `level` is that of gzip; the bytes are the same at every level, their tokens are not.
    pub(super) fn new(noise: Noise, level: u8) -> Self {
        let (mut distances, mut short_distances) = ([0; 1 << 10], [0; 1 << 10]);
        fill_lot(&mut distances, &MATCH_DISTANCES);
        fill_lot(
            &mut short_distances,
            &MATCH_DISTANCES[..SHORT_MATCH_DISTANCES],
        );
        let textures = TEXTURES.iter().map(Lots::of).collect();
        let splitting = Splitting::for_level(level);
        Self {
            noise,
            textures,
            distances,
            short_distances,
            last_distance: 1,
            splitting,
        }
    }

    /// Fills `hole` of the window with bytes of a texture, and appends the tokens that stand for them.
    ///
    /// Matches reach back to the start of the window at most.
    pub(super) fn fill(
        &mut self,
        texture: usize,
        window: &mut [u8],
        hole: Range<usize>,
        tokens: &mut Vec<Token>,
    ) {
        let mut position = hole.start;
        while position < hole.end {
            let word = self.noise.word();
            let run = self.literal_run(texture, word).min(hole.end - position);
            if run <= LITERALS_OF_A_WORD && position + LITERALS_OF_A_WORD <= hole.end {
                // Nearly all runs are this short. Drawing all that a word gives spares a loop of unknown length.
                let literals = self.literals(texture);
                window[position..position + LITERALS_OF_A_WORD].copy_from_slice(&literals);
                tokens.extend(literals.map(Token::literal));
                tokens.truncate(tokens.len() - (LITERALS_OF_A_WORD - run));
            } else {
                self.push_literals(texture, &mut window[position..position + run], tokens);
            }
            position += run;
            let (length, distance) = self.next_match(texture, word);
            let length = length.min(hole.end - position);
            if length >= SHORTEST_MATCH && position > 0 {
                let distance = if distance <= position {
                    distance
                } else {
                    1 + distance % position
                };
                copy(window, position, length, distance, hole.end);
                self.push_match(length, distance, tokens);
                self.last_distance = distance;
                position += length;
            } else {
                self.push_literals(texture, &mut window[position..position + length], tokens);
                position += length;
            }
        }
    }

    fn literal_run(&self, texture: usize, word: u64) -> usize {
        let lots = &self.textures[texture];
        let run = usize::from(lots.literal_runs[(word & 0x3ff) as usize]);
        if run < 16 {
            return run;
        }
        let quantile = EXPONENTIAL_QUANTILES[(word >> 10 & 0xf) as usize];
        16 + (quantile * (lots.long_run - 16) / 256) as usize
    }

    fn push_literals(&mut self, texture: usize, out: &mut [u8], tokens: &mut Vec<Token>) {
        for part in out.chunks_mut(LITERALS_OF_A_WORD) {
            let literals = self.literals(texture);
            part.copy_from_slice(&literals[..part.len()]);
            tokens.extend(part.iter().map(|byte| Token::literal(*byte)));
        }
    }

    /// Draws as many literals as a word is good for.
    fn literals(&mut self, texture: usize) -> [u8; LITERALS_OF_A_WORD] {
        let word = self.noise.word();
        let literals = &self.textures[texture].literals;
        std::array::from_fn(|index| literals[(word >> (12 * index) & 0xfff) as usize])
    }

    /// Returns length and distance of a match; the bits of `word` above the fourteenth decide.
    fn next_match(&self, texture: usize, word: u64) -> (usize, usize) {
        let length_slot = self.textures[texture].match_lengths[(word >> 14 & 0x3ff) as usize];
        let (shortest, extra_bits) = LENGTH_SLOTS[usize::from(length_slot)];
        let extra = (word >> 24) as usize & ((1 << extra_bits) - 1);
        // The slot of 227 has room for 258, which has a slot of its own.
        let length = (usize::from(shortest) + extra).min(LONGEST_MATCH);
        if word >> 29 & 0x3ff < REPEATED_DISTANCES {
            return (length, self.last_distance);
        }
        let lot = if length == SHORTEST_MATCH {
            &self.short_distances
        } else {
            &self.distances
        };
        let (nearest, extra_bits) = DISTANCE_SLOTS[usize::from(lot[(word >> 39 & 0x3ff) as usize])];
        let extra = (word >> 49) as usize & ((1 << extra_bits) - 1);
        (length, (usize::from(nearest) + extra).min(FARTHEST_MATCH))
    }

    fn push_match(&mut self, length: usize, distance: usize, tokens: &mut Vec<Token>) {
        if length >= 2 * SHORTEST_MATCH && self.splitting.next() {
            tokens.push(Token::copy(length / 2, distance));
            tokens.push(Token::copy(length - length / 2, distance));
        } else {
            tokens.push(Token::copy(length, distance));
        }
    }
}

/// Copies `length` bytes to `position` from `distance` before, byte after byte where they overlap.
fn copy(window: &mut [u8], position: usize, length: usize, distance: usize, end: usize) {
    let steps = length.div_ceil(COPIED_AT_ONCE);
    if distance >= COPIED_AT_ONCE && position + COPIED_AT_ONCE * steps <= end {
        // The last step may write past the match, where the hole is filled next anyway.
        for step in 0..steps {
            let to = position + COPIED_AT_ONCE * step;
            let from = to - distance;
            let bytes: [u8; COPIED_AT_ONCE] = window[from..from + COPIED_AT_ONCE]
                .try_into()
                .expect("the lengths agree");
            window[to..to + COPIED_AT_ONCE].copy_from_slice(&bytes);
        }
    } else {
        for to in position..position + length {
            window[to] = window[to - distance];
        }
    }
}
