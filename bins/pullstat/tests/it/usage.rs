//! Mistakes on the command line: one sentence, the right exit code, nothing touched.

use std::fs;
use std::process::{Command, Output};

fn pullstat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args(arguments)
        .output()
        .unwrap()
}

fn refusal(arguments: &[&str]) -> String {
    let output = pullstat(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_folder_of_other_things_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "precious").unwrap();
    let message = refusal(&["quickstart", "--out", dir.path().to_str().unwrap()]);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("--out"), "{message}");
    assert_eq!(
        fs::read_to_string(dir.path().join("thesis.tex")).unwrap(),
        "precious"
    );
}

#[test]
fn numbers_out_of_range_name_their_option() {
    let cases = [
        (["--nodes", "0"], "--nodes"),
        (["--bandwidth", "0"], "--bandwidth"),
        (["--bandwidth", "fast"], "--bandwidth"),
        (["--downloads", "0"], "--downloads"),
        (["--format", "xml"], "--format"),
    ];
    for (option, name) in cases {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let message = refusal(&[
            "quickstart",
            "--out",
            out.to_str().unwrap(),
            option[0],
            option[1],
        ]);
        assert!(message.contains(name), "{message}");
        assert!(!out.exists(), "{option:?} is refused before any work");
    }
}

#[test]
fn help_has_an_example_and_the_exit_codes() {
    let output = pullstat(&["quickstart", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        help.contains("Example:") && help.contains("Exit codes: 0 done, 1 failed, 2 wrong usage"),
        "{help}"
    );
}
