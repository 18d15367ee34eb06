//! A layer as Zstandard frames (RFC 8878).
//!
//! Noise and zeros go into frames of raw and run-length blocks written here; textures are compressed by libzstd,
//! a frame for each segment. How well libzstd compresses differs a little between its versions, but the tar must
//! not: contents are therefore planned with costs that are known beforehand, a little too high, and what libzstd
//! saves is spent on storing the end of a segment in raw blocks now and then. Where it takes more than all that was
//! saved, as it may of many small files, that frame is compressed harder.

use std::io;

use zstd::bulk::Compressor;

use super::deflate::{Prepared, Token};
use super::landing::{Landing, find_place};
use super::packer::Packer;
use super::painter::Style;
use super::segment::{Segment, Span};
use super::zstd_costs::{RESERVE_BYTES, frame_cost_bytes};

/// Magic number, no content size, no checksum, a window of 128 KiB (RFC 8878, section 3.1.1.1).
const FRAME_HEADER: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
/// The most bytes a block of that window stands for.
const LONGEST_BLOCK: usize = 128 * 1024;
const BLOCK_HEADER_BYTES: u64 = 3;
const RAW_BLOCK: u32 = 0;
const RLE_BLOCK: u32 = 1;
/// A run this long takes less as a block of its own, the split of the bytes around it included.
const SHORTEST_RUN: usize = 16;
/// Less than this is saved up for a later segment: a raw frame has its own headers.
const LEAST_SPENT_BYTES: i64 = 256;
/// Levels for frames that take more at their own than there is. Decoders read all levels alike.
const HARDER_LEVELS: [u8; 4] = [5, 9, 13, 19];
/// The first of 16 magic numbers of skippable frames (section 3.1.2); a length of four bytes follows.
const SKIPPABLE_FRAME: u32 = 0x184d_2a50;
const SKIPPABLE_HEADER_BYTES: u64 = 8;

/// Stores a layer as Zstandard.
pub(super) struct ZstdFrames {
    level: u8,
    spends_savings: bool,
    compressor: Option<Compressor<'static>>,
    blocks: Blocks,
    /// Bytes of frames written by libzstd.
    compressed_bytes: u64,
    /// What the plan was charged for textures beyond what they took.
    saved_bytes: i64,
    /// The charge that was asked for.
    charge: Option<u64>,
    /// Whether the reserve was charged.
    reserved: bool,
    out: Vec<u8>,
}

impl ZstdFrames {
    /// `spends_savings` is for layers of certain wire bytes; others keep what libzstd saves.
    pub(super) fn new(level: u8, spends_savings: bool) -> Self {
        Self {
            level,
            spends_savings,
            compressor: None,
            blocks: Blocks::default(),
            compressed_bytes: 0,
            saved_bytes: 0,
            charge: None,
            reserved: false,
            out: Vec::new(),
        }
    }

    /// Compresses as another version of libzstd might: with another level than the plan reckons with.
    #[cfg(test)]
    pub(super) fn compressing_at(mut self, level: i32) -> Self {
        self.compressor = Some(Compressor::new(level).unwrap());
        self
    }

    fn written_bytes(&self) -> u64 {
        self.compressed_bytes + self.blocks.finished_bytes()
    }

    /// Returns a frame; none for no bytes.
    fn compress(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let mut compressor = match self.compressor.take() {
            Some(compressor) => compressor,
            None => compressor(self.level)?,
        };
        let frame = compressor.compress(bytes)?;
        self.compressor = Some(compressor);
        Ok(frame)
    }

