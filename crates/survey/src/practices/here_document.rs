//! Here-documents, taken out of a text before it is parsed.
//!
//! The parser knows a here-document of RUN only where it is the first word and the only one. `RUN cat <<EOF > file`,
//! which is at least as common, would be read as one command and a file full of unknown instructions.

use std::borrow::Cow;

use super::directives::escape_character;
use super::logical_line::{LogicalLine, next_line, physical_line};
use super::word::split;

/// The text of a here-document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HereDocument<'a> {
    /// Where its text begins.
    pub(super) start: usize,
    pub(super) text: &'a str,
}

/// A here-document has no end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unterminated {
    pub(super) name: String,
    /// The line of the instruction, from 1.
    pub(super) line: usize,
}

/// Replaces here-documents by white space of the same length, and returns them in their order.
///
/// The word that announces one becomes white space in RUN, and an ordinary word in COPY and ADD, where it is a source.
pub(super) fn take_out(text: &str) -> Result<(Cow<'_, str>, Vec<HereDocument<'_>>), Unterminated> {
    if !text.contains("<<") {
        return Ok((Cow::Borrowed(text), Vec::new()));
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut documents = Vec::new();
    let escape = escape_character(text);
    let mut position = 0;
    while position < text.len() {
        let line = LogicalLine::at(text, position, escape);
        let start = position;
        position = line.end;
        for marker in markers(&line.text) {
            marker.replace(&line, &mut bytes);
            let end = end_of(text, position, &marker).ok_or_else(|| Unterminated {
                name: marker.name.clone(),
                line: text[..start].matches('\n').count() + 1,
            })?;
            let begin = position;
            position = next_line(text, end);
            blank(&mut bytes[begin..position]);
            documents.push(HereDocument {
                start: begin,
                text: &text[begin..end],
            });
        }
    }
    // White space in place of whole characters, and ASCII in place of ASCII.
    let clean = String::from_utf8(bytes).expect("only whole characters are replaced");
    Ok((Cow::Owned(clean), documents))
}

/// Line ends stay, so that lines keep their numbers.
fn blank(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// Returns where the line begins that ends a here-document.
fn end_of(text: &str, start: usize, marker: &Marker) -> Option<usize> {
    let mut position = start;
    while position < text.len() {
        let range = physical_line(text, position);
        let line = &text[range.clone()];
        let line = match marker.strips_tabs {
            true => line.trim_start_matches('\t'),
            false => line,
        };
        if line == marker.name {
            return Some(position);
        }
        position = next_line(text, range.end);
    }
    None
}

/// A word that announces a here-document.
#[derive(Debug)]
struct Marker {
    name: String,
    strips_tabs: bool,
    /// Where the word stands in the joined line, and how long it is.
    start: usize,
    length: usize,
    is_command: bool,
}

impl Marker {
    fn replace(&self, line: &LogicalLine, bytes: &mut [u8]) {
        for at in self.start..self.start + self.length {
            let byte = &mut bytes[line.position(at)];
            // A source must stay a word.
            *byte = match (self.is_command, *byte) {
                (true, _) => b' ',
                (false, b'<') => b'_',
                (false, other) => other,
            };
        }
    }
}

/// Returns the words of an instruction that announce here-documents.
fn markers(line: &str) -> Vec<Marker> {
    let Some(is_command) = may_have_here_documents(line).filter(|_| line.contains("<<")) else {
        return Vec::new();
    };
    let marker = |(start, word): (usize, &str)| {
        let (name, strips_tabs) = announced(word)?;
        Some(Marker {
            name,
            strips_tabs,
            start,
            length: word.len(),
            is_command,
        })
    };
    // Their escape character is always the backslash.
    let words = split(line, '\\').unwrap_or_default();
    words.into_iter().filter_map(marker).collect()
}

/// Tells whether the instruction runs a command (`true`) or takes sources (`false`), if it is one of those.
fn may_have_here_documents(line: &str) -> Option<bool> {
    let mut words = line.split_whitespace().peekable();
    let mut first = words.next()?;
    if first.eq_ignore_ascii_case("ONBUILD") {
        first = words.next()?;
    }
    let flags = |word: &&str| word.starts_with("--");
    let is_json =
        words.find(|word| !flags(word))?.starts_with('[') && line.trim_end().ends_with(']');
    let is = |name| first.eq_ignore_ascii_case(name);
    match (is_json, is("RUN"), is("COPY") || is("ADD")) {
        (false, true, _) => Some(true),
        (false, _, true) => Some(false),
        _ => None,
    }
}

/// Reads `<<NAME`, `<<-NAME`, `3<<"NAME"`: the name, and whether tabs before lines are no part of them.
fn announced(word: &str) -> Option<(String, bool)> {
    let rest = word
        .trim_start_matches(|char: char| char.is_ascii_digit())
        .strip_prefix("<<")?;
    let (rest, strips_tabs) = match rest.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let name = unquoted(rest);
    (!name.is_empty() && !rest.contains('<')).then_some((name, strips_tabs))
}

fn unquoted(word: &str) -> String {
    let mut name = String::new();
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\'' => {}
            '\\' => name.extend(characters.next()),
            other => name.push(other),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> (String, Vec<&str>) {
        let (clean, documents) = take_out(text).unwrap();
        assert_eq!(clean.len(), text.len());
        let texts = documents.iter().map(|document| document.text);
        (clean.into_owned(), texts.collect())
    }

    #[test]
    fn what_has_none_stays_as_it_is() {
        for text in [
            "FROM a\nRUN echo $((1<<2)) 1 << 2 a<<b <<< c\n",
            "FROM a\nRUN echo \"don't <<EOF\n",
            "FROM a\n# RUN <<EOF\n",
            "FROM a\nENV a=<<EOF\n",
            "FROM a\nRUN [\"cat\", \"<<EOF\"]\n",
        ] {
            assert_eq!(taken(text), (text.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn anywhere_in_a_command_and_several_of_them() {
        let text = "RUN cat <<EOF > /a <<-'b c'\none\nEOF\n\ttwo\n\t\tb c\nRUN x";
        let (clean, documents) = taken(text);
        assert_eq!(documents, ["one\n", "\ttwo\n"]);
        assert!(
            clean.starts_with("RUN cat       > /a         \n   \n"),
            "{clean}"
        );
        assert!(clean.ends_with("\nRUN x"));
    }

    #[test]
    fn a_source_stays_a_word() {
        let (clean, documents) = taken("COPY <<EOF b /c/\r\n\u{e9}\r\nEOF\r\n");
        assert_eq!(documents, ["\u{e9}\r\n"]);
        assert!(clean.starts_with("COPY __EOF b /c/\r\n"), "{clean:?}");
        assert!(clean[18..].trim().is_empty());
    }

    #[test]
    fn one_without_end_is_told_with_its_line() {
        let error = take_out("FROM a\nRUN <<EOF\nx\n EOF\n").unwrap_err();
        assert_eq!((error.name.as_str(), error.line), ("EOF", 2));
    }
}
