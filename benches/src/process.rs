//! Whole processes, timed from outside.

use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

/// What one run of a program took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// From start to exit.
    pub(crate) wall_seconds: f64,
    /// The largest resident set of the process, in bytes.
    pub(crate) peak_resident_bytes: u64,
}

/// Runs a program to its end under `time`, which reads the kernel's own accounts of it.
pub(crate) fn run(
    program: impl AsRef<OsStr>,
    args: &[&str],
    variables: &[(&str, &str)],
) -> anyhow::Result<Run> {
    let program = program.as_ref();
    let account = tempfile::NamedTempFile::new()?;
    let mut command = Command::new("time");
    command
        .args(["--quiet", "--format", "%M", "--output"])
        .arg(account.path())
        .arg(program)
        .args(args);
    command
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let start = Instant::now();
    let output = command
        .output()
        .context("failed to run `time`; `cargo xtask setup` installs it")?;
    let wall_seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        bail!(
            "{} {}: {}\n{}",
            program.display(),
            args.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let kibibytes: u64 = fs::read_to_string(account.path())?
        .trim()
        .parse()
        .context("`time` gave no number")?;
    Ok(Run {
        wall_seconds,
        peak_resident_bytes: kibibytes * 1024,
    })
}