    /// Returns a frame of a segment's beginning, and how many bytes at its end are to be stored raw.
    ///
    /// For layers of certain wire bytes, both take no more than the charge and what was saved before, if libzstd can
    /// compress so hard; what is left then can be padded.
    fn frame_and_raw_bytes(
        &mut self,
        segment: &Segment,
        charge: u64,
    ) -> io::Result<(Vec<u8>, usize)> {
        let raw_bytes = self.affordable_raw_bytes(segment.len(), charge);
        let frame = self.compress(&segment.bytes()[..segment.len() - raw_bytes])?;
        let affordable = charge as i64 + self.saved_bytes - SKIPPABLE_HEADER_BYTES as i64;
        let left = affordable - frame.len() as i64;
        if !self.spends_savings || left >= raw_frame_bytes(raw_bytes) as i64 {
            return Ok((frame, raw_bytes));
        }
        // Of many small files, the end of a segment may have compressed far better than the rest of it.
        Ok((self.compress_within(segment.bytes(), affordable)?, 0))
    }

    fn compress_within(&mut self, bytes: &[u8], affordable_bytes: i64) -> io::Result<Vec<u8>> {
        let mut frame = self.compress(bytes)?;
        for level in HARDER_LEVELS {
            if frame.len() as i64 <= affordable_bytes {
                break;
            }
            let harder = compressor(level)?.compress(bytes)?;
            if harder.len() < frame.len() {
                frame = harder;
            }
        }
        Ok(frame)
    }

    fn pack_spans(&mut self, segment: &Segment, style: Style) {
        for span in segment.spans() {
            match span {
                Span::Hole(hole) if style == Style::Zeros => self.blocks.zeros(hole.len()),
                Span::Hole(hole) => self.blocks.raw(&segment.window()[hole]),
                Span::Fixed(fixed) => self.blocks.sparse(&segment.window()[fixed]),
            }
        }
    }

    fn charge(&self, segment: &Segment, texture: usize, tokens: &[Token]) -> u64 {
        let deflated_bytes = Prepared::for_tokens(tokens).cost_bits() / 8;
        let reserve = if self.reserved { 0 } else { RESERVE_BYTES };
        let frame_bytes = frame_cost_bytes(self.level, texture, deflated_bytes);
        frame_bytes.min(raw_frame_bytes(segment.len())) + reserve
    }

    fn pack_texture(&mut self, segment: &Segment, charge: u64) -> io::Result<()> {
        // The frame is closed before and after, whatever libzstd gives, so that the plan need not know.
        self.blocks.end_frame();
        self.blocks.take_into(&mut self.out);
        let before = self.written_bytes();
        let (frame, raw_bytes) = self.frame_and_raw_bytes(segment, charge)?;
        self.compressed_bytes += frame.len() as u64;
        self.out.extend_from_slice(&frame);
        let raw = &segment.bytes()[segment.len() - raw_bytes..];
        self.blocks.raw(raw);
        self.blocks.end_frame();
        self.reserved = true;
        self.saved_bytes += charge as i64 - (self.written_bytes() - before) as i64;
        Ok(())
    }

    /// Returns how many bytes of a segment can be stored raw from what was saved before.
    ///
    /// The reserve is kept for frames that take more than the mean.
    fn affordable_raw_bytes(&self, segment_bytes: usize, charge: u64) -> usize {
        let spare = self.saved_bytes - RESERVE_BYTES as i64;
        if !self.spends_savings || spare < LEAST_SPENT_BYTES {
            return 0;
        }
        match (segment_bytes as u64).checked_sub(charge) {
            None | Some(0) => segment_bytes,
            Some(gain) => {
                let affordable = spare as u128 * segment_bytes as u128 / u128::from(gain);
                affordable.min(segment_bytes as u128) as usize
            }
        }
    }
}

fn compressor(level: u8) -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(i32::from(level))?;
    compressor.include_checksum(true)?;
    Ok(compressor)
}

fn raw_frame_bytes(bytes: usize) -> u64 {
    if bytes == 0 {
        return 0;
    }
    let blocks = bytes.div_ceil(LONGEST_BLOCK) as u64 + 1;
    FRAME_HEADER.len() as u64 + blocks * BLOCK_HEADER_BYTES + bytes as u64
}

impl Packer for ZstdFrames {
    fn texture_cost_bytes(&mut self, segment: &Segment, texture: usize, tokens: &[Token]) -> u64 {
        let charge = self.charge(segment, texture, tokens);
        self.charge = Some(charge);
        charge
    }

