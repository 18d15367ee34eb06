//! One part of a layout: the pattern of one folder's name.

use std::fmt;

pub(super) const EXPERIMENT: &str = "experiment";
pub(super) const NODES: &str = "nodes";

/// A name of the pattern and what it matched.
pub(super) type Captured<'a> = (&'a str, &'a str);

/// The pattern of one folder's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) pieces: Vec<Piece>,
}

/// A piece of a part. Two that take text never stand side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Name(String),
    Any,
}

impl Part {
    /// `*`.
    pub(super) fn any() -> Self {
        Self {
            pieces: vec![Piece::Any],
        }
    }

    /// `{name}`.
    pub(super) fn named(name: &str) -> Self {
        Self {
            pieces: vec![Piece::Name(name.to_owned())],
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_str()),
            Piece::Literal(_) | Piece::Any => None,
        })
    }

    /// Whether the part is of a file: folders are seldom named with a dot, logs always are, or begin with `events`.
    pub(super) fn is_of_file(&self) -> bool {
        let has_dot = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains('.'));
        let begins =
            matches!(self.pieces.first(), Some(Piece::Literal(text)) if text.starts_with("events"));
        begins || self.pieces.iter().any(has_dot)
    }

    /// Adds what the names match in `text`; `None` if the part does not fit.
    pub(super) fn capture<'a>(
        &'a self,
        text: &'a str,
        captures: &mut Vec<Captured<'a>>,
    ) -> Option<()> {
        let mut matching = Matching {
            text,
            hopeless: vec![false; (self.pieces.len() + 1) * (text.len() + 1)],
            captures,
        };
        matching.fits(&self.pieces, 0).then_some(())
    }
}

/// Tries all ways to split a text, none of them twice.
struct Matching<'a, 'c> {
    text: &'a str,
    /// By how many pieces and which end of the text are left.
    hopeless: Vec<bool>,
    captures: &'c mut Vec<Captured<'a>>,
}

impl<'a> Matching<'a, '_> {
    fn fits(&mut self, pieces: &'a [Piece], start: usize) -> bool {
        let state = pieces.len() * (self.text.len() + 1) + start;
        if self.hopeless[state] {
            return false;
        }
        let fits = match pieces.split_first() {
            None => start == self.text.len(),
            Some((Piece::Literal(literal), rest)) => {
                self.text[start..].starts_with(literal.as_str())
                    && self.fits(rest, start + literal.len())
            }
            Some((Piece::Any, rest)) => self.ends_after(start).any(|end| self.fits(rest, end)),
            Some((Piece::Name(name), rest)) => self
                .ends_after(start)
                .any(|end| self.takes(name, start, end, rest)),
        };
        self.hopeless[state] = !fits;
        fits
    }

    fn takes(&mut self, name: &'a str, start: usize, end: usize, rest: &'a [Piece]) -> bool {
        let value = &self.text[start..end];
        if value.is_empty() || (name == NODES && only_number(value).is_none()) {
            return false;
        }
        self.captures.push((name, value));
        let fits = self.fits(rest, end);
        if !fits {
            self.captures.pop();
        }
        fits
    }

    /// Where a piece that starts there may end, the shortest first.
    fn ends_after(&self, start: usize) -> impl Iterator<Item = usize> + use<'a> {
        let text = self.text;
        (start..=text.len()).filter(|&end| text.is_char_boundary(end))
    }
}

/// Returns the number in a text that has one run of digits; `None` for no run, several, or a number that is too
/// large.
pub(super) fn only_number(text: &str) -> Option<u32> {
    let mut runs = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty());
    let run = runs.next()?;
    let is_only = runs.next().is_none();
    run.parse().ok().filter(|_| is_only)
}

/// Prints the pattern. Braces and stars in a literal cannot be written, and so are never in one.
impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Literal(literal) => formatter.write_str(literal),
            Piece::Name(name) => write!(formatter, "{{{name}}}"),
            Piece::Any => formatter.write_str("*"),
        })
    }
}
