//! `pullstat stages`: where a container's time to running goes.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_events::{StageRow, stages};
use pullstudy_report::{Column, Format, Table};
use serde_json::json;

use super::args::LogArgs;
use super::fields::{Fields, figure_columns};

/// Tell how long each stage of a container took: scheduled, pulling, pulled, created, started, completed.
///
/// A row for each experiment, number of nodes, image and stage. Timestamps of events are whole seconds, so a stage may
/// be a second off. What is negative, because the later event has the earlier timestamp, is counted and kept.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat stages experiments/run1 --image my-org\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let mut timelines = args.logs.read()?.timelines();
    args.logs.selection().of_timelines(&mut timelines);
    let rows: Vec<Fields> = stages(&timelines).iter().map(fields).collect();
    table()
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    Ok(())
}

fn fields(row: &StageRow) -> Fields {
    let mut fields = Fields::default();
    fields.push("experiment", json!(row.experiment));
    fields.push("nodes", json!(row.nodes));
    fields.push("image", json!(row.image.as_deref()));
    fields.push("stage", json!(row.stage.as_str()));
    fields.push("count", json!(row.seconds.count));
    fields.push("negative", json!(row.negative));
    fields.push_figures(Some(&row.seconds));
    fields
}

fn table() -> Table<Fields> {
    let mut columns = vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::text("image", "image"),
        Column::text("stage", "stage"),
        Column::count("count", "times"),
        Column::count("negative", "negative"),
    ];
    columns.extend(figure_columns());
    Table::new(columns)
}
