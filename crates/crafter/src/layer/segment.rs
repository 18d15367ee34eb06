//! A stretch of the tar in memory: what is fixed in it, where content goes, and the bytes just before it.

use std::ops::Range;

/// How far back a deflate match may reach (RFC 1951, section 2).
const HISTORY_BYTES: usize = 32 * 1024;

/// A stretch of a tar: headers and padding are in place, the holes between them take content.
///
/// Positions count from the start of the window, which begins with up to 32 KiB of the tar before the segment.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Holes and what lies behind `end` hold bytes of earlier segments: clearing what is painted anyway takes time.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    holes: Vec<Range<usize>>,
    headers: Vec<usize>,
}

/// A part of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// Bytes that are what they are: headers, padding, the program, the end of the archive.
    Fixed(Range<usize>),
    /// Bytes of payload files.
    Hole(Range<usize>),
}

impl Segment {
    /// Forgets the segment, except for the history that later matches may reach back to.
    pub(super) fn advance(&mut self) {
        let kept = self.end.min(HISTORY_BYTES);
        let dropped = self.end - kept;
        self.buffer.copy_within(dropped..self.end, 0);
        (self.start, self.end) = (kept, kept);
        self.holes.clear();
        self.headers.retain(|position| *position >= dropped);
        self.headers
            .iter_mut()
            .for_each(|position| *position -= dropped);
    }

    /// Forgets everything, as a compressor does at the start of a member.
    pub(super) fn restart(&mut self) {
        (self.start, self.end) = (0, 0);
        self.holes.clear();
        self.headers.clear();
    }

    pub(super) fn push_header(&mut self, header: &[u8]) {
        self.headers.push(self.end);
        self.push_fixed(header);
    }

    pub(super) fn push_fixed(&mut self, bytes: &[u8]) {
        let start = self.end;
        self.extend(bytes.len());
        self.buffer[start..self.end].copy_from_slice(bytes);
    }

    pub(super) fn push_hole(&mut self, bytes: usize) {
        let start = self.end;
        self.extend(bytes);
        match self.holes.last_mut() {
            Some(last) if last.end == start => last.end = self.end,
            _ => self.holes.push(start..self.end),
        }
    }

    fn extend(&mut self, bytes: usize) {
        self.end += bytes;
        if self.buffer.len() < self.end {
            self.buffer.resize(self.end, 0);
        }
    }

    /// Fills the holes with zeros.
    pub(super) fn clear_holes(&mut self) {
        for hole in &self.holes {
            self.buffer[hole.clone()].fill(0);
        }
    }

    /// Returns the bytes of the tar in this segment.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.range()]
    }

    /// Returns the number of tar bytes in this segment.
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Returns the history and the segment.
    pub(super) fn window(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    /// Returns the history and the segment, to paint holes.
    pub(super) fn window_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.end]
    }

    /// Returns where in the window the segment lies.
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(super) fn holes(&self) -> &[Range<usize>] {
        &self.holes
    }

    /// Returns how many payload bytes the segment takes.
    pub(super) fn hole_bytes(&self) -> usize {
        self.holes.iter().map(Range::len).sum()
    }

    /// Returns how many tar headers begin in this segment.
    pub(super) fn header_count(&self) -> u64 {
        self.headers
            .iter()
            .filter(|position| **position >= self.start)
            .count() as u64
    }

    /// Returns the position of the last header that begins before `position`, if the window holds it.
    pub(super) fn header_before(&self, position: usize) -> Option<usize> {
        let later = self.headers.partition_point(|header| *header < position);
        later.checked_sub(1).map(|index| self.headers[index])
    }

    /// Returns the parts of the segment in order.
    pub(super) fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::with_capacity(2 * self.holes.len() + 1);
        let mut position = self.start;
        for hole in &self.holes {
            if hole.start > position {
                spans.push(Span::Fixed(position..hole.start));
            }
            spans.push(Span::Hole(hole.clone()));
            position = hole.end;
        }
        if position < self.end {
            spans.push(Span::Fixed(position..self.end));
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_the_segment_in_order() {
        let mut segment = Segment::default();
        segment.push_header(&[1; 512]);
        segment.push_hole(10);
        segment.push_hole(5);
        segment.push_fixed(&[0; 497]);
        assert_eq!(
            segment.spans(),
            [
                Span::Fixed(0..512),
                Span::Hole(512..527),
                Span::Fixed(527..1024)
            ]
        );
        assert_eq!(
            (segment.len(), segment.hole_bytes(), segment.header_count()),
            (1024, 15, 1)
        );
    }

    #[test]
    fn advancing_keeps_what_matches_may_reach() {
        let mut segment = Segment::default();
        segment.push_hole(40_000);
        segment.push_header(&[9; 512]);
        segment.advance();
        assert_eq!((segment.len(), segment.window().len()), (0, HISTORY_BYTES));
        segment.push_header(&[8; 512]);
        assert_eq!(
            segment.header_before(HISTORY_BYTES),
            Some(HISTORY_BYTES - 512)
        );
        assert_eq!(segment.header_before(HISTORY_BYTES - 512), None);
        assert_eq!(segment.header_count(), 1);
    }
}
