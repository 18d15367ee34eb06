//! Mistakes and troubles with logs: one clear sentence, the right exit code, and the other files are still read.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::events::{LAID_OUT, copy, json, log, printed, pullstat, said};

/// What a command that is used wrongly says.
fn refusal(arguments: &[&str]) -> String {
    let output = pullstat(arguments);
    assert_eq!(
        output.status.code(),
        Some(2),
        "{arguments:?}: {}",
        said(&output)
    );
    assert!(output.stdout.is_empty(), "{arguments:?}");
    said(&output)
}

#[test]
fn a_path_without_logs_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let absent = format!("{folder}/absent");
    for command in [
        "pulls", "summary", "spread", "stages", "wall", "failures", "health",
    ] {
        let message = refusal(&[command, folder]);
        assert!(
            message.contains(folder) && message.contains("events*"),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
        let message = refusal(&[command, &log("init-container.jsonl"), &absent]);
        assert!(message.contains(&absent), "{message}");
        refusal(&[command]);
    }
    let message = refusal(&["compare", folder, &absent]);
    assert!(message.contains(folder), "{message}");
}

#[test]
fn a_layout_that_fits_nothing_is_told_with_one_that_would() {
    let logs = log(LAID_OUT);
    for (layout, nearest) in [
        (
            "{cloud}/{experiment}/{nodes}/x",
            "{cloud}/{experiment}/{nodes}",
        ),
        ("size{nodes}", "{nodes}"),
        ("run9/16", "{experiment}/{nodes}"),
    ] {
        let message = refusal(&["pulls", &logs, "--layout", layout]);
        let path = "laid-out/run1/2/events-size-2.jsonl";
        for part in [layout, path, &format!("{nearest} would fit")] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
    }
    let message = refusal(&["pulls", &logs, "--layout", "{a}{b}"]);
    assert!(message.contains("{a}{b}"), "{message}");
}

#[test]
fn options_that_cannot_be_are_refused_before_anything_is_read() {
    let logs = log(LAID_OUT);
    let cases: [(&[&str], &str); 10] = [
        (&["summary", "--by", "colour"], "colour"),
        (&["summary", "--by", ""], "--by"),
        (&["summary", "--group", "app"], "--group"),
        (&["summary", "--group", "app=("], "--group"),
        (
            &["summary", "--method", "published", "--clock", "pull-only"],
            "--clock",
        ),
        (&["summary", "--plot", "x.gif"], "x.gif"),
        (&["summary", "--scale", "log"], "--plot"),
        (&["spread", "--plot", "x"], "x.svg"),
        (&["spread", "--format", "xml"], "--format"),
        (&["pulls", "--image", "("], "--image"),
    ];
    for (arguments, named) in cases {
        let message = refusal(&[arguments, &[logs.as_str()]].concat());
        assert!(message.contains(named), "{arguments:?}: {message}");
    }
    let pull_only = ["--method", "published", "--clock", "pull-only"];
    refusal(&[&["compare", &*logs, &*logs][..], &pull_only[..]].concat());
}

#[test]
fn a_picture_without_a_folder_is_refused_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let plot = dir.path().join("no/such/folder/pulls.svg");
    let plot = plot.to_str().unwrap();
    let message = refusal(&["summary", &log(LAID_OUT), "--plot", plot]);
    assert!(message.contains(plot), "{message}");
}

