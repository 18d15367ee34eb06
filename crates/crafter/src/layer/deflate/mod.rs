//! A deflate stream made of given tokens (RFC 1951): nothing here searches for matches.

mod bits;
mod block;
mod huffman;
mod token;

use bits::BitWriter;
use block::{BLOCK_HEADER_BITS, Block};

pub(super) use token::{
    DISTANCE_SLOTS, FARTHEST_MATCH, LENGTH_SLOTS, LONGEST_MATCH, SHORTEST_MATCH, Token,
};

/// The most bytes of a stored block.
pub(super) const LONGEST_STORED: usize = 65_535;
/// The last block is an empty one of the fixed codes: three bits of header, seven for the end of the block.
const LAST_BLOCK_BITS: u32 = 10;

/// Closing a run of zeros: the end of its block, and a block of the fixed codes with one match for the rest.
const ZERO_RUN_END_BITS: u64 = 2 + 3 + 8 + 5 + 5 + 7;

/// A deflate stream under way.
#[derive(Debug, Default)]
pub(super) struct Deflate {
    bits: BitWriter,
    zeros: Option<ZeroRun>,
}

/// A block of nothing but zeros, left open so that it can go on in the next segment.
///
/// Its codes are one bit for a match of 258, one bit for the distance 1: 258 zeros in two bits, the best that
/// deflate can do. Zeros that do not fill a match wait.
#[derive(Debug)]
struct ZeroRun {
    block: Block,
    waiting: u64,
}

/// Tokens with the codes that suit them, ready to be written.
#[derive(Debug)]
pub(super) struct Prepared(Block);

impl Prepared {
    pub(super) fn for_tokens(tokens: &[Token]) -> Self {
        Self(Block::for_tokens(tokens))
    }

    /// Returns the bits the tokens take, the block's own header included.
    pub(super) fn cost_bits(&self) -> u64 {
        self.0.cost_bits()
    }
}

impl Deflate {
    /// Writes bytes as they are, in as many stored blocks as they need.
    pub(super) fn stored(&mut self, bytes: &[u8]) {
        self.end_zeros();
        for chunk in bytes.chunks(LONGEST_STORED) {
            let length = chunk.len() as u16;
            self.bits.push(0, BLOCK_HEADER_BITS as u32);
            self.bits.align();
            self.bits
                .push(u64::from(length) | u64::from(!length) << 16, 32);
            self.bits.push_bytes(chunk);
        }
    }

    /// Writes tokens as one block.
    pub(super) fn tokens(&mut self, prepared: &Prepared, tokens: &[Token]) {
        self.end_zeros();
        prepared.0.write(tokens, &mut self.bits);
    }

    /// Writes `count` zeros, in one run with those that came just before.
    pub(super) fn zeros(&mut self, count: u64) {
        if count == 0 {
            return;
        }
        let mut run = self.zeros.take().unwrap_or_else(|| {
            let block = Block::for_zeros();
            block.write_begin(&mut self.bits);
            block.write_literal(0, &mut self.bits);
            // The first zero was that literal; the match for the others copies it.
            ZeroRun {
                block,
                waiting: u64::MAX,
            }
        });
        run.waiting = run.waiting.wrapping_add(count);
        let mut match_bits = 2 * (run.waiting / LONGEST_MATCH as u64);
        while match_bits > 0 {
            let pushed = match_bits.min(56);
            self.bits.push(0, pushed as u32);
            match_bits -= pushed;
        }
        run.waiting %= LONGEST_MATCH as u64;
        self.zeros = Some(run);
    }

    fn end_zeros(&mut self) {
        let Some(run) = self.zeros.take() else { return };
        let rest = run.waiting as usize;
        if rest < SHORTEST_MATCH {
            (0..rest).for_each(|_| run.block.write_literal(0, &mut self.bits));
            run.block.write_end(&mut self.bits);
        } else {
            run.block.write_end(&mut self.bits);
            let tokens = [Token::copy(rest, 1)];
            Block::for_tokens(&tokens).write(&tokens, &mut self.bits);
        }
    }

