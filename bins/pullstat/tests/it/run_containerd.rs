//! `pullstat run --engine containerd`: what it asks for, and mistakes. Real pulls are the runner's tests.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(dir: &Path, arguments: &[&str]) -> Output {
    fs::write(
        dir.join("study.yaml"),
        "images: {references: ['127.0.0.1:1/study/image:one']}\n",
    )
    .unwrap();
    Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .current_dir(dir)
        .args(["run", "study.yaml", "--engine", "containerd"])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_help_says_what_it_takes() {
    let output = Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args(["run", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let section = help.split_once("\ncontainerd:\n").unwrap().1;
    let section = section.split("\n\n").take(6).collect::<Vec<_>>().join("\n");
    for option in [
        "--address <SOCKET>",
        "--by <BY>",
        "--snapshotter <NAME>",
        "--log <FILE>",
    ] {
        assert!(section.contains(option), "{option} in {section}");
    }
    assert!(help.contains("--start"), "{help}");
}

#[test]
fn a_socket_that_is_not_there_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["--address", "/nowhere/c.sock"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("there is no socket /nowhere/c.sock; start containerd"),
        "{said}"
    );
}

#[test]
fn sockets_are_nodes() {
    let dir = tempfile::tempdir().unwrap();
    let two = [
        "--address",
        "/nowhere/a.sock",
        "--address",
        "/nowhere/b.sock",
    ];
    let output = run(
        dir.path(),
        &[&two[..], &["--dry-run", "--format", "json"]].concat(),
    );
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["nodes"], 2);
    let output = run(dir.path(), &[&two[..], &["--nodes", "3"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("wants 3 nodes, but there are 2 sockets"),
        "{said}"
    );
}

#[test]
fn unknown_ways_are_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["--by", "docker"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cri, ctr")
    );
}
