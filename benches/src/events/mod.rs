//! A folder of 222 logs read into pulls, against Python's JSON modules over the same lines.

mod study;

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use pullstudy_events::{EventLogs, FoundLogs, Layout, PullOutcome, ReadOptions};
use serde::{Deserialize, Serialize};
use study::Written;

use crate::figure::{Figure, Findings, Target};
use crate::reader::{self, Task};

const JSON_LOADS: &str = include_str!("json_loads.py");

/// Runs the benchmark.
pub(crate) fn run(runs: usize) -> anyhow::Result<Findings> {
    let stage = Stage::prepare()?;
    let mut figures = Figures::default();
    for _ in 0..runs {
        stage.measure(&mut figures)?;
    }
    figures.findings(&stage.written)
}

/// What a child read, and how long it took.
#[derive(Debug, Serialize, Deserialize)]
struct Reading {
    seconds: f64,
    lines: u64,
    events: u64,
    distinct_events: u64,
    pulled: u64,
}

/// Does the work whose time and memory `run` measures.
pub(crate) fn run_child() -> anyhow::Result<Findings> {
    let task = Task::of_child()?;
    let start = Instant::now();
    let found = FoundLogs::find(&[&task.folder], &Layout::default())?;
    let mut options = ReadOptions::default();
    options.threads = task.threads.unwrap_or(options.threads);
    let logs = EventLogs::read(found, &options);
    let pulls = logs.pulls();
    let seconds = start.elapsed().as_secs_f64();
    let health = logs.health(&pulls);
    let reading = Reading {
        seconds,
        lines: health.total.lines,
        events: health.total.events,
        distinct_events: health.distinct_events,
        pulled: pulls
            .iter()
            .filter(|pull| pull.outcome == PullOutcome::Pulled)
            .count() as u64,
    };
    Task::report(&reading)?;
    Ok(Findings::default())
}

/// Everything that is there before the clock starts.
struct Stage {
    folder: tempfile::TempDir,
    written: Written,
}

impl Stage {
    fn prepare() -> anyhow::Result<Self> {
        let own = env::current_exe().context("this program has no path")?;
        let beside = own.parent().context("this program lies in no folder")?;
        // Not where temporary files are: they may lie in memory.
        let folder = tempfile::tempdir_in(beside)?;
        fs::write(folder.path().join("json_loads.py"), JSON_LOADS)?;
        let written = study::write(&folder.path().join("many"))?;
        let stage = Self { folder, written };
        stage.write_single()?;
        Ok(stage)
    }

