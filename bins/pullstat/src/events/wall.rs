//! `pullstat wall`: where the time of a run went.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_events::{WallRow, wall};
use pullstudy_report::{Alignment, Column, Format, Table};
use serde::Serialize;

use super::args::{ClockArg, LogArgs};
use super::fields::timestamp;

/// Tell how much of a run's time was pulling.
///
/// A row for each experiment and number of nodes: from the first event to the last, the sum of the seconds of its pulls,
/// and the seconds in which at least one pull ran. `pulls_at_a_time` is the sum by the time that went by.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat wall experiments/ --image my-org\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    /// Which seconds are summed up: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed of a run. Keys are a contract.
#[derive(Debug, Serialize)]
struct Row<'a> {
    experiment: Option<&'a str>,
    nodes: Option<u32>,
    first_event_at: String,
    last_event_at: String,
    wall_seconds: f64,
    pulled: usize,
    without_seconds: usize,
    pull_sum_seconds: f64,
    pulls_at_a_time: Option<f64>,
    pulling_seconds: f64,
    other_seconds: f64,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let logs = args.logs.read()?;
    let pulls = args.logs.selection().of(logs.pulls());
    let runs = wall(&logs.spans(), &pulls, args.clock.into());
    let rows: Vec<Row<'_>> = runs.iter().map(Row::of).collect();
    table()
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    Ok(())
}

fn table<'a>() -> Table<Row<'a>> {
    let at_a_time = |row: &Row<'_>| {
        row.pulls_at_a_time
            .map_or_else(|| "-".to_owned(), |pulls| format!("{pulls:.2}"))
    };
    Table::new(vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::timestamp("first_event_at", "first event"),
        Column::timestamp("last_event_at", "last event"),
        Column::seconds("wall_seconds", "wall s"),
        Column::count("pulled", "pulls"),
        Column::count("without_seconds", "without time").only_in_files(),
        Column::seconds("pull_sum_seconds", "sum of pulls s"),
        Column::custom("pulls_at_a_time", "at a time", Alignment::Right, at_a_time),
        Column::seconds("pulling_seconds", "pulling s"),
        Column::seconds("other_seconds", "other s"),
    ])
}

impl<'a> Row<'a> {
    fn of(row: &'a WallRow) -> Self {
        Self {
            experiment: row.experiment.as_deref(),
            nodes: row.nodes,
            first_event_at: timestamp(row.first),
            last_event_at: timestamp(row.last),
            wall_seconds: row.wall_seconds,
            pulled: row.pulled,
            without_seconds: row.without_seconds,
            pull_sum_seconds: row.pull_seconds,
            pulls_at_a_time: row.pulls_at_a_time,
            pulling_seconds: row.pulling_seconds,
            other_seconds: row.other_seconds,
        }
    }
}
