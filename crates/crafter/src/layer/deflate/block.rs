//! One deflate block: tokens, the codes that suit them, and what they cost.

use super::bits::BitWriter;
use super::huffman::{Code, LONGEST_CODE, LONGEST_LENGTH_CODE};
use super::token::{
    DISTANCE_SLOTS, DISTANCE_SYMBOLS, END_OF_BLOCK, LENGTH_SLOTS, LITERAL_SYMBOLS, LONGEST_MATCH,
    NO_DISTANCE, SHORTEST_MATCH, Token, WORDS, length_slot,
};

/// The order in which the lengths of the code length code are sent (RFC 1951, section 3.2.7).
const LENGTH_CODE_ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
/// Bits before the symbols of any block: whether it is the last, and its type.
pub(super) const BLOCK_HEADER_BITS: u64 = 3;
const FIXED_BLOCK: u64 = 1;
const DYNAMIC_BLOCK: u64 = 2;

/// The codes of a block, and how they are sent.
#[derive(Debug)]
pub(super) struct Block {
    literals: Code<LITERAL_SYMBOLS>,
    distances: Code<DISTANCE_SYMBOLS>,
    /// `None` for the fixed codes, which the decoder knows.
    description: Option<Description>,
    cost_bits: u64,
}

impl Block {
    /// Chooses the cheaper of the fixed codes and codes made for these tokens.
    pub(super) fn for_tokens(tokens: &[Token]) -> Self {
        let usage = Usage::of(tokens);
        let fixed = Self::with_codes(fixed_literals(), fixed_distances(), None, &usage);
        let literals = Code::for_frequencies(&usage.literals, LONGEST_CODE);
        let distances = Code::for_frequencies(&usage.distances, LONGEST_CODE);
        let description = Description::of(&literals, &distances);
        let own = Self::with_codes(literals, distances, Some(description), &usage);
        if own.cost_bits < fixed.cost_bits {
            own
        } else {
            fixed
        }
    }

    fn with_codes(
        literals: Code<LITERAL_SYMBOLS>,
        distances: Code<DISTANCE_SYMBOLS>,
        description: Option<Description>,
        usage: &Usage,
    ) -> Self {
        let description_bits = description.as_ref().map_or(0, Description::cost_bits);
        let cost_bits = BLOCK_HEADER_BITS
            + description_bits
            + literals.cost_bits(&usage.literals)
            + distances.cost_bits(&usage.distances)
            + usage.extra_bits;
        Self {
            literals,
            distances,
            description,
            cost_bits,
        }
    }

    /// Returns what the block takes, header and end included.
    pub(super) fn cost_bits(&self) -> u64 {
        self.cost_bits
    }

    /// Makes a block that holds a literal zero and then matches of 258 at the distance 1, at two zero bits each.
    pub(super) fn for_zeros() -> Self {
        let mut tokens = vec![Token::copy(LONGEST_MATCH, 1); 1000];
        tokens.push(Token::literal(0));
        Self::for_tokens(&tokens)
    }

    /// Writes the block, which is not the last one, for the tokens it was made for.
    pub(super) fn write(&self, tokens: &[Token], out: &mut BitWriter) {
        self.write_begin(out);
        let (words, distances) = (self.words(), self.distances());
        out.extend(tokens.iter().map(|token| {
            // 15 + 5 bits for the length, 15 + 13 for the distance: within the 56 of a push.
            let (word, word_bits) = words[token.word()];
            let (code, code_bits, extra_bits) = distances[token.distance_slot()];
            let distance = u64::from(code) | token.extra_distance() << code_bits;
            (
                u64::from(word) | distance << word_bits,
                u32::from(word_bits + code_bits + extra_bits),
            )
        }));
        self.write_end(out);
    }

    pub(super) fn write_begin(&self, out: &mut BitWriter) {
        match &self.description {
            None => out.push(FIXED_BLOCK << 1, 3),
            Some(description) => {
                out.push(DYNAMIC_BLOCK << 1, 3);
                description.write(out);
            }
        }
    }

    /// Writes a literal.
    pub(super) fn write_literal(&self, byte: u8, out: &mut BitWriter) {
        let symbol = usize::from(byte);
        out.push(
            u64::from(self.literals.bits[symbol]),
            u32::from(self.literals.lengths[symbol]),
        );
    }

    pub(super) fn write_end(&self, out: &mut BitWriter) {
        out.push(
            u64::from(self.literals.bits[END_OF_BLOCK]),
            u32::from(self.literals.lengths[END_OF_BLOCK]),
        );
    }

    /// Returns the bits of each literal, and of each length less three with its extra bits, and their number.
    fn words(&self) -> [(u32, u8); WORDS] {
        std::array::from_fn(|word| {
            let Some(short_length) = word.checked_sub(END_OF_BLOCK) else {
                return (
                    u32::from(self.literals.bits[word]),
                    self.literals.lengths[word],
                );
            };
            let slot = length_slot(short_length as u8);
            let (smallest, extra_bits) = LENGTH_SLOTS[slot];
            let symbol = END_OF_BLOCK + 1 + slot;
            let extra = (short_length + SHORTEST_MATCH) as u32 - u32::from(smallest);
            let code_length = self.literals.lengths[symbol];
            (
                u32::from(self.literals.bits[symbol]) | extra << code_length,
                code_length + extra_bits,
            )
        })
    }

    /// Returns code, its length and the number of extra bits of each distance slot, and nothing for no distance.
    fn distances(&self) -> [(u16, u8, u8); DISTANCE_SYMBOLS + 1] {
        std::array::from_fn(|slot| match slot {
            NO_DISTANCE => (0, 0, 0),
            _ => (
                self.distances.bits[slot],
                self.distances.lengths[slot],
                DISTANCE_SLOTS[slot].1,
            ),
        })
    }
}

