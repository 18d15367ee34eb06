//! What of a study is done: one line a step, on the disk before the next begins.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pullstudy_events::derive_uid;
use serde::{Deserialize, Serialize};

use crate::engine::StudyIdentity;
use crate::plan::Plan;
use crate::trace_file::{cut_torn_line, open_locked};

/// Version of the lines.
const FORMAT_VERSION: u32 = 1;

/// The name of the file in a study's folder.
pub(super) const FILE_NAME: &str = "journal.jsonl";

/// The record of what a study has done, `journal.jsonl` in its folder.
///
/// The first line says which study it is, every further one that a step is done. A line is on the disk before the
/// next step begins; one that a kill tore is cut off, and its step is done again.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    identity: StudyIdentity,
    steps: Vec<StepRecord>,
}

/// A step that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepRecord {
    /// What tells the step from all others.
    pub key: String,
    /// Its experiment.
    pub experiment: String,
    /// On how many nodes.
    pub nodes: u32,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// The image.
    pub image: String,
    /// Seconds that the step took, with all around the pulls.
    pub seconds: f64,
    /// Pulls that succeeded.
    pub pulled: u64,
    /// Images that were present.
    pub present: u64,
    /// Pulls that failed.
    pub failed: u64,
    /// Pulls whose end is not known.
    pub unfinished: u64,
    /// Pods of which nothing of a pull is known.
    pub unaccounted: u64,
    /// The median pull, in seconds with waiting; none where none is known.
    pub median_seconds: Option<f64>,
    /// The slowest pull.
    pub max_seconds: Option<f64>,
    /// Length of `trace.jsonl` when the step was done: what follows it is of a step that was not.
    pub trace_bytes: u64,
    /// What a reader of the figures must know.
    pub notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Study {
        format_version: u32,
        id: String,
        started_unix_nanos: u64,
        fingerprint: String,
        engine: String,
    },
    Step(StepRecord),
}

/// Why a study's journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("failed to keep the journal {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes it.
    #[error("{} is being written by another run of the study; wait for it to end, or choose another --out", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It is of another study.
    #[error("{} holds another study, or this one before its file was changed; choose another --out", path.display())]
    Another {
        /// The file.
        path: PathBuf,
    },
    /// It was begun with another engine.
    #[error("{} was begun with the engine {engine}; go on with it, or choose another --out", path.display())]
    Engine {
        /// The file.
        path: PathBuf,
        /// That engine.
        engine: String,
    },
    /// It does not begin with the study that it is of.
    #[error("{} does not begin as a journal of this version does", path.display())]
    Headless {
        /// The file.
        path: PathBuf,
    },
    /// A line is none of ours.
    #[error("{}, line {line} is no line of a journal; choose another --out", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// What a journal tells of a study: which one it is, and the steps that are done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StudyRecord {
    /// Identity of the study.
    pub id: String,
    /// What pulled, such as `local`.
    pub engine: String,
    /// The steps that are done, in the order in which they were.
    pub steps: Vec<StepRecord>,
}

impl StudyRecord {
    /// Reads a journal, which another process may be writing.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if the file cannot be read, or is no journal.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        match read(path)? {
            (
                Some(Line::Study {
                    format_version: FORMAT_VERSION,
                    id,
                    engine,
                    ..
                }),
                steps,
            ) => Ok(Self { id, engine, steps }),
            _ => Err(JournalError::Headless {
                path: path.to_owned(),
            }),
        }
    }
}

