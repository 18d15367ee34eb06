//! Lines of a log, in memory one at a time.

use std::io::{self, Read};

/// Room for lines. Longer ones come in pieces of this size.
pub(super) const MAX_LINE_BYTES: usize = 16 << 20;

/// Read at once. Larger pieces fall out of the processor's cache before they are looked at.
const FIRST_ROOM_BYTES: usize = 256 << 10;

/// A line without its end, or a piece of one that is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Whole(&'a [u8]),
    /// A piece of a line; what is left of it follows, as a whole line.
    Piece(&'a [u8]),
}

/// Cuts what a reader gives into lines.
pub(super) struct Lines<'b, R> {
    input: R,
    buffer: &'b mut Vec<u8>,
    /// What is read and not handed out yet.
    start: usize,
    end: usize,
    max_line_bytes: usize,
    is_at_end: bool,
    /// The last one was a piece: the line's end is still to come.
    in_pieces: bool,
}

impl<'b, R: Read> Lines<'b, R> {
    /// `buffer` may come from another log: what is in it does not matter.
    pub(super) fn new(input: R, buffer: &'b mut Vec<u8>) -> Self {
        Self::with_max_line(input, MAX_LINE_BYTES, buffer)
    }

    fn with_max_line(input: R, max_line_bytes: usize, buffer: &'b mut Vec<u8>) -> Self {
        buffer.resize(FIRST_ROOM_BYTES.min(max_line_bytes), 0);
        Self {
            input,
            buffer,
            start: 0,
            end: 0,
            max_line_bytes,
            is_at_end: false,
            in_pieces: false,
        }
    }

    /// Returns the next line; `None` at the end. What a failing reader gave before is handed out first.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = self.start;
        loop {
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[searched..self.end]) {
                let (start, end) = (self.start, searched + found);
                self.start = end + 1;
                self.in_pieces = false;
                return Ok(Some(Line::Whole(&self.buffer[start..end])));
            }
            if self.is_at_end {
                let (start, end) = (self.start, self.end);
                self.start = end;
                let is_line = start < end || self.in_pieces;
                self.in_pieces = false;
                return Ok(is_line.then(|| Line::Whole(&self.buffer[start..end])));
            }
            if self.end - self.start == self.max_line_bytes {
                let (start, end) = (self.start, self.end);
                self.start = end;
                self.in_pieces = true;
                return Ok(Some(Line::Piece(&self.buffer[start..end])));
            }
            let unfinished = self.end - self.start;
            self.read_more()?;
            searched = self.start + unfinished;
        }
    }

    /// Returns what is left of a line whose end could not be read.
    pub(super) fn rest(&mut self) -> &[u8] {
        let (start, end) = (self.start, self.end);
        self.start = end;
        &self.buffer[start..end]
    }

    fn read_more(&mut self) -> io::Result<()> {
        self.make_room();
        let read = loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.is_at_end = read == 0;
        self.end += read;
        Ok(())
    }

    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            let room = (self.buffer.len() * 2).min(self.max_line_bytes);
            self.buffer.resize(room, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    proptest! {
        #[test]
        fn pieces_and_lines_are_what_was_written(
            text in "[a-z\n]{0,200}", max in 1_usize..40, step in 1_usize..50,
        ) {
            let mut buffer = Vec::new();
            let mut lines = Lines::with_max_line(Trickle(text.as_bytes(), step), max, &mut buffer);
            let mut written = String::new();
            while let Some(line) = lines.next().unwrap() {
                let (bytes, end) = match line {
                    Line::Whole(bytes) => (bytes, "\n"),
                    Line::Piece(bytes) => { prop_assert_eq!(bytes.len(), max); (bytes, "") }
                };
                written.push_str(std::str::from_utf8(bytes).unwrap());
                written.push_str(end);
            }
            let expected = if text.is_empty() || text.ends_with('\n') { text.clone() } else { text.clone() + "\n" };
            prop_assert_eq!(written, expected);
        }
    }
}
