//! What the commands over events have in common in tests: the program, and logs whose pulls are known.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Two experiments: `run1` on 2 nodes, `run2` on 4, a pull on each.
pub(crate) const LAID_OUT: &str = "laid-out";

/// A log of `fixtures/events`.
pub(crate) fn log(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/events");
    folder.join(name).display().to_string()
}

pub(crate) fn pullstat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The same with something on standard input.
pub(crate) fn pullstat_given(input: &[u8], arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What a command that succeeds prints.
pub(crate) fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a command that succeeds prints as JSON.
pub(crate) fn json(arguments: &[&str]) -> Value {
    let output = pullstat(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&printed(&output)).unwrap()
}

pub(crate) fn rows(arguments: &[&str]) -> Vec<Value> {
    json(arguments).as_array().unwrap().clone()
}

/// Puts a log of the fixtures where it is found, below a folder.
pub(crate) fn copy(name: &str, folder: &Path, to: &str) -> PathBuf {
    let to = folder.join(to);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(log(name), &to).unwrap();
    to
}
