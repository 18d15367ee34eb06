//! Readers of folders: a process of our own whose time and memory are measured, and a Python beside it.

use std::env;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::process;

/// How a process tells its child what to read, on how many threads, and where to write what it found.
const FOLDER_VARIABLE: &str = "PULLSTUDY_BENCH_FOLDER";
const THREADS_VARIABLE: &str = "PULLSTUDY_BENCH_THREADS";
const READING_VARIABLE: &str = "PULLSTUDY_BENCH_READING";

const MIB: f64 = 1_048_576.0;

/// What a child is to do.
pub(crate) struct Task {
    pub(crate) folder: String,
    /// None for as many threads as the reader takes by itself.
    pub(crate) threads: Option<NonZero<usize>>,
}

impl Task {
    /// Reads what the parent asked for.
    pub(crate) fn of_child() -> anyhow::Result<Self> {
        let threads = env::var_os(THREADS_VARIABLE).map(|threads| {
            let threads = threads.to_str().and_then(|threads| threads.parse().ok());
            threads.context("the number of threads is none")
        });
        Ok(Self {
            folder: variable(FOLDER_VARIABLE)?,
            threads: threads.transpose()?,
        })
    }

    /// Tells the parent what was found.
    pub(crate) fn report(reading: &impl Serialize) -> anyhow::Result<()> {
        Ok(fs::write(
            variable(READING_VARIABLE)?,
            serde_json::to_vec(reading)?,
        )?)
    }

    /// Has a process of its own do this, `into` being the file where it tells what it found. Returns that, and its peak
    /// resident memory in MiB.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        child: &str,
        into: &Path,
    ) -> anyhow::Result<(T, f64)> {
        let own = env::current_exe().context("this program has no path")?;
        let into_text = into.display().to_string();
        let threads = self.threads.map(|threads| threads.to_string());
        let mut variables = vec![
            (FOLDER_VARIABLE, &*self.folder),
            (READING_VARIABLE, &*into_text),
        ];
        variables.extend(
            threads
                .as_deref()
                .map(|threads| (THREADS_VARIABLE, threads)),
        );
        let run = process::run(own, &[child], &variables)?;
        let reading = serde_json::from_slice(&fs::read(into)?)?;
        Ok((reading, run.peak_resident_bytes as f64 / MIB))
    }
}

fn variable(name: &str) -> anyhow::Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}

/// Runs a script of Python that prints the seconds it took and how much it read.
pub(crate) fn python(script: &Path, arguments: &[&str]) -> anyhow::Result<(f64, u64)> {
    let output = Command::new("python3")
        .arg(script)
        .args(arguments)
        .output()
        .context("failed to run python3")?;
    let text = String::from_utf8(output.stdout)?;
    let Some((seconds, count)) = text.trim().split_once(' ') else {
        bail!(
            "python3 {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    };
    Ok((seconds.parse()?, count.parse()?))
}
