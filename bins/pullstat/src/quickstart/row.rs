//! One row an image: what its pulls took, and on what.

use std::collections::BTreeMap;

use anyhow::Context;
use pullstudy_events::{Bound, Phase, PullTrace};
use pullstudy_stats::Sample;
use serde::Serialize;

/// The pulls of one image, put together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    /// The full reference.
    pub(crate) image: String,
    /// `zeros` or `random`, and the percentile of the survey whose size the image has.
    pub(crate) label: String,
    /// Nodes that pulled at once.
    pub(crate) nodes: u32,
    /// Pulls that the figures rest on.
    pub(crate) count: usize,
    /// What the registry sends for one pull: the layers' stored bytes.
    pub(crate) wire_bytes: u64,
    /// The files of the layers.
    pub(crate) unpacked_bytes: u64,
    /// The median duration of a pull.
    pub(crate) median_seconds: f64,
    /// The parts of the pulls' time, 0 to 1, by `<phase>_share`, along the chain of work that decided their end; the
    /// sum is 1.
    #[serde(flatten)]
    shares: BTreeMap<String, f64>,
    /// The resource with the largest part.
    pub(crate) bound_by: Option<Bound>,
}

/// The name, beside the phases', of time that no phase accounts for.
pub(crate) const OTHER: &str = "other";

impl Row {
    /// Puts the pulls of one image together. All must have succeeded.
    pub(crate) fn of(label: &str, pulls: &[&PullTrace]) -> anyhow::Result<Self> {
        let first = &pulls
            .first()
            .context("no pull of an image was measured")?
            .pull;
        let seconds: Vec<f64> = pulls.iter().map(|trace| trace.pull.seconds).collect();
        Ok(Self {
            image: first.image.clone(),
            label: label.to_owned(),
            nodes: first.nodes.unwrap_or(1),
            count: pulls.len(),
            wire_bytes: first.wire_bytes,
            unpacked_bytes: first.unpacked_bytes,
            median_seconds: Sample::new(seconds)?.median(),
            shares: shares(pulls),
            bound_by: bound_by(pulls),
        })
    }

    /// Returns the part of a phase, 0 to 1.
    pub(crate) fn share(&self, phase: Phase) -> f64 {
        self.shares
            .get(&key(phase.as_str()))
            .copied()
            .unwrap_or(0.0)
    }
}

fn key(phase: &str) -> String {
    format!("{phase}_share")
}

fn shares(pulls: &[&PullTrace]) -> BTreeMap<String, f64> {
    let paths = || {
        pulls
            .iter()
            .filter_map(|trace| trace.pull.critical_path.as_ref())
    };
    let total: f64 = paths().map(|path| path.total_seconds()).sum();
    let part = |seconds: f64| if total > 0.0 { seconds / total } else { 0.0 };
    let phases = Phase::ALL.iter().map(|&phase| {
        (
            key(phase.as_str()),
            part(paths().map(|path| path.seconds(phase)).sum()),
        )
    });
    let other = part(paths().map(|path| path.other_seconds).sum());
    phases.chain([(key(OTHER), other)]).collect()
}

fn bound_by(pulls: &[&PullTrace]) -> Option<Bound> {
    let seconds = |bound| -> f64 {
        let paths = pulls
            .iter()
            .filter_map(|trace| trace.pull.critical_path.as_ref());
        paths.map(|path| path.bound_seconds(bound)).sum()
    };
    let used = Bound::ALL
        .iter()
        .copied()
        .filter(|&bound| seconds(bound) > 0.0);
    used.max_by(|&a, &b| seconds(a).total_cmp(&seconds(b)))
}
