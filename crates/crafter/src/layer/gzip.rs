//! A layer as gzip members (RFC 1952).
//!
//! One member holds the tar up to the landing, a second one the landing. The header of the second is written when
//! its length is known, with a comment that pads it to the byte.

use std::io;

use super::deflate::{Deflate, Prepared, Token};
use super::landing::{Landing, find_place};
use super::packer::Packer;
use super::painter::Style;
use super::segment::{Segment, Span};
use super::tokenizer::tokenize;

/// Header flag: an extra field.
const FEXTRA: u8 = 1 << 2;
/// Header flag: a comment, ended by a zero.
const FCOMMENT: u8 = 1 << 4;
/// Header without optional fields.
const HEADER_BYTES: u64 = 10;
/// CRC-32 and length.
const TRAILER_BYTES: u64 = 8;
/// Go's compress/gzip gives up on comments of 512 bytes and more.
const LONGEST_COMMENT_PADDING: u64 = 500;
/// Length of the extra field, then identifier and length of its only subfield.
const EXTRA_FIELD_BYTES: u64 = 2 + 4;
const LONGEST_PADDING: u64 = EXTRA_FIELD_BYTES + u16::MAX as u64 - 4;

/// Stores a layer as gzip.
pub(super) struct Gzip {
    level: u8,
    member: Option<Member>,
    /// Bytes of all members that are complete.
    complete_bytes: u64,
    out: Vec<u8>,
    /// The codes of the tokens whose cost was asked for.
    prepared: Option<Prepared>,
}

/// The member under way.
struct Member {
    deflate: Deflate,
    crc: crc32fast::Hasher,
    tar_bytes: u64,
    header_bytes: u64,
}

impl Gzip {
    pub(super) fn new(level: u8) -> Self {
        Self {
            level,
            member: None,
            complete_bytes: 0,
            out: Vec::new(),
            prepared: None,
        }
    }

    fn begin_member(&mut self, padding_bytes: u64) -> Member {
        let header = header(self.level, padding_bytes);
        self.out.extend_from_slice(&header);
        Member {
            deflate: Deflate::default(),
            crc: crc32fast::Hasher::new(),
            tar_bytes: 0,
            header_bytes: header.len() as u64,
        }
    }

    fn end_member(&mut self) {
        let Some(mut member) = self.member.take() else {
            return;
        };
        member.deflate.finish();
        self.complete_bytes += member.header_bytes + member.deflate.written_bytes() + TRAILER_BYTES;
        member.deflate.take_into(&mut self.out);
        self.out
            .extend_from_slice(&member.crc.finalize().to_le_bytes());
        // ISIZE is the length modulo 2^32 (RFC 1952, section 2.3.1).
        self.out
            .extend_from_slice(&(member.tar_bytes as u32).to_le_bytes());
    }
}

impl Packer for Gzip {
    fn texture_cost_bytes(&mut self, segment: &Segment, _texture: usize, tokens: &[Token]) -> u64 {
        let prepared = Prepared::for_tokens(tokens);
        let cost_bytes = prepared.cost_bits().div_ceil(8).min(stored_bytes(segment));
        self.prepared = Some(prepared);
        cost_bytes
    }

    fn pack(&mut self, segment: &Segment, style: Style, tokens: &[Token]) -> io::Result<()> {
        let mut member = match self.member.take() {
            Some(member) => member,
            None => self.begin_member(0),
        };
        member.crc.update(segment.bytes());
        member.tar_bytes += segment.len() as u64;
        let prepared = self.prepared.take();
        match style {
            Style::Stored => member.deflate.stored(segment.bytes()),
            Style::Noise => pack_noise(&mut member.deflate, segment),
            Style::Zeros => pack_zeros(&mut member.deflate, segment),
            Style::Texture(_) => {
                let prepared = prepared.unwrap_or_else(|| Prepared::for_tokens(tokens));
                pack_tokens(&mut member.deflate, segment, tokens, &prepared);
            }
        }
        member.deflate.take_into(&mut self.out);
        self.member = Some(member);
        Ok(())
    }

    fn charged_bytes(&self) -> u64 {
        let open = self.member.as_ref().map_or(0, |member| {
            member.header_bytes + member.deflate.finished_bytes() + TRAILER_BYTES
        });
        self.complete_bytes + open
    }

