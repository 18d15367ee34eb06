//! The files of a collector: appended to, on the disk before anything relies on them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::item::{Change, Item, Watched, uid, version};
use crate::trace_file::open_for_append;

/// Version of the lines of pods and nodes.
const FORMAT_VERSION: u32 = 1;

/// One file of objects, one a line.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
    /// What stands in it: uid, version, and whether it was deleted.
    known: HashSet<u64>,
    /// The highest version in it.
    version: u64,
    pending: Vec<u8>,
}

/// The three files of a collector.
#[derive(Debug)]
pub(super) struct Files {
    events: Lines,
    pods: Lines,
    nodes: Lines,
    /// Objects that were written.
    pub(super) written: u64,
    /// Objects that came twice and were written once.
    pub(super) repeated: u64,
}

/// Why a file could not be used: it, and what the system said; none if another process writes it.
pub(super) type FileProblem = (PathBuf, Option<io::Error>);

impl Files {
    /// Opens the files of a folder, and hands what they hold to `found`.
    pub(super) fn open(
        folder: &Path,
        prefix: &str,
        found: &mut dyn FnMut(Item),
    ) -> Result<Self, FileProblem> {
        let at = |name: &str| folder.join(format!("{prefix}{name}.jsonl"));
        fs::create_dir_all(folder).map_err(|error| (folder.to_owned(), Some(error)))?;
        Ok(Self {
            events: Lines::open(at("events"), Watched::Events, found)?,
            pods: Lines::open(at("pods"), Watched::Pods, found)?,
            nodes: Lines::open(at("nodes"), Watched::Nodes, found)?,
            written: 0,
            repeated: 0,
        })
    }

    /// Returns from which version on a stream is to be followed.
    pub(super) fn version(&self, watched: Watched) -> Option<String> {
        let version = match watched {
            Watched::Events | Watched::EventsV1 => self.events.version,
            Watched::Pods => self.pods.version,
            Watched::Nodes => self.nodes.version,
            Watched::Jobs => 0,
        };
        (version > 0).then(|| version.to_string())
    }

    /// Takes an item, and tells whether it is new.
    pub(super) fn add(&mut self, item: &Item, now: SystemTime) -> bool {
        let Item::Object {
            watched,
            change,
            object,
        } = item
        else {
            return true;
        };
        let (lines, line) = match watched {
            Watched::Events | Watched::EventsV1 => (&mut self.events, None),
            Watched::Pods => (&mut self.pods, Some(wrapped(*change, object, now))),
            Watched::Nodes => (&mut self.nodes, Some(wrapped(*change, object, now))),
            // They are followed, and not written.
            Watched::Jobs => return true,
        };
        let is_new = lines.add(*change, object, line.as_ref().unwrap_or(object));
        self.written += u64::from(is_new);
        self.repeated += u64::from(!is_new);
        is_new
    }

    /// Brings everything to the disk.
    pub(super) fn sync(&mut self) -> Result<(), FileProblem> {
        for lines in [&mut self.events, &mut self.pods, &mut self.nodes] {
            lines
                .sync()
                .map_err(|error| (lines.path.clone(), Some(error)))?;
        }
        Ok(())
    }

    pub(super) fn paths(&self) -> [&Path; 3] {
        [&self.events.path, &self.pods.path, &self.nodes.path]
    }
}

impl Lines {
    fn open(
        path: PathBuf,
        watched: Watched,
        found: &mut dyn FnMut(Item),
    ) -> Result<Self, FileProblem> {
        let file = open_for_append(&path).map_err(|error| (path.clone(), Some(error)))?;
        let file = file.ok_or_else(|| (path.clone(), None))?;
        let mut lines = Self {
            path,
            file,
            known: HashSet::new(),
            version: 0,
            pending: Vec::new(),
        };
        lines
            .read_back(watched, found)
            .map_err(|error| (lines.path.clone(), Some(error)))?;
        Ok(lines)
    }

    /// A line that is none of ours stays where it is, and is nothing to go on from.
    fn read_back(&mut self, watched: Watched, found: &mut dyn FnMut(Item)) -> io::Result<()> {
        for line in BufReader::new(File::open(&self.path)?).lines() {
            let Ok(mut value) = serde_json::from_str::<Value>(&line?) else {
                continue;
            };
            let mut change = Change::Listed;
            if watched != Watched::Events {
                change = value["type"]
                    .as_str()
                    .and_then(Change::of_str)
                    .unwrap_or(change);
                value = value["object"].take();
            }
            if uid(&value).is_empty() {
                continue;
            }
            self.remember(change, &value);
            found(Item::Object {
                watched,
                change,
                object: value,
            });
        }
        Ok(())
    }

    fn add(&mut self, change: Change, object: &Value, line: &Value) -> bool {
        if !self.remember(change, object) {
            return false;
        }
        serde_json::to_writer(&mut self.pending, line).expect("a value is JSON");
        self.pending.push(b'\n');
        true
    }

    fn remember(&mut self, change: Change, object: &Value) -> bool {
        let version = version(object);
        // Versions are numbers that grow, by contract since Kubernetes 1.35 and in effect since the first release.
        self.version = self.version.max(version.parse().unwrap_or(0));
        let mut hasher = DefaultHasher::new();
        (uid(object), version, change == Change::Deleted).hash(&mut hasher);
        self.known.insert(hasher.finish())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.pending)?;
        self.pending.clear();
        self.file.sync_data()
    }
}

fn wrapped(change: Change, object: &Value, now: SystemTime) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "seen_at": humantime::format_rfc3339_micros(now).to_string(),
        "type": change.as_str(),
        "object": object,
    })
}
