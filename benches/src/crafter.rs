//! The program under test.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::process;

/// Builds `crafter` in the profile of this program, and returns its path.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let build = [
        "build",
        "--release",
        "--quiet",
        "--package",
        "pullstudy-crafter-cli",
    ];
    process::run("cargo", &build, &[])?;
    let own = std::env::current_exe().context("this program has no path")?;
    let path = own.with_file_name("crafter");
    if !path.exists() {
        bail!(
            "{} is missing; run the benches with --release",
            path.display()
        );
    }
    Ok(path)
}
