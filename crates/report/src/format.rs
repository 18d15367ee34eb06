//! The choice between a table for people and rows for programs.

use std::fmt;
use std::str::FromStr;

/// How rows are written: what stands behind `--format table|json|csv`.
///
/// A command that takes them all parses with [`FromStr`]; one that takes others says which, with
/// [`Format::among`].
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
    /// An Apache Parquet file: typed columns, for rows that are many. It is no text: a command that
    /// offers it should not write it to a terminal.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// A text names no format, or none that is taken here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a format{}: use {}", here(text), listed(taken))]
pub struct UnknownFormat {
    /// The text.
    pub text: String,
    /// What would have been taken.
    pub taken: &'static [Format],
}

/// Who names a format that others take has made another mistake than who cannot spell.
fn here(text: &str) -> &'static str {
    let is_one = Format::ALL.iter().any(|format| format.as_str() == text);
    if is_one { " here" } else { "" }
}

fn listed(formats: &[Format]) -> String {
    let names: Vec<&str> = formats.iter().map(|format| format.as_str()).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

impl Format {
    /// The formats that are text, the one for people first: what every command takes.
    pub const TEXT: &[Self] = &[Self::Table, Self::Json, Self::Csv];

    /// All formats there are with the features that are on.
    pub const ALL: &[Self] = &[
        Self::Table,
        Self::Json,
        Self::Csv,
        #[cfg(feature = "parquet")]
        Self::Parquet,
    ];

    /// Returns the format's name on a command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Csv => "csv",
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
        }
    }

    /// Returns a parser that takes these formats only, and names only them where it takes none.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_report::Format;
    ///
    /// let parse = Format::among(&[Format::Json, Format::Csv]);
    /// assert_eq!(parse("json"), Ok(Format::Json));
    /// assert_eq!(
    ///     parse("table").unwrap_err().to_string(),
    ///     "\"table\" is not a format here: use json or csv",
    /// );
    /// ```
    pub fn among(
        taken: &'static [Self],
    ) -> impl Fn(&str) -> Result<Self, UnknownFormat> + Clone + Send + Sync + 'static {
        move |text| {
            let named = taken.iter().find(|format| format.as_str() == text);
            named.copied().ok_or_else(|| UnknownFormat {
                text: text.to_owned(),
                taken,
            })
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

    /// Takes the formats that are text, [`Format::TEXT`].
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::among(Self::TEXT)(text)
    }
}
