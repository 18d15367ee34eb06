//! Lines as the builder joins them: those that go on, without the comments between.

use std::ops::Range;

/// What one instruction says, on one line, and where in the text each part of it stands.
#[derive(Debug, Default)]
pub(super) struct LogicalLine {
    pub(super) text: String,
    /// Where parts begin: in the joined line, and in the text.
    parts: Vec<(usize, usize)>,
    /// Where in the text the next line begins.
    pub(super) end: usize,
}

impl LogicalLine {
    /// Joins the lines of `text` from the position `start`, which begins a line.
    ///
    /// A line goes on where its last character but white space is the escape character; comments and empty lines in
    /// between are left out.
    pub(super) fn at(text: &str, start: usize, escape: char) -> Self {
        let mut joined = Self {
            end: start,
            ..Self::default()
        };
        let mut is_first = true;
        while joined.end < text.len() {
            let range = physical_line(text, joined.end);
            let line = &text[range.clone()];
            joined.end = next_line(text, range.end);
            let is_comment = line.trim_start().starts_with('#');
            if !is_first && (is_comment || line.trim().is_empty()) {
                continue;
            }
            let said = continued(line, escape).filter(|_| !(is_first && is_comment));
            joined.add(range.start, said.unwrap_or(line));
            if said.is_none() {
                break;
            }
            is_first = false;
        }
        joined
    }

    fn add(&mut self, start: usize, part: &str) {
        self.parts.push((self.text.len(), start));
        self.text.push_str(part);
    }

    /// Returns where in the text a byte of the joined line stands.
    pub(super) fn position(&self, at: usize) -> usize {
        let part = self.parts.partition_point(|&(start, _)| start <= at);
        let (joined, text) = self.parts[part.saturating_sub(1)];
        text + (at - joined)
    }
}

/// Joins the lines of a part of one instruction.
pub(super) fn joined(text: &str, escape: char) -> String {
    LogicalLine::at(text, 0, escape).text
}

/// Returns the line that begins here, without its end.
pub(super) fn physical_line(text: &str, start: usize) -> Range<usize> {
    let rest = &text[start..];
    let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
    start..start + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Returns where the line begins that follows the one that ends here.
pub(super) fn next_line(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    end + rest.find('\n').map_or(rest.len(), |newline| newline + 1)
}

/// Returns what is said on a line that goes on.
fn continued(line: &str, escape: char) -> Option<&str> {
    let spaces = [' ', '\t', '\r'];
    line.trim_end_matches(spaces).strip_suffix(escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_between_are_left_out() {
        let text = "RUN a && \\  \r\n  # why\r\n\r\n  b \\\n# more\n && c\nRUN d";
        let line = LogicalLine::at(text, 0, '\\');
        assert_eq!(line.text, "RUN a &&   b  && c");
        assert_eq!(&text[line.end..], "RUN d");
        let b = line.text.find('b').unwrap();
        assert_eq!(text[line.position(b)..].chars().next(), Some('b'));
    }

    #[test]
    fn a_comment_does_not_go_on() {
        let text = "# a \\\nFROM b";
        assert_eq!(LogicalLine::at(text, 0, '\\').end, 6);
    }

    #[test]
    fn another_escape_character() {
        assert_eq!(joined("dir c:\\\\ `\n /s", '`'), "dir c:\\\\  /s");
    }
}
