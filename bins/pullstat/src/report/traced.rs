//! Traces of pulls: all of their summaries, and the phases of the few that are shown.

use std::path::{Path, PathBuf};

use pullstudy_console::{counted, in_words};
use pullstudy_events::{PhaseRecord, PullOutcome, PullRecord, PullTrace, TraceReader, TraceRecord};

/// The pulls of one file, without their phases: those of 100,000 pulls would fill the memory.
#[derive(Debug)]
pub(super) struct TracedPull {
    pub(super) file: PathBuf,
    pub(super) record: PullRecord,
}

/// The traced pulls of all files.
#[derive(Debug, Default)]
pub(super) struct Traced {
    pub(super) pulls: Vec<TracedPull>,
    pub(super) warnings: Vec<String>,
}

impl Traced {
    /// Reads the pulls of all files; what cannot be read is a warning, and ends only its file.
    pub(super) fn read(files: &[PathBuf]) -> Self {
        let mut traced = Self::default();
        for file in files {
            traced.add(file);
        }
        traced
    }

    fn add(&mut self, file: &Path) {
        let mut reader = match TraceReader::open(file) {
            Ok(reader) => reader,
            Err(error) => return self.warnings.push(in_words(&error)),
        };
        for record in reader.by_ref() {
            match record {
                Ok(TraceRecord::Pull(record)) => self.pulls.push(TracedPull {
                    file: file.to_owned(),
                    record,
                }),
                Ok(_) => {}
                Err(error) => self.warnings.push(in_words(&error)),
            }
        }
        if reader.torn_lines() > 0 {
            self.warnings.push(format!(
                "{}: the last line is cut off, so its pull is not here: the run was stopped meanwhile",
                file.display()
            ));
        }
    }

    /// Leaves out the pulls of other images than those asked for.
    pub(super) fn retain(&mut self, takes: impl Fn(&str) -> bool) {
        self.pulls.retain(|pull| takes(&pull.record.image));
    }

    pub(super) fn succeeded(&self) -> impl Iterator<Item = &TracedPull> {
        let is_pulled = |pull: &&TracedPull| pull.record.outcome == PullOutcome::Pulled;
        self.pulls.iter().filter(is_pulled)
    }

    /// Says how many pulls there are, and of what.
    pub(super) fn words(&self) -> String {
        counted(self.pulls.len(), "traced pull")
    }
}

impl TracedPull {
    /// Reads the phases of this pull.
    pub(super) fn with_phases(&self) -> anyhow::Result<PullTrace> {
        let mut phases: Vec<PhaseRecord> = Vec::new();
        for record in TraceReader::open(&self.file)? {
            match record? {
                TraceRecord::Phase(phase) if phase.pull_id == self.record.pull_id => {
                    phases.push(phase);
                }
                _ => {}
            }
        }
        Ok(PullTrace::from_records(self.record.clone(), phases))
    }
}
