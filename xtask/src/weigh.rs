//! `cargo xtask weigh`: how large the programs are, and how long they take to start.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::console;
use crate::invocation::Invocation;
use crate::workspace::{PROGRAMS, built};

/// How many bytes a program may have without symbols. Raised by a commit that says what for.
const CEILINGS: [(&str, u64); 2] = [("pullstat", 43_000_000), ("crafter", 16_000_000)];

/// How often each program is started.
const STARTS: usize = 50;

/// Prints a line for each program that was built with `profile`.
///
/// # Errors
///
/// A program is not there, does not start, or is larger than it may be.
pub(crate) fn run(profile: &str) -> anyhow::Result<()> {
    let folder = built(profile);
    for (_, _, program) in PROGRAMS {
        let path = folder.join(program);
        let bytes = stripped_bytes(&path)?;
        let starts = starts(&path)?;
        console::say(line(program, profile, bytes, &starts));
        let ceiling = ceiling(program);
        ensure!(
            bytes <= ceiling,
            "{program} has {bytes} bytes, and may have {ceiling}: see xtask/src/weigh.rs"
        );
    }
    Ok(())
}

fn ceiling(program: &str) -> u64 {
    let found = CEILINGS.iter().find(|(name, _)| *name == program);
    found.map_or(0, |(_, bytes)| *bytes)
}

/// Symbols and tables of lines are as long as the paths in them; what is run is not.
fn stripped_bytes(program: &Path) -> anyhow::Result<u64> {
    let stripped = program.with_extension("stripped");
    Invocation::new("strip", [Path::new("-o"), &stripped, program]).run()?;
    let file = fs::metadata(&stripped)
        .with_context(|| format!("failed to read {}", stripped.display()))?;
    Ok(file.len())
}

/// Returns how long each start took, sorted. The first, which reads the disk, is not among them.
fn starts(program: &Path) -> anyhow::Result<Vec<Duration>> {
    start(program)?;
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        starts.push(start(program)?);
    }
    starts.sort();
    Ok(starts)
}

fn start(program: &Path) -> anyhow::Result<Duration> {
    let mut command = Command::new(program);
    command.arg("--help").stdout(Stdio::null());
    let before = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("failed to start {}", program.display()))?;
    ensure!(
        status.success(),
        "{} --help failed with {status}",
        program.display()
    );
    Ok(before.elapsed())
}

/// `starts` is sorted and not empty.
fn line(program: &str, profile: &str, bytes: u64, starts: &[Duration]) -> String {
    let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
    format!(
        "{program} ({profile}): {bytes} bytes without symbols; `--help` in {:.1} ms (median of {}), {:.1} ms at worst",
        millis(starts[starts.len() / 2]),
        starts.len(),
        millis(starts[starts.len() - 1]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_has_a_ceiling() {
        for (_, _, program) in PROGRAMS {
            assert!(ceiling(program) > 0, "{program}");
        }
    }

    #[test]
    fn the_median_and_the_worst_start_are_told() {
        let starts = [4, 5, 9].map(Duration::from_millis);
        assert_eq!(
            line("crafter", "shipped", 7, &starts),
            "crafter (shipped): 7 bytes without symbols; `--help` in 5.0 ms (median of 3), 9.0 ms at worst"
        );
    }
}
