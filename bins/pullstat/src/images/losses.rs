//! What of an archive is lost on the figures.

use pullstudy_console::warn;
use pullstudy_report::grouped;
use pullstudy_survey::{Collection, Tally};
use serde::Serialize;

/// So many of what is not counted are named.
const EXAMPLES_TOLD: usize = 3;

/// What is not counted, of one kind.
#[derive(Debug, Serialize)]
pub(super) struct LeftOut {
    kind: &'static str,
    count: u64,
    names: Vec<String>,
}

/// Returns what is not counted, by kind.
pub(super) fn left_out(collection: &Collection) -> Vec<LeftOut> {
    let tallies = collection.left_out().tallies();
    let left_out = tallies.map(|(kind, tally)| LeftOut {
        kind: kind.name(),
        count: tally.count(),
        names: tally.names.clone(),
    });
    left_out.collect()
}

/// What is not counted, though nobody asked for that, may change every figure.
pub(super) fn tell(collection: &Collection) {
    warnings(collection).iter().for_each(|line| warn(line));
}

/// Returns what is not counted though nobody asked for that.
pub(crate) fn warnings(collection: &Collection) -> Vec<String> {
    let losses = collection.left_out().tallies();
    let losses = losses.filter(|(kind, _)| kind.is_loss());
    let mut lines: Vec<String> = losses
        .map(|(kind, tally)| {
            let (count, meaning) = (grouped(tally.count()), kind.meaning());
            format!("not counted: {meaning} ({count}): {}", examples(tally))
        })
        .collect();
    if collection.is_empty() {
        lines.push("no image of the archive counts".to_owned());
    }
    lines
}

fn examples(tally: &Tally) -> String {
    let told = tally.names.len().min(EXAMPLES_TOLD);
    let more = tally.count() - told as u64;
    let examples = tally.names[..told].join(", ");
    match more {
        0 => examples,
        more => format!("{examples}, and {more} more"),
    }
}
