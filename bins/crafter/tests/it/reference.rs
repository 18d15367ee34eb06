//! What is made from the definition of the command line: reference, man pages, completions.

use std::fs;
use std::path::Path;

use crate::program::Workplace;

const PAGE: &str = "docs/reference/crafter.md";

/// `PULLSTUDY_WRITE_DOCS=1`, which `cargo xtask reference` sets, writes the page anew.
#[test]
fn the_reference_is_current() {
    let wanted = Workplace::new("").run(&["reference"]).results;
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
    let page = Workplace::new("").run(&["reference"]).results;
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
    let workplace = Workplace::new("");
    assert_eq!(workplace.run(&["man", "man1"]).code, 0);
    for name in [
        "crafter",
        "crafter-build",
        "crafter-completions",
        "crafter-copy",
    ] {
        let page = fs::read_to_string(workplace.path("man1").join(format!("{name}.1"))).unwrap();
        assert!(
            page.contains(".SH EXAMPLES") && page.contains(".SH \"EXIT STATUS\""),
            "{page}"
        );
    }
    assert!(!workplace.path("man1/crafter-man.1").exists());
}

#[test]
fn each_shell_is_told_of_every_command() {
    let workplace = Workplace::new("");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = workplace.run(&["completions", shell]).results;
        for command in ["build", "verify", "completions"] {
            assert!(script.contains(command), "{shell} knows {command}");
        }
    }
}
