//! How long a run took, and how much of that was pulling.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::key::KeyValue;
use super::moments::{before, seconds_between, sum};
use crate::place::Place;
use crate::pull::{Clock, Pull};
use crate::trace::PullOutcome;

/// Where the time of one experiment on one size of cluster went.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WallRow {
    /// Name of the experiment.
    pub experiment: Option<String>,
    /// Number of nodes of the cluster.
    pub nodes: Option<u32>,
    /// When the first event happened.
    pub first: SystemTime,
    /// When the last event happened.
    pub last: SystemTime,
    /// From the first event to the last.
    pub wall_seconds: f64,
    /// Pulls that succeeded.
    pub pulled: usize,
    /// Of these, the pulls that have no seconds by the clock that was asked for: they are not in the sum.
    pub without_seconds: usize,
    /// The sum of the others' seconds: pulls side by side count each.
    pub pull_seconds: f64,
    /// `pull_seconds / wall_seconds`: how many pulls ran at a time, on average; `None` where all is one moment.
    pub pulls_at_a_time: Option<f64>,
    /// Seconds in which at least one pull ran or waited.
    pub pulling_seconds: f64,
    /// Seconds in which none did.
    pub other_seconds: f64,
}

/// Returns where the time went, a row for each experiment and number of nodes that has events.
///
/// Each span is a log's place and the moments of its first and its last event. A pull counts from its `Pulled` back by
/// its seconds including waiting: attempts that failed, and the back-off between them, are not in it.
#[must_use]
pub fn wall(
    spans: &[(Arc<Place>, SystemTime, SystemTime)],
    pulls: &[Pull],
    clock: Clock,
) -> Vec<WallRow> {
    let mut runs: BTreeMap<RunKey, Run<'_>> = BTreeMap::new();
    for (place, first, last) in spans {
        let run = runs
            .entry(RunKey::of(place))
            .or_insert_with(|| Run::of(*first, *last));
        run.first = run.first.min(*first);
        run.last = run.last.max(*last);
    }
    for pull in pulls {
        if let Some(run) = runs.get_mut(&RunKey::of(&pull.place)) {
            run.pulls.push(pull);
        }
    }
    runs.into_iter()
        .map(|(key, run)| run.row(&key, clock))
        .collect()
}

/// Which run it is, in the order in which rows are sorted.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RunKey {
    experiment: KeyValue,
    nodes: Option<u32>,
}

impl RunKey {
    fn of(place: &Place) -> Self {
        Self {
            experiment: place.experiment.as_deref().into(),
            nodes: place.nodes,
        }
    }
}

struct Run<'a> {
    first: SystemTime,
    last: SystemTime,
    pulls: Vec<&'a Pull>,
}

impl Run<'_> {
    fn of(first: SystemTime, last: SystemTime) -> Self {
        Self {
            first,
            last,
            pulls: Vec::new(),
        }
    }

    fn row(&self, key: &RunKey, clock: Clock) -> WallRow {
        let wall_seconds = seconds_between(self.first, self.last);
        let seconds: Vec<f64> = self
            .pulls
            .iter()
            .filter_map(|pull| pull.seconds(clock))
            .collect();
        let pulled = self
            .pulls
            .iter()
            .filter(|pull| pull.outcome == PullOutcome::Pulled)
            .count();
        let pull_seconds = sum(&seconds);
        let pulling_seconds = self.pulling_seconds();
        WallRow {
            experiment: key.experiment.to_text(),
            nodes: key.nodes,
            first: self.first,
            last: self.last,
            wall_seconds,
            pulled,
            without_seconds: pulled - seconds.len(),
            pull_seconds,
            pulls_at_a_time: (wall_seconds > 0.0).then(|| pull_seconds / wall_seconds),
            pulling_seconds,
            other_seconds: wall_seconds - pulling_seconds,
        }
    }

    /// The length of all pulls laid over each other, within the run.
    fn pulling_seconds(&self) -> f64 {
        let mut intervals: Vec<_> = self
            .pulls
            .iter()
            .filter_map(|pull| interval(pull))
            .collect();
        intervals.sort_unstable();
        let mut covered_to = self.first;
        let mut seconds = 0.0;
        for (start, end) in intervals {
            let (start, end) = (start.max(covered_to), end.min(self.last));
            if start < end {
                seconds += seconds_between(start, end);
                covered_to = end;
            }
        }
        seconds
    }
}

fn interval(pull: &Pull) -> Option<(SystemTime, SystemTime)> {
    let end = pull.pulled_at?;
    let start = before(end, pull.seconds(Clock::IncludingWaiting)?)?;
    Some((start, end))
}
