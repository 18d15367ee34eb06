//! Rows of the commands over events: their keys, their values, and the forms in which they are printed.

use std::fs::{self, File};

use parquet::basic::Type;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use serde_json::{Value, json};

use crate::events::{LAID_OUT, copy, json, log, printed, pullstat, pullstat_given, rows, said};

/// The keys that users and other programs rely on, in their order.
const PULLS: &str = "experiment nodes node namespace pod pod_uid container image outcome attempts pulling_at pulled_at \
    pull_seconds including_waiting_seconds image_size_bytes clock_source file";
const FIGURES: &str = "count sum_seconds mean_seconds sd_seconds min_seconds p5_seconds q1_seconds median_seconds \
    q3_seconds p95_seconds max_seconds present failed unfinished";
const SPREAD: &str = "experiment nodes image event count range_seconds iqr_seconds sd_seconds";
const HEALTH: &str = "files lines non_json_lines log_lines events distinct_events repeated_events pulls pulled present \
    failed unfinished retried";

fn assert_keys(row: &Value, keys: &str) {
    for key in keys.split_whitespace() {
        assert!(row.get(key).is_some(), "{key} is not in {row}");
    }
}

/// The header has these columns, others between them, in this order.
fn assert_header(csv: &str, keys: &str) {
    let mut header = csv.lines().next().unwrap().split(',');
    for key in keys.split_whitespace() {
        assert!(
            header.any(|column| column == key),
            "{key} is not in its place in {csv}"
        );
    }
}

fn column(rows: &[Value], key: &str) -> Vec<Value> {
    rows.iter().map(|row| row[key].clone()).collect()
}

#[test]
fn each_command_prints_the_keys_it_promises() {
    let logs = log(LAID_OUT);
    let by = format!("experiment nodes image {FIGURES}");
    for (command, keys) in [("pulls", PULLS), ("summary", &*by), ("spread", SPREAD)] {
        for row in rows(&[command, &logs]) {
            assert_keys(&row, keys);
        }
        let csv = printed(&pullstat(&[command, &logs, "--format", "csv"]));
        assert_header(&csv, keys);
    }
    let health = json(&["health", &logs]);
    assert_keys(&health, HEALTH);
    assert_eq!(health["reasons"]["Pulled"], 6);
    assert_eq!(health["files"], 2);
}

#[test]
fn all_keys_are_there_where_nothing_is_known() {
    for row in rows(&["pulls", &log("no-attempt.jsonl")]) {
        assert_keys(&row, PULLS);
        assert_eq!(row["pull_seconds"], Value::Null);
        assert_eq!(row["nodes"], Value::Null);
    }
    for row in rows(&["summary", &log("no-attempt.jsonl")]) {
        assert_keys(&row, FIGURES);
        assert_eq!((&row["count"], &row["failed"]), (&json!(0), &json!(1)));
        assert_eq!(
            (&row["sum_seconds"], &row["mean_seconds"]),
            (&json!(0.0), &Value::Null)
        );
    }
}

#[test]
fn a_pull_is_told_as_the_log_tells_it() {
    let pulls = rows(&["pulls", &log("retried-watch.jsonl")]);
    assert_eq!(pulls.len(), 1);
    let pull = &pulls[0];
    assert_eq!(
        (&pull["outcome"], &pull["attempts"]),
        (&json!("pulled"), &json!(4))
    );
    assert_eq!(
        pull["failures"],
        json!({"connection": 2, "server_error": 1})
    );
    assert_eq!(
        (&pull["pull_seconds"], &pull["lost_seconds"]),
        (&json!(8.5), &json!(84.5))
    );
    assert_eq!(pull["pulling_at"], "2026-03-02T09:15:01Z");
    assert_eq!(pull["file"], log("retried-watch.jsonl"));

    let failures = rows(&["failures", &log("retried-watch.jsonl")]);
    let row = failures
        .iter()
        .find(|row| row["class"] == "connection")
        .unwrap();
    assert_eq!(
        (&row["failed_attempts"], &row["failed"]),
        (&json!(2), &json!(0))
    );
}

#[test]
fn a_summary_has_a_row_for_each_group() {
    let logs = log(LAID_OUT);
    let by_experiment = rows(&["summary", &logs, "--by", "experiment"]);
    assert_eq!(column(&by_experiment, "experiment"), ["run1", "run2"]);
    assert_eq!(column(&by_experiment, "count"), [2, 4]);
    assert_eq!(column(&by_experiment, "median_seconds"), [3.8, 4.8]);
    assert!(by_experiment[0].get("image").is_none());
    assert_eq!(
        rows(&["summary", &logs, "--by", "node,experiment"]).len(),
        6
    );

    let app = "app=/([a-z]+):";
    let grouped = rows(&["summary", &logs, "--by", "nodes,app", "--group", app]);
    assert_eq!(column(&grouped, "app"), ["laid", "laid"]);
    assert_eq!(column(&grouped, "nodes"), [2, 4]);
    let pulls = rows(&["pulls", &logs, "--group", app]);
    assert_eq!(column(&pulls, "app"), vec!["laid"; 6]);
}

