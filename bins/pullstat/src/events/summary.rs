//! `pullstat summary`: pull times by group.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{terminal_width, warn};
use pullstudy_events::{Column as By, Summaries, SummaryRow, summarise, warning_lines};
use pullstudy_report::{Column, Format, Table};
use serde_json::json;

use super::args::{ClockArg, GroupArgs, LogArgs, Method};
use super::fields::{Fields, figure_columns, key_columns};
use super::picture::{self, ScaleArg};
use crate::picture_file;

/// So many warnings of each kind are told one by one.
const WARNINGS_TOLD: usize = 3;

/// Figures that groups cannot have the names of, beside those of seconds.
const COUNTS: [&str; 7] = [
    "count",
    "present",
    "failed",
    "unfinished",
    "pulled_nodes",
    "filled",
    "failure_rate",
];

/// Sum up pull times by any columns.
///
/// `count` is the pulls that succeeded, which is what the figures rest on; images that were present, pulls that failed
/// and pulls without an end stand beside it. Quartiles and percentiles interpolate linearly, the standard deviation is
/// that of a sample.
///
/// Columns are experiment, nodes, image, node, namespace, pod, container, file, outcome, repository, tag, name (last
/// part of the path, with tag), any named part of --layout, and any --group.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat summary experiments/ --image my-org --plot pulls.svg\n  \
    pullstat summary experiments/ --by experiment,nodes,app --group 'app=/ensemble-([a-z0-9]+):'\n  \
    pullstat summary experiments/ --method published --by experiment\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    groups: GroupArgs,
    /// Columns to group by, separated by commas
    #[arg(long, value_name = "COLUMNS", default_value = "experiment,nodes,image")]
    by: String,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// Whose method turns events into pulls
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Draw a box plot by image and number of nodes, as SVG or PNG by the name of the file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// How the plot spaces seconds
    #[arg(long, value_enum, default_value_t, requires = "plot")]
    scale: ScaleArg,
    /// How the rows are printed: table, json, csv or parquet
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = Format::among(Format::ALL))]
    format: Format,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    super::args::check_output(args.format)?;
    super::args::check_clock(args.method, args.clock)?;
    let selection = args.logs.selection();
    let is_figure = |name: &str| name.ends_with("_seconds") || COUNTS.contains(&name);
    let is_taken = |name: &str| is_figure(name) || selection.columns(name, &[]).is_ok();
    let columns = selection.columns(&args.by, args.groups.checked(is_taken)?)?;
    if let Some(path) = &args.plot {
        picture_file::check_name("--plot", path)?;
    }
    let pulls = args.logs.pulls(args.method)?;
    let summaries = summarise(&pulls, &columns, args.clock.into());
    table(&columns).within(terminal_width()).write(
        args.format,
        &rows(&columns, &summaries),
        results,
    )?;
    warnings(&summaries).iter().for_each(|line| warn(line));
    match &args.plot {
        Some(path) => {
            let figure = picture::box_plot(&pulls, args.clock.into(), args.scale.into())?;
            picture_file::write(&figure, path)
        }
        None => Ok(()),
    }
}

/// Returns a row for each group.
pub(crate) fn rows(columns: &[By], summaries: &Summaries) -> Vec<Fields> {
    let rows = summaries.rows.iter();
    rows.map(|row| fields(columns, row)).collect()
}

/// Returns what a reader of the rows must know.
pub(crate) fn warnings(summaries: &Summaries) -> Vec<String> {
    warning_lines(&summaries.warnings, WARNINGS_TOLD)
}

/// The group's columns, then the figures, as the design names them.
fn fields(columns: &[By], row: &SummaryRow) -> Fields {
    let mut fields = Fields::default();
    fields.push_key(columns, &row.key);
    fields.push("count", json!(row.count));
    fields.push_figures(row.seconds.as_ref());
    fields.push("present", json!(row.present));
    fields.push("failed", json!(row.failed));
    fields.push("unfinished", json!(row.unfinished));
    fields.push("pulled_nodes", json!(row.pulled_nodes));
    fields.push("filled", json!(row.filled));
    fields.push("failure_rate", json!(row.failure_rate));
    fields
}

pub(crate) fn table(columns: &[By]) -> Table<Fields> {
    let mut shown: Vec<_> = key_columns(columns).collect();
    shown.push(Column::count("count", "pulls"));
    shown.extend(figure_columns());
    shown.extend([
        Column::count("present", "present"),
        Column::count("failed", "failed"),
        Column::count("unfinished", "unfinished"),
        Column::count("pulled_nodes", "on nodes"),
        Column::count("filled", "by status").only_in_files(),
        Column::percent("failure_rate", "failure rate").only_in_files(),
    ]);
    Table::new(shown)
}