    /// The same lines in one log, and compressed.
    fn write_single(&self) -> anyhow::Result<()> {
        let [one, gzip] = ["one", "gzip"].map(|name| self.path(name));
        fs::create_dir(&one)?;
        let mut file = BufWriter::new(File::create(one.join("events.json"))?);
        for place in FoundLogs::find(&[self.path("many")], &Layout::default())?.places() {
            // Reading them once also brings them into memory.
            io::copy(&mut File::open(&place.file)?, &mut file)?;
        }
        file.flush()?;
        let status = Command::new("cp")
            .arg("-r")
            .arg(self.path("many"))
            .arg(&gzip)
            .status()?;
        ensure!(status.success(), "cp: {status}");
        let status = Command::new("gzip")
            .args(["-1", "-r"])
            .arg(&gzip)
            .status()?;
        ensure!(status.success(), "gzip: {status}");
        // Else the system writes these hundreds of megabytes to the disk while the runs are timed.
        let status = Command::new("sync").status()?;
        ensure!(status.success(), "sync: {status}");
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn measure(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let rate = |seconds: f64| self.written.bytes as f64 / seconds / 1e6;
        figures.python.values.push(rate(self.python("json")?));
        let (seconds, peak) = self.ours("many", None)?;
        figures.ours.values.push(rate(seconds));
        figures.memory.values.push(peak);
        if let Ok(seconds) = self.python("orjson") {
            figures.orjson.values.push(rate(seconds));
        }
        let (seconds, peak) = self.ours("many", NonZero::new(1))?;
        figures.one_thread.values.push(rate(seconds));
        figures.memory_one_thread.values.push(peak);
        figures.one_log.values.push(rate(self.ours("one", None)?.0));
        figures.gzip.values.push(rate(self.ours("gzip", None)?.0));
        Ok(())
    }

    /// Returns the seconds it took a Python of its own.
    fn python(&self, module: &str) -> anyhow::Result<f64> {
        let folder = self.path("many").display().to_string();
        let (seconds, lines) =
            reader::python(&self.path("json_loads.py"), &[module, folder.as_str()])?;
        ensure!(lines == self.written.lines, "python3 read {lines} lines");
        Ok(seconds)
    }

    /// Returns the seconds it took a process of its own, and its peak resident memory in MiB.
    fn ours(&self, name: &str, threads: Option<NonZero<usize>>) -> anyhow::Result<(f64, f64)> {
        let task = Task {
            folder: self.path(name).display().to_string(),
            threads,
        };
        let (reading, peak): (Reading, f64) =
            task.run("events-child", &self.path("reading.json"))?;
        self.check(&reading)?;
        Ok((reading.seconds, peak))
    }

    /// A figure of something that was not read whole is none.
    fn check(&self, reading: &Reading) -> anyhow::Result<()> {
        let written = &self.written;
        let is_whole = reading.lines == written.lines
            && reading.events == written.events
            && reading.distinct_events == written.events
            && reading.pulled == written.pulled;
        ensure!(is_whole, "{written:?} were written, but {reading:?}");
        Ok(())
    }
}

/// What is measured.
struct Figures {
    python: Figure,
    orjson: Figure,
    ours: Figure,
    one_thread: Figure,
    one_log: Figure,
    gzip: Figure,
    memory: Figure,
    memory_one_thread: Figure,
}

impl Default for Figures {
    fn default() -> Self {
        let rate = |name: &str| Figure::new(name, "MB/s");
        Self {
            python: rate("json.loads of Python, a line at a time"),
            orjson: rate("orjson.loads of Python, a line at a time"),
            ours: rate("logs to pulls"),
            one_thread: rate("logs to pulls, one thread"),
            one_log: rate("logs to pulls, all lines in one log"),
            gzip: rate("logs to pulls, each log compressed by gzip -1; MB unpacked"),
            memory: Figure::new("peak resident memory", "MiB"),
            memory_one_thread: Figure::new("peak resident memory, one thread", "MiB"),
        }
    }
}

impl Figures {
    fn findings(self, written: &Written) -> anyhow::Result<Findings> {
        let ratio = self.ours.ratio(&self.python, "logs to pulls / json.loads");
        let most = self.memory.values.iter().copied().fold(0.0, f64::max);
        let targets = vec![
            Target::at_least("10 times as fast as json.loads", 10.0, ratio.median()?),
            Target::at_least("1,500 MB/s", 1_500.0, self.ours.median()?),
            Target::at_most("peak resident memory, MiB", 200.0, most),
        ];
        let figures = [
            self.python,
            self.orjson,
            self.ours,
            ratio,
            self.one_thread,
            self.one_log,
            self.gzip,
            self.memory,
            self.memory_one_thread,
        ];
        Ok(Findings {
            figures: figures
                .into_iter()
                .filter(|figure| !figure.values.is_empty())
                .collect(),
            targets,
            notes: vec![note(written)],
        })
    }
}

fn note(written: &Written) -> String {
    let Written {
        bytes,
        lines,
        events,
        pulled,
    } = written;
    format!(
        "222 logs of {lines} lines and {bytes} bytes in memory of the system: {events} events, all distinct, of which \
         {pulled} end pulls, and lines of the exporter's own log. They are made of the published study's logs: its \
         events of 1,200 bytes and more in turn, with other uids each time. Each run counted all of them. Both \
         sides time themselves, from finding the files to the last pull or line, without the start of their process."
    )
}
