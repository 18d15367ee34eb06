//! A table with its caption.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use crate::column::plain;
use crate::format::Format;
use crate::table::{Table, WriteTableError};

/// A table with its caption: cells for people, exact values behind them, and all rows to download.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{Column, PageTable, Table};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct Row { image: &'static str, wire_bytes: u64 }
///
/// let table = Table::new(vec![Column::text("image", "image"), Column::bytes("wire_bytes", "wire")]);
/// let rows = [Row { image: "app:1", wire_bytes: 1_500_000 }];
/// let table = PageTable::new("images", "Images of the study", &table, &rows)?
///     .defined("wire_bytes", "wire-bytes");
/// # Ok::<(), pullstudy_report::WriteTableError>(())
/// ```
#[derive(Debug)]
pub struct PageTable {
    pub(super) id: String,
    pub(super) caption: String,
    pub(super) headings: Vec<Heading>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// All rows with all columns, exact.
    pub(super) csv: Vec<u8>,
    definitions: HashMap<String, String>,
    shown: usize,
}

/// The heading of a column.
#[derive(Debug)]
pub(crate) struct Heading {
    pub(super) key: String,
    pub(super) text: String,
    pub(super) is_right: bool,
}

/// A value as people read it, and exact.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(super) human: String,
    pub(super) exact: String,
}

impl PageTable {
    /// Takes rows by the description of their columns. All rows are shown.
    ///
    /// # Errors
    ///
    /// [`WriteTableError`]: a row is no object, or lacks a column's key.
    pub fn new<R: Serialize>(
        id: impl Into<String>,
        caption: impl Into<String>,
        table: &Table<R>,
        rows: &[R],
    ) -> Result<Self, WriteTableError> {
        let mut csv = Vec::new();
        table.write(Format::Csv, rows, &mut csv)?;
        let (headings, cells) = table.shown(rows)?;
        Ok(Self {
            id: id.into(),
            caption: caption.into(),
            headings,
            shown: rows.len(),
            rows: cells,
            csv,
            definitions: HashMap::new(),
        })
    }

    /// Shows so many rows at most, the first ones, and says of how many. All can be downloaded.
    #[must_use]
    pub fn first(mut self, rows: usize) -> Self {
        self.shown = self.rows.len().min(rows);
        self
    }

    /// Offers this file in place of the table's own rows: for a table whose rows are a choice of those there are.
    #[must_use]
    pub fn raw_csv(mut self, csv: Vec<u8>) -> Self {
        self.csv = csv;
        self
    }

    /// Links the heading of the column with this key to the definition with this id.
    #[must_use]
    pub fn defined(mut self, key: impl Into<String>, definition: impl Into<String>) -> Self {
        self.definitions.insert(key.into(), definition.into());
        self
    }

    pub(super) fn definition(&self, key: &str) -> Option<&str> {
        self.definitions.get(key).map(String::as_str)
    }

    pub(super) fn shown_rows(&self) -> &[Vec<Cell>] {
        &self.rows[..self.shown]
    }

    /// How many rows there are but these, in words.
    pub(super) fn cut(&self) -> Option<String> {
        let (shown, all) = (self.shown, self.rows.len());
        let grouped = |count| crate::units::grouped(count as u64);
        (shown < all).then(|| {
            format!(
                "The first {} of {} rows are shown.",
                grouped(shown),
                grouped(all)
            )
        })
    }

    /// The ids of definitions that its shown columns refer to.
    pub(super) fn terms(&self) -> Vec<&str> {
        self.headings
            .iter()
            .filter_map(|heading| self.definition(&heading.key))
            .collect()
    }
}

impl Cell {
    pub(crate) fn new(human: String, value: &Value) -> Self {
        Self {
            human,
            exact: plain(value),
        }
    }
}

impl Heading {
    pub(crate) fn new(key: &str, text: &str, is_right: bool) -> Self {
        Self {
            key: key.to_owned(),
            text: text.to_owned(),
            is_right,
        }
    }
}
