//! Whether one can trust what was read.

use super::filled;
use crate::logs::EventLogs;
use crate::pull::Pull;
use crate::reading::LogHealth;
use crate::trace::PullOutcome;

/// What was read of all logs together, what was left out and why, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Logs that were looked at.
    pub files: u64,
    /// Logs without any line.
    pub empty_files: u64,
    /// Logs whose path does not fit the layout: their pulls have no experiment and no number of nodes.
    pub unfitting_files: u64,
    /// Sums over the logs; reasons count each distinct event once. Lines left out stand with their log.
    pub total: LogHealth,
    /// Events that differ.
    pub distinct_events: u64,
    /// Sightings of events that had been seen before: replayed logs, and events that happened again.
    pub repeated_events: u64,
    /// Distinct events that the collector made of pod statuses; not among the two above.
    pub filled_events: u64,
    /// Pulls, and failed ones, whose end is known by the pod's status only.
    pub filled_pulls: u64,
    /// Containers whose image was there when they started, while nothing tells whether it was pulled or present: no
    /// rows.
    pub undecided: u64,
    /// `pulled`, `failed` and `unfinished` together.
    pub pulls: u64,
    /// Pulls that succeeded.
    pub pulled: u64,
    /// Images that were on their node already: no pulls.
    pub present: u64,
    /// Pulls that failed.
    pub failed: u64,
    /// Pulls whose end no event tells.
    pub unfinished: u64,
    /// Pulls that took more than one attempt, however they ended.
    pub retried: u64,
    /// Files that could not be read, or not to their end.
    pub problems: Vec<LogProblem>,
}

/// Why a file could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogProblem {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

pub(super) fn of(logs: &EventLogs, pulls: &[Pull]) -> Health {
    let mut total = logs.distinct.clone();
    for file in &logs.files {
        total.add(&file.health);
    }
    let count = |outcome| pulls.iter().filter(|pull| pull.outcome == outcome).count() as u64;
    let pulled = count(PullOutcome::Pulled);
    let failed = count(PullOutcome::Failed);
    let unfinished = count(PullOutcome::Unfinished);
    Health {
        files: logs.files.len() as u64,
        empty_files: logs
            .files
            .iter()
            .filter(|file| file.health.lines == 0)
            .count() as u64,
        unfitting_files: logs.files.iter().filter(|file| !file.fits_layout).count() as u64,
        distinct_events: logs.distinct_events,
        repeated_events: total.events - logs.distinct_events,
        filled_events: logs.filled_events,
        filled_pulls: pulls.iter().filter(|pull| pull.is_filled()).count() as u64,
        undecided: filled::undecided(logs),
        pulls: pulled + failed + unfinished,
        pulled,
        present: count(PullOutcome::Present),
        failed,
        unfinished,
        retried: pulls.iter().filter(|pull| pull.attempts > 1).count() as u64,
        problems: problems(logs),
        total,
    }
}

pub(super) fn problems(logs: &EventLogs) -> Vec<LogProblem> {
    let of_logs = logs.files.iter().filter_map(|log| {
        Some(LogProblem {
            file: log.place.file.clone(),
            problem: log.problem.clone()?,
        })
    });
    of_logs.chain(logs.other_problems.iter().cloned()).collect()
}
