//! The quickstart's one table.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_events::Phase;
use pullstudy_report::{Alignment, Column, Format, Table, percent};

use super::row::{OTHER, Row};

/// Writes the rows.
pub(crate) fn write(format: Format, rows: &[Row], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut columns = vec![
        Column::text("label", "image"),
        Column::hidden("image"),
        Column::hidden("nodes"),
        Column::count("count", "pulls"),
        Column::bytes("wire_bytes", "wire"),
        Column::bytes("unpacked_bytes", "unpacked"),
        Column::seconds("median_seconds", "median s"),
    ];
    columns.extend(Phase::ALL.iter().map(|phase| share_column(phase.as_str())));
    columns.push(share_column(OTHER));
    columns.push(Column::custom(
        "bound_by",
        "bound by",
        Alignment::Left,
        |row: &Row| {
            row.bound_by
                .map_or("-".to_owned(), |bound| bound.to_string())
        },
    ));
    Table::new(columns)
        .within(terminal_width())
        .write(format, rows, out)?;
    Ok(())
}

/// The three questions before any layer are milliseconds, and have a column together in the table for people. The
/// engine tells the parts of unpacking apart, so that `apply` has no part in it.
fn share_column(phase: &'static str) -> Column<Row> {
    let key = format!("{phase}_share");
    match phase {
        "manifest" | "config" | "apply" => Column::hidden(key),
        "resolve" => Column::custom(key, "lookup", Alignment::Right, |row: &Row| {
            let lookup = [Phase::Resolve, Phase::Manifest, Phase::Config];
            percent(lookup.into_iter().map(|phase| row.share(phase)).sum())
        }),
        _ => Column::percent(key, phase),
    }
}
