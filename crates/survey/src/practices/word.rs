//! Words of instructions: quotation marks, and variables with their defaults.

use std::iter::Peekable;
use std::str::Chars;

/// Longer than any path or reference, and short enough that doubling values again and again comes to an end.
const LONGEST: usize = 4096;

/// Defaults within defaults, so many deep.
const DEEPEST: usize = 8;

/// Why nobody can tell from the file alone what a word becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// A variable has no value: it comes with the build.
    Unset(String),
    /// A quotation or a substitution is not one that is known, or the word is too long.
    Malformed,
}

/// Replaces variables by their values and takes quotation marks away, as the builder does.
pub(super) fn expand<'v>(
    word: &str,
    escape: char,
    value: &dyn Fn(&str) -> Option<&'v str>,
) -> Result<String, Unresolved> {
    let mut expander = Expander {
        characters: word.chars().peekable(),
        escape,
        value,
        unset: None,
    };
    let expanded = expander.word(None, 0)?;
    match expander.unset {
        Some(name) => Err(Unresolved::Unset(name)),
        None => Ok(expanded),
    }
}

struct Expander<'w, 'v> {
    characters: Peekable<Chars<'w>>,
    escape: char,
    value: &'w dyn Fn(&str) -> Option<&'v str>,
    /// The first variable that has no value.
    unset: Option<String>,
}

impl Expander<'_, '_> {
    /// Reads to the end, or to this character.
    fn word(&mut self, end: Option<char>, depth: usize) -> Result<String, Unresolved> {
        let mut word = String::new();
        loop {
            if word.len() > LONGEST || depth > DEEPEST {
                return Err(Unresolved::Malformed);
            }
            match self.characters.next() {
                character if character == end => return Ok(word),
                None => return Err(Unresolved::Malformed),
                Some('\'') => self.verbatim(&mut word)?,
                Some('"') => self.quoted(&mut word, depth)?,
                Some('$') => self.variable(&mut word, depth)?,
                Some(escape) if escape == self.escape => word.extend(self.characters.next()),
                Some(other) => word.push(other),
            }
        }
    }

    fn verbatim(&mut self, word: &mut String) -> Result<(), Unresolved> {
        loop {
            match self.characters.next() {
                None => return Err(Unresolved::Malformed),
                Some('\'') => return Ok(()),
                Some(other) => word.push(other),
            }
        }
    }

    fn quoted(&mut self, word: &mut String, depth: usize) -> Result<(), Unresolved> {
        loop {
            match self.characters.next() {
                None => return Err(Unresolved::Malformed),
                Some('"') => return Ok(()),
                Some('$') => self.variable(word, depth)?,
                Some(escape) if escape == self.escape => {
                    let next = self.characters.next();
                    // Before other characters it stands for itself.
                    if next.is_some_and(|next| next != escape && !matches!(next, '"' | '$')) {
                        word.push(escape);
                    }
                    word.extend(next);
                }
                Some(other) => word.push(other),
            }
            if word.len() > LONGEST {
                return Err(Unresolved::Malformed);
            }
        }
    }

    fn variable(&mut self, word: &mut String, depth: usize) -> Result<(), Unresolved> {
        let in_braces = self.characters.next_if_eq(&'{').is_some();
        let mut name = String::new();
        while let Some(part) = self
            .characters
            .next_if(|&part| part == '_' || part.is_ascii_alphanumeric())
        {
            name.push(part);
        }
        match (in_braces, name.is_empty()) {
            (false, true) => word.push('$'),
            (false, false) => self.plain(word, &name),
            (true, true) => return Err(Unresolved::Malformed),
            (true, false) => self.substituted(word, &name, depth)?,
        }
        Ok(())
    }

    fn plain(&mut self, word: &mut String, name: &str) {
        match (self.value)(name) {
            Some(value) => word.push_str(value),
            None => drop(self.unset.get_or_insert_with(|| name.to_owned())),
        }
    }