    fn pack(&mut self, segment: &Segment, style: Style, tokens: &[Token]) -> io::Result<()> {
        let charge = self.charge.take();
        match style {
            Style::Stored => self.blocks.raw(segment.bytes()),
            Style::Noise | Style::Zeros => self.pack_spans(segment, style),
            Style::Texture(texture) => {
                let charge = charge.unwrap_or_else(|| self.charge(segment, texture, tokens));
                self.pack_texture(segment, charge)?;
            }
        }
        self.blocks.take_into(&mut self.out);
        Ok(())
    }

    fn charged_bytes(&self) -> u64 {
        self.written_bytes().saturating_add_signed(self.saved_bytes)
    }

    fn land(&mut self, landing: &mut Landing, wire_bytes: u64) -> io::Result<()> {
        let too_few = || io::Error::other("libzstd compressed less than was planned for");
        let can_pad = |padding| padding == 0 || padding >= SKIPPABLE_HEADER_BYTES;
        let begun = self.blocks.clone();
        let cost = |landing: &mut Landing, content, place| {
            let mut blocks = begun.clone();
            blocks.mixed(landing.mixed(content), place);
            blocks.finished_bytes() - begun.finished_bytes()
        };
        // The content follows from the plan alone; how much of it is stored raw makes up for what was saved.
        let planned = wire_bytes.saturating_sub(self.charged_bytes());
        let end = landing.len();
        let content = find_place(
            0..=end,
            planned,
            |place| cost(landing, place, place),
            can_pad,
        )
        .ok_or_else(too_few)?;
        let left = wire_bytes
            .checked_sub(self.written_bytes())
            .ok_or_else(too_few)?;
        let cost_of_place = |place| cost(landing, content.place, place);
        let raw =
            find_place(content.place..=end, left, cost_of_place, can_pad).ok_or_else(too_few)?;
        self.blocks.mixed(landing.mixed(content.place), raw.place);
        self.blocks.end_frame();
        self.blocks.skippable(raw.padding_bytes);
        Ok(())
    }

    fn finish(&mut self) {
        self.blocks.end_frame();
    }

    fn complete(&mut self) -> &mut Vec<u8> {
        self.blocks.take_into(&mut self.out);
        &mut self.out
    }
}

/// Writes frames of raw and run-length blocks.
#[derive(Clone, Debug, Default)]
struct Blocks {
    out: Vec<u8>,
    taken_bytes: u64,
    in_frame: bool,
    /// Zeros that were not written yet, because more may come.
    zeros: usize,
}

impl Blocks {
    /// Writes bytes as they are, in as many blocks as they need.
    fn raw(&mut self, bytes: &[u8]) {
        self.end_zeros();
        for chunk in bytes.chunks(LONGEST_BLOCK) {
            self.begin_block(RAW_BLOCK, chunk.len());
            self.out.extend_from_slice(chunk);
        }
    }

    /// Writes zeros, in one run with those that came just before.
    fn zeros(&mut self, count: usize) {
        self.zeros += count;
        while self.zeros >= LONGEST_BLOCK {
            self.zeros -= LONGEST_BLOCK;
            self.begin_block(RLE_BLOCK, LONGEST_BLOCK);
            self.out.push(0);
        }
    }

