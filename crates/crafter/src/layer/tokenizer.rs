//! Tokens for bytes that are fixed: tar headers, padding and runs of zeros.

use std::ops::Range;

use super::deflate::{FARTHEST_MATCH, LONGEST_MATCH, SHORTEST_MATCH, Token};
use super::segment::Segment;

/// Appends tokens for a part of the segment.
///
/// Two candidates for a match are tried at each byte: the byte before (headers are mostly zeros), and the same
/// place in the header before (headers of one layer differ in a few digits). That is all tars of generated files
/// have to offer.
pub(super) fn tokenize(segment: &Segment, part: Range<usize>, tokens: &mut Vec<Token>) {
    let window = segment.window();
    let mut position = part.start;
    while position < part.end {
        let rest = &window[position..part.end.min(position + LONGEST_MATCH)];
        let run = if position > 0 {
            run_length(rest, window[position - 1])
        } else {
            0
        };
        let (repeat, distance) = repeated_header(segment, position, rest);
        let length = run.max(repeat);
        if length < SHORTEST_MATCH {
            tokens.push(Token::literal(window[position]));
            position += 1;
        } else {
            tokens.push(Token::copy(
                length,
                if run == length { 1 } else { distance },
            ));
            position += length;
        }
    }
}

fn run_length(bytes: &[u8], value: u8) -> usize {
    bytes
        .iter()
        .position(|byte| *byte != value)
        .unwrap_or(bytes.len())
}

/// Returns how many bytes agree with the header before this one, and how far back that is.
fn repeated_header(segment: &Segment, position: usize, rest: &[u8]) -> (usize, usize) {
    let two_back = segment
        .header_before(position + 1)
        .and_then(|current| Some((current, segment.header_before(current)?)));
    let Some((current, before)) = two_back else {
        return (0, 0);
    };
    let distance = current - before;
    if distance > FARTHEST_MATCH || distance > position {
        return (0, 0);
    }
    let earlier = &segment.window()[position - distance..];
    let repeat = rest
        .iter()
        .zip(earlier)
        .position(|(now, before)| now != before)
        .unwrap_or(rest.len());
    (repeat, distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_become_long_matches() {
        let mut segment = Segment::default();
        segment.push_fixed(&[0; 1000]);
        let mut tokens = Vec::new();
        tokenize(&segment, 0..1000, &mut tokens);
        assert_eq!(tokens[..2], [Token::literal(0), Token::copy(258, 1)]);
        assert_eq!(tokens.len(), 1 + 4);
    }

    #[test]
    fn a_header_repeats_the_one_before() {
        let header: Vec<u8> = (0..=255).chain(0..=255).collect();
        let mut segment = Segment::default();
        segment.push_header(&header);
        segment.push_hole(100);
        segment.push_header(&header);
        let mut tokens = Vec::new();
        tokenize(&segment, 612..1124, &mut tokens);
        assert_eq!(tokens, [Token::copy(258, 612), Token::copy(254, 612)]);
    }
}
