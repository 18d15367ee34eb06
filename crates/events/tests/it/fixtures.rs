//! Logs as kubelets write them, and the pulls they tell of: every case in `fixtures/events`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pullstudy_events::{EventLogs, FoundLogs, Health, Layout, Pull, ReadOptions};
use serde_json::{Map, Value, json};

/// Seconds in logs have at most nine digits.
const TOLERANCE: f64 = 2e-9;

const SUFFIX: &str = ".expected.json";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/events")
}

/// The cases by name, with what is expected of them.
fn cases() -> BTreeMap<String, Value> {
    let entries = fs::read_dir(folder()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let expected = paths.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
        let text = fs::read_to_string(&path).unwrap();
        Some((name.to_owned(), serde_json::from_str(&text).unwrap()))
    });
    expected.collect()
}

/// `NAME.jsonl`, `NAME.json`, or a folder `NAME`.
fn log_of(name: &str) -> PathBuf {
    let names = [
        format!("{name}.jsonl"),
        format!("{name}.json"),
        name.to_owned(),
    ];
    let paths = names.map(|name| folder().join(name));
    paths.into_iter().find(|path| path.exists()).unwrap()
}

fn timestamp(at: SystemTime) -> String {
    humantime::format_rfc3339(at).to_string()
}

/// The keys that expectations may have. A file is told by its name alone.
fn told(pull: &Pull) -> Value {
    let place = &pull.place;
    json!({
        "experiment": place.experiment,
        "nodes": place.nodes,
        "node": pull.node.as_deref(),
        "namespace": pull.namespace.as_deref(),
        "pod": pull.pod.as_deref(),
        "pod_uid": pull.pod_uid.as_deref(),
        "container": pull.container.as_deref(),
        "image": pull.image.as_deref(),
        "outcome": pull.outcome,
        "attempts": pull.attempts,
        "pulling_at": pull.pulling_at.map(timestamp),
        "pulled_at": pull.pulled_at.map(timestamp),
        "pull_seconds": pull.pull_seconds,
        "including_waiting_seconds": pull.including_waiting_seconds,
        "image_size_bytes": pull.image_size_bytes,
        "image_size_kind": pull.image_size_kind,
        "clock_source": pull.clock_source,
        "uncertainty_seconds": pull.uncertainty_seconds,
        "gap_seconds": pull.gap_seconds,
        "lost_seconds": pull.lost_seconds,
        "failures": pull.failures,
        "message": pull.message.as_deref(),
        "file": Path::new(&place.file).file_name().and_then(|name| name.to_str()),
        "files": pull.files,
    })
}

fn counted(health: &Health) -> Value {
    json!({
        "files": health.files,
        "unfitting_files": health.unfitting_files,
        "lines": health.total.lines,
        "non_json_lines": health.total.non_json_lines,
        "log_lines": health.total.log_lines,
        "events": health.total.events,
        "events_without_metadata": health.total.events_without_metadata,
        "distinct_events": health.distinct_events,
        "repeated_events": health.repeated_events,
        "filled_events": health.filled_events,
        "filled_pulls": health.filled_pulls,
        "undecided": health.undecided,
        "pulls": health.pulls,
        "pulled": health.pulled,
        "present": health.present,
        "failed": health.failed,
        "unfinished": health.unfinished,
        "retried": health.retried,
    })
}

fn is_same(actual: &Value, expected: &Value) -> bool {
    match (actual.as_f64(), expected.as_f64()) {
        (Some(actual), Some(expected)) => (actual - expected).abs() <= TOLERANCE,
        _ => actual == expected,
    }
}

/// What differs, of the keys that are expected.
fn differences(actual: &Value, expected: &Map<String, Value>) -> Vec<String> {
    let differs = expected
        .iter()
        .filter(|(key, value)| !is_same(&actual[*key], value));
    differs
        .map(|(key, value)| format!("{key} is {}, not {value}", actual[key]))
        .collect()
}

fn pulls_differ(pulls: &[Pull], expected: &Value) -> Vec<String> {
    let rows = expected["pulls"].as_array().unwrap();
    let mut differ = Vec::new();
    if rows.len() != pulls.len() {
        let images = pulls
            .iter()
            .map(|pull| (&pull.pod, &pull.image, pull.outcome, pull.attempts));
        differ.push(format!(
            "{} pulls: {:?}",
            pulls.len(),
            images.collect::<Vec<_>>()
        ));
    }
    for (position, (pull, row)) in pulls.iter().zip(rows).enumerate() {
        let of_row = differences(&told(pull), row.as_object().unwrap());
        differ.extend(of_row.iter().map(|what| format!("pull {position}: {what}")));
    }
    differ
}

#[test]
fn every_log_becomes_the_right_pulls() {
    let mut wrong = Vec::new();
    for (name, expected) in cases() {
        let found = FoundLogs::find(&[log_of(&name)], &Layout::default()).unwrap();
        let logs = EventLogs::read(found, &ReadOptions::default());
        let pulls = logs.pulls();
        let mut differ = pulls_differ(&pulls, &expected);
        if let Some(figures) = expected["health"].as_object() {
            differ.extend(differences(&counted(&logs.health(&pulls)), figures));
        }
        wrong.extend(differ.iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What came last in a log comes first.
fn backwards(log: &str) -> String {
    let mut lines: Vec<&str> = log.lines().collect();
    lines.reverse();
    lines.join("\n")
}

fn pulls_of(log: String) -> Vec<Pull> {
    let mut found = FoundLogs::default();
    found.add_stream("-", Cursor::new(log));
    EventLogs::read(found, &ReadOptions::default()).pulls()
}

#[test]
fn the_order_of_lines_changes_nothing() {
    for name in cases().keys() {
        let path = log_of(name);
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let log = fs::read_to_string(path).unwrap();
            let reversed = pulls_of(backwards(&log));
            assert_eq!(pulls_of(log), reversed, "{name}");
        }
    }
}

#[test]
fn every_log_has_its_pulls_beside_it() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let case = name.split('.').next().unwrap();
        let expected = folder().join(format!("{case}{SUFFIX}"));
        assert!(expected.is_file(), "{name} has nothing expected of it");
    }
}

/// A `Pulling` and a `Pulled` of one second, each with a count that no container reaches.
#[test]
fn a_count_beyond_all_measure_is_not_that_many_pulls() {
    let event = |reason: &str, message: &str| {
        let event = json!({
            "metadata": {"name": format!("app.{reason}"), "uid": reason},
            "reason": reason,
            "message": message,
            "count": u32::MAX,
            "firstTimestamp": "2026-03-02T09:15:00Z",
            "lastTimestamp": "2026-03-02T10:15:00Z",
            "involvedObject": {"kind": "Pod", "name": "app", "fieldPath": "spec.containers{app}"},
        });
        format!("{event}\n")
    };
    let pulling = event("Pulling", "Pulling image \"app:1\"");
    let pulled = event("Pulled", "Successfully pulled image \"app:1\"");
    let count = pulls_of(pulling + &pulled).len();
    assert!((2..=20_000).contains(&count), "{count}");
}
