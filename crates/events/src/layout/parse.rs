//! Reading a layout's pattern.

use std::collections::HashSet;

use super::part::{Part, Piece};

/// Why a text is no pattern of folders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLayoutError {
    /// A part has no text: the pattern is empty, starts with a slash, or has two in a row.
    #[error("layout {pattern:?} has an empty part; write * for a folder of any name")]
    EmptyPart {
        /// The pattern.
        pattern: String,
    },
    /// A brace has no partner.
    #[error("layout {pattern:?} has a brace without its partner in {part:?}")]
    UnbalancedBrace {
        /// The pattern.
        pattern: String,
        /// The part with the brace.
        part: String,
    },
    /// `{}`.
    #[error("layout {pattern:?} has an empty name; write * for what needs none")]
    EmptyName {
        /// The pattern.
        pattern: String,
    },
    /// A name cannot be a column's: it has other characters than letters, digits, `_` and `-`.
    #[error("layout {pattern:?} has the name {name:?}; a name has letters, digits, _ and - only")]
    BadName {
        /// The pattern.
        pattern: String,
        /// The name.
        name: String,
    },
    /// A name is that of a column which every pull has.
    #[error("layout {pattern:?} names a part {name:?}, which is a column of every pull")]
    TakenName {
        /// The pattern.
        pattern: String,
        /// The name.
        name: String,
    },
    /// A name stands in two places.
    #[error("layout {pattern:?} has the name {name:?} twice")]
    RepeatedName {
        /// The pattern.
        pattern: String,
        /// The name.
        name: String,
    },
    /// Nothing says where one name ends and the next begins.
    #[error("layout {pattern:?} needs text between the names in {part:?}, to know where one ends")]
    Adjacent {
        /// The pattern.
        pattern: String,
        /// The part with the names.
        part: String,
    },
}

/// Columns that a pull has by itself.
const TAKEN: [&str; 25] = [
    "attempts",
    "clock_source",
    "container",
    "count",
    "event",
    "failed",
    "file",
    "filled",
    "image",
    "image_size_bytes",
    "including_waiting_seconds",
    "name",
    "namespace",
    "node",
    "outcome",
    "pod",
    "pod_uid",
    "present",
    "pull_seconds",
    "pulled_at",
    "pulling_at",
    "repository",
    "stage",
    "tag",
    "unfinished",
];

/// Reads the parts of a pattern. A slash at the end does not count.
pub(super) fn parts(pattern: &str) -> Result<Vec<Part>, ParseLayoutError> {
    let whole = pattern.strip_suffix('/').unwrap_or(pattern);
    let parts = whole
        .split('/')
        .map(|text| part(pattern, text))
        .collect::<Result<Vec<Part>, _>>()?;
    match repeated_name(&parts) {
        Some(name) => Err(ParseLayoutError::RepeatedName {
            pattern: pattern.to_owned(),
            name: name.to_owned(),
        }),
        None => Ok(parts),
    }
}

fn repeated_name(parts: &[Part]) -> Option<&str> {
    let mut seen = HashSet::new();
    let mut names = parts.iter().flat_map(Part::names);
    names.find(|name| !seen.insert(*name))
}

fn part(pattern: &str, text: &str) -> Result<Part, ParseLayoutError> {
    let takes_text = |piece: &Piece| !matches!(piece, Piece::Literal(_));
    let pattern_and_part = || (pattern.to_owned(), text.to_owned());
    let pieces = pieces(pattern, text)?;
    if pieces.is_empty() {
        let (pattern, _) = pattern_and_part();
        return Err(ParseLayoutError::EmptyPart { pattern });
    }
    if pieces.windows(2).any(|pair| pair.iter().all(takes_text)) {
        let (pattern, part) = pattern_and_part();
        return Err(ParseLayoutError::Adjacent { pattern, part });
    }
    Ok(Part { pieces })
}

fn pieces(pattern: &str, part: &str) -> Result<Vec<Piece>, ParseLayoutError> {
    let mut pieces = Vec::new();
    let mut rest = part;
    while let Some(next) = rest.chars().next() {
        let (piece, after) = match next {
            '{' => name(pattern, part, &rest[1..])?,
            '*' => (Piece::Any, &rest[1..]),
            '}' => return Err(unbalanced(pattern, part)),
            _ => literal(rest),
        };
        pieces.push(piece);
        rest = after;
    }
    Ok(pieces)
}

fn unbalanced(pattern: &str, part: &str) -> ParseLayoutError {
    ParseLayoutError::UnbalancedBrace {
        pattern: pattern.to_owned(),
        part: part.to_owned(),
    }
}

/// Splits off literal text.
fn literal(text: &str) -> (Piece, &str) {
    let end = text.find(['{', '}', '*']).unwrap_or(text.len());
    (Piece::Literal(text[..end].to_owned()), &text[end..])
}

/// Splits off a name and the brace behind it.
fn name<'a>(
    pattern: &str,
    part: &str,
    text: &'a str,
) -> Result<(Piece, &'a str), ParseLayoutError> {
    let closed = text.split_once('}').filter(|(name, _)| !name.contains('{'));
    let (name, after) = closed.ok_or_else(|| unbalanced(pattern, part))?;
    check_name(pattern, name)?;
    Ok((Piece::Name(name.to_owned()), after))
}

fn check_name(pattern: &str, name: &str) -> Result<(), ParseLayoutError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let pattern = pattern.to_owned();
    let owned = name.to_owned();
    if name.is_empty() {
        Err(ParseLayoutError::EmptyName { pattern })
    } else if !name.chars().all(is_plain) {
        Err(ParseLayoutError::BadName {
            pattern,
            name: owned,
        })
    } else if TAKEN.contains(&name) {
        Err(ParseLayoutError::TakenName {
            pattern,
            name: owned,
        })
    } else {
        Ok(())
    }
}
