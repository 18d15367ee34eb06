//! What several logs say together.

mod assemble;
mod filled;
mod health;
mod merge;
mod timelines;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Arc;
use std::time::SystemTime;

use crate::moment::Moment;
use crate::nodes::{NodeFacts, Nodes};
use crate::observed::{EventId, ObservedEvent, ObservedLog};
use crate::place::Place;
use crate::pull::Pull;
use crate::reading::{self, FoundLogs, LogHealth, ReadOptions, TakeEvents};
use crate::record::Record;
use crate::timeline::ContainerTimeline;

pub use health::{Health, LogProblem};

/// Logs of events that were read: each distinct event once, whatever the order of logs and lines.
///
/// What is kept grows with the pulls in the logs, not with their bytes.
///
/// # Examples
///
/// ```
/// use pullstudy_events::{EventLogs, FoundLogs, PullOutcome, ReadOptions};
///
/// let log = r#"{"metadata":{"name":"app-0.1","namespace":"default","uid":"a"},"reason":"Pulled",
/// "message":"Successfully pulled image \"app:1\" in 1.5s (3s including waiting). Image size: 100 bytes.",
/// "source":{"component":"kubelet","host":"node-1"},"firstTimestamp":"2024-11-10T06:09:14Z",
/// "involvedObject":{"kind":"Pod","namespace":"default","name":"app-0","uid":"b","fieldPath":"spec.containers{app}"}}"#;
/// let mut found = FoundLogs::default();
/// found.add_stream("-", std::io::Cursor::new(log.replace('\n', "")));
///
/// let logs = EventLogs::read(found, &ReadOptions::default());
/// let pulls = logs.pulls();
/// assert_eq!(pulls[0].outcome, PullOutcome::Pulled);
/// assert_eq!((pulls[0].pull_seconds, pulls[0].including_waiting_seconds), (Some(1.5), Some(3.0)));
/// assert_eq!(logs.health(&pulls).distinct_events, 1);
/// ```
#[derive(Debug)]
pub struct EventLogs {
    files: Vec<LogFile>,
    /// Each event once, in the log that was first to tell of it.
    events: Vec<Vec<(EventId, ObservedEvent)>>,
    /// For each log, which place it takes when an event stands in several.
    ranks: Vec<u32>,
    distinct: LogHealth,
    distinct_events: u64,
    /// Distinct ones that were made of pod statuses.
    filled_events: u64,
    nodes: Nodes,
    /// Of files that are no logs, and of what was found and not read.
    other_problems: Vec<LogProblem>,
    threads: NonZero<usize>,
}

/// One log that was read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LogFile {
    /// Where it lies.
    pub place: Arc<Place>,
    /// Whether its path fits the layout.
    pub fits_layout: bool,
    /// What was in it.
    pub health: LogHealth,
    /// Why it could not be read to its end.
    pub problem: Option<String>,
    /// First and last moment that any of its events tells of.
    pub span: Option<(SystemTime, SystemTime)>,
    ends_at: Option<Moment>,
}

impl TakeEvents for ObservedLog {
    fn take(&mut self, event: &Record<'_>) {
        Self::take(self, event);
    }

    fn finish(&mut self) {
        Self::finish(self);
    }
}

impl EventLogs {
    /// Reads logs, several at once.
    ///
    /// A log that cannot be read, or not to its end, stops no other: it is a problem in [`EventLogs::health`].
    #[must_use]
    pub fn read(found: FoundLogs, options: &ReadOptions<'_>) -> Self {
        let FoundLogs {
            logs,
            node_files,
            problems,
        } = found;
        let read = reading::read_all(logs, options.threads, ObservedLog::new, options.progress);
        let mut logs = merge::merge(read, &node_files, options.threads);
        logs.other_problems.extend(problems);
        logs
    }

    /// Returns the logs, in the order of their paths.
    #[must_use]
    pub fn files(&self) -> &[LogFile] {
        &self.files
    }

    /// Returns the pulls, and the images that were present: one for each container that wanted an image once.
    ///
    /// They come in the order of experiment, nodes, and end. A pull that several logs tell of counts for the one whose
    /// events end first: the others replay it.
    #[must_use]
    pub fn pulls(&self) -> Vec<Pull> {
        assemble::pulls(self)
    }

    /// Returns what a node says of itself, if a list of nodes stood beside the logs.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&NodeFacts> {
        self.nodes.facts(name)
    }

    /// Returns what happened to each container on its way to running.
    #[must_use]
    pub fn timelines(&self) -> Vec<ContainerTimeline> {
        timelines::timelines(self)
    }

    /// Returns for each log the first and the last moment that any of its events tells of.
    #[must_use]
    pub fn spans(&self) -> Vec<(Arc<Place>, SystemTime, SystemTime)> {
        let span = |file: &LogFile| {
            let (first, last) = file.span?;
            Some((Arc::clone(&file.place), first, last))
        };
        self.files.iter().filter_map(span).collect()
    }

    /// Returns which files could not be read, or not to their end.
    #[must_use]
    pub fn problems(&self) -> Vec<LogProblem> {
        health::problems(self)
    }

    /// Returns what was read and what was left out, and counts of the pulls, which [`EventLogs::pulls`] gave.
    #[must_use]
    pub fn health(&self, pulls: &[Pull]) -> Health {
        health::of(self, pulls)
    }

    fn events(&self) -> impl Iterator<Item = (EventId, &ObservedEvent)> {
        let events = self.events.iter().flatten();
        events.map(|(id, event)| (*id, event))
    }

    /// The place of an event is the one of the log that ends first.
    fn place_of(&self, event: &ObservedEvent) -> &Arc<Place> {
        &self.files[self.file_of(event)].place
    }

    fn file_of(&self, event: &ObservedEvent) -> usize {
        let files = event.files.iter().map(|file| file as usize);
        files
            .min_by_key(|&file| self.ranks[file])
            .unwrap_or_default()
    }

    /// Returns for each log which place it takes by what its folders say; logs of which they say the same have the
    /// same.
    fn order_of_places(&self) -> Vec<usize> {
        let key = |file: &LogFile| {
            let place = &file.place;
            (place.experiment.clone(), place.nodes, place.columns.clone())
        };
        let keys: BTreeSet<_> = self.files.iter().map(key).collect();
        let order: BTreeMap<_, _> = keys.into_iter().zip(0..).collect();
        self.files.iter().map(|file| order[&key(file)]).collect()
    }
}
