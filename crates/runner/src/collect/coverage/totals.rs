//! What a coverage comes to.

use std::collections::{BTreeMap, BTreeSet};

use pullstudy_events::PullOutcome;
use serde::Serialize;

use super::row::{CoverageRow, CoverageStep, KnownBy, SeenBy};

/// Counts over the rows of a coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CoverageTotals {
    /// Pods that there should be.
    pub pods_expected: u64,
    /// Pods, of those expected and others, that were seen or that events tell of.
    pub pods: u64,
    /// Those of them that only events tell of.
    pub pods_by_events_only: u64,
    /// Pods that should be and never were.
    pub pods_never_created: u64,
    /// Pods beyond what was expected: made in place of others, or of someone else.
    pub pods_beyond: u64,
    /// Containers.
    pub containers: u64,
    /// Containers by how their pull ended.
    pub pulled: u64,
    /// Containers that found their image on the node.
    pub present: u64,
    /// Containers whose pull failed.
    pub failed: u64,
    /// Containers whose image was asked for, and nothing tells the end.
    pub unfinished: u64,
    /// Containers whose image was there, and nothing tells whether it was pulled or present.
    pub undecided: u64,
    /// Containers, and pods that were there without any, of which nothing tells what became of the image, nor why.
    pub unaccounted: u64,
    /// Containers for which [`fill`](super::Coverage::fill) makes events of what only their pods' statuses tell.
    pub filled: u64,
    /// For each step, how many containers are known to have come to it, by who tells it.
    pub steps: BTreeMap<CoverageStep, BTreeMap<KnownBy, u64>>,
}

impl CoverageTotals {
    pub(super) fn of(rows: &[CoverageRow], pods_expected: u64) -> Self {
        let mut totals = Self {
            pods_expected,
            ..Self::default()
        };
        totals.count_pods(rows);
        for row in rows.iter().filter(|row| row.container.is_some()) {
            totals.count_container(row);
        }
        totals.unaccounted = count(rows, CoverageRow::is_unaccounted);
        totals
    }

    fn count_pods(&mut self, rows: &[CoverageRow]) {
        let pods = |is: fn(&CoverageRow) -> bool| {
            let rows = rows.iter().filter(|row| row.seen_by != SeenBy::Nothing);
            let pods = rows.filter(|row| is(row));
            let pods: BTreeSet<_> = pods
                .map(|row| (&row.pod_uid, &row.namespace, &row.pod))
                .collect();
            pods.len() as u64
        };
        self.pods = pods(|_| true);
        self.pods_by_events_only = pods(|row| row.seen_by == SeenBy::Events);
        self.pods_never_created = count(rows, |row| row.seen_by == SeenBy::Nothing);
        let there = self.pods_expected - self.pods_never_created;
        self.pods_beyond = self.pods.saturating_sub(there);
    }

    fn count_container(&mut self, row: &CoverageRow) {
        self.containers += 1;
        let ended = match row.outcome {
            Some(PullOutcome::Pulled) => Some(&mut self.pulled),
            Some(PullOutcome::Present) => Some(&mut self.present),
            Some(PullOutcome::Failed) => Some(&mut self.failed),
            Some(PullOutcome::Unfinished) => Some(&mut self.unfinished),
            _ => None,
        };
        if let Some(count) = ended {
            *count += 1;
        }
        self.undecided += u64::from(row.is_undecided());
        for (step, known) in row.steps() {
            let by = self.steps.entry(step).or_default();
            *by.entry(known.by).or_default() += 1;
        }
    }
}

fn count(rows: &[CoverageRow], is: impl Fn(&CoverageRow) -> bool) -> u64 {
    rows.iter().filter(|row| is(row)).count() as u64
}
