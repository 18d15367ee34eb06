//! The references of a command line and of a file.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use pullstudy_console::{UsageError, in_words};
use pullstudy_image::Reference;

/// Reads the references typed and those of a file. All mistakes are told at once.
pub(super) fn read(typed: &[String], file: Option<&Path>) -> Result<Vec<Reference>, UsageError> {
    let mut references = Vec::new();
    let mut mistakes = Vec::new();
    for text in typed {
        match text.parse() {
            Ok(reference) => references.push(reference),
            Err(error) => mistakes.push(in_words(&error)),
        }
    }
    if let Some(path) = file {
        let (name, text) = read_file(path)?;
        parse(&name, &text, &mut references, &mut mistakes);
    }
    if mistakes.is_empty() {
        return Ok(references);
    }
    Err(UsageError(mistakes.join("\n")))
}

fn read_file(path: &Path) -> Result<(String, String), UsageError> {
    let (name, bytes) = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        ("standard input".to_owned(), read.map(|_| bytes))
    } else {
        (path.display().to_string(), fs::read(path))
    };
    let bytes = bytes.map_err(|error| UsageError(format!("failed to read {name}: {error}")))?;
    // What is no UTF-8 is no reference, and is told with its line.
    Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Reads one reference a line. A comment begins with a `#` at the start of a line or behind white space.
fn parse(name: &str, text: &str, references: &mut Vec<Reference>, mistakes: &mut Vec<String>) {
    let text = text.trim_start_matches('\u{feff}');
    for (position, line) in text.lines().enumerate() {
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        match line.parse() {
            Ok(reference) => references.push(reference),
            Err(error) => {
                let error: pullstudy_image::ParseReferenceError = error;
                let line = position + 1;
                mistakes.push(format!("{name}, line {line}: {}", in_words(&error)));
            }
        }
    }
}

fn without_comment(line: &str) -> &str {
    let begins = |position: &usize| {
        let before = line[..*position].chars().next_back();
        before.is_none_or(char::is_whitespace)
    };
    let mut hashes = line.match_indices('#').map(|(position, _)| position);
    hashes.find(begins).map_or(line, |end| &line[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> (Vec<String>, Vec<String>) {
        let (mut references, mut mistakes) = (Vec::new(), Vec::new());
        parse("list", text, &mut references, &mut mistakes);
        let references = references.iter().map(ToString::to_string).collect();
        (references, mistakes)
    }

    #[test]
    fn comments_blank_lines_and_other_systems_line_ends() {
        let text = "\u{feff}# mine\r\n\r\nbusybox:1 # the small one\r\n\tghcr.io/a/b\t#x\n#busybox:2\nghcr.io/a/c";
        let expected = ["docker.io/library/busybox:1", "ghcr.io/a/b", "ghcr.io/a/c"];
        assert_eq!(parsed(text), (expected.map(str::to_owned).into(), vec![]));
    }

    #[test]
    fn every_bad_line_is_told_with_its_number() {
        let (references, mistakes) = parsed("busybox\nUPPER/case\n\n# fine\na b\nbusybox#1\n");
        assert_eq!(references, ["docker.io/library/busybox"]);
        let lines: Vec<_> = mistakes.iter().map(|mistake| &mistake[..13]).collect();
        assert_eq!(lines, ["list, line 2:", "list, line 5:", "list, line 6:"]);
        assert!(mistakes[0].contains("\"UPPER/case\""), "{mistakes:?}");
    }

    proptest! {
        #[test]
        fn every_line_is_a_reference_a_mistake_or_nothing(text in "([a-z:/@.# \t-]{0,12}\r?\n){0,9}|.{0,80}") {
            let (references, mistakes) = parsed(&text);
            let meant = |line: &&str| !without_comment(line).trim().is_empty();
            let lines = text.trim_start_matches('\u{feff}').lines().filter(meant).count();
            prop_assert_eq!(references.len() + mistakes.len(), lines);
        }
    }
}
