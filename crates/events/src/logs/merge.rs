//! Logs, put together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::health::LogProblem;
use super::{EventLogs, LogFile};
use crate::nodes::NodeRuntimes;
use crate::observed::{EventId, ObservedEvent, ObservedLog};
use crate::reading::{LogHealth, ReadLog};

type Sightings = Vec<(EventId, u16)>;

pub(super) fn merge(read: Vec<ReadLog<ObservedLog>>, node_files: &BTreeSet<PathBuf>) -> EventLogs {
    let mut reasons = Reasons::default();
    let mut sightings: Sightings = Vec::new();
    let mut files = Vec::with_capacity(read.len());
    let mut events: HashMap<EventId, ObservedEvent> = HashMap::new();
    for log in read {
        let ReadLog {
            place,
            fits_layout,
            taker: mut observed,
            read,
        } = log;
        let mut health = read.health;
        health.bad_timestamps = observed.bad_timestamps;
        health.events_without_metadata = observed.events_without_metadata;
        health.reasons = count_reasons(&mut observed.sightings, &observed.reasons);
        sightings.extend(reasons.renumbered(&observed));
        for (id, event) in observed.events {
            match events.get_mut(&id) {
                None => drop(events.insert(id, event)),
                Some(known) => known.absorb(event),
            }
        }
        files.push(LogFile {
            place: Arc::new(place),
            fits_layout,
            health,
            problem: read.failure.map(|error| error.to_string()),
            span: observed
                .span
                .map(|(first, last)| (first.to_system_time(), last.to_system_time())),
            ends_at: observed.span.map(|(_, last)| last),
        });
    }
    let distinct = LogHealth {
        reasons: count_reasons(&mut sightings, &reasons.names),
        ..LogHealth::default()
    };
    let (nodes, node_problems) = read_nodes(node_files);
    EventLogs {
        ranks: ranks(&files),
        distinct_events: sightings.len() as u64,
        files,
        events,
        distinct,
        nodes,
        node_problems,
    }
}

/// Counts each event once; repeats are taken out of the list.
fn count_reasons(sightings: &mut Sightings, names: &[Arc<str>]) -> BTreeMap<String, u64> {
    // Of an event that is told with two reasons, the one that was heard of first.
    sightings.sort_unstable();
    sightings.dedup_by_key(|(id, _)| *id);
    let mut counts = vec![0_u64; names.len()];
    for &(_, reason) in sightings.iter() {
        counts[usize::from(reason)] += 1;
    }
    names
        .iter()
        .map(|name| name.to_string())
        .zip(counts)
        .collect()
}

/// Reasons of all logs, numbered.
#[derive(Default)]
struct Reasons {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u16>,
}

impl Reasons {
    fn renumbered(&mut self, log: &ObservedLog) -> Sightings {
        let numbers: Vec<u16> = log.reasons.iter().map(|name| self.number(name)).collect();
        let renumbered = |&(id, reason): &(EventId, u16)| (id, numbers[usize::from(reason)]);
        log.sightings.iter().map(renumbered).collect()
    }

    fn number(&mut self, name: &Arc<str>) -> u16 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        if let Ok(number) = u16::try_from(self.names.len()) {
            self.names.push(Arc::clone(name));
            self.numbers.insert(Arc::clone(name), number);
        }
        u16::try_from(self.names.len() - 1).unwrap_or(u16::MAX)
    }
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

fn read_nodes(paths: &BTreeSet<PathBuf>) -> (NodeRuntimes, Vec<LogProblem>) {
    let mut nodes = NodeRuntimes::default();
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
