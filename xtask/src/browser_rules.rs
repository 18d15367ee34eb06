//! axe-core, the rules by which a page can be read by everybody: from the npm registry, at the version and checksum of the
//! tests' own lock file.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::workspace;

/// Fetches it if it is not here.
///
/// # Errors
///
/// npm is missing, or could not fetch it.
pub(crate) fn provide(machine: &Machine) -> anyhow::Result<()> {
    let folder = folder();
    if folder.join("node_modules/axe-core/axe.min.js").is_file() {
        return Ok(());
    }
    ensure!(machine.find("npm").is_some(), "{NO_NPM}");
    install(&folder).run()
}

const NO_NPM: &str = "npm is missing, which fetches axe-core for the browser tests of crates/report; it comes with Node.js: \
                      `apt-get install npm`, or https://nodejs.org";

fn folder() -> PathBuf {
    workspace::root().join("crates/report/tests/browser")
}

fn install(folder: &Path) -> Invocation {
    let flags = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
        "--prefix",
    ];
    Invocation::new("npm", flags).args([folder])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_package_runs_when_it_is_fetched() {
        let line = install(Path::new("/x")).to_string();
        assert_eq!(
            line,
            "npm ci --ignore-scripts --no-audit --no-fund --silent --prefix /x"
        );
    }

    #[test]
    fn the_lock_file_has_a_checksum() {
        let lock =
            std::fs::read_to_string(folder().join("package-lock.json")).expect("it is there");
        assert!(lock.contains("\"integrity\": \"sha512-"));
    }
}
