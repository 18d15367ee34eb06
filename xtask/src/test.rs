//! `cargo xtask test`: every test, after seeing to the programs they run.

use std::ffi::{OsStr, OsString};

use crate::invocation::Invocation;
use crate::setup;

/// Does `setup`, then runs `cargo test` with `cargo_args`.
///
/// # Errors
///
/// A program is missing and could not be installed, or a test failed.
pub(crate) fn run(cargo_args: &[OsString]) -> anyhow::Result<()> {
    setup::run()?;
    command(cargo_args).run()
}

/// Without `--all-targets`: that would leave out the documentation examples.
fn command(cargo_args: &[OsString]) -> Invocation {
    let test = Invocation::cargo("test");
    let test = if selects_packages(cargo_args) {
        test
    } else {
        test.args(["--workspace"])
    };
    test.args(cargo_args)
}

/// Tells whether the arguments select packages: `--workspace` would make cargo ignore them.
fn selects_packages(cargo_args: &[OsString]) -> bool {
    cargo_args
        .iter()
        .take_while(|word| *word != "--")
        .map(OsString::as_os_str)
        .map(OsStr::to_string_lossy)
        .any(|word| {
            word.starts_with("--package")
                || word.starts_with("--manifest-path")
                || (word.starts_with("-p") && !word.starts_with("--"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        command(&words).to_string()
    }

    #[test]
    fn all_packages_are_tested_unless_some_are_selected() {
        assert_eq!(shown(&[]), "cargo test --workspace");
        assert_eq!(shown(&["-p", "xtask"]), "cargo test -p xtask");
        assert_eq!(shown(&["-pxtask"]), "cargo test -pxtask");
        assert_eq!(shown(&["--package=xtask"]), "cargo test --package=xtask");
    }

    #[test]
    fn arguments_of_the_test_programs_select_no_package() {
        assert_eq!(
            shown(&["--release", "--", "-p", "layout"]),
            "cargo test --workspace --release -- -p layout"
        );
    }
}