/// How often each symbol occurs in a block, its end included.
struct Usage {
    literals: [u32; LITERAL_SYMBOLS],
    distances: [u32; DISTANCE_SYMBOLS],
    extra_bits: u64,
}

impl Usage {
    fn of(tokens: &[Token]) -> Self {
        let mut words = [0_u32; WORDS];
        let mut slots = [0_u32; DISTANCE_SYMBOLS + 2];
        for token in tokens {
            words[token.word()] += 1;
            slots[token.distance_slot()] += 1;
        }
        let mut literals = [0; LITERAL_SYMBOLS];
        literals[..END_OF_BLOCK].copy_from_slice(&words[..END_OF_BLOCK]);
        literals[END_OF_BLOCK] = 1;
        for (short_length, count) in words[END_OF_BLOCK..].iter().enumerate() {
            literals[END_OF_BLOCK + 1 + length_slot(short_length as u8)] += count;
        }
        let distances = std::array::from_fn(|slot| slots[slot]);
        let length_extras = LENGTH_SLOTS
            .iter()
            .zip(&literals[END_OF_BLOCK + 1..])
            .map(|(slot, count)| (slot.1, count));
        let distance_extras = DISTANCE_SLOTS
            .iter()
            .zip(&distances)
            .map(|(slot, count)| (slot.1, count));
        let extra_bits = length_extras
            .chain(distance_extras)
            .map(|(bits, count)| u64::from(bits) * u64::from(*count))
            .sum();
        Self {
            literals,
            distances,
            extra_bits,
        }
    }
}

/// RFC 1951, section 3.2.6.
fn fixed_literals() -> Code<LITERAL_SYMBOLS> {
    Code::from_lengths(std::array::from_fn(|symbol| match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    }))
}

fn fixed_distances() -> Code<DISTANCE_SYMBOLS> {
    // The distance code of RFC 1951, 3.2.6 has 32 codes of five bits; the last two never occur.
    Code::from_lengths([5; DISTANCE_SYMBOLS])
}

/// The code lengths of a block as they are sent: run lengths in a Huffman code of their own.
#[derive(Debug)]
struct Description {
    literal_count: usize,
    distance_count: usize,
    /// Symbol, extra bits, and their number.
    runs: Vec<(u8, u8, u8)>,
    code: Code<19>,
    /// How many lengths of `code` are sent.
    sent_lengths: usize,
}

impl Description {
    fn of(literals: &Code<LITERAL_SYMBOLS>, distances: &Code<DISTANCE_SYMBOLS>) -> Self {
        let literal_count = 1 + literals
            .lengths
            .iter()
            .rposition(|length| *length > 0)
            .expect("a block has an end");
        let distance_count = 1 + distances
            .lengths
            .iter()
            .rposition(|length| *length > 0)
            .expect("codes have two symbols");
        let lengths = [
            &literals.lengths[..literal_count],
            &distances.lengths[..distance_count],
        ]
        .concat();
        let runs = run_lengths(&lengths);
        let mut frequencies = [0; 19];
        runs.iter()
            .for_each(|(symbol, ..)| frequencies[usize::from(*symbol)] += 1);
        let code = Code::for_frequencies(&frequencies, LONGEST_LENGTH_CODE);
        let last = LENGTH_CODE_ORDER
            .iter()
            .rposition(|symbol| code.lengths[*symbol] > 0)
            .expect("codes have two symbols");
        Self {
            literal_count,
            distance_count,
            runs,
            code,
            sent_lengths: (last + 1).max(4),
        }
    }

    fn cost_bits(&self) -> u64 {
        let runs = self.runs.iter().map(|(symbol, _, extra_bits)| {
            u64::from(self.code.lengths[usize::from(*symbol)]) + u64::from(*extra_bits)
        });
        5 + 5 + 4 + 3 * self.sent_lengths as u64 + runs.sum::<u64>()
    }

    fn write(&self, out: &mut BitWriter) {
        out.push(self.literal_count as u64 - 257, 5);
        out.push(self.distance_count as u64 - 1, 5);
        out.push(self.sent_lengths as u64 - 4, 4);
        for symbol in &LENGTH_CODE_ORDER[..self.sent_lengths] {
            out.push(u64::from(self.code.lengths[*symbol]), 3);
        }
        for (symbol, extra, extra_bits) in &self.runs {
            let symbol = usize::from(*symbol);
            out.push(
                u64::from(self.code.bits[symbol]),
                u32::from(self.code.lengths[symbol]),
            );
            out.push(u64::from(*extra), u32::from(*extra_bits));
        }
    }
}

/// Turns code lengths into the symbols 0 to 18 of RFC 1951, section 3.2.7.
fn run_lengths(lengths: &[u8]) -> Vec<(u8, u8, u8)> {
    let mut runs = Vec::new();
    let mut rest = lengths;
    while let [first, ..] = rest {
        let mut run = rest.iter().take_while(|length| *length == first).count();
        rest = &rest[run..];
        if *first > 0 {
            runs.push((*first, 0, 0));
            run -= 1;
        }
        while run >= 3 {
            let (taken, symbol, extra_bits) = match (*first, run) {
                (1.., _) => (run.min(6), (16, 3), 2),
                (0, ..=10) => (run, (17, 3), 3),
                (0, _) => (run.min(138), (18, 11), 7),
            };
            runs.push((symbol.0, (taken - symbol.1) as u8, extra_bits));
            run -= taken;
        }
        runs.extend(std::iter::repeat_n((*first, 0, 0), run));
    }
    runs
}