    /// Reads what stands behind the name: nothing, or what to do without a value.
    fn substituted(
        &mut self,
        word: &mut String,
        name: &str,
        depth: usize,
    ) -> Result<(), Unresolved> {
        let value = (self.value)(name);
        let counts_empty = self.characters.next_if_eq(&':').is_some();
        let is_there = value.is_some_and(|value| !(counts_empty && value.is_empty()));
        match self.characters.next() {
            Some('}') if !counts_empty => self.plain(word, name),
            Some('-') => {
                let other = self.alternative(!is_there, depth)?;
                word.push_str(if is_there {
                    value.unwrap_or("")
                } else {
                    &other
                });
            }
            Some('+') => {
                let other = self.alternative(is_there, depth)?;
                word.push_str(if is_there { &other } else { "" });
            }
            Some('?') => {
                self.alternative(false, depth)?;
                self.plain(word, name);
            }
            _ => return Err(Unresolved::Malformed),
        }
        Ok(())
    }

    /// Reads to the closing brace. What is not used may have variables without a value.
    fn alternative(&mut self, is_used: bool, depth: usize) -> Result<String, Unresolved> {
        let before = self.unset.clone();
        let word = self.word(Some('}'), depth + 1)?;
        if !is_used {
            self.unset = before;
        }
        Ok(word)
    }
}

/// Splits a line at white space that is not quoted, into words and where they begin.
///
/// None if a quotation has no end.
pub(super) fn split(line: &str, escape: char) -> Option<Vec<(usize, &str)>> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (None, None);
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match (character, quote) {
            (space, None) if space.is_whitespace() => {
                words.extend(start.take().map(|start| (start, &line[start..at])));
                continue;
            }
            (other, None | Some('"')) if other == escape => {
                characters.next();
            }
            ('"' | '\'', None) => quote = Some(character),
            (end, Some(begin)) if end == begin => quote = None,
            _ => {}
        }
        start.get_or_insert(at);
    }
    words.extend(start.map(|start| (start, &line[start..])));
    quote.is_none().then_some(words)
}

/// Returns the names that ARG or ENV gives values, which are not expanded yet; none for a name alone.
pub(super) fn assignments(line: &str, escape: char) -> Vec<(&str, Option<&str>)> {
    let words = split(line, escape).unwrap_or_default();
    let assignment = |(_, word)| match str::split_once(word, '=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    words.into_iter().map(assignment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(word: &str) -> Result<String, Unresolved> {
        let value = |name: &str| match name {
            "A" => Some("a"),
            "EMPTY" => Some(""),
            _ => None,
        };
        expand(word, '\\', &value)
    }

    #[test]
    fn defaults_and_quotation_marks() {
        for (word, expected) in [
            ("x$A", "xa"),
            ("${A}:${B:-1.0}", "a:1.0"),
            ("${B:-${C:-$A}}", "a"),
            ("${A:-$B}", "a"),
            ("${EMPTY:-e}${EMPTY-e}", "e"),
            ("${A:+b}${B:+$C}", "b"),
            ("\"$A\"'$A'\\$A", "a$A$A"),
            ("\"\\d\\\"\"", "\\d\""),
            ("5$", "5$"),
        ] {
            assert_eq!(expanded(word).as_deref(), Ok(expected), "{word}");
        }
    }

    #[test]
    fn what_cannot_be_known() {
        let unset = |name: &str| Err(Unresolved::Unset(name.to_owned()));
        assert_eq!(expanded("$A-$B-$C"), unset("B"));
        assert_eq!(expanded("${B:-$C}"), unset("C"));
        assert_eq!(expanded("${B:?tell me}"), unset("B"));
        for word in [
            "'a", "\"a", "${A", "${A:-", "${}", "${A%x}", "${A:}", "${A:-\"}",
        ] {
            assert_eq!(expanded(word), Err(Unresolved::Malformed), "{word}");
        }
        let deep = "${B:-".repeat(100_000);
        assert_eq!(expanded(&deep), Err(Unresolved::Malformed));
    }

    #[test]
    fn several_assignments_on_a_line() {
        let line = "A=1 B=\"x y\" C D=a\\ b";
        let expected = [
            ("A", Some("1")),
            ("B", Some("\"x y\"")),
            ("C", None),
            ("D", Some("a\\ b")),
        ];
        assert_eq!(assignments(line, '\\'), expected);
        assert_eq!(assignments("A='", '\\'), []);
    }
}
