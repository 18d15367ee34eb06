use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{PullTrace, TRACE_FORMAT_VERSION, TraceRecord};

/// Why a `trace.jsonl` could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteTraceError {
    /// The file could not be made, or writing to it failed.
    #[error("failed to write trace {}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record holds something that the format cannot.
    #[error("pull {pull_id} cannot be written to trace {}", file.display())]
    Record {
        /// The file.
        file: PathBuf,
        /// The pull.
        pull_id: String,
        /// What cannot be written.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Writes `trace.jsonl`, pull by pull.
///
/// Each pull goes out in one write and is flushed, so an end at any moment loses no earlier pull and
/// leaves at most one torn line, which [`TraceReader`](crate::TraceReader) knows how to take.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pullstudy_events::{PullRecord, PullTrace, Trace, TraceReader, TraceWriter};
///
/// let pull = PullRecord::new("8a1f", "127.0.0.1:5000/tiny:1", SystemTime::UNIX_EPOCH);
/// let pull = PullTrace::finish(pull, Vec::new(), Duration::from_secs(1), None);
///
/// let mut writer = TraceWriter::new("trace.jsonl", Vec::new());
/// writer.write(&pull)?;
/// let text = writer.into_inner();
/// let trace = Trace::collect(TraceReader::new("trace.jsonl", &text[..]))?;
/// assert_eq!(trace.pulls, [pull]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TraceWriter<W> {
    file: PathBuf,
    output: W,
}

impl TraceWriter<File> {
    /// Makes an empty file, replacing one that is there; its folder must exist.
    ///
    /// # Errors
    ///
    /// [`WriteTraceError::Io`] if the file cannot be made.
    pub fn create(file: impl AsRef<Path>) -> Result<Self, WriteTraceError> {
        let file = file.as_ref();
        match File::create(file) {
            Ok(output) => Ok(Self::new(file, output)),
            Err(source) => Err(WriteTraceError::Io {
                file: file.to_owned(),
                source,
            }),
        }
    }
}

impl<W: Write> TraceWriter<W> {
    /// Writes to any place; `name` stands for it in errors. No buffer is needed around it.
    pub fn new(name: impl Into<PathBuf>, output: W) -> Self {
        Self {
            file: name.into(),
            output,
        }
    }

    /// Writes a pull: its phases, then its own line.
    ///
    /// # Errors
    ///
    /// [`WriteTraceError::Record`] if the pull's start lies outside the years 1970 to 9999; nothing
    /// was written then. [`WriteTraceError::Io`] if writing fails.
    pub fn write(&mut self, trace: &PullTrace) -> Result<(), WriteTraceError> {
        let mut lines = Vec::new();
        for phase in &trace.phases {
            self.append(&mut lines, trace, &TraceRecord::Phase(phase.clone()))?;
        }
        self.append(&mut lines, trace, &TraceRecord::Pull(trace.pull.clone()))?;
        let written = self
            .output
            .write_all(&lines)
            .and_then(|()| self.output.flush());
        written.map_err(|source| WriteTraceError::Io {
            file: self.file.clone(),
            source,
        })
    }

    /// Returns the place written to.
    pub fn into_inner(self) -> W {
        self.output
    }

    fn append(
        &self,
        lines: &mut Vec<u8>,
        trace: &PullTrace,
        record: &TraceRecord,
    ) -> Result<(), WriteTraceError> {
        #[derive(Serialize)]
        struct Envelope<'a> {
            format_version: u32,
            #[serde(flatten)]
            record: &'a TraceRecord,
        }
        let line = Envelope {
            format_version: TRACE_FORMAT_VERSION,
            record,
        };
        serde_json::to_writer(&mut *lines, &line).map_err(|source| WriteTraceError::Record {
            file: self.file.clone(),
            pull_id: trace.pull.pull_id.clone(),
            source: source.into(),
        })?;
        lines.push(b'\n');
        Ok(())
    }
}
