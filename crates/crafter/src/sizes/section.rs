//! A mapping of the file, whose keys are known beforehand.

use super::node::{Entry, Node, Value};
use super::{SizesError, SizesProblem};

/// A mapping in which every key has been found to be known.
pub(super) struct Section<'a> {
    file: &'a str,
    path: String,
    line: u64,
    entries: &'a [Entry],
}

/// A value together with what a complaint about it needs.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) file: &'a str,
    pub(super) key: String,
    pub(super) line: u64,
    pub(super) value: &'a Value,
}

impl<'a> Section<'a> {
    /// Takes a mapping apart and complains about the first key that is not in `known`.
    pub(super) fn new(
        field: &Field<'a>,
        expected: &'static str,
        known: &'static [&'static str],
    ) -> Result<Self, SizesError> {
        let Value::Map(entries) = field.value else {
            return Err(field.wrong_type(expected));
        };
        let section = Self {
            file: field.file,
            path: field.key.clone(),
            line: field.line,
            entries,
        };
        match entries
            .iter()
            .find(|entry| !known.contains(&entry.key.as_str()))
        {
            Some(entry) => Err(section.unknown(entry, known)),
            None => Ok(section),
        }
    }

    /// Returns the value of a key, unless it is missing or null.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!matches!(entry.node.value, Value::Null)).then(|| Field {
            file: self.file,
            key: self.key_path(key),
            line: entry.key_line,
            value: &entry.node.value,
        })
    }

    /// Returns the keys that are there with their lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        self.entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.key_line))
    }

    /// Complains that a key is missing.
    pub(super) fn missing(&self, key: &str, remedy: &'static str) -> SizesError {
        SizesError::Invalid {
            file: self.file.to_owned(),
            line: self.line,
            key: self.key_path(key),
            problem: SizesProblem::Missing { remedy },
        }
    }

    fn unknown(&self, entry: &Entry, known: &'static [&'static str]) -> SizesError {
        SizesError::Invalid {
            file: self.file.to_owned(),
            line: entry.key_line,
            key: self.key_path(&entry.key),
            problem: SizesProblem::UnknownKey {
                near: nearest(&entry.key, known),
                known,
            },
        }
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

impl<'a> Field<'a> {
    /// The whole file as a field without a name.
    pub(super) fn root(file: &'a str, node: &'a Node) -> Self {
        Self {
            file,
            key: String::new(),
            line: node.line.max(1),
            value: &node.value,
        }
    }

    /// Complains about this value.
    pub(super) fn error(&self, problem: SizesProblem) -> SizesError {
        let key = if self.key.is_empty() {
            "the file"
        } else {
            &self.key
        };
        SizesError::Invalid {
            file: self.file.to_owned(),
            line: self.line,
            key: key.to_owned(),
            problem,
        }
    }

    pub(super) fn wrong_type(&self, expected: &'static str) -> SizesError {
        self.error(SizesProblem::WrongType {
            expected,
            found: self.value.describe(),
        })
    }

    /// Returns the items of a list, each a field of its own.
    pub(super) fn items(&self, expected: &'static str) -> Result<Vec<Field<'a>>, SizesError> {
        let Value::List(nodes) = self.value else {
            return Err(self.wrong_type(expected));
        };
        let item = |(index, node): (usize, &'a Node)| Field {
            file: self.file,
            key: format!("{}[{index}]", self.key),
            line: node.line,
            value: &node.value,
        };
        Ok(nodes.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self, expected: &'static str) -> Result<&'a str, SizesError> {
        match self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// Returns a whole number of `least..=most`.
    pub(super) fn integer(&self, least: u64, most: u64) -> Result<u64, SizesError> {
        let whole = match self.value {
            Value::Integer(value) => u64::try_from(*value).ok(),
            _ => None,
        };
        whole
            .filter(|value| (least..=most).contains(value))
            .ok_or_else(|| {
                self.error(SizesProblem::Range {
                    given: self.value.describe(),
                    expected: format!("a whole number from {least} to {most}"),
                })
            })
    }

    pub(super) fn number(&self, expected: &'static str) -> Result<f64, SizesError> {
        match self.value {
            Value::Float(value) => Ok(*value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "nobody writes a ratio or percentile beyond 2^53"
            )]
            Value::Integer(value) => Ok(*value as f64),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// Returns the value that a word stands for.
    pub(super) fn choice<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, SizesError> {
        let given = match self.value {
            Value::Text(text) => text.clone(),
            other => other.describe(),
        };
        let found = words.iter().find(|(word, _)| *word == given);
        found.map(|(_, value)| *value).ok_or_else(|| {
            self.error(SizesProblem::Choice {
                given,
                known: words.iter().map(|(word, _)| *word).collect(),
            })
        })
    }
}

/// Finds the key that was probably meant: hyphens for underscores, letters swapped, left out or added.
fn nearest(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let key = key.to_lowercase().replace(['-', ' '], "_");
    let distance = |candidate: &&'static str| strsim::damerau_levenshtein(&key, candidate);
    let candidate = known.iter().copied().min_by_key(distance)?;
    let close = distance(&candidate) <= 1 + candidate.len() / 4;
    (close || (key.len() > 3 && (candidate.starts_with(&key) || key.starts_with(candidate))))
        .then_some(candidate)
}
