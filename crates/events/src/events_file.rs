//! Files of events, in the folder layout of the published study.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::event::Event;

/// Why events could not be written to a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteEventsError {
    /// A folder, the file, or its rename failed.
    #[error("failed to write events {}", file.display())]
    Io {
        /// The file that should have appeared.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An event's timestamp lies outside the years 1970 to 9999.
    #[error("event {uid} cannot be written to {}", file.display())]
    Event {
        /// The file that should have appeared.
        file: PathBuf,
        /// Uid of the event.
        uid: String,
        /// What cannot be written.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The name of an experiment cannot be the name of a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "experiment {experiment:?} cannot name a folder: use a name without slashes, and not . or .."
)]
pub struct BadExperimentName {
    /// The name.
    pub experiment: String,
}

/// A place for the events of one run: `<root>/<experiment>/<nodes>/events-size-<nodes>-<unix time>.json`.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pullstudy_events::EventsFile;
///
/// let root = tempfile::tempdir()?;
/// let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_219_229);
/// let file = EventsFile::new(root.path(), "run1", 4, started_at)?;
/// file.write(&[])?;
/// assert_eq!(file.path(), root.path().join("run1/4/events-size-4-1731219229.json"));
/// assert!(file.path().exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsFile {
    path: PathBuf,
}

impl EventsFile {
    /// Names the file of a run that started at `started_at`; moments before 1970 count as 1970.
    ///
    /// # Errors
    ///
    /// [`BadExperimentName`] if `experiment` is not a single name of a folder.
    pub fn new(
        root: impl AsRef<Path>,
        experiment: &str,
        nodes: u32,
        started_at: SystemTime,
    ) -> Result<Self, BadExperimentName> {
        let unix = unix_seconds(started_at);
        let folder = folder(root.as_ref(), experiment, nodes)?;
        Ok(Self {
            path: folder.join(format!("events-size-{nodes}-{unix}.json")),
        })
    }

    /// Names the file of one step of a study that started at `started_at`, after the step's number: a step done again
    /// replaces its own file and no other.
    ///
    /// # Errors
    ///
    /// [`BadExperimentName`] if `experiment` is not a single name of a folder.
    pub fn of_step(
        root: impl AsRef<Path>,
        experiment: &str,
        nodes: u32,
        started_at: SystemTime,
        step: usize,
    ) -> Result<Self, BadExperimentName> {
        let unix = unix_seconds(started_at);
        let folder = folder(root.as_ref(), experiment, nodes)?;
        Ok(Self {
            path: folder.join(format!("events-size-{nodes}-{unix}-{step:04}.json")),
        })
    }

    /// Returns where the file lies, or will lie.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all events, one JSON object a line, making folders as needed.
    ///
    /// The file appears by rename and replaces one of the same name: call this after each step with all
    /// events so far, and a late failure loses nothing.
    ///
    /// # Errors
    ///
    /// [`WriteEventsError`]; a file that was there before stays as it was.
    pub fn write<'a>(
        &self,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<(), WriteEventsError> {
        self.write_with(events, &[])
    }

    /// Writes the same, and behind it events as a cluster sent them, key by key.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub fn write_with<'a>(
        &self,
        events: impl IntoIterator<Item = &'a Event>,
        raw: &[serde_json::Value],
    ) -> Result<(), WriteEventsError> {
        // The name does not start with `events`, so that readers of the folder pass it over.
        let mut name = std::ffi::OsString::from(".");
        name.push(
            self.path
                .file_name()
                .expect("the path was made with a file name"),
        );
        name.push(".partial");
        let partial = self.path.with_file_name(name);
        let written = self.write_partial(&partial, events, raw);
        if written.is_err() {
            // The first failure is the one to report.
            let _ = fs::remove_file(&partial);
        }
        written
    }

    fn write_partial<'a>(
        &self,
        partial: &Path,
        events: impl IntoIterator<Item = &'a Event>,
        raw: &[serde_json::Value],
    ) -> Result<(), WriteEventsError> {
        let folder = self.path.parent().expect("the path was made with a folder");
        fs::create_dir_all(folder).map_err(|source| self.io_error(source))?;
        let file = File::create(partial).map_err(|source| self.io_error(source))?;
        let mut output = BufWriter::new(file);
        for event in events {
            let line = serde_json::to_string(event).map_err(|source| WriteEventsError::Event {
                file: self.path.clone(),
                uid: event.metadata.uid.clone(),
                source: source.into(),
            })?;
            writeln!(output, "{line}").map_err(|source| self.io_error(source))?;
        }
        for event in raw {
            writeln!(output, "{event}").map_err(|source| self.io_error(source))?;
        }
        let file = output
            .into_inner()
            .map_err(|error| self.io_error(error.into_error()))?;
        file.sync_all().map_err(|source| self.io_error(source))?;
        fs::rename(partial, &self.path).map_err(|source| self.io_error(source))
    }

    fn io_error(&self, source: io::Error) -> WriteEventsError {
        WriteEventsError::Io {
            file: self.path.clone(),
            source,
        }
    }
}

fn folder(root: &Path, experiment: &str, nodes: u32) -> Result<PathBuf, BadExperimentName> {
    if matches!(experiment, "" | "." | "..") || experiment.contains(['/', '\\', '\0']) {
        return Err(BadExperimentName {
            experiment: experiment.to_owned(),
        });
    }
    Ok(root.join(experiment).join(nodes.to_string()))
}

fn unix_seconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}