    /// Writes bytes with the zeros among them as runs.
    fn sparse(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (plain_bytes, zeros) = split_at_run(rest);
            self.raw(&rest[..plain_bytes]);
            self.zeros(zeros);
            rest = &rest[plain_bytes + zeros..];
        }
    }

    /// Writes a segment as it is up to `place`, with runs from there on.
    fn mixed(&mut self, segment: &Segment, place: usize) {
        let (raw, sparse) = segment.bytes().split_at(place);
        self.raw(raw);
        self.sparse(sparse);
    }

    fn end_zeros(&mut self) {
        if self.zeros > 0 {
            let zeros = std::mem::take(&mut self.zeros);
            self.begin_block(RLE_BLOCK, zeros);
            self.out.push(0);
        }
    }

    fn begin_block(&mut self, kind: u32, bytes: usize) {
        if !self.in_frame {
            self.out.extend_from_slice(&FRAME_HEADER);
            self.in_frame = true;
        }
        self.block_header(0, kind, bytes);
    }

    /// Three bytes: whether it is the last block, type, size (RFC 8878, section 3.1.1.2).
    fn block_header(&mut self, last: u32, kind: u32, bytes: usize) {
        let header = last | kind << 1 | (bytes as u32) << 3;
        self.out
            .extend_from_slice(&header.to_le_bytes()[..BLOCK_HEADER_BYTES as usize]);
    }

    /// Ends the frame, if one has begun, with an empty raw block.
    fn end_frame(&mut self) {
        self.end_zeros();
        if self.in_frame {
            self.block_header(1, RAW_BLOCK, 0);
            self.in_frame = false;
        }
    }

    /// Writes a frame that decoders skip; 0 bytes are none.
    fn skippable(&mut self, frame_bytes: u64) {
        let Some(skipped) = frame_bytes.checked_sub(SKIPPABLE_HEADER_BYTES) else {
            return;
        };
        self.out.extend_from_slice(&SKIPPABLE_FRAME.to_le_bytes());
        self.out.extend_from_slice(&(skipped as u32).to_le_bytes());
        self.out.resize(self.out.len() + skipped as usize, 0);
    }

    /// Returns the bytes written since the beginning if the frame were ended now.
    fn finished_bytes(&self) -> u64 {
        let zeros = if self.zeros > 0 {
            BLOCK_HEADER_BYTES + 1
        } else {
            0
        };
        let begin = if self.zeros > 0 && !self.in_frame {
            FRAME_HEADER.len() as u64
        } else {
            0
        };
        let end = if self.zeros > 0 || self.in_frame {
            BLOCK_HEADER_BYTES
        } else {
            0
        };
        self.taken_bytes + self.out.len() as u64 + begin + zeros + end
    }

    fn take_into(&mut self, out: &mut Vec<u8>) {
        self.taken_bytes += self.out.len() as u64;
        if out.is_empty() {
            std::mem::swap(out, &mut self.out);
        } else {
            out.append(&mut self.out);
        }
    }
}

/// Returns how many bytes come before the first run of zeros that is worth a block, and how long that run is.
fn split_at_run(bytes: &[u8]) -> (usize, usize) {
    let mut run = 0;
    for (position, byte) in bytes.iter().enumerate() {
        if *byte == 0 {
            run += 1;
        } else if run >= SHORTEST_RUN {
            return (position - run, run);
        } else {
            run = 0;
        }
    }
    let run = if run >= SHORTEST_RUN { run } else { 0 };
    (bytes.len() - run, run)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_decoder_reads_what_was_meant(parts in proptest::collection::vec((0_usize..200_000, 0..3), 0..6), skipped in 8_u64..100) {
            let mut blocks = Blocks::default();
            let mut expected = Vec::new();
            for (bytes, kind) in parts {
                match kind {
                    0 => {
                        blocks.zeros(bytes);
                        expected.resize(expected.len() + bytes, 0);
                    }
                    1 => {
                        blocks.raw(&vec![7; bytes]);
                        expected.resize(expected.len() + bytes, 7);
                    }
                    _ => {
                        let sparse = [vec![1; bytes % 40], vec![0; bytes % 50], vec![2; bytes % 60]].concat();
                        blocks.sparse(&sparse);
                        expected.extend(sparse);
                    }
                }
            }
            let promised = blocks.finished_bytes();
            blocks.end_frame();
            prop_assert_eq!(blocks.finished_bytes(), promised);
            blocks.skippable(skipped);
            prop_assert_eq!(blocks.finished_bytes(), promised + skipped);
            prop_assert!(zstd::decode_all(&blocks.out[..]).unwrap() == expected);
        }
    }
}
