//! Columns made from an image's name.

use std::str::FromStr;

use regex::Regex;

/// A column whose value is what a regular expression finds in an image's reference, written `NAME=REGEX`.
///
/// The value is what the first group in parentheses matches, without one the whole match, and null where
/// nothing matches.
///
/// # Examples
///
/// ```
/// use pullstudy_events::Grouping;
///
/// let app: Grouping = "app=/ensemble-([a-z0-9]+):".parse()?;
/// assert_eq!(app.name(), "app");
/// assert_eq!(app.value("ghcr.io/x/ensemble-lammps:1"), Some("lammps"));
/// assert_eq!(app.value("ghcr.io/x/flux:1"), None);
/// # Ok::<(), pullstudy_events::ParseGroupingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Grouping {
    name: String,
    regex: Regex,
}

/// Why a text is no grouping.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseGroupingError {
    /// There is no name before an equals sign.
    #[error("grouping {text:?} has no name; write NAME=REGEX")]
    NoName {
        /// The text.
        text: String,
    },
    /// What follows is no regular expression.
    #[error("grouping {name:?} has the pattern {pattern:?}, which is no regular expression")]
    BadPattern {
        /// Name of the grouping.
        name: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Grouping {
    /// Returns the name of the column.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the expression finds in an image's reference; `None` if nothing.
    #[must_use]
    pub fn value<'a>(&self, image: &'a str) -> Option<&'a str> {
        let captures = self.regex.captures(image)?;
        let found = if captures.len() > 1 {
            captures.get(1)
        } else {
            captures.get(0)
        };
        found.map(|found| found.as_str())
    }
}

/// Two groupings are equal if they are written alike.
impl PartialEq for Grouping {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for Grouping {}

impl FromStr for Grouping {
    type Err = ParseGroupingError;

    fn from_str(text: &str) -> Result<Self, ParseGroupingError> {
        let named = text
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty());
        let (name, pattern) = named.ok_or_else(|| ParseGroupingError::NoName {
            text: text.to_owned(),
        })?;
        let name = name.trim().to_owned();
        match Regex::new(pattern) {
            Ok(regex) => Ok(Self { name, regex }),
            Err(source) => Err(ParseGroupingError::BadPattern {
                name,
                pattern: pattern.to_owned(),
                source: source.into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_the_value_or_else_the_whole_match() {
        let value = |text: &str| {
            let grouping: Grouping = text.parse().unwrap();
            grouping.value("ghcr.io/a/amg-1:2").map(str::to_owned)
        };
        assert_eq!(value("a=amg-[0-9]").as_deref(), Some("amg-1"));
        assert_eq!(value("a=(?:amg|x)-([0-9])").as_deref(), Some("1"));
        assert_eq!(value("a=(x)?amg"), None);
        assert_eq!(value("a=(x)|=").as_deref(), None);
    }

    #[test]
    fn what_is_no_grouping_is_refused() {
        for text in ["", "amg", "=amg", " =amg"] {
            let error = text.parse::<Grouping>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("grouping {text:?} has no name; write NAME=REGEX")
            );
        }
        let error = "a=(".parse::<Grouping>().unwrap_err();
        assert!(matches!(error, ParseGroupingError::BadPattern { .. }));
    }
}
