//! `pullstat spread`: how far apart nodes do the same thing.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::terminal_width;
use pullstudy_events::{SpreadRow, spread};
use pullstudy_report::{Column, Format, Table};
use serde::Serialize;

use super::args::{LogArgs, Method};
use super::picture::{self, ScaleArg};
use crate::picture_file;

/// Tell how far apart the nodes of a cluster do the same thing.
///
/// A row for each experiment, number of nodes, image and kind of event (scheduled, pulling, pulled, created, started).
/// A range grows with the number of nodes by itself: `expected_range_seconds` is what the same events would give if only
/// as many were drawn as the smallest cluster of the experiment has nodes. Compare that with the smallest cluster's own
/// range. Timestamps of events are whole seconds.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat spread experiments/run1 --image my-org --plot spread.svg\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    /// Whose method turns events into rows
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Draw ranges by number of nodes, as SVG or PNG by the name of the file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// How the plot spaces seconds
    #[arg(long, value_enum, default_value_t, requires = "plot")]
    scale: ScaleArg,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed of a spread. Keys are a contract.
#[derive(Debug, Serialize)]
pub(crate) struct Row<'a> {
    experiment: Option<&'a str>,
    nodes: Option<u32>,
    image: Option<&'a str>,
    event: &'static str,
    count: usize,
    range_seconds: f64,
    iqr_seconds: f64,
    sd_seconds: Option<f64>,
    expected_range_seconds: Option<f64>,
    expected_range_p5_seconds: Option<f64>,
    expected_range_p95_seconds: Option<f64>,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    if let Some(path) = &args.plot {
        picture_file::check_name("--plot", path)?;
    }
    let mut timelines = match args.method {
        Method::Corrected => args.logs.read()?.timelines(),
        Method::Published => args.logs.read_published()?.timelines(),
    };
    args.logs.selection().of_timelines(&mut timelines);
    let spreads = spread(&timelines);
    table()
        .within(terminal_width())
        .write(args.format, &rows(&spreads), results)?;
    match &args.plot {
        Some(path) => {
            picture_file::write(&picture::spread_lines(&spreads, args.scale.into())?, path)
        }
        None => Ok(()),
    }
}

/// Returns what is printed of spreads.
pub(crate) fn rows(spreads: &[SpreadRow]) -> Vec<Row<'_>> {
    spreads.iter().map(Row::of).collect()
}

pub(crate) fn table<'a>() -> Table<Row<'a>> {
    Table::new(vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::text("image", "image"),
        Column::text("event", "event"),
        Column::count("count", "events"),
        Column::seconds("range_seconds", "range s"),
        Column::seconds("iqr_seconds", "quartiles s"),
        Column::seconds("sd_seconds", "sd s"),
        Column::seconds("expected_range_seconds", "expected range s"),
        Column::seconds("expected_range_p5_seconds", "5 %").only_in_files(),
        Column::seconds("expected_range_p95_seconds", "95 %").only_in_files(),
    ])
}

impl<'a> Row<'a> {
    fn of(row: &'a SpreadRow) -> Self {
        let expected = row.expected_range.as_ref();
        Self {
            experiment: row.experiment.as_deref(),
            nodes: row.nodes,
            image: row.image.as_deref(),
            event: row.event.as_str(),
            count: row.count,
            range_seconds: row.range_seconds,
            iqr_seconds: row.iqr_seconds,
            sd_seconds: row.sd_seconds,
            expected_range_seconds: expected.map(|range| range.mean),
            expected_range_p5_seconds: expected.map(|range| range.p5),
            expected_range_p95_seconds: expected.map(|range| range.p95),
        }
    }
}
