//! The whole way on one machine, at a bandwidth that does not keep the test waiting.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pullstudy_events::Trace;
use serde_json::Value;

fn quickstart(out: &Path, nodes: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args([
            "quickstart",
            "--nodes",
            nodes,
            "--bandwidth",
            "2GB",
            "--seed",
            "7",
            "--format",
            "json",
            "--out",
        ])
        .arg(out)
        .output()
        .unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn events_files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn rows_events_trace_and_pictures_agree_and_a_second_run_starts_clean() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let first = rows(&quickstart(&out, "2"));

    let wire: Vec<_> = first
        .iter()
        .map(|row| row["wire_bytes"].as_u64().unwrap())
        .collect();
    let unpacked: Vec<_> = first
        .iter()
        .map(|row| row["unpacked_bytes"].as_u64().unwrap())
        .collect();
    // The survey's 25th and 50th percentile; of zeros, 5,000,000 less in files and next to nothing on the wire.
    assert_eq!(wire[2..], [53_702_097, 132_399_102]);
    assert!(wire[0] < 100_000 && wire[1] < 200_000, "{wire:?}");
    assert!(
        unpacked[0].abs_diff(48_702_096) < 1_000 && unpacked[1].abs_diff(127_399_096) < 1_000,
        "{unpacked:?}"
    );
    for row in &first {
        let shares = row
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| key.ends_with("_share"));
        let sum: f64 = shares.map(|(_, share)| share.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{row}");
        assert_eq!((&row["count"], &row["nodes"]), (&2.into(), &2.into()));
    }

    let trace = Trace::read(out.join("trace.jsonl")).unwrap();
    assert_eq!((trace.pulls.len(), trace.unfinished.len()), (8, 0));
    let events = fs::read_to_string(&events_files(&out.join("quickstart/2"))[0]).unwrap();
    assert_eq!(events.matches("Successfully pulled image").count(), 8);
    for picture in ["pull-times.svg", "waterfall.svg"] {
        assert!(
            fs::read_to_string(out.join(picture))
                .unwrap()
                .starts_with("<svg"),
            "{picture}"
        );
    }
    assert!(
        !out.join("images").exists() && !out.join("nodes").exists(),
        "what is large is removed"
    );

    rows(&quickstart(&out, "1"));
    assert!(!out.join("quickstart/2").exists());
    assert_eq!(Trace::read(out.join("trace.jsonl")).unwrap().pulls.len(), 4);
}