#[test]
fn the_published_method_tells_what_it_could_not_read() {
    let dir = tempfile::tempdir().unwrap();
    copy("init-container.jsonl", dir.path(), "events-a.jsonl");
    let cut = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    fs::write(dir.path().join("events-b.json.gz"), cut).unwrap();
    for command in ["pulls", "summary", "spread"] {
        let output = pullstat(&[
            command,
            dir.path().to_str().unwrap(),
            "--method",
            "published",
        ]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(
            said(&output).contains("events-b.json.gz"),
            "{command}: {}",
            said(&output)
        );
    }
}

#[test]
fn a_group_cannot_take_the_name_of_a_column() {
    let logs = log(LAID_OUT);
    for (command, name) in [
        ("pulls", "image"),
        ("pulls", "nodes"),
        ("summary", "image"),
        ("summary", "count"),
        ("summary", "median_seconds"),
    ] {
        let message = refusal(&[command, &logs, "--group", &format!("{name}=x")]);
        assert!(
            message.contains("another name"),
            "{command} {name}: {message}"
        );
    }
    let twice = ["pulls", &logs, "--group", "app=x", "--group", "app=y"];
    assert!(refusal(&twice).contains("app"));
}

#[test]
fn logs_without_events_and_images_without_a_match_are_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("events-empty.json"), "").unwrap();
    fs::write(
        dir.path().join("events-table.json"),
        "LAST SEEN   TYPE\n5m   Normal\n",
    )
    .unwrap();
    let output = pullstat(&["pulls", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let told = said(&output);
    assert!(told.contains("events-empty.json is empty"), "{told}");
    assert!(told.contains("no event in 2 lines (2 no JSON"), "{told}");
    for command in ["pulls", "summary", "spread", "stages"] {
        let output = pullstat(&[command, &log(LAID_OUT), "--image", "zzz"]);
        let told = said(&output);
        assert!(
            told.contains("no image matches --image zzz"),
            "{command}: {told}"
        );
    }
}

#[test]
fn a_log_of_what_pod_statuses_tell_is_a_log() {
    let text = fs::read_to_string(log("filled.jsonl")).unwrap();
    let is_filled = |line: &&str| line.contains("pullstudy-collector");
    let filled: Vec<&str> = text.lines().filter(is_filled).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events-by-status.jsonl");
    fs::write(&path, filled.join("\n")).unwrap();
    let output = pullstat(&["summary", path.to_str().unwrap()]);
    let told = said(&output);
    assert!(!told.contains("no event"), "{told}");
    assert!(told.contains("known by the pod's status only"), "{told}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let commands = ["pulls", "summary", "health"];
    let formats = ["table", "json", "csv"];
    for (command, format) in commands
        .into_iter()
        .flat_map(|command| formats.map(|format| (command, format)))
    {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pullstat"))
            .args([command, &log(LAID_OUT), "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{command} {format}");
    }
}

#[test]
fn a_file_that_cannot_be_read_stops_no_other() {
    let dir = tempfile::tempdir().unwrap();
    copy("init-container.jsonl", dir.path(), "events-a.jsonl");
    fs::write(
        dir.path().join("events-b.json.gz"),
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1],
    )
    .unwrap();
    fs::write(dir.path().join("nodes-1.json"), "{}").unwrap();
    let folder = dir.path().to_str().unwrap();
    let output = pullstat(&["pulls", folder, "--format", "csv"]);
    assert_eq!(printed(&output).lines().count(), 3);
    let message = said(&output);
    for file in ["events-b.json.gz", "nodes-1.json"] {
        assert!(message.contains(file), "{file} is not in {message}");
    }
    let health = json(&["health", folder]);
    assert_eq!(health["problems"].as_array().map(Vec::len), Some(2));
    assert_eq!((&health["files"], &health["pulls"]), (&json!(2), &json!(2)));
}

/// What `summary` warns of.
fn warnings(arguments: &[&str]) -> String {
    let output = pullstat(&[&["summary"], arguments].concat());
    printed(&output);
    said(&output)
}

#[test]
fn a_summary_warns_of_what_makes_it_mean_less() {
    let waiting = warnings(&[&log("several-images.jsonl")]);
    assert!(waiting.contains("waiting behind other images"), "{waiting}");
    assert!(waiting.contains("image ghcr.io/team/mesh:1"), "{waiting}");
    let pull_only = warnings(&[&log("several-images.jsonl"), "--clock", "pull-only"]);
    assert!(
        !pull_only.contains("of the seconds is waiting"),
        "{pull_only}"
    );

    let dir = tempfile::tempdir().unwrap();
    copy(
        "laid-out/run2/4/events-size-4.jsonl",
        dir.path(),
        "run2/8/events-1.jsonl",
    );
    let folder = dir.path().to_str().unwrap();
    let coverage = warnings(&[folder]);
    assert!(
        coverage.contains("4 pulls on a cluster of 8 nodes"),
        "{coverage}"
    );
    assert!(!coverage.contains("two files or more"), "{coverage}");

    copy(
        "laid-out/run2/4/events-size-4.jsonl",
        dir.path(),
        "run2/8/events-2.jsonl",
    );
    let repeated = warnings(&[folder]);
    assert!(
        repeated.contains("all 4 pulls stand in two files or more"),
        "{repeated}"
    );

    let unknown = warnings(&[&log("old-restart-snapshot.json")]);
    assert!(
        unknown.contains("1 of 3 pulls have no seconds"),
        "{unknown}"
    );
    assert_eq!(warnings(&[&log(LAID_OUT)]), "");
}