    /// Ends the stream with an empty last block and fills its last byte.
    pub(super) fn finish(&mut self) {
        self.end_zeros();
        // BFINAL, the fixed codes, and their end of block, which is seven zero bits.
        self.bits.push(0b011, LAST_BLOCK_BITS);
        self.bits.align();
    }

    /// Returns the bytes of a finished stream.
    pub(super) fn written_bytes(&self) -> u64 {
        self.bits.written_bits() / 8
    }

    /// Returns how many bytes the stream would have if it were finished now; never too few.
    pub(super) fn finished_bytes(&self) -> u64 {
        let run_end = if self.zeros.is_some() {
            ZERO_RUN_END_BITS
        } else {
            0
        };
        (self.bits.written_bits() + run_end + u64::from(LAST_BLOCK_BITS)).div_ceil(8)
    }

    /// Moves what is complete to the end of `out`.
    pub(super) fn take_into(&mut self, out: &mut Vec<u8>) {
        self.bits.take_into(out);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn inflated(mut deflate: Deflate) -> Vec<u8> {
        let mut stream = Vec::new();
        let bound = deflate.finished_bytes();
        deflate.finish();
        deflate.take_into(&mut stream);
        assert!(
            stream.len() as u64 <= bound,
            "{} bytes, {bound} promised",
            stream.len()
        );
        let mut bytes = Vec::new();
        flate2::read::DeflateDecoder::new(&stream[..])
            .read_to_end(&mut bytes)
            .unwrap();
        bytes
    }

    /// The literal, or the length and distance of a match.
    fn meaning(token: Token) -> Result<u8, (usize, usize)> {
        match token.word().checked_sub(256) {
            None => Ok(token.word() as u8),
            Some(short_length) => {
                let smallest = usize::from(DISTANCE_SLOTS[token.distance_slot()].0);
                Err((
                    short_length + SHORTEST_MATCH,
                    smallest + token.extra_distance() as usize,
                ))
            }
        }
    }

    /// What the tokens stand for.
    fn expand(tokens: &[Token]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for token in tokens {
            match meaning(*token) {
                Ok(literal) => bytes.push(literal),
                Err((length, distance)) => {
                    (0..length).for_each(|_| bytes.push(bytes[bytes.len() - distance]))
                }
            }
        }
        bytes
    }

    fn tokens() -> impl Strategy<Value = Vec<Token>> {
        let token = prop_oneof![
            any::<u8>().prop_map(Token::literal),
            (SHORTEST_MATCH..=LONGEST_MATCH, 1..=FARTHEST_MATCH)
                .prop_map(|(length, distance)| Token::copy(length, distance)),
        ];
        proptest::collection::vec(token, 0..400).prop_map(|tokens| {
            let mut bytes = 0;
            let in_reach = tokens.into_iter().map(|token| match meaning(token) {
                Err((length, distance)) if distance <= bytes => {
                    bytes += length;
                    token
                }
                _ => {
                    bytes += 1;
                    Token::literal(bytes as u8)
                }
            });
            in_reach.collect()
        })
    }

    proptest! {
        #[test]
        fn a_decoder_reads_what_was_meant(tokens in tokens(), zeros in 0_u64..3000, stored in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let mut deflate = Deflate::default();
            let prepared = Prepared::for_tokens(&tokens);
            let before = deflate.bits.written_bits();
            deflate.tokens(&prepared, &tokens);
            prop_assert_eq!(deflate.bits.written_bits() - before, prepared.cost_bits());
            deflate.zeros(zeros / 2);
            deflate.zeros(zeros - zeros / 2);
            deflate.stored(&stored);
            deflate.zeros(zeros);
            let expected = [expand(&tokens), vec![0; zeros as usize], stored, vec![0; zeros as usize]].concat();
            prop_assert!(inflated(deflate) == expected);
        }
    }

    #[test]
    fn a_long_run_of_zeros_takes_two_bits_a_match() {
        let mut deflate = Deflate::default();
        (0..1000).for_each(|_| deflate.zeros(258_000));
        assert!(
            deflate.finished_bytes() < 250_000 + 20,
            "{} bytes",
            deflate.finished_bytes()
        );
        assert_eq!(inflated(deflate), vec![0; 258_000_000]);
    }
}
