//! How few and how many wire bytes the rest of a layer can take, and how its tar is cut into segments.
//!
//! Both bounds are conservative, and shrink with every segment by no less (the lower one) and no more (the upper
//! one) than the segment can take. A budget that is within them at the beginning therefore stays within them, if
//! it is never left for zeros to exceed or for noise to fall short of: that is how [`super::steering`] works.

use super::recipe::{Codec, Content, LayerRecipe};
use super::tar_stream::TarLength;

/// A segment fits into one stored block of deflate (65,535 bytes) and is a multiple of a tar block.
const SEGMENT_BYTES: u64 = 127 * 512;
/// Two segments make a frame of Zstandard, within the largest block of 128 KiB.
const ZSTD_SEGMENT_BYTES: u64 = 2 * SEGMENT_BYTES;
/// Small layers of many textures are cut finer, so that each texture gets its share; below this, the codes of a
/// deflate block would cost too much.
const SMALLEST_SEGMENT_BYTES: u64 = 4096;
/// A frame of Zstandard costs more than a block.
const SMALLEST_ZSTD_SEGMENT_BYTES: u64 = 16_384;
/// Into how many segments a small layer of many textures is cut.
const SEGMENTS_OF_SMALL_LAYERS: u64 = 64;

/// How a tar is cut: segments of one length, then the landing, where the last bytes are made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) segment_bytes: u64,
    /// Number of segments before the landing.
    pub(super) segments: u64,
}

impl Cut {
    pub(super) fn of(recipe: &LayerRecipe, tar: TarLength) -> Self {
        let (smallest, largest) = match recipe.codec {
            Codec::Zstd { .. } => (SMALLEST_ZSTD_SEGMENT_BYTES, ZSTD_SEGMENT_BYTES),
            Codec::Gzip { .. } | Codec::None => (SMALLEST_SEGMENT_BYTES, SEGMENT_BYTES),
        };
        let segment_bytes = match recipe.content {
            Content::Realistic => {
                let share = tar.bytes / SEGMENTS_OF_SMALL_LAYERS / 512 * 512;
                share.clamp(smallest, largest)
            }
            Content::Random | Content::Zeros => largest,
        };
        // Two segments at least are left to land on: what one segment more or less of noise makes must fit in.
        Self {
            segment_bytes,
            segments: (tar.bytes / segment_bytes).saturating_sub(2),
        }
    }
}

/// What is still to come of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub(super) tar_bytes: u64,
    pub(super) headers: u64,
    /// Segments before the landing.
    pub(super) segments: u64,
}

impl Rest {
    pub(super) fn of(tar: TarLength, cut: Cut) -> Self {
        Self {
            tar_bytes: tar.bytes,
            headers: tar.headers,
            segments: cut.segments,
        }
    }

    /// Returns what comes after a segment of that length with that many headers.
    pub(super) fn after(self, tar_bytes: u64, headers: u64) -> Self {
        Self {
            tar_bytes: self.tar_bytes - tar_bytes,
            headers: self.headers - headers,
            segments: self.segments.saturating_sub(1),
        }
    }

    /// Returns a number of wire bytes that the rest needs no more than, if it is all zeros.
    pub(super) fn fewest_wire_bytes(self, codec: Codec) -> u64 {
        let segments_with_headers = self.headers.min(self.segments + 3);
        match codec {
            Codec::None => self.tar_bytes,
            // 258 zeros in two bits. A lone header takes up to 150 bytes, the codes of its block or the zeros
            // around it in the fixed codes up to 350, the landing's own frame up to 300.
            Codec::Gzip { .. } => {
                self.tar_bytes.div_ceil(1032)
                    + 150 * self.headers
                    + 350 * segments_with_headers
                    + 300
            }
            // 128 KiB of zeros in four bytes, headers in three stretches of bytes and three of zeros.
            Codec::Zstd { .. } => {
                self.tar_bytes.div_ceil(1 << 15) + 150 * self.headers + 12 * self.segments + 300
            }
        }
    }

    /// Returns a number of wire bytes that the rest can take, if it is all noise and stored as it is.
    pub(super) fn most_wire_bytes(self, codec: Codec) -> u64 {
        match codec {
            Codec::None => self.tar_bytes,
            // A stored block has a header of five bytes, the landing's member one of ten, and 15 at its end.
            Codec::Gzip { .. } => self.tar_bytes + 5 * self.segments + 30,
            // A raw block has a header of three bytes, a frame six, and three at its end.
            Codec::Zstd { .. } => self.tar_bytes + 3 * self.segments + 12,
        }
    }
}
