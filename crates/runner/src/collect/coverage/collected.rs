//! Coverage of what a collector's files hold.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::Value;

use super::Coverage;
use super::container::moment;
use super::expected::ExpectedPods;
use super::seen_event::{DistinctEvents, SeenEvents};

/// By so much the cluster's clock may be behind that of the machine which collected.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Why what was collected could not be looked through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCollectedError {
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Coverage {
    /// Puts together what the files of a [`Collector`](crate::Collector) in `folder` tell: `pods.jsonl`, `nodes.jsonl`,
    /// `events.jsonl`. Where nothing is expected, every pod is.
    ///
    /// Pods that were there before the collector, and of which no event of a pull was seen, are left out: nobody was there
    /// to miss it. Lines that are none of a collector's are passed over.
    ///
    /// # Errors
    ///
    /// [`ReadCollectedError`] if a file cannot be read.
    pub fn of_collected(
        folder: &Path,
        expected: &[ExpectedPods],
        as_of: SystemTime,
    ) -> Result<Self, ReadCollectedError> {
        let (pods, pods_begin) = read_last::<Pod>(&folder.join("pods.jsonl"))?;
        let (nodes, nodes_begin) = read_last::<Node>(&folder.join("nodes.jsonl"))?;
        let mut events = read_events(&folder.join("events.jsonl"))?;
        let begun_at = pods_begin.into_iter().chain(nodes_begin).min();
        let mut kept = Vec::new();
        for pod in pods.values() {
            if is_new(pod, begun_at) || events.tell_of_pull(pod) {
                kept.push(pod);
            } else {
                events.take_pod(pod);
            }
        }
        let nodes: Vec<&Node> = nodes.values().collect();
        Ok(Self::put_together(expected, &kept, &nodes, events, as_of))
    }
}

/// Tells whether a pod was made after the collector began.
fn is_new(pod: &Pod, begun_at: Option<SystemTime>) -> bool {
    let created_at = pod.metadata.creation_timestamp.as_ref().and_then(moment);
    let both = created_at.zip(begun_at);
    both.is_none_or(|(created_at, begun_at)| created_at + CLOCK_TOLERANCE >= begun_at)
}

/// Each object by its uid, as its last line has it, and when the first of all was seen.
type LastSeen<T> = (BTreeMap<String, T>, Option<SystemTime>);

fn read_last<T: serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<LastSeen<T>, ReadCollectedError> {
    let (mut last, mut begun_at) = (BTreeMap::new(), None);
    each_line(path, |line| {
        let seen_at = line["seen_at"].as_str();
        let seen_at = seen_at.and_then(|at| humantime::parse_rfc3339(at).ok());
        begun_at = begun_at.into_iter().chain(seen_at).min();
        let object = line["object"].take();
        let uid = object["metadata"]["uid"].as_str().map(str::to_owned);
        if let Some((uid, object)) = uid.zip(serde_json::from_value(object).ok()) {
            last.insert(uid, object);
        }
    })?;
    Ok((last, begun_at))
}

fn read_events(path: &Path) -> Result<SeenEvents, ReadCollectedError> {
    let mut events = DistinctEvents::default();
    each_line(path, |line| events.take(line))?;
    Ok(events.finish())
}

/// Hands on each line that is JSON.
fn each_line(path: &Path, mut take: impl FnMut(&mut Value)) -> Result<(), ReadCollectedError> {
    let io = |source| ReadCollectedError::Io {
        path: path.to_owned(),
        source,
    };
    for line in BufReader::new(File::open(path).map_err(io)?).lines() {
        if let Ok(mut line) = serde_json::from_str(&line.map_err(io)?) {
            take(&mut line);
        }
    }
    Ok(())
}
