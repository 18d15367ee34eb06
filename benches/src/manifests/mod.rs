//! An archive of 810 MB read into a collection of images, against Python's `json.load`.

mod crawl;

use std::env;
use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use crawl::Written;
use pullstudy_image::Archive;
use pullstudy_survey::{Collection, CollectionOptions, Survey};
use serde::{Deserialize, Serialize};

use crate::figure::{Figure, Findings, Target};
use crate::reader::{self, Task};

const JSON_LOAD: &str = include_str!("json_load.py");

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
    read_seconds: f64,
    survey_seconds: f64,
    images: u64,
    layers: u64,
}

/// Does the work whose time and memory `run` measures.
pub(crate) fn run_child() -> anyhow::Result<Findings> {
    let task = Task::of_child()?;
    let start = Instant::now();
    let archive = Archive::open(&task.folder)?;
    let mut options = CollectionOptions::default();
    options.threads = task.threads.unwrap_or(options.threads);
    let collection = Collection::read(&archive, &options);
    let read_seconds = start.elapsed().as_secs_f64();
    let survey = Survey::of(&collection, 10);
    let reading = Reading {
        read_seconds,
        survey_seconds: start.elapsed().as_secs_f64(),
        images: survey.images as u64,
        layers: survey.layers,
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
        fs::write(folder.path().join("json_load.py"), JSON_LOAD)?;
        let written = crawl::write(&folder.path().join("crawl"))?;
        // Else the system writes these hundreds of megabytes to the disk while the runs are timed.
        let status = Command::new("sync").status()?;
        ensure!(status.success(), "sync: {status}");
        Ok(Self { folder, written })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn measure(&self, figures: &mut Figures) -> anyhow::Result<()> {
        let rate = |seconds: f64| self.written.bytes as f64 / seconds / 1e6;
        figures.python.values.push(rate(self.python()?));
        let (reading, peak) = self.ours(None)?;
        figures.ours.values.push(rate(reading.read_seconds));
        figures.survey.values.push(reading.survey_seconds);
        figures.memory.values.push(peak);
        let (reading, _) = self.ours(NonZero::new(1))?;
        figures.one_thread.values.push(rate(reading.read_seconds));
        Ok(())
    }

    /// Returns the seconds it took a Python of its own.
    fn python(&self) -> anyhow::Result<f64> {
        let folder = self.path("crawl").display().to_string();
        let (seconds, files) = reader::python(&self.path("json_load.py"), &[folder.as_str()])?;
        ensure!(files == self.written.files, "python3 read {files} files");
        Ok(seconds)
    }

    /// Returns what a process of its own read, and its peak resident memory in MiB.
    fn ours(&self, threads: Option<NonZero<usize>>) -> anyhow::Result<(Reading, f64)> {
        let task = Task {
            folder: self.path("crawl").display().to_string(),
            threads,
        };
        let (reading, peak): (Reading, f64) =
            task.run("manifests-child", &self.path("reading.json"))?;
        let is_whole =
            reading.images == self.written.images && reading.layers == self.written.layers;
        ensure!(is_whole, "{:?} were written, but {reading:?}", self.written);
        Ok((reading, peak))
    }
}

/// What is measured.
struct Figures {
    python: Figure,
    ours: Figure,
    one_thread: Figure,
    survey: Figure,
    memory: Figure,
}

impl Default for Figures {
    fn default() -> Self {
        let rate = |name: &str| Figure::new(name, "MB/s");
        Self {
            python: rate("json.load of Python, a file at a time"),
            ours: rate("archive to collection"),
            one_thread: rate("archive to collection, one thread"),
            survey: Figure::new("archive to survey", "s"),
            memory: Figure::new("peak resident memory", "MiB"),
        }
    }
}

impl Figures {
    fn findings(self, written: &Written) -> anyhow::Result<Findings> {
        let ratio = self
            .ours
            .ratio(&self.python, "archive to collection / json.load");
        let targets = vec![Target::at_least(
            "10 times as fast as json.load",
            10.0,
            ratio.median()?,
        )];
        let figures = vec![
            self.python,
            self.ours,
            ratio,
            self.one_thread,
            self.survey,
            self.memory,
        ];
        Ok(Findings {
            figures,
            targets,
            notes: vec![note(written)],
        })
    }
}

fn note(written: &Written) -> String {
    let Written {
        files,
        bytes,
        images,
        layers,
    } = written;
    format!(
        "{files} files and {bytes} bytes in memory of the system: {images} images with {layers} layers. They are the forty files of the \
         published study's crawl that are there, copied with other digests each time. A collection keeps digests, sizes, \
         platforms, dates, diff_ids and commands. Both sides time themselves, from finding the files to the last of them, without the \
         start of their process."
    )
}
