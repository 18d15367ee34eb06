//! A row a step, when the study has ended.

use pullstudy_report::{Alignment, Column, Table};
use pullstudy_runner::{StepRecord, StudyReport};
use serde::Serialize;

/// What is printed of a step. Keys are a contract.
#[derive(Serialize)]
pub(super) struct Row {
    experiment: String,
    nodes: u32,
    repeat: u32,
    image: String,
    pulled: u64,
    present: u64,
    failed: u64,
    unfinished: u64,
    unaccounted: u64,
    median_seconds: Option<f64>,
    max_seconds: Option<f64>,
    step_seconds: f64,
}

/// Returns a row for each step that is done.
pub(super) fn rows(report: &StudyReport) -> Vec<Row> {
    report.steps.iter().map(Row::of).collect()
}

impl Row {
    fn of(step: &StepRecord) -> Self {
        Self {
            experiment: step.experiment.clone(),
            nodes: step.nodes,
            repeat: step.repeat,
            image: step.image.clone(),
            pulled: step.pulled,
            present: step.present,
            failed: step.failed,
            unfinished: step.unfinished,
            unaccounted: step.unaccounted,
            median_seconds: step.median_seconds,
            max_seconds: step.max_seconds,
            step_seconds: step.seconds,
        }
    }

    fn not_pulled(&self) -> u64 {
        self.present + self.failed + self.unfinished + self.unaccounted
    }
}

/// Returns the table for people; what went wrong has a column only in its sum.
pub(super) fn table() -> Table<Row> {
    let not_pulled = |row: &Row| row.not_pulled().to_string();
    Table::new(vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::count("repeat", "repeat"),
        Column::text("image", "image"),
        Column::count("pulled", "pulled"),
        Column::count("present", "not pulled").shown_as(Alignment::Right, not_pulled),
        Column::count("failed", "failed").only_in_files(),
        Column::count("unfinished", "unfinished").only_in_files(),
        Column::count("unaccounted", "unaccounted").only_in_files(),
        Column::seconds("median_seconds", "median s"),
        Column::seconds("max_seconds", "max s"),
        Column::seconds("step_seconds", "step s"),
    ])
}
