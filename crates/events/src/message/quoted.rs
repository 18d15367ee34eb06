//! Texts in the quotes that Go's `%q` writes.

/// Splits `"TEXT"REST` into `TEXT`, still escaped, and `REST`.
pub(super) fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let mut is_escaped = false;
    // A quote and a backslash are never part of a longer character in UTF-8.
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some((&text[..position], &text[position + 1..])),
            _ => {}
        }
    }
    None
}

/// Returns the image in quotes behind `words`.
pub(super) fn image_after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    quoted(after_ignoring_case(text, words)?).map(|(image, _)| image)
}

/// Returns what comes behind `words`, whose letters may be large or small.
pub(super) fn after_ignoring_case<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(words.len())?;
    start.eq_ignore_ascii_case(words).then_some(rest)
}
