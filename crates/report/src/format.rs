//! The choice between a table for people and rows for programs.

use std::fmt;
use std::str::FromStr;

/// How rows are written: what stands behind `--format table|json|csv`.
///
/// # Examples
///
/// ```
/// use pullstudy_report::Format;
///
/// assert_eq!("csv".parse(), Ok(Format::Csv));
/// assert_eq!(
///     "xml".parse::<Format>().unwrap_err().to_string(),
///     "\"xml\" is not a format: use table, json or csv",
/// );
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// An array of row objects.
    Json,
    /// Comma-separated values with a header line, as RFC 4180 has them.
    Csv,
}

/// A text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a format: use table, json or csv")]
pub struct UnknownFormat {
    /// The text.
    pub text: String,
}

impl Format {
    /// All formats, the one for people first.
    pub const ALL: &[Self] = &[Self::Table, Self::Json, Self::Csv];

    /// Returns the format's name on a command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let named = Self::ALL.iter().find(|format| format.as_str() == text);
        named.copied().ok_or_else(|| UnknownFormat {
            text: text.to_owned(),
        })
    }
}
