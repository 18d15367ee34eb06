//! Base images, as `pullstat manifests fetch --from` takes them.

use std::io::Write;

use pullstudy_console::{counted, terminal_width, warn};
use pullstudy_report::{Column, Format, Table};
use pullstudy_survey::{BaseUse, Dockerfiles, UnknownBase};
use serde::Serialize;

/// So many that are not known are told one by one.
const UNKNOWN_TOLD: usize = 5;

/// An image. Keys are a contract.
#[derive(Debug, Serialize)]
struct Row {
    /// Null where the file alone does not tell.
    reference: Option<String>,
    /// As it is written, where the file alone does not tell.
    written: Option<String>,
    /// The variable it depends on, if it does on one.
    variable: Option<String>,
    uses: usize,
    files: Option<usize>,
    owners: Option<usize>,
    official: Option<bool>,
}

impl Row {
    fn of(base: &BaseUse) -> Self {
        Self {
            reference: Some(base.reference.to_string()),
            written: None,
            variable: None,
            uses: base.uses,
            files: Some(base.files),
            owners: Some(base.owners),
            official: Some(base.is_official),
        }
    }

    fn of_unknown(base: UnknownBase) -> Self {
        Self {
            reference: None,
            written: Some(base.written),
            variable: base.variable,
            uses: base.uses,
            files: None,
            owners: None,
            official: None,
        }
    }
}

/// Writes references one a line; as JSON or CSV with their counts, and what is not known at the end.
pub(super) fn write(
    dockerfiles: &Dockerfiles,
    format: Format,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let bases = dockerfiles.bases();
    let unknown = dockerfiles.unknown_bases();
    if format == Format::Table {
        tell_unknown(&unknown);
        for base in &bases {
            writeln!(results, "{}", base.reference)?;
        }
        return Ok(());
    }
    let unknown = unknown.into_iter().map(Row::of_unknown);
    let rows: Vec<Row> = bases.iter().map(Row::of).chain(unknown).collect();
    let keys = [
        "reference",
        "written",
        "variable",
        "uses",
        "files",
        "owners",
        "official",
    ];
    let columns = keys.map(|key| Column::text(key, key));
    Ok(Table::new(columns.into())
        .within(terminal_width())
        .write(format, &rows, results)?)
}

/// A list of references has no place for what is none.
fn tell_unknown(unknown: &[UnknownBase]) {
    for base in unknown.iter().take(UNKNOWN_TOLD) {
        let why = match &base.variable {
            Some(name) => format!("{name} has no value in the file before that"),
            None => "it is no reference".to_owned(),
        };
        warn(&format_args!(
            "left out {}, {}: {why}",
            base.written,
            counted(base.uses, "use")
        ));
    }
    let more = unknown.len().saturating_sub(UNKNOWN_TOLD);
    if more > 0 {
        warn(&format_args!(
            "and {more} more: --format json has all of them"
        ));
    }
}
