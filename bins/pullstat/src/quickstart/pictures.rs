//! The quickstart's pictures.

use std::path::{Path, PathBuf};

use anyhow::Context;
use pullstudy_console::write_whole;
use pullstudy_events::PullTrace;
use pullstudy_report::{BoxPlot, Figure, PullTimes, Waterfall};

use super::row::Row;

/// What a reader must know of both pictures.
const NOTE: &str = "All nodes are folders of one machine and share its cores, its disk and the registry's bandwidth.";

/// Where the pictures are.
#[derive(Debug)]
pub(crate) struct Pictures {
    /// Box plots of the pull times.
    pub(crate) pull_times: PathBuf,
    /// The phases of one pull.
    pub(crate) waterfall: PathBuf,
}

/// Draws the pull times of all images, and the waterfall of one pull.
pub(crate) fn draw(out: &Path, rows: &[Row], traces: &[&PullTrace]) -> anyhow::Result<Pictures> {
    let pictures = Pictures {
        pull_times: out.join("pull-times.svg"),
        waterfall: out.join("waterfall.svg"),
    };
    let box_plot = BoxPlot::new("Pull times of the quickstart").with_note(NOTE);
    write(
        &pictures.pull_times,
        &box_plot.draw(&pull_times(rows, traces))?,
    )?;
    let trace = most_telling(rows, traces).context("no pull was traced")?;
    write(
        &pictures.waterfall,
        &Waterfall::new().with_note(NOTE).draw(trace),
    )?;
    Ok(pictures)
}

fn pull_times(rows: &[Row], traces: &[&PullTrace]) -> Vec<PullTimes> {
    let seconds_of = |row: &Row| {
        let own = traces.iter().filter(|trace| trace.pull.image == row.image);
        own.map(|trace| trace.pull.seconds).collect()
    };
    let times = |row: &Row| PullTimes {
        label: row.label.clone(),
        nodes: Some(row.nodes),
        seconds: seconds_of(row),
    };
    rows.iter().map(times).collect()
}

/// Returns the pull nearest to the median of the image with the most wire bytes: the slow one, at its most ordinary.
fn most_telling<'a>(rows: &[Row], traces: &[&'a PullTrace]) -> Option<&'a PullTrace> {
    let row = rows.iter().max_by_key(|row| row.wire_bytes)?;
    let own = traces
        .iter()
        .copied()
        .filter(|trace| trace.pull.image == row.image);
    let distance = |trace: &PullTrace| (trace.pull.seconds - row.median_seconds).abs();
    own.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn write(path: &Path, figure: &Figure) -> anyhow::Result<()> {
    write_whole(path, figure.to_svg().as_bytes())
}
