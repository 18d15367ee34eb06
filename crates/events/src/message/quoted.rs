//! Texts in the quotes that Go's `%q` writes.

/// Splits `"TEXT"REST` into `TEXT`, still escaped, and `REST`.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
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

/// Splits a text at the first `words`, which it begins to look for at their first letter.
///
/// Messages are short: `str::split_once` has prepared its search by the time that this one is done.
pub(super) fn split_once<'a>(text: &'a str, words: &str) -> Option<(&'a str, &'a str)> {
    let first = *words.as_bytes().first()?;
    let starts = memchr::memchr_iter(first, text.as_bytes());
    let mut starts = starts.filter(|&start| text.as_bytes()[start..].starts_with(words.as_bytes()));
    let start = starts.next()?;
    Some((&text[..start], &text[start + words.len()..]))
}
