//! Rows as a table, as JSON and as CSV, from one description of the columns.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use comfy_table::CellAlignment;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::format::Format;
use crate::units::{grouped, human_bytes, human_seconds, percent};

/// What stands in a table where a value is null.
const NOTHING: &str = "-";

/// Spaces between two columns of a table.
const GAP: u16 = 2;

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteTableError {
    /// The output took no more; see [`WriteTableError::is_broken_pipe`].
    #[error("failed to write the table")]
    Io {
        /// What the output said.
        source: io::Error,
    },
    /// A row does not serialise to a JSON object.
    #[error("row {row} cannot be written as an object")]
    Row {
        /// The row's position, from 0.
        row: usize,
        /// What the serialiser said, if it failed.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// A row has not the key that a column shows.
    #[error("row {row} has no key {key:?}")]
    MissingKey {
        /// The row's position, from 0.
        row: usize,
        /// The column's key.
        key: String,
    },
}

impl WriteTableError {
    /// Whether the reader of the output went away, as `head` does: no failure of a program.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// One column: a key of the row's JSON object, and how a table shows it.
///
/// In a table, null is `-`, and numbers stand to the right. JSON and CSV have the plain value: bytes as
/// integers, seconds and shares as floats.
pub struct Column<R> {
    key: String,
    header: String,
    show: Show<R>,
}

enum Show<R> {
    Plain,
    Count,
    Bytes,
    Seconds,
    Percent,
    Hidden,
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
    fn of(key: impl Into<String>, header: impl Into<String>, show: Show<R>) -> Self {
        Self {
            key: key.into(),
            header: header.into(),
            show,
        }
    }

    /// Shows a text as it is, a number plainly and at the right, what is nested as JSON.
    pub fn text(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Show::Plain)
    }

    /// Shows an integer with commas: `53,702,097`. Also for bytes that are to be exact.
    pub fn count(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Show::Count)
    }

    /// Shows bytes in decimal units with three digits: `53.7 MB`.
    pub fn bytes(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Show::Bytes)
    }

    /// Shows seconds with three digits and no unit, which belongs into the header.
    pub fn seconds(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Show::Seconds)
    }

    /// Shows a share in `0.0..=1.0` as per cent.
    pub fn percent(key: impl Into<String>, header: impl Into<String>) -> Self {
        Self::of(key, header, Show::Percent)
    }

    /// Leaves a key out of tables; CSV has it all the same.
    pub fn hidden(key: impl Into<String>) -> Self {
        Self::of(key, "", Show::Hidden)
    }

    /// Shows what a function makes of the whole row.
    pub fn custom(
        key: impl Into<String>,
        header: impl Into<String>,
        alignment: Alignment,
        show: impl Fn(&R) -> String + 'static,
    ) -> Self {
        Self::of(key, header, Show::Custom(alignment, Box::new(show)))
    }

    fn is_hidden(&self) -> bool {
        matches!(self.show, Show::Hidden)
    }

    /// A table is read on a terminal, and may show what others wrote: nothing in it commands the terminal.
    fn cell(&self, row: &R, value: &Value) -> String {
        self.shown(row, value).replace(char::is_control, "\u{fffd}")
    }

    fn shown(&self, row: &R, value: &Value) -> String {
        match &self.show {
            Show::Custom(_, show) => show(row),
            _ if value.is_null() => NOTHING.to_owned(),
            Show::Count => value.as_u64().map_or_else(|| plain(value), grouped),
            Show::Bytes => value.as_u64().map_or_else(|| plain(value), human_bytes),
            Show::Seconds => value.as_f64().map_or_else(|| plain(value), human_seconds),
            Show::Percent => value.as_f64().map_or_else(|| plain(value), percent),
            Show::Plain | Show::Hidden => plain(value),
        }
    }

    /// Plain columns look at their values: an empty one, or one of nulls, stands to the left.
    fn alignment(&self, rows: &[Map<String, Value>]) -> CellAlignment {
        let has_numbers = || {
            rows.iter()
                .any(|row| row.get(&self.key).is_some_and(Value::is_number))
        };
        let is_right = match self.show {
            Show::Count | Show::Bytes | Show::Seconds | Show::Percent => true,
            Show::Custom(alignment, _) => alignment == Alignment::Right,
            Show::Plain | Show::Hidden => has_numbers(),
        };
        if is_right {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        }
    }
}

impl<R> fmt::Debug for Column<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Column")
            .field("key", &self.key)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// A description of rows that can be written in any [`Format`].
