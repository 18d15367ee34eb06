//! The files of a study: events and nodes where the other commands look for them, traces, coverage.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use pullstudy_events::{
    BadExperimentName, EventsFile, TraceWriter, WriteEventsError, WriteTraceError,
};

use crate::engine::{StepResult, StudyIdentity};
use crate::plan::Step;
use crate::trace_file::open_for_append;

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteResultsError {
    /// The experiment cannot name a folder.
    #[error("the results have no place")]
    Experiment {
        /// Why.
        source: BadExperimentName,
    },
    /// The events could not be written.
    #[error("the events cannot be written")]
    Events {
        /// Where and why.
        source: WriteEventsError,
    },
    /// The traces could not be written.
    #[error("the traces cannot be written")]
    Trace {
        /// Where and why.
        source: WriteTraceError,
    },
    /// Another file could not be written.
    #[error("failed to write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another study writes its traces there.
    #[error("{} is being written by another study; wait for it to end, or choose another --out", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// The folder of a study.
#[derive(Debug)]
pub(super) struct Results {
    folder: PathBuf,
    trace: TraceWriter<File>,
}

impl Results {
    /// Opens the folder. What `trace.jsonl` has beyond `trace_bytes` is of a step that was not done, and is cut off.
    pub(super) fn open(folder: &Path, trace_bytes: u64) -> Result<Self, WriteResultsError> {
        let path = folder.join("trace.jsonl");
        let io = |source| WriteResultsError::Io {
            path: path.clone(),
            source,
        };
        let opened = fs::create_dir_all(folder).and_then(|()| open_for_append(&path));
        let mut file = opened
            .map_err(io)?
            .ok_or_else(|| WriteResultsError::Busy { path: path.clone() })?;
        if file.metadata().map_err(io)?.len() > trace_bytes {
            file.set_len(trace_bytes).map_err(io)?;
            io::Seek::seek(&mut file, io::SeekFrom::End(0)).map_err(io)?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            trace: TraceWriter::new(path, file),
        })
    }

    /// Writes what a step found; a step done again replaces its own files. Returns the length of the traces.
    pub(super) fn write(
        &mut self,
        study: &StudyIdentity,
        step: &Step,
        result: &StepResult,
    ) -> Result<u64, WriteResultsError> {
        let events = EventsFile::of_step(
            &self.folder,
            &step.experiment,
            step.nodes,
            study.started_at,
            step.number,
        )
        .map_err(|source| WriteResultsError::Experiment { source })?;
        events
            .write_with(&result.events, &result.raw_events)
            .map_err(|source| WriteResultsError::Events { source })?;
        for trace in &result.traces {
            let written = self.trace.write(trace);
            written.map_err(|source| WriteResultsError::Trace { source })?;
        }
        for (name, value) in [("nodes", &result.nodes), ("coverage", &result.coverage)] {
            if let Some(value) = value {
                write_beside(events.path(), name, value)?;
            }
        }
        self.trace_bytes()
    }

    fn trace_bytes(&self) -> Result<u64, WriteResultsError> {
        let path = self.folder.join("trace.jsonl");
        let length = fs::metadata(&path).map(|metadata| metadata.len());
        length.map_err(|source| WriteResultsError::Io { path, source })
    }
}

/// Writes `nodes-….json` beside `events-….json`, by rename.
fn write_beside(
    events: &Path,
    name: &str,
    value: &serde_json::Value,
) -> Result<(), WriteResultsError> {
    let stem = events.file_name().unwrap_or_default().to_string_lossy();
    let path = events.with_file_name(stem.replacen("events", name, 1));
    let partial = events.with_file_name(format!(".{name}.partial"));
    let text = serde_json::to_vec_pretty(value).expect("a value is JSON");
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&partial, &path)
    };
    write().map_err(|source| WriteResultsError::Io {
        path: path.clone(),
        source,
    })
}
