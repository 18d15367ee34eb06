//! What a codec does for a layer.

use std::io;

use super::deflate::Token;
use super::landing::Landing;
use super::painter::Style;
use super::segment::Segment;

/// Stores segments of a tar in the form of a codec.
pub(super) trait Packer {
    /// Returns what the plan is charged for a segment of a texture.
    fn texture_cost_bytes(&mut self, segment: &Segment, texture: usize, tokens: &[Token]) -> u64;

    /// Stores a segment that was painted in a style.
    fn pack(&mut self, segment: &Segment, style: Style, tokens: &[Token]) -> io::Result<()>;

    /// Returns the wire bytes the plan is charged so far, with what ending here would take.
    fn charged_bytes(&self) -> u64;

    /// Fills the landing and stores it in such a way that the layer takes `wire_bytes` all told.
    fn land(&mut self, landing: &mut Landing, wire_bytes: u64) -> io::Result<()>;

    /// Ends a layer of which no certain wire bytes are asked.
    fn finish(&mut self);

    /// Returns the stored bytes that are complete; who writes them clears them.
    fn complete(&mut self) -> &mut Vec<u8>;
}