    fn land(&mut self, landing: &mut Landing, wire_bytes: u64) -> io::Result<()> {
        self.end_member();
        let left_bytes =
            wire_bytes.saturating_sub(self.complete_bytes + HEADER_BYTES + TRAILER_BYTES);
        let places = 0..=landing.len();
        let cost = |place| deflate_mixed(landing.mixed(place), place).finished_bytes();
        let found = find_place(places, left_bytes, cost, |padding| {
            padding <= LONGEST_PADDING
        });
        let found = found.ok_or_else(|| io::Error::other("the wire bytes left cannot be met"))?;
        let mut member = self.begin_member(found.padding_bytes);
        let segment = landing.mixed(found.place);
        member.crc.update(segment.bytes());
        member.tar_bytes = segment.len() as u64;
        member.deflate = deflate_mixed(segment, found.place);
        self.member = Some(member);
        self.end_member();
        Ok(())
    }

    fn finish(&mut self) {
        self.end_member();
    }

    fn complete(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }
}

/// Stores noise as it is and compresses what lies between, if that is any shorter.
fn pack_noise(deflate: &mut Deflate, segment: &Segment) {
    for span in segment.spans() {
        match span {
            Span::Hole(hole) => deflate.stored(&segment.window()[hole]),
            Span::Fixed(fixed) => {
                let mut tokens = Vec::new();
                tokenize(segment, fixed, &mut tokens);
                deflate.tokens(&Prepared::for_tokens(&tokens), &tokens);
            }
        }
    }
}

fn pack_zeros(deflate: &mut Deflate, segment: &Segment) {
    if segment.hole_bytes() == segment.len() {
        return deflate.zeros(segment.len() as u64);
    }
    let mut tokens = Vec::new();
    tokenize(segment, segment.range(), &mut tokens);
    pack_tokens(deflate, segment, &tokens, &Prepared::for_tokens(&tokens));
}

fn pack_tokens(deflate: &mut Deflate, segment: &Segment, tokens: &[Token], prepared: &Prepared) {
    if prepared.cost_bits() <= 8 * stored_bytes(segment) {
        deflate.tokens(prepared, tokens);
    } else {
        deflate.stored(segment.bytes());
    }
}

/// What a segment takes in a stored block, with the bits up to its first byte.
fn stored_bytes(segment: &Segment) -> u64 {
    segment.len() as u64 + 5
}

/// Compresses a landing: as it is up to `place`, as tokens from there on.
fn deflate_mixed(segment: &Segment, place: usize) -> Deflate {
    let mut deflate = Deflate::default();
    deflate.stored(&segment.bytes()[..place]);
    let from = segment.range().start + place;
    if from < segment.range().end {
        let mut tokens = Vec::new();
        tokenize(segment, from..segment.range().end, &mut tokens);
        deflate.tokens(&Prepared::for_tokens(&tokens), &tokens);
    }
    deflate
}

/// Makes a member's header of ten bytes and the given number of bytes more.
fn header(level: u8, padding_bytes: u64) -> Vec<u8> {
    // XFL says 2 for the slowest and 4 for the fastest algorithm, OS 255 for unknown.
    let extra_flags = match level {
        1 => 4,
        9 => 2,
        _ => 0,
    };
    let flags = match padding_bytes {
        0 => 0,
        1..=LONGEST_COMMENT_PADDING => FCOMMENT,
        _ => FEXTRA,
    };
    let mut header = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, extra_flags, 255];
    match flags {
        FCOMMENT => {
            header.resize(header.len() + padding_bytes as usize - 1, b'-');
            header.push(0);
        }
        FEXTRA => {
            let subfield_bytes = (padding_bytes - EXTRA_FIELD_BYTES) as u16;
            header.extend_from_slice(&(subfield_bytes + 4).to_le_bytes());
            // Subfield identifiers need not be registered to be skipped by every reader.
            header.extend_from_slice(b"ps");
            header.extend_from_slice(&subfield_bytes.to_le_bytes());
            header.resize(header.len() + usize::from(subfield_bytes), 0);
        }
        _ => {}
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_as_long_as_asked() {
        for padding in [0, 1, 2, 5, 6, 499, 500, 501, 510, 65_000, LONGEST_PADDING] {
            let mut member = header(6, padding);
            assert_eq!(member.len() as u64, HEADER_BYTES + padding);
            member.extend_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let mut decoder = flate2::read::MultiGzDecoder::new(&member[..]);
            assert_eq!(
                std::io::copy(&mut decoder, &mut std::io::sink()).unwrap(),
                0,
                "padding {padding}"
            );
        }
    }
}
