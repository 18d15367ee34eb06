//! The sections of a page, each from the rows of the command that prints the same.

mod break_even;
pub(super) mod experiments;
pub(super) mod failures;
pub(super) mod glance;
pub(super) mod images;
pub(super) mod intervals;
pub(super) mod likeness;
pub(super) mod list;
pub(super) mod method;
pub(super) mod money;
pub(super) mod nodes;
pub(super) mod simulations;
pub(super) mod times;
pub(super) mod waterfalls;

use pullstudy_report::{Format, Table};
use serde::Serialize;

use super::glossary;
use pullstudy_report::PageTable;

/// Makes a table whose columns are linked to their definitions.
pub(super) fn table<R: Serialize>(
    id: &str,
    caption: &str,
    table: &Table<R>,
    rows: &[R],
) -> anyhow::Result<PageTable> {
    let made = PageTable::new(id, caption, table, rows)?;
    Ok(glossary::linked(made, table.keys()))
}

/// Writes rows as CSV.
pub(super) fn csv<R: Serialize>(table: &Table<R>, rows: &[R]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    table.write(Format::Csv, rows, &mut bytes)?;
    Ok(bytes)
}
