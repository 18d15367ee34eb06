//! `cargo xtask fuzz`: the parsers of what others write, fed with what nobody thought of.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::tools::CARGO_FUZZ;
use crate::workspace;

/// How long each target runs unless told otherwise.
pub(crate) const SECONDS: u32 = 60;

/// Runs every target for so many seconds, or until its first finding.
///
/// # Errors
///
/// cargo-fuzz could not be built, or a target found something; it is kept in `fuzz/artifacts/`.
pub(crate) fn run(seconds: u32) -> anyhow::Result<()> {
    let cargo_fuzz = CARGO_FUZZ.provide(&Machine::this())?;
    for target in targets()? {
        let corpus = workspace::root().join(format!("fuzz/corpus/{target}"));
        fs::create_dir_all(&corpus)
            .with_context(|| format!("failed to make {}", corpus.display()))?;
        command(&cargo_fuzz, &target, seconds).run()?;
    }
    Ok(())
}

/// Returns the names of the targets, which are those of their files, sorted.
fn targets() -> anyhow::Result<Vec<String>> {
    let folder = workspace::root().join("fuzz/fuzz_targets");
    let listing = || format!("failed to list {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(listing)? {
        let path = entry.with_context(listing)?.path();
        names.extend(
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

/// Without a sanitizer: ours is safe Rust, and the sanitizers want a nightly toolchain.
fn command(cargo_fuzz: &Path, target: &str, seconds: u32) -> Invocation {
    // As cargo would call it.
    Invocation::new(cargo_fuzz, ["fuzz", "run", "--sanitizer", "none", target])
        // What it learns goes to the first folder, which git ignores; the second is where it starts.
        .args(["corpus", "seeds"].map(|folder| format!("fuzz/{folder}/{target}")))
        .args(["--".to_owned(), format!("-max_total_time={seconds}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_run() {
        let targets = targets().expect("there are targets");
        assert!(targets.contains(&"reference".to_owned()), "{targets:?}");
        let line = command(Path::new("cargo-fuzz"), "reference", 7).to_string();
        let end = "reference fuzz/corpus/reference fuzz/seeds/reference -- -max_total_time=7";
        assert!(line.ends_with(end), "{line}");
    }
}
