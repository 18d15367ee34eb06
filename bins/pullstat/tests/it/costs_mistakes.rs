//! Mistakes with prices, sums, scenarios and machines: one clear sentence, and exit code 2.

use std::fs;
use std::path::{Path, PathBuf};

use crate::costs::file;
use crate::events::{LAID_OUT, log, pullstat, said};

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

/// Tells whether a text is as expected, where `*` stands for any text.
fn is_like(text: &str, expected: &str) -> bool {
    let mut rest = text;
    let mut parts = expected.split('*');
    let first = parts.next().unwrap();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || expected.ends_with('*')
}

#[test]
fn every_mistake_of_the_fixtures_gets_its_sentence() {
    let folder = PathBuf::from(file("mistakes"));
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    assert!(files.len() >= 18);
    for path in files {
        let (name, path_text) = (stem(&path), path.to_str().unwrap());
        let message = match name.split_once('-').unwrap().0 {
            "prices" => refusal(&["cost", "prices", "--prices", path_text]),
            "totals" => refusal(&["cost", "totals", path_text]),
            _ => refusal(&["cost", "scenario", path_text]),
        };
        let expected = fs::read_to_string(path.with_extension("expected.txt")).unwrap();
        let expected = format!("pullstat: {}", expected.trim_end());
        assert!(
            is_like(message.trim_end(), &expected),
            "{name} says\n{message}instead of\n{expected}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn machines_that_are_not_right_are_named() {
    let log = log(LAID_OUT);
    let cases: [(&[&str], &str); 7] = [
        (
            &["--machine", "c2d-standrad-112"],
            "--machine: there is no price for machine c2d-standrad-112: did you mean c2d-standard-112? pullstat cost prices lists them, --prices FILE adds yours",
        ),
        (
            &["--machine", "toaster"],
            "--machine: there is no price for machine toaster; pullstat cost prices lists them",
        ),
        (
            &["--machine", "run1=n1-standard-16"],
            "no machine is named for run2: add --machine run2=MACHINE, or --machine MACHINE for all others",
        ),
        (
            &[
                "--machine",
                "n1-standard-16",
                "--machine",
                "rnu1=n1-standard-64",
            ],
            "--machine rnu1=n1-standard-64: there are no pulls of rnu1; there are those of run1, run2",
        ),
        (
            &["--machine", "n1-standard-16", "--machine", "n1-standard-64"],
            "--machine n1-standard-64: there is a machine already",
        ),
        (
            &["--machine", "="],
            "expected a machine such as n1-standard-16",
        ),
        (&[], "--machine"),
    ];
    for (arguments, expected) in cases {
        let message = refusal(&[&["cost", &log][..], arguments].concat());
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn machines_are_compared_by_logs_or_by_seconds() {
    let log = log(LAID_OUT);
    let cases: [(&[&str], &str); 5] = [
        (&[&log], "B"),
        (&[], "A"),
        (&["--seconds-a", "5"], "--seconds-b"),
        (&["--seconds-a", "0", "--seconds-b", "1"], "seconds above 0"),
        (&["--seconds-a", "-1", "--seconds-b", "1"], "--seconds-a"),
    ];
    let pair = [
        "--machine-a",
        "n1-standard-16",
        "--machine-b",
        "n1-standard-64",
    ];
    for (arguments, expected) in cases {
        let message = refusal(&[&["cost", "machines"], arguments, &pair[..]].concat());
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let log = log(LAID_OUT);
    let on_machine = ["--machine", "n1-standard-16"];
    let message = refusal(
        &[
            &["cost", "waiting", &log, "--transfer", "ecr-internet"],
            &on_machine[..],
        ]
        .concat(),
    );
    assert!(message.contains("--manifests DIR"), "{message}");
    let message = refusal(
        &[
            &[
                "cost",
                &log,
                "--method",
                "published",
                "--clock",
                "pull-only",
            ],
            &on_machine[..],
        ]
        .concat(),
    );
    assert!(message.contains("--method published"), "{message}");
}

#[test]
fn files_that_lack_what_is_asked_for_are_named() {
    let (spent, prices, ours) = (file("spent.yaml"), file("prices.yaml"), file("ours.yaml"));
    let cases: [(&[&str], &str); 3] = [
        (
            &[
                "totals",
                &spent,
                "--method",
                "published",
                "--prices",
                &prices,
            ],
            "morning has nothing published",
        ),
        (
            &["scenario", &ours, "--transfer", "ecr-intrenet"],
            "did you mean ecr-internet?",
        ),
        (
            &["prices", "--prices", "/nowhere.yaml"],
            "failed to read /nowhere.yaml",
        ),
    ];
    for (arguments, expected) in cases {
        let message = refusal(&[&["cost"], arguments].concat());
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_archive_needs_a_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let with = |bandwidth: &str, nodes: &str| {
        refusal(&[
            "cost",
            "scenario",
            "--manifests",
            folder,
            "--bandwidth",
            bandwidth,
            "--nodes",
            nodes,
            "--machine",
            "p5.48xlarge",
        ])
    };
    assert!(refusal(&["cost", "scenario", "--manifests", folder]).contains("--bandwidth"));
    assert!(with("0", "32").contains("moves nothing"));
    assert!(with("5MB,3MB", "32").contains("swap them"));
    assert!(with("5MB", "0").contains("--nodes: 0 nodes pull nothing"));
    assert!(with("5MB", "32").contains(folder));
}

#[test]
fn a_scenario_without_strategies_has_no_break_even() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plain.yaml");
    let text = "format_version: 1\napplications: 1\nlayers: [{bytes: 1MB}]\nbandwidth: {low: 1MB, high: 1MB}\nnodes: 1\nmachine: p5.48xlarge\n";
    fs::write(&path, text).unwrap();
    let message = refusal(&["cost", "break-even", path.to_str().unwrap()]);
    assert!(
        message.contains("has no strategies: add strategies:"),
        "{message}"
    );
}
