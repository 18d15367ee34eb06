use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{PhaseRecord, PullRecord, PullTrace, TRACE_FORMAT_VERSION, TraceRecord};

/// Why a `trace.jsonl` could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadTraceError {
    /// The file could not be opened, or reading it failed.
    #[error("failed to read trace {}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not a record of a trace.
    #[error("{}:{line} is not a record of a trace", file.display())]
    Record {
        /// The file.
        file: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with the line.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A line was written in a format that this version does not know.
    #[error(
        "{}:{line} has trace format version {found}, but only {TRACE_FORMAT_VERSION} can be read",
        file.display()
    )]
    Version {
        /// The file.
        file: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// The version that the line names.
        found: u32,
    },
    /// A pull has a second line of its own.
    #[error("{}: pull {pull_id} has more than one line of kind pull", file.display())]
    RepeatedPull {
        /// The file.
        file: PathBuf,
        /// The pull.
        pull_id: String,
    },
}

/// Reads `trace.jsonl` record by record, in constant memory.
///
/// The iterator ends after the first error. A last line that has no line end and is no record was
/// torn by the end of its writer: it is counted in [`TraceReader::torn_lines`] and is no error. Empty
/// lines are passed over.
///
/// # Examples
///
/// ```
/// use pullstudy_events::{TraceReader, TraceRecord};
///
/// let text = r#"{"format_version":1,"kind":"phase","pull_id":"8a1f","stage":"prepare",
/// "phase":"resolve","layer":null,"start_seconds":0.0,"duration_seconds":0.5,"busy_seconds":0.5,
/// "bytes":0}"#.replace('\n', "") + "\n{\"format_ver";
///
/// let mut reader = TraceReader::new("trace.jsonl", text.as_bytes());
/// assert!(matches!(reader.next(), Some(Ok(TraceRecord::Phase(_)))));
/// assert!(reader.next().is_none());
/// assert_eq!(reader.torn_lines(), 1);
/// ```
#[derive(Debug)]
pub struct TraceReader<R> {
    file: PathBuf,
    input: R,
    line: u64,
    torn_lines: u64,
    buffer: Vec<u8>,
    has_ended: bool,
}

impl TraceReader<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`ReadTraceError::Io`] if the file cannot be opened.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, ReadTraceError> {
        let file = file.as_ref();
        match File::open(file) {
            Ok(input) => Ok(Self::new(file, BufReader::new(input))),
            Err(source) => Err(ReadTraceError::Io {
                file: file.to_owned(),
                source,
            }),
        }
    }
}

impl<R: BufRead> TraceReader<R> {
    /// Reads from any source; `name` stands for it in errors.
    pub fn new(name: impl Into<PathBuf>, input: R) -> Self {
        Self {
            file: name.into(),
            input,
            line: 0,
            torn_lines: 0,
            buffer: Vec::new(),
            has_ended: false,
        }
    }

    /// Returns how many torn lines were met: 0, or 1 once the end was reached.
    #[must_use]
    pub fn torn_lines(&self) -> u64 {
        self.torn_lines
    }

    fn next_record(&mut self) -> Result<Option<TraceRecord>, ReadTraceError> {
        loop {
            self.buffer.clear();
            let length = self.input.read_until(b'\n', &mut self.buffer);
            let length = length.map_err(|source| self.io_error(source))?;
            if length == 0 {
                return Ok(None);
            }
            self.line += 1;
            if !self.buffer.trim_ascii().is_empty() {
                return self.parse_line();
            }
        }
    }

    fn parse_line(&mut self) -> Result<Option<TraceRecord>, ReadTraceError> {
        #[derive(Deserialize)]
        struct Envelope {
            format_version: u32,
        }
        let is_whole = self.buffer.ends_with(b"\n");
        match serde_json::from_slice::<Envelope>(&self.buffer) {
            Ok(Envelope {
                format_version: TRACE_FORMAT_VERSION,
            }) => {}
            Ok(Envelope {
                format_version: found,
            }) => {
                return Err(ReadTraceError::Version {
                    file: self.file.clone(),
                    line: self.line,
                    found,
                });
            }
            Err(_) if !is_whole => {
                self.torn_lines += 1;
                return Ok(None);
            }
            Err(source) => return Err(self.record_error(source)),
        }
        serde_json::from_slice(&self.buffer)
            .map(Some)
            .map_err(|source| self.record_error(source))
    }

    fn io_error(&self, source: io::Error) -> ReadTraceError {
        ReadTraceError::Io {
            file: self.file.clone(),
            source,
        }
    }

    fn record_error(&self, source: serde_json::Error) -> ReadTraceError {
        ReadTraceError::Record {
            file: self.file.clone(),
            line: self.line,
            source: source.into(),
        }
    }
}

impl<R: BufRead> Iterator for TraceReader<R> {
    type Item = Result<TraceRecord, ReadTraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let record = self.next_record().transpose();
        self.has_ended = !matches!(record, Some(Ok(_)));
        record
    }
}

/// A whole `trace.jsonl`, its lines joined to pulls.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trace {
    /// The pulls, in the order of their own lines.
    pub pulls: Vec<PullTrace>,
    /// Phases of pulls that have no line of their own: their writer ended before them.
    pub unfinished: Vec<PhaseRecord>,
    /// Lines cut off at the end of the file, 0 or 1.
    pub torn_lines: u64,
}

impl Trace {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ReadTraceError`] as [`TraceReader`] gives it, and if a pull has two lines of its own.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ReadTraceError> {
        Self::collect(TraceReader::open(file)?)
    }

    /// Reads all that a reader has left.
    ///
    /// # Errors
    ///
    /// [`ReadTraceError`] as [`TraceReader`] gives it, and if a pull has two lines of its own.
    pub fn collect<R: BufRead>(mut reader: TraceReader<R>) -> Result<Self, ReadTraceError> {
        let mut pulls: Vec<PullRecord> = Vec::new();
        let mut phases: BTreeMap<String, Vec<PhaseRecord>> = BTreeMap::new();
        for record in reader.by_ref() {
            match record? {
                TraceRecord::Pull(pull) => pulls.push(pull),
                TraceRecord::Phase(phase) => {
                    phases.entry(phase.pull_id.clone()).or_default().push(phase);
                }
            }
        }
        reject_repeats(&reader.file, &pulls)?;
        let joined = pulls.into_iter().map(|pull| {
            let rows = phases.remove(&pull.pull_id).unwrap_or_default();
            PullTrace::from_records(pull, rows)
        });
        let pulls = joined.collect();
        let unfinished = phases.into_values().flatten().collect();
        Ok(Self {
            pulls,
            unfinished,
            torn_lines: reader.torn_lines,
        })
    }
}

fn reject_repeats(file: &Path, pulls: &[PullRecord]) -> Result<(), ReadTraceError> {
    let mut ids: Vec<&str> = pulls.iter().map(|pull| pull.pull_id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ReadTraceError::RepeatedPull {
            file: file.to_owned(),
            pull_id: pair[0].to_owned(),
        }),
        None => Ok(()),
    }
}
