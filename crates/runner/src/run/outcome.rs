//! What the events of a step say of its pulls: the same reading for all engines.

use std::collections::HashSet;
use std::io::Cursor;

use pullstudy_events::{Clock, EventLogs, FoundLogs, Pull, PullOutcome, ReadOptions};
use pullstudy_stats::Sample;

use super::journal::StepRecord;
use crate::engine::StepResult;
use crate::plan::{CachePolicy, Step};

/// Takes the pulls of a step from its events.
pub(super) fn pulls(result: &StepResult) -> Vec<Pull> {
    let mut lines = Vec::new();
    // An event outside the years that can be written is refused when the file is written.
    let events = result
        .events
        .iter()
        .filter_map(|event| serde_json::to_string(event).ok());
    for line in events.chain(result.raw_events.iter().map(ToString::to_string)) {
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
    }
    let mut found = FoundLogs::default();
    found.add_stream("step", Cursor::new(lines));
    EventLogs::read(found, &ReadOptions::default()).pulls()
}

/// Sums a step up.
pub(super) fn record(
    step: &Step,
    pulls: &[Pull],
    seconds: f64,
    trace_bytes: u64,
    notes: Vec<String>,
) -> StepRecord {
    let own: Vec<&Pull> = pulls.iter().collect();
    let count = |outcome| own.iter().filter(|pull| pull.outcome == outcome).count() as u64;
    let pods: HashSet<_> = own.iter().map(|pull| &pull.pod_uid).collect();
    let known: Vec<f64> = own
        .iter()
        .filter_map(|pull| pull.seconds(Clock::IncludingWaiting))
        .collect();
    let sample = Sample::new(known).ok();
    StepRecord {
        key: step.key.clone(),
        experiment: step.experiment.clone(),
        nodes: step.nodes,
        repeat: step.repeat,
        image: step.image.reference.to_string(),
        seconds,
        pulled: count(PullOutcome::Pulled),
        present: count(PullOutcome::Present),
        failed: count(PullOutcome::Failed),
        unfinished: count(PullOutcome::Unfinished),
        unaccounted: u64::from(step.nodes).saturating_sub(pods.len() as u64),
        median_seconds: sample.as_ref().map(Sample::median),
        max_seconds: sample.as_ref().map(Sample::max),
        trace_bytes,
        notes,
    }
}

/// Says what the counts of a step mean for its figures.
pub(super) fn warnings(record: &StepRecord, cache: CachePolicy) -> Vec<String> {
    let mut warnings = Vec::new();
    let (image, nodes) = (&record.image, record.nodes);
    if record.present > 0 && cache != CachePolicy::Keep {
        warnings.push(format!(
            "{image} was on {} of {nodes} nodes already: these rows are no cold pulls and in no figure; empty the nodes \
             before, or say cache: keep if that is what you study",
            record.present
        ));
    }
    if record.failed + record.unfinished > 0 {
        warnings.push(format!(
            "{} of {nodes} pulls of {image} failed and {} have no known end: figures are over the rest; see pullstat \
             failures",
            record.failed, record.unfinished
        ));
    }
    if record.unaccounted > 0 {
        warnings.push(format!(
            "of {} of {nodes} nodes nothing is known about {image}: figures are over the rest",
            record.unaccounted
        ));
    }
    warnings
}
