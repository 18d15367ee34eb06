//! What folders hold, by the names of files and their first bytes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use pullstudy_console::{UsageError, in_words};
use pullstudy_events::{FindLogsError, FoundLogs, Layout};
use pullstudy_image::{Archive, ArchiveError};

/// So much of a file tells whether it is what a simulation printed.
const LOOKED_AT_BYTES: u64 = 64;

/// What `pullstat simulate --format json` begins with, spaces left out.
const SIMULATION_BEGINS: &str = "{\"seed\":";

/// What can be shown, in the order of paths.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// All that were given.
    folders: Vec<PathBuf>,
    /// Folders given that have logs of events in or below them.
    pub(super) logs: Vec<PathBuf>,
    pub(super) traces: Vec<PathBuf>,
    pub(super) journals: Vec<PathBuf>,
    pub(super) coverages: Vec<PathBuf>,
    pub(super) simulations: Vec<PathBuf>,
    pub(super) prices: Vec<PathBuf>,
    /// Folders given that have manifests in or below them.
    pub(super) archives: Vec<PathBuf>,
    /// What could not be looked into.
    pub(super) problems: Vec<String>,
}

impl Found {
    /// Looks through folders. A folder that is not there is a slip; one that has nothing known in it, too.
    pub(super) fn in_folders(folders: &[PathBuf]) -> anyhow::Result<Self> {
        let mut found = Self::default();
        for folder in folders {
            check(folder)?;
            let before = found.count();
            found.add(folder)?;
            if found.count() == before {
                return Err(nothing(&folder.display()).into());
            }
            found.folders.push(folder.clone());
        }
        Ok(found)
    }

    /// The slip of folders whose files have nothing in them.
    pub(super) fn nothing(&self) -> UsageError {
        nothing(&names(&self.folders))
    }

    fn add(&mut self, folder: &Path) -> anyhow::Result<()> {
        let mut walked = BTreeSet::new();
        self.walk(folder, &mut walked)
            .with_context(|| format!("failed to look into {}", folder.display()))?;
        for path in walked {
            self.sort_in(path);
        }
        if has_logs(folder)? {
            self.logs.push(folder.to_owned());
        }
        match Archive::open(folder) {
            Ok(_) => self.archives.push(folder.to_owned()),
            Err(ArchiveError::NoArchive { .. }) => {}
            Err(error) => self.problems.push(in_words(&error)),
        }
        Ok(())
    }

    /// Collects the files below a folder; links to folders are not followed.
    fn walk(&mut self, folder: &Path, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if !kind.is_dir() {
                files.insert(path);
            } else if let Err(error) = self.walk(&path, files) {
                self.problems
                    .push(format!("failed to look into {}: {error}", path.display()));
            }
        }
        Ok(())
    }

    fn sort_in(&mut self, path: PathBuf) {
        let Some(name) = path.file_name().and_then(OsStr::to_str) else {
            return;
        };
        let ends = |ending: &str| name.ends_with(ending);
        let is_yaml_or_json = ends(".yaml") || ends(".yml") || ends(".json");
        if name == "trace.jsonl" {
            self.traces.push(path);
        } else if name == "journal.jsonl" {
            self.journals.push(path);
        } else if name.starts_with("coverage") && ends(".json") {
            self.coverages.push(path);
        } else if name.starts_with("prices") && is_yaml_or_json {
            self.prices.push(path);
        } else if ends(".json") && begins_as_simulation(&path) {
            self.simulations.push(path);
        }
    }

    /// Counts what makes a section; prices alone make none.
    fn count(&self) -> usize {
        let files = [
            &self.logs,
            &self.traces,
            &self.journals,
            &self.coverages,
            &self.simulations,
            &self.archives,
        ];
        files.iter().map(|files| files.len()).sum()
    }
}

fn check(folder: &Path) -> Result<(), UsageError> {
    let shown = folder.display();
    match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(UsageError(format!(
            "{shown} is no folder: name the folder that it lies in"
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(UsageError(format!("there is no folder {shown}")))
        }
        Err(error) => Err(UsageError(format!("failed to look into {shown}: {error}"))),
    }
}

/// Names folders in a sentence.
pub(super) fn names(folders: &[PathBuf]) -> String {
    let names = folders.iter().map(|folder| folder.display().to_string());
    names.collect::<Vec<_>>().join(", ")
}

fn nothing(folder: &dyn Display) -> UsageError {
    UsageError(format!(
        "there is nothing in {folder} that a report shows: no events, no trace.jsonl, no journal.jsonl, no archive of \
         manifests and no JSON of pullstat simulate; pullstat quickstart or pullstat run makes a folder that has some"
    ))
}

fn has_logs(folder: &Path) -> anyhow::Result<bool> {
    match FoundLogs::find(&[folder], &Layout::default()) {
        Ok(_) => Ok(true),
        Err(FindLogsError::NoLogs { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn begins_as_simulation(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT_BYTES).read_to_end(&mut start));
    start.retain(|byte| !byte.is_ascii_whitespace());
    read.is_ok() && start.starts_with(SIMULATION_BEGINS.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name_or_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("run1/4/events-1.json", "");
        write("run1/4/coverage-1.json", "{}");
        write("run1/journal.jsonl", "");
        write("run1/trace.jsonl", "");
        write("sweep.json", "{\n  \"seed\": 0,");
        write("other.json", "{\"seeds\": 0}");
        write("prices-2026.yaml", "");
        let found = Found::in_folders(&[dir.path().to_owned()]).unwrap();
        assert_eq!((found.logs.len(), found.traces.len()), (1, 1));
        assert_eq!((found.journals.len(), found.coverages.len()), (1, 1));
        assert_eq!((found.simulations.len(), found.prices.len()), (1, 1));
        assert!(found.archives.is_empty() && found.problems.is_empty());
    }

    #[test]
    fn a_folder_without_anything_known_is_refused_with_what_would_help() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let error = Found::in_folders(&[dir.path().to_owned()]).unwrap_err();
        assert!(error.to_string().contains("pullstat quickstart"), "{error}");
        let file = dir.path().join("thesis.tex");
        let error = Found::in_folders(&[file]).unwrap_err();
        assert!(error.to_string().contains("is no folder"), "{error}");
        let error = Found::in_folders(&[dir.path().join("none")]).unwrap_err();
        assert!(error.is::<UsageError>(), "{error}");
    }
}
