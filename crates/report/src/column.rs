//! What a column holds, and how a table shows it.

use std::fmt;

use comfy_table::CellAlignment;
use serde_json::{Map, Value};

use crate::terminal::commands_terminal;
use crate::units::{grouped, human_bytes, human_seconds, human_usd, percent};

/// What stands in a table where a value is null.
const NOTHING: &str = "-";

/// One column: a key of the row's JSON object, what kind of value it holds, and how a table shows it.
///
/// In a table, null is `-`, and numbers stand to the right. JSON and CSV have the plain value: bytes as
/// integers, seconds, USD and shares as floats. Parquet has a typed column, which the kind decides and no
/// value: texts as strings, counts and bytes as signed integers of 64 bits (many readers turn unsigned
/// ones into floats), seconds, USD and shares as doubles, timestamps as microseconds of UTC. Every
/// column of it may be null.
pub struct Column<R> {
    key: String,
    header: String,
    kind: Kind,
    show: Show<R>,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Count,
    Bytes,
    Seconds,
    Usd,
    Percent,
    Timestamp,
}

enum Show<R> {
    AsKind,
    Never,
    Custom(Alignment, Box<dyn Fn(&R) -> String>),
}

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alignment {
    /// At the left: texts.
    Left,
    /// At the right: numbers.
    Right,
}

impl<R> Column<R> {
    fn of(key: impl Into<String>, header: impl Into<String>, kind: Kind) -> Self {
        Self {
            key: key.into(),
            header: header.into(),
            kind,
            show: Show::AsKind,
        }
    }

    /// Shows a text as it is, a number plainly and at the right, what is nested as JSON.
    pub fn text(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Text)
    }

    /// Shows an integer with commas: `53,702,097`. Also for bytes that are to be exact.
    pub fn count(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Count)
    }

    /// Shows bytes in decimal units with three digits: `53.7 MB`.
    pub fn bytes(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Bytes)
    }

    /// Shows seconds with three digits and no unit, which belongs into the header.
    pub fn seconds(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Seconds)
    }

    /// Shows an amount of money to the cent, small ones with three digits, and no unit, which belongs into the header.
    pub fn usd(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Usd)
    }

    /// Shows a share in `0.0..=1.0` as per cent.
    pub fn percent(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Percent)
    }

    /// Shows a moment to the second: `2024-11-10 06:47:10`. The row has it as RFC 3339 has it, of UTC and
    /// not before 1970: `2024-11-10T06:47:10.123456Z`.
    pub fn timestamp(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Kind::Timestamp)
    }

    /// Leaves a text out of tables; files have it all the same.
    pub fn hidden(key: impl Into<String>) -> Self {
        Self::text(key, "").only_in_files()
    }

    /// Shows what a function makes of the whole row, in place of a text.
    pub fn custom(
        key: impl Into<String>,
        header: impl Into<String>,
        alignment: Alignment,
        show: impl Fn(&R) -> String + 'static,
    ) -> Self {
        Self::text(key, header).shown_as(alignment, show)
    }

    /// Leaves the column out of tables; JSON, CSV and Parquet have it all the same.
    #[must_use]
    pub fn only_in_files(mut self) -> Self {
        self.show = Show::Never;
        self
    }

    /// Shows what a function makes of the whole row; the kind stays, which is the type in Parquet.
    #[must_use]
    pub fn shown_as(mut self, alignment: Alignment, show: impl Fn(&R) -> String + 'static) -> Self {
        self.show = Show::Custom(alignment, Box::new(show));
        self
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    #[cfg(feature = "parquet")]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn is_hidden(&self) -> bool {
        matches!(self.show, Show::Never)
    }

    /// A table is read on a terminal, and may show what others wrote: nothing in it commands the terminal.
    pub(crate) fn cell(&self, row: &R, value: &Value) -> String {
        let shown = match &self.show {
            Show::Custom(_, show) => show(row),
            _ if value.is_null() => NOTHING.to_owned(),
            Show::AsKind | Show::Never => self.kind.shown(value),
        };
        shown.replace(commands_terminal, "\u{fffd}")
    }

    /// Texts look at their values: an empty one, or one of nulls, stands to the left.
    /// Whether it holds words, which can be told when a part of them is missing.
    pub(crate) fn is_text(&self, rows: &[Map<String, Value>]) -> bool {
        self.kind == Kind::Text && self.alignment(rows) == CellAlignment::Left
    }

    pub(crate) fn alignment(&self, rows: &[Map<String, Value>]) -> CellAlignment {
        let has_numbers = || {
            rows.iter()
                .any(|row| row.get(&self.key).is_some_and(Value::is_number))
        };
        let is_right = match (&self.show, self.kind) {
            (Show::Custom(alignment, _), _) => *alignment == Alignment::Right,
            (_, Kind::Count | Kind::Bytes | Kind::Seconds | Kind::Usd | Kind::Percent) => true,
            (_, Kind::Timestamp) => false,
            (_, Kind::Text) => has_numbers(),
        };
        if is_right {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        }
    }
}

impl Kind {
    fn shown(self, value: &Value) -> String {
        let shown = match self {
            Self::Text => None,
            Self::Count => value.as_u64().map(grouped),
            Self::Bytes => value.as_u64().map(human_bytes),
            Self::Seconds => value.as_f64().map(human_seconds),
            Self::Usd => value.as_f64().map(human_usd),
            Self::Percent => value.as_f64().map(percent),
            Self::Timestamp => value.as_str().and_then(to_the_second),
        };
        shown.unwrap_or_else(|| plain(value))
    }
}

fn to_the_second(text: &str) -> Option<String> {
    humantime::parse_rfc3339(text).ok()?;
    let (date, time) = text.get(..19)?.split_once('T')?;
    Some(format!("{date} {time}"))
}

impl<R> fmt::Debug for Column<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Column")
            .field("key", &self.key)
            .field("header", &self.header)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Writes a value for programs: texts bare, null empty, what is nested as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