///
/// List a column for every key of the row, in the order in which the keys are documented: CSV has
/// exactly these columns, also when there are no rows. JSON has what the row serialises to.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{Column, Format, Table};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Pull { image: &'static str, wire_bytes: u64, median_seconds: Option<f64> }
///
/// let table = Table::new(vec![
///     Column::text("image", "image"),
///     Column::bytes("wire_bytes", "wire"),
///     Column::seconds("median_seconds", "median s"),
/// ]);
/// let rows = [
///     Pull { image: "zeros", wire_bytes: 52_345, median_seconds: Some(0.1234) },
///     Pull { image: "random", wire_bytes: 53_702_097, median_seconds: None },
/// ];
///
/// let written = |format| -> Result<String, Box<dyn std::error::Error>> {
///     let mut out = Vec::new();
///     table.write(format, &rows, &mut out)?;
///     Ok(String::from_utf8(out)?)
/// };
/// assert_eq!(written(Format::Table)?, "\
/// image      wire  median s
/// -------------------------
/// zeros   52.3 kB     0.123
/// random  53.7 MB         -
/// ");
/// assert_eq!(written(Format::Csv)?, "\
/// image,wire_bytes,median_seconds
/// zeros,52345,0.1234
/// random,53702097,
/// ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Table<R> {
    columns: Vec<Column<R>>,
}

impl<R: Serialize> Table<R> {
    /// Describes rows by their columns.
    #[must_use]
    pub fn new(columns: Vec<Column<R>>) -> Self {
        Self { columns }
    }

    /// Writes rows; the output ends with a line end.
    ///
    /// JSON is an array with one row object a line, so that line tools can be used on it too.
    ///
    /// # Errors
    ///
    /// [`WriteTableError`]; some rows may have been written then. A reader that went away is an error
    /// too, told apart by [`WriteTableError::is_broken_pipe`].
    pub fn write(
        &self,
        format: Format,
        rows: &[R],
        out: &mut dyn Write,
    ) -> Result<(), WriteTableError> {
        match format {
            Format::Table => self.write_table(rows, out),
            Format::Json => write_json(rows, out),
            Format::Csv => self.write_csv(rows, out),
        }
    }

    fn write_table(&self, rows: &[R], out: &mut dyn Write) -> Result<(), WriteTableError> {
        let objects: Vec<_> = rows
            .iter()
            .enumerate()
            .map(object)
            .collect::<Result<_, WriteTableError>>()?;
        let shown: Vec<_> = self
            .columns
            .iter()
            .filter(|column| !column.is_hidden())
            .collect();
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(shown.iter().map(|column| column.header.as_str()));
        for (position, (row, object)) in rows.iter().zip(&objects).enumerate() {
            let cells: Result<Vec<String>, _> = shown
                .iter()
                .map(|column| Ok(column.cell(row, value(object, position, &column.key)?)))
                .collect();
            table.add_row(cells?);
        }
        for (column, laid_out) in shown.iter().zip(table.column_iter_mut()) {
            laid_out
                .set_padding((0, GAP))
                .set_cell_alignment(column.alignment(&objects));
        }
        write_lines(&table, out).map_err(io_error)
    }

    fn write_csv(&self, rows: &[R], out: &mut dyn Write) -> Result<(), WriteTableError> {
        let mut writer = csv::Writer::from_writer(out);
        let header = self.columns.iter().map(|column| &column.key);
        writer.write_record(header).map_err(csv_error)?;
        for (position, row) in rows.iter().enumerate() {
            let object = object((position, row))?;
            let cells: Result<Vec<String>, _> = self
                .columns
                .iter()
                .map(|column| value(&object, position, &column.key).map(plain))
                .collect();
            writer.write_record(cells?).map_err(csv_error)?;
        }
        writer.flush().map_err(io_error)
    }
}

/// Writes rows as an array of objects, one a line.
fn write_json<R: Serialize>(rows: &[R], out: &mut dyn Write) -> Result<(), WriteTableError> {
    let mut line = String::from("[");
    for (position, row) in rows.iter().enumerate() {
        let object = serde_json::to_string(row).map_err(|source| WriteTableError::Row {
            row: position,
            source: Some(source.into()),
        })?;
        line.push_str(if position == 0 { "\n" } else { ",\n" });
        line.push_str(&object);
        out.write_all(line.as_bytes()).map_err(io_error)?;
        line.clear();
    }
    line.push_str(if rows.is_empty() { "]\n" } else { "\n]\n" });
    out.write_all(line.as_bytes())
        .and_then(|()| out.flush())
        .map_err(io_error)
}

fn write_lines(table: &comfy_table::Table, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let width = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    for (position, line) in lines.iter().enumerate() {
        writeln!(out, "{line}")?;
        if position == 0 {
            writeln!(out, "{}", "-".repeat(width))?;
        }
    }
    out.flush()
}

fn object<R: Serialize>((row, value): (usize, &R)) -> Result<Map<String, Value>, WriteTableError> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(WriteTableError::Row { row, source: None }),
        Err(source) => Err(WriteTableError::Row {
            row,
            source: Some(source.into()),
        }),
    }
}

fn value<'a>(
    object: &'a Map<String, Value>,
    row: usize,
    key: &str,
) -> Result<&'a Value, WriteTableError> {
    object.get(key).ok_or_else(|| WriteTableError::MissingKey {
        row,
        key: key.to_owned(),
    })
}

/// Writes a value for programs: texts bare, null empty, what is nested as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn io_error(source: io::Error) -> WriteTableError {
    WriteTableError::Io { source }
}

fn csv_error(error: csv::Error) -> WriteTableError {
    io_error(error.into())
}
