//! Logs, put together.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::health::LogProblem;
use super::{EventLogs, LogFile};
use crate::keyed_hash::KeyedHash;
use crate::nodes::Nodes;
use crate::observed::{EventId, ObservedEvent, ObservedLog, Sightings};
use crate::reading::{LogHealth, ReadLog};

/// The events of one log.
type Events = Vec<(EventId, ObservedEvent)>;

pub(super) fn merge(
    read: Vec<ReadLog<ObservedLog>>,
    node_files: &BTreeSet<PathBuf>,
    threads: NonZero<usize>,
) -> EventLogs {
    let mut files = Vec::with_capacity(read.len());
    let mut sightings = Vec::with_capacity(read.len());
    let mut filled = Vec::with_capacity(read.len());
    let mut events = Vec::with_capacity(read.len());
    for log in read {
        let (file, observed) = file(log);
        files.push(file);
        sightings.push(observed.sightings);
        filled.push(observed.filled);
        events.push(observed.events);
    }
    let (sightings, events) = thread::scope(|scope| {
        let sightings = scope.spawn(|| Sightings::of_all(&sightings));
        let events = distinct(events);
        let sightings = sightings.join();
        let sightings = sightings.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (sightings, events)
    });
    let (nodes, other_problems) = read_nodes(node_files);
    EventLogs {
        ranks: ranks(&files),
        distinct_events: sightings.count(),
        filled_events: Sightings::of_all(&filled).count(),
        files,
        events,
        distinct: LogHealth {
            reasons: sightings.by_reason(),
            ..LogHealth::default()
        },
        nodes,
        other_problems,
        threads,
    }
}

fn file(log: ReadLog<ObservedLog>) -> (LogFile, ObservedLog) {
    let ReadLog {
        place,
        fits_layout,
        taker: observed,
        read,
    } = log;
    let span = observed.span;
    let file = LogFile {
        place: Arc::new(place),
        fits_layout,
        health: LogHealth {
            events: read.health.events - observed.filled_events,
            filled_events: observed.filled_events,
            bad_timestamps: observed.bad_timestamps,
            events_without_metadata: observed.events_without_metadata,
            reasons: observed.sightings.by_reason(),
            ..read.health
        },
        problem: read.failure.map(|error| error.to_string()),
        span: span.map(|(first, last)| (first.to_system_time(), last.to_system_time())),
        ends_at: span.map(|(_, last)| last),
    };
    (file, observed)
}

/// Leaves each event in the first log that has it. Events are hundreds of bytes: most of them stay where they are.
fn distinct(logs: Vec<Events>) -> Vec<Events> {
    let count = logs.iter().map(Vec::len).sum();
    let mut known: HashMap<EventId, (usize, usize), KeyedHash> =
        HashMap::with_capacity_and_hasher(count, KeyedHash::default());
    let mut distinct: Vec<Events> = Vec::with_capacity(logs.len());
    for mut events in logs {
        let mut kept = 0;
        events.retain(|(id, event)| match known.entry(*id) {
            Entry::Vacant(place) => {
                place.insert((distinct.len(), kept));
                kept += 1;
                true
            }
            Entry::Occupied(known) => {
                let &(log, position) = known.get();
                distinct[log][position].1.absorb(event);
                false
            }
        });
        distinct.push(events);
    }
    distinct
}

/// Logs that end first come first: what ends later and tells the same replays it.
fn ranks(files: &[LogFile]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|&file| (files[file].ends_at.is_none(), files[file].ends_at, file));
    let mut ranks = vec![0; files.len()];
    for (rank, file) in order.into_iter().enumerate() {
        ranks[file] = u32::try_from(rank).expect("there are fewer than 2^32 files");
    }
    ranks
}

fn read_nodes(paths: &BTreeSet<PathBuf>) -> (Nodes, Vec<LogProblem>) {
    let mut nodes = Nodes::default();
    let mut problems = Vec::new();
    for path in paths {
        let problem = match fs::read(path) {
            Ok(text) => nodes.add_list(&text).err().map(|_| {
                "it is no list of nodes: what the sizes of images count is unknown".to_owned()
            }),
            Err(error) => Some(error.to_string()),
        };
        problems.extend(problem.map(|problem| LogProblem {
            file: path.display().to_string(),
            problem,
        }));
    }
    (nodes, problems)
}
