//! The 38 images of the published study's pull runs, at the sizes it meant: 118 GB.

use std::env;

use anyhow::Context;

use crate::crafting::into_nowhere;
use crate::figure::{Figure, Findings, Target};
use crate::process;

/// Resident memory that a build may take, whatever the image.
const MEMORY_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// All percentiles of the survey, at both numbers of layers.
fn sizes() -> String {
    let percentiles: Vec<String> = pullstudy_crafter::SURVEY_PERCENTILES
        .iter()
        .map(|(percentile, _)| format!("{{percentile: {percentile}}}"))
        .collect();
    format!(
        "sizes: [{}]\nlayers: [{{exact: 9}}, {{exact: 125}}]\n",
        percentiles.join(", ")
    )
}

/// Runs the benchmark: once, as it takes minutes.
pub(crate) fn run() -> anyhow::Result<Findings> {
    let own = env::current_exe().context("this program has no path")?;
    let run = process::run(own, &["published-child"], &[])?;
    let bytes: u64 = crate::crafting::plan(&sizes())?
        .images
        .iter()
        .flat_map(|image| &image.platforms)
        .filter_map(|platform| platform.wire_bytes())
        .sum();
    let mut findings = Findings::default();
    let figure = |name: &str, unit: &'static str, value| Figure {
        name: name.to_owned(),
        unit: unit.into(),
        values: vec![value],
    };
    findings.figures = vec![
        figure("stored bytes of 38 images", "GB", bytes as f64 / 1e9),
        figure("time, whole process", "s", run.wall_seconds),
        figure("rate", "MB/s", bytes as f64 / run.wall_seconds / 1e6),
        figure(
            "peak resident memory",
            "MiB",
            run.peak_resident_bytes as f64 / 1_048_576.0,
        ),
    ];
    let promise = "resident memory below 64 MiB (in bytes)";
    findings.targets = vec![Target::at_most(
        promise,
        MEMORY_BYTES,
        run.peak_resident_bytes as f64,
    )];
    Ok(findings)
}

/// Does the work whose memory `run` measures.
pub(crate) fn run_child() -> anyhow::Result<Findings> {
    into_nowhere(&sizes())?;
    Ok(Findings::default())
}
