//! `pullstat failures`: why pulls fail, and how often.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_events::{Pull, failure_classes, failure_rates};
use pullstudy_report::{Alignment, Column, Format, Table, human_bytes};
use serde::Serialize;

use super::args::{LogArgs, ManifestsArgs, Method};

/// Tell why pulls failed, and what it cost; or how often they fail by the size of the largest layer.
///
/// Without --manifests a row for each class of failure: attempts that failed, the pulls these belong to, and the seconds
/// that went by before the attempt that counts, in failed attempts and back-off. With --manifests a row for each power
/// of ten of the largest layer's bytes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat failures experiments/\n  pullstat failures experiments/ --manifests manifests/\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    manifests: ManifestsArgs,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
pub(crate) struct ClassRow {
    pub(crate) class: &'static str,
    pub(crate) failed_attempts: u64,
    pulls: usize,
    failed: usize,
    pub(crate) lost_seconds: f64,
}

#[derive(Debug, Serialize)]
struct LayerRow {
    largest_layer_from_bytes: Option<u64>,
    pulled: usize,
    failed: usize,
    failed_attempts: u64,
    failure_rate: Option<f64>,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let layers = args.manifests.read()?;
    let pulls = args.logs.pulls(Method::Corrected)?;
    match layers {
        None => {
            class_table().within(terminal_width()).write(
                args.format,
                &class_rows(&pulls),
                results,
            )?;
        }
        Some(layers) => {
            let rates = failure_rates(&pulls, &|image| layers.largest_layer_bytes(image));
            let rows = rates.into_iter().map(|row| LayerRow {
                largest_layer_from_bytes: row.largest_layer_from_bytes,
                pulled: row.pulled,
                failed: row.failed,
                failed_attempts: row.failed_attempts,
                failure_rate: row.failure_rate,
            });
            layer_table().within(terminal_width()).write(
                args.format,
                &rows.collect::<Vec<_>>(),
                results,
            )?;
        }
    }
    Ok(())
}

/// Returns a row for each class of failure.
pub(crate) fn class_rows(pulls: &[Pull]) -> Vec<ClassRow> {
    let rows = failure_classes(pulls).into_iter().map(|row| ClassRow {
        class: row.class.as_str(),
        failed_attempts: row.failed_attempts,
        pulls: row.pulls,
        failed: row.failed,
        lost_seconds: row.lost_seconds,
    });
    rows.collect()
}

pub(crate) fn class_table() -> Table<ClassRow> {
    Table::new(vec![
        Column::text("class", "class"),
        Column::count("failed_attempts", "failed attempts"),
        Column::count("pulls", "pulls"),
        Column::count("failed", "failed for good"),
        Column::seconds("lost_seconds", "lost s"),
    ])
}

fn layer_table() -> Table<LayerRow> {
    let from = |row: &LayerRow| match row.largest_layer_from_bytes {
        Some(bytes) => format!("from {}", human_bytes(bytes)),
        None => "not known".to_owned(),
    };
    Table::new(vec![
        Column::custom(
            "largest_layer_from_bytes",
            "largest layer",
            Alignment::Left,
            from,
        ),
        Column::count("pulled", "pulled"),
        Column::count("failed", "failed"),
        Column::count("failed_attempts", "failed attempts"),
        Column::percent("failure_rate", "failure rate"),
    ])
}