#[test]
fn a_layout_names_columns() {
    let logs = log(LAID_OUT);
    let pulls = rows(&["pulls", &logs, "--layout", "{batch}/{nodes}"]);
    assert_eq!(pulls[0]["batch"], "run1");
    assert_eq!(pulls[0]["experiment"], Value::Null);
    let by = ["--layout", "{batch}/{nodes}", "--by", "batch,nodes"];
    let summary = rows(&[&["summary", logs.as_str()][..], &by[..]].concat());
    assert_eq!(column(&summary, "batch"), ["run1", "run2"]);

    let run1 = log("laid-out/run1/2/events-size-2.jsonl");
    let other = log("retried-watch.jsonl");
    let some_fit = json(&["health", &run1, &other, "--layout", "run1/{nodes}"]);
    assert_eq!(
        (&some_fit["files"], &some_fit["unfitting_files"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn only_the_images_asked_for() {
    let logs = log("image-changed.jsonl");
    assert_eq!(rows(&["pulls", &logs, "--image", ":v1$"]).len(), 2);
    let summary = rows(&["summary", &logs, "--image", ":v[13]$", "--by", "tag"]);
    assert_eq!(column(&summary, "tag"), ["v1", "v3"]);
    assert_eq!(column(&summary, "failed"), [0, 2]);
    assert_eq!(json(&["pulls", &logs, "--image", "nothing"]), json!([]));
}

#[test]
fn a_log_may_come_by_standard_input_or_with_others() {
    let text = fs::read(log("restart-snapshot.json")).unwrap();
    let output = pullstat_given(&text, &["pulls", "-", "--format", "json"]);
    let pulls: Vec<Value> = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(column(&pulls, "file"), ["-", "-", "-"]);

    let (init, retried) = (log("init-container.jsonl"), log("retried-watch.jsonl"));
    assert_eq!(rows(&["pulls", &init, &retried]).len(), 3);
    let both = pullstat_given(&text, &["pulls", "-", &init, "--format", "json"]);
    let pulls: Vec<Value> = serde_json::from_str(&printed(&both)).unwrap();
    assert_eq!(pulls.len(), 5);
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let init = log("init-container.jsonl");
    let health = json(&[
        "health",
        &init,
        &init,
        &log("laid-out/../init-container.jsonl"),
    ]);
    assert_eq!(
        (&health["files"], &health["repeated_events"]),
        (&json!(1), &json!(0))
    );

    let dir = tempfile::tempdir().unwrap();
    copy("init-container.jsonl", dir.path(), "events-a.jsonl");
    copy("init-container.jsonl", dir.path(), "events-b.jsonl");
    let folder = dir.path().to_str().unwrap();
    let health = json(&["health", folder]);
    assert_eq!((&health["files"], &health["pulls"]), (&json!(2), &json!(2)));
    assert_eq!(health["repeated_events"], health["distinct_events"]);
    assert_eq!(column(&rows(&["pulls", folder]), "files"), [2, 2]);
}

#[test]
fn a_parquet_file_has_typed_columns() {
    let output = pullstat(&["pulls", &log("retried-watch.jsonl"), "--format", "parquet"]);
    assert!(output.status.success(), "{}", said(&output));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pulls.parquet");
    fs::write(&path, &output.stdout).unwrap();
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();

    let schema = reader.metadata().file_metadata().schema_descr();
    let position = |name: &str| {
        let mut columns = schema.columns().iter();
        columns.position(|column| column.name() == name).unwrap()
    };
    let types = [
        ("attempts", Type::INT64),
        ("pull_seconds", Type::DOUBLE),
        ("image_size_bytes", Type::INT64),
        ("pulled_at", Type::INT64),
        ("image", Type::BYTE_ARRAY),
    ];
    for (name, physical) in types {
        let column = schema.column(position(name));
        assert_eq!(column.physical_type(), physical, "{name}");
    }
    let rows: Vec<_> = reader
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get_long(position("attempts")).unwrap(), 4);
    assert_eq!(rows[0].get_double(position("pull_seconds")).unwrap(), 8.5);
    assert_eq!(rows[0].get_string(position("outcome")).unwrap(), "pulled");
}

#[test]
fn the_published_method_and_the_other_differ_where_the_study_is_wrong() {
    let init = log("init-container.jsonl");
    assert_eq!(
        column(&rows(&["pulls", &init]), "container"),
        ["prepare", "app"]
    );
    let published = rows(&["pulls", &init, "--method", "published"]);
    assert_eq!(column(&published, "image"), ["ghcr.io/team/solver:2"]);
    assert_keys(&published[0], PULLS);
}

#[test]
fn two_experiments_are_compared_and_a_run_has_a_wall() {
    let (a, b) = (log("laid-out/run1/2"), log("laid-out/run2/4"));
    let layout = ["--layout", "{experiment}/*"];
    let compared = rows(&[&["compare", &*a, &*b][..], &layout[..]].concat());
    let kinds = column(&compared, "row");
    assert_eq!(kinds.last(), Some(&json!("total")));
    assert_eq!(
        (&compared[0]["count_a"], &compared[0]["count_b"]),
        (&json!(2), &json!(4))
    );

    let walls = rows(&["wall", &log(LAID_OUT)]);
    assert_eq!(column(&walls, "pulled"), [2, 4]);
    assert_eq!(walls[0]["wall_seconds"], 6.0);
    let stages = rows(&["stages", &log(LAID_OUT)]);
    assert_eq!(stages[0]["stage"], "scheduled_to_pulling");
    assert_keys(
        &stages[0],
        "experiment nodes image stage count negative median_seconds",
    );
}
