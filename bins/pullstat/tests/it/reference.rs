//! What is made from the definition of the command line: reference, man pages, completions.

use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = "docs/reference/pullstat.md";

fn printed(arguments: &[&str]) -> String {
    let mut pullstat = Command::new(env!("CARGO_BIN_EXE_pullstat"));
    let output = pullstat.args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `PULLSTUDY_WRITE_DOCS=1`, which `cargo xtask reference` sets, writes the page anew.
#[test]
fn the_reference_is_current() {
    let wanted = printed(&["reference"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(PAGE);
    if std::env::var_os("PULLSTUDY_WRITE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(&path, wanted).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == wanted,
        "{PAGE} differs; `cargo xtask reference` writes it anew"
    );
}

#[test]
fn every_command_tells_an_example_and_its_exit_codes() {
    let page = printed(&["reference"]).replace("\n### ", "\n## ");
    for chapter in page.split("\n## ") {
        let name = chapter.lines().next().unwrap();
        assert_eq!(
            chapter.matches("```text").count(),
            2,
            "{name}: usage and example"
        );
        assert!(chapter.contains("\nExit codes: 0 "), "{name}");
    }
}

#[test]
fn each_command_has_a_page_of_the_manual() {
    let dir = tempfile::tempdir().unwrap();
    printed(&["man", dir.path().to_str().unwrap()]);
    for name in ["pullstat", "pullstat-cost-waiting", "pullstat-quickstart"] {
        let page = fs::read_to_string(dir.path().join(format!("{name}.1"))).unwrap();
        assert!(
            page.contains(".SH EXAMPLES") && page.contains(".SH \"EXIT STATUS\""),
            "{page}"
        );
    }
    assert!(!dir.path().join("pullstat-man.1").exists());
}

#[test]
fn each_shell_is_told_of_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        for command in ["quickstart", "break-even", "completions"] {
            assert!(script.contains(command), "{shell} knows {command}");
        }
    }
}
