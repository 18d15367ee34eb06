//! Rows as a table, as JSON, as CSV and as Parquet, from one description of the columns.

use std::error::Error;
use std::io::{self, Write};

#[cfg(feature = "page")]
use comfy_table::CellAlignment;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::column::{Column, plain};
use crate::format::Format;
use crate::narrow::narrow;
#[cfg(feature = "page")]
use crate::page::{Cell, Heading};

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
    /// A value is not of its column's kind, in a format whose columns have types.
    #[error("key {key:?} of row {row} is not {expected}")]
    Kind {
        /// The row's position, from 0.
        row: usize,
        /// The column's key.
        key: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// The rows make no Parquet file.
    #[error("failed to make a Parquet file of the rows")]
    Parquet {
        /// What the writer said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl WriteTableError {
    /// Whether the reader of the output went away, as `head` does: no failure of a program.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// A description of rows that can be written in any [`Format`].
///
/// List a column for every key of the row, in the order in which the keys are documented: CSV has
/// exactly these columns, also when there are no rows, and so has Parquet. JSON has what the row serialises to.
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
    room: Option<usize>,
}

impl<R: Serialize> Table<R> {
    /// Describes rows by their columns.
    #[must_use]
    pub fn new(columns: Vec<Column<R>>) -> Self {
        Self {
            columns,
            room: None,
        }
    }

    /// Shortens texts in the middle where a line of [`Format::Table`] would be longer than so many characters. Numbers,
    /// headers and the other formats stay as they are; where lines would be longer even so, all stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_report::{Column, Format, Table};
    ///
    /// let rows = [serde_json::json!({ "image": "ghcr.io/organisation/application:1.0" })];
    /// let table = Table::new(vec![Column::text("image", "image")]).within(Some(20));
    /// let mut out = Vec::new();
    /// table.write(Format::Table, &rows, &mut out)?;
    /// assert!(String::from_utf8(out)?.contains("\nghcr.i…plication:1.0\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn within(mut self, room: Option<usize>) -> Self {
        self.room = room;
        self
    }

    /// Leaves the columns of these keys out, in every format that goes by columns: all but JSON.
    #[must_use]
    pub fn without(mut self, keys: &[&str]) -> Self {
        self.columns.retain(|column| !keys.contains(&column.key()));
        self
    }

    /// Returns the keys of the columns, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(Column::key)
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
            #[cfg(feature = "parquet")]
            Format::Parquet => crate::parquet_file::write(&self.columns, rows, out),
        }
    }

    /// Headings and cells of what is shown, for a page.
    #[cfg(feature = "page")]
    pub(crate) fn shown(
        &self,
        rows: &[R],
    ) -> Result<(Vec<Heading>, Vec<Vec<Cell>>), WriteTableError> {
        let objects: Vec<_> = rows
            .iter()
            .enumerate()
            .map(object)
            .collect::<Result<_, WriteTableError>>()?;
        let columns = || self.columns.iter().filter(|column| !column.is_hidden());
        let headings = columns().map(|column| {
            let is_right = column.alignment(&objects) == CellAlignment::Right;
            Heading::new(column.key(), column.header(), is_right)
        });
        let cells = rows.iter().zip(&objects).enumerate();
        let cells = cells.map(|(position, (row, object))| {
            let cells = columns().map(|column| {
                let value = value(object, position, column.key())?;
                Ok(Cell::new(column.cell(row, value), value))
            });
            cells.collect()
        });
        Ok((headings.collect(), cells.collect::<Result<_, _>>()?))
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
        let mut lines = vec![shown.iter().map(|it| it.header().to_owned()).collect()];
        for (position, (row, object)) in rows.iter().zip(&objects).enumerate() {
            let cells: Result<Vec<String>, _> = shown
                .iter()
                .map(|column| Ok(column.cell(row, value(object, position, column.key())?)))
                .collect();
            lines.push(cells?);
        }
        if let Some(room) = self.room {
            let texts: Vec<bool> = shown.iter().map(|it| it.is_text(&objects)).collect();
            narrow(&mut lines, &texts, GAP.into(), room);
        }
        let mut lines = lines.into_iter();
        table.set_header(lines.next().unwrap_or_default());
        table.add_rows(lines);
        for (column, laid_out) in shown.iter().zip(table.column_iter_mut()) {
            laid_out
                .set_padding((0, GAP))
                .set_cell_alignment(column.alignment(&objects));
        }
        write_lines(&table, out).map_err(io_error)
    }

    fn write_csv(&self, rows: &[R], out: &mut dyn Write) -> Result<(), WriteTableError> {
        let mut writer = csv::Writer::from_writer(out);
        let header = self.columns.iter().map(|column| column.key());
        writer.write_record(header).map_err(csv_error)?;
        for (position, row) in rows.iter().enumerate() {
            let object = object((position, row))?;
            let cells: Result<Vec<String>, _> = self
                .columns
                .iter()
                .map(|column| value(&object, position, column.key()).map(plain))
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

pub(crate) fn object<R: Serialize>(
    (row, value): (usize, &R),
) -> Result<Map<String, Value>, WriteTableError> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(WriteTableError::Row { row, source: None }),
        Err(source) => Err(WriteTableError::Row {
            row,
            source: Some(source.into()),
        }),
    }
}

pub(crate) fn value<'a>(
    object: &'a Map<String, Value>,
    row: usize,
    key: &str,
) -> Result<&'a Value, WriteTableError> {
    object.get(key).ok_or_else(|| WriteTableError::MissingKey {
        row,
        key: key.to_owned(),
    })
}

pub(crate) fn io_error(source: io::Error) -> WriteTableError {
    WriteTableError::Io { source }
}

/// What the output said is what matters, also behind the CSV writer.
fn csv_error(error: csv::Error) -> WriteTableError {
    io_error(match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => io::Error::other(format!("{other:?}")),
    })
}