impl Journal {
    /// Opens the journal of a study in `folder`, or begins one at `now`.
    ///
    /// # Errors
    ///
    /// [`JournalError`], in particular if the folder holds another study.
    pub fn open(
        folder: &Path,
        plan: &Plan,
        engine: &str,
        now: SystemTime,
    ) -> Result<Self, JournalError> {
        let path = folder.join(FILE_NAME);
        let io = |source| JournalError::Io {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(folder).map_err(io)?;
        let file = open_locked(&path)
            .map_err(io)?
            .ok_or_else(|| JournalError::Busy { path: path.clone() })?;
        let (head, steps) = read(&path)?;
        let mut journal = Self {
            identity: identity(&plan.fingerprint(), now),
            path,
            file,
            steps,
        };
        // A journal of something else stays as it is, its torn line too.
        let is_new = head.is_none();
        if let Some(head) = head {
            journal.go_on(head, plan, engine)?;
        }
        cut_torn_line(&mut journal.file).map_err(|source| journal.io(source))?;
        if is_new {
            journal.begin(plan, engine)?;
        }
        Ok(journal)
    }

    /// Returns which study it is.
    #[must_use]
    pub fn identity(&self) -> &StudyIdentity {
        &self.identity
    }

    /// Returns the steps that are done, in the order in which they were.
    #[must_use]
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// Tells whether a step is done.
    #[must_use]
    pub fn is_done(&self, key: &str) -> bool {
        self.steps.iter().any(|step| step.key == key)
    }

    /// Writes down that a step is done; it is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// [`JournalError::Io`].
    pub fn add(&mut self, step: StepRecord) -> Result<(), JournalError> {
        self.write(&Line::Step(step.clone()))?;
        self.steps.push(step);
        Ok(())
    }

    fn begin(&mut self, plan: &Plan, engine: &str) -> Result<(), JournalError> {
        let since = self
            .identity
            .started_at
            .duration_since(SystemTime::UNIX_EPOCH);
        let nanos = since.unwrap_or_default().as_nanos();
        self.write(&Line::Study {
            format_version: FORMAT_VERSION,
            id: self.identity.id.clone(),
            started_unix_nanos: u64::try_from(nanos).unwrap_or(u64::MAX),
            fingerprint: plan.fingerprint(),
            engine: engine.to_owned(),
        })
    }

    fn go_on(&mut self, head: Line, plan: &Plan, engine: &str) -> Result<(), JournalError> {
        let path = || self.path.clone();
        match head {
            Line::Study {
                format_version: FORMAT_VERSION,
                id,
                started_unix_nanos,
                fingerprint,
                engine: begun_with,
            } if fingerprint == plan.fingerprint() => {
                if begun_with != engine {
                    return Err(JournalError::Engine {
                        path: path(),
                        engine: begun_with,
                    });
                }
                let since = Duration::from_nanos(started_unix_nanos);
                self.identity = StudyIdentity {
                    id,
                    started_at: SystemTime::UNIX_EPOCH + since,
                };
                Ok(())
            }
            _ => Err(JournalError::Another { path: path() }),
        }
    }

    fn write(&mut self, line: &Line) -> Result<(), JournalError> {
        let mut text = serde_json::to_vec(line).expect("a line is made of texts and numbers");
        text.push(b'\n');
        let written = self
            .file
            .write_all(&text)
            .and_then(|()| self.file.sync_all());
        written.map_err(|source| self.io(source))
    }

    fn io(&self, source: io::Error) -> JournalError {
        JournalError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

fn identity(fingerprint: &str, now: SystemTime) -> StudyIdentity {
    let uid = derive_uid(fingerprint, &format!("{now:?}"));
    StudyIdentity {
        id: uid.chars().filter(|digit| *digit != '-').take(12).collect(),
        started_at: now,
    }
}

fn read(path: &Path) -> Result<(Option<Line>, Vec<StepRecord>), JournalError> {
    let io = |source| JournalError::Io {
        path: path.to_owned(),
        source,
    };
    let mut head = None;
    let mut steps = Vec::new();
    let text = fs::read_to_string(path).map_err(io)?;
    // What follows the last line end is being written, or was torn.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for (number, text) in whole.lines().enumerate() {
        let parsed = serde_json::from_str(text);
        let line = parsed.map_err(|source| JournalError::Line {
            path: path.to_owned(),
            line: number + 1,
            source,
        })?;
        match line {
            Line::Step(step) if head.is_some() => steps.push(step),
            other => head = head.or(Some(other)),
        }
    }
    Ok((head, steps))
}
