//! What is known of each pod, and from which source: every case in `fixtures/coverage`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pullstudy_events::Event;
use pullstudy_runner::{Coverage, ExpectedPods};
use serde_json::{Value, json};

const SUFFIX: &str = ".expected.json";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/coverage")
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The cases by name, each with what is expected of it.
fn cases() -> BTreeMap<String, (Value, Value)> {
    let entries = fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let cases = names.filter_map(|name| name.strip_suffix(SUFFIX).map(str::to_owned));
    cases
        .map(|name| {
            let case = read(&folder().join(format!("{name}.json")));
            let expected = read(&folder().join(format!("{name}{SUFFIX}")));
            (name, (case, expected))
        })
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn expected_pods(value: &Value) -> ExpectedPods {
    let text = |key: &str| value[key].as_str();
    let pods = || u32::try_from(value["pods"].as_u64().unwrap()).unwrap();
    match (text("job"), text("pod"), text("image")) {
        (Some(job), _, Some(image)) => ExpectedPods::of_job(job, image, pods()),
        (_, Some(pod), _) => ExpectedPods::pod(text("namespace").unwrap(), pod),
        (_, _, image) => ExpectedPods::of_image(image.unwrap(), pods()),
    }
}

fn coverage(case: &Value) -> Coverage {
    let expected: Vec<_> = list(&case["expected"]).iter().map(expected_pods).collect();
    let [pods, nodes, events] = ["pods", "nodes", "events"].map(|key| list(&case[key]));
    let as_of = humantime::parse_rfc3339("2026-03-02T10:00:00Z").unwrap();
    Coverage::of_json(&expected, pods, nodes, events, as_of)
}

fn filled(event: &Event) -> Value {
    let object = &event.involved_object;
    let path = object.field_path.as_deref();
    let name = path.and_then(pullstudy_events::ContainerKind::of_field_path);
    let at = |at: SystemTime| humantime::format_rfc3339(at).to_string();
    json!({
        "pod": object.name,
        "container": name.map(|(_, name)| name),
        "reason": event.reason,
        "at": event.first_timestamp.map(at),
        "says": event.message,
    })
}

/// What differs, of the keys that are expected.
fn differences(at: &str, actual: &Value, expected: &Value) -> Vec<String> {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .flat_map(|(key, value)| {
                let actual = actual.get(key).unwrap_or(&Value::Null);
                differences(&format!("{at}.{key}"), actual, value)
            })
            .collect(),
        (Value::Array(actual), Value::Array(expected)) if actual.len() == expected.len() => {
            let both = actual.iter().zip(expected).enumerate();
            both.flat_map(|(place, (actual, expected))| {
                differences(&format!("{at}[{place}]"), actual, expected)
            })
            .collect()
        }
        _ if actual == expected => Vec::new(),
        _ => vec![format!("{at} is {actual}, not {expected}")],
    }
}

#[test]
fn every_case_is_covered_as_expected() {
    let mut wrong = Vec::new();
    for (name, (case, expected)) in cases() {
        let coverage = coverage(&case);
        let filled: Vec<Value> = coverage.fill().iter().map(filled).collect();
        let actual = serde_json::to_value(&coverage).unwrap();
        let parts = [
            ("rows", &actual["rows"]),
            ("totals", &actual["totals"]),
            ("filled", &Value::Array(filled)),
        ];
        for (part, actual) in parts {
            wrong.extend(differences(
                &format!("{name}: {part}"),
                actual,
                &expected[part],
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_order_in_which_a_cluster_tells_changes_nothing() {
    for (name, (mut case, _)) in cases() {
        let before = coverage(&case);
        for key in ["pods", "nodes", "events"] {
            case[key].as_array_mut().unwrap().reverse();
        }
        assert_eq!(before, coverage(&case), "{name}");
    }
}

#[test]
fn what_was_filled_before_is_no_event_of_the_cluster() {
    for (name, (mut case, _)) in cases() {
        let before = coverage(&case);
        let filled = before.fill().into_iter();
        let filled = filled.map(|event| serde_json::to_value(event).unwrap());
        case["events"].as_array_mut().unwrap().extend(filled);
        assert_eq!(before, coverage(&case), "{name}");
    }
}

/// A line of the collector's files of pods and nodes.
fn line(seen_at: &str, object: &Value) -> String {
    let line = json!({"format_version": 1, "seen_at": seen_at, "type": "LISTED", "object": object});
    format!("{line}\n")
}

#[test]
fn what_was_there_before_the_collector_is_no_gap() {
    let (case, _) = &cases()["events-lost"];
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    let seen = |seen_at: &str| -> String {
        let pods = list(&case["pods"]).iter();
        pods.map(|pod| line(seen_at, pod)).collect()
    };
    let events = || -> String {
        let events = list(&case["events"]).iter();
        events.map(|event| format!("{event}\n")).collect()
    };
    write("nodes.jsonl", String::new());
    write("events.jsonl", events());
    let as_of = humantime::parse_rfc3339("2026-03-02T10:00:00Z").unwrap();
    let pods = || -> Vec<String> {
        let coverage = Coverage::of_collected(folder.path(), &[], as_of).unwrap();
        assert_eq!(coverage.totals.pods, coverage.totals.pods_expected);
        assert!(coverage.rows.iter().all(|row| row.is_expected));
        let mut pods: Vec<String> = coverage
            .rows
            .into_iter()
            .filter_map(|row| row.pod)
            .collect();
        pods.dedup();
        pods
    };
    // Both were made at 9:15; a line that a kill tore is none.
    write(
        "pods.jsonl",
        seen("2026-03-02T09:14:59.123456Z") + "{\"format_ver",
    );
    assert_eq!(pods(), ["pull-0001-0-x2x9z", "pull-0001-1-x2x9z"]);
    // An hour later the collector begins, and only of one of them there is an event left.
    write("pods.jsonl", seen("2026-03-02T10:15:00.123456Z"));
    assert_eq!(pods(), ["pull-0001-1-x2x9z"]);
    fs::remove_file(folder.path().join("pods.jsonl")).unwrap();
    assert!(Coverage::of_collected(folder.path(), &[], as_of).is_err());
}
