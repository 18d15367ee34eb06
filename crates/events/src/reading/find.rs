//! Logs, found in folders.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::layout::Layout;
use crate::logs::LogProblem;
use crate::place::Place;

/// What a log of events is called in a folder.
const LOG_PREFIX: &str = "events";

/// What a list of nodes is called.
const NODES_PREFIX: &str = "nodes";

/// Files that are no logs, whatever they are called: pictures and tables of events.
const OTHER_EXTENSIONS: [&str; 8] = ["csv", "html", "md", "parquet", "pdf", "png", "svg", "py"];

/// Why logs could not be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindLogsError {
    /// There is no such file or folder.
    #[error("there is no file or folder {}", path.display())]
    NotFound {
        /// What was named.
        path: PathBuf,
    },
    /// A folder has no log in it.
    #[error("there is no file named events* in {} or below: name the files themselves if they are called otherwise", folder.display())]
    NoLogs {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder cannot be looked into.
    #[error("failed to look into {}", path.display())]
    Read {
        /// The folder, or what is in it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not one path fits the layout that was asked for.
    #[error("the layout {layout} fits no file, such as {}{}", path.display(), match nearest {
        Some(nearest) => format!(": {nearest} would fit it"),
        None => String::new(),
    })]
    NothingFits {
        /// The layout.
        layout: Layout,
        /// One of the files.
        path: PathBuf,
        /// The nearest layout that fits that file.
        nearest: Option<Layout>,
    },
}

/// Logs that can be read, in the order of their paths.
///
/// # Examples
///
/// ```
/// use pullstudy_events::{FoundLogs, Layout};
///
/// let study = tempfile::tempdir()?;
/// let folder = study.path().join("run1/16");
/// std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("events-size-16-1731221311.json"), "")?;
///
/// let logs = FoundLogs::find(&[study.path()], &Layout::default())?;
/// let place = &logs.places().next().unwrap();
/// assert_eq!((place.experiment.as_deref(), place.nodes), (Some("run1"), Some(16)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct FoundLogs {
    pub(crate) logs: Vec<FoundLog>,
    pub(crate) node_files: BTreeSet<PathBuf>,
    /// What was found and cannot be looked into.
    pub(crate) problems: Vec<LogProblem>,
}

/// One log.
pub(crate) struct FoundLog {
    pub(super) place: Place,
    pub(super) source: Source,
    pub(super) fits_layout: bool,
    pub(super) bytes: u64,
}

/// Where a log's bytes come from.
pub(crate) enum Source {
    File(PathBuf),
    Stream(Box<dyn Read + Send>),
}

impl FoundLogs {
    /// Finds the files named, and those named `events*` in and below the folders named; files in several places once.
    ///
    /// A file that does not fit the layout is read all the same, without what the layout would tell. Lists of nodes
    /// (`nodes*.json`) beside the logs are found too.
    ///
    /// # Errors
    ///
    /// [`FindLogsError`] if a path is not there, or a folder has no log in it.
    pub fn find(paths: &[impl AsRef<Path>], layout: &Layout) -> Result<Self, FindLogsError> {
        let mut found = Found::default();
        for path in paths {
            found.add(path.as_ref())?;
        }
        let logs = found
            .logs
            .into_iter()
            .map(|(_, path)| FoundLog::at(path, layout));
        Ok(Self {
            logs: logs.collect(),
            node_files: found.node_files,
            problems: found.problems,
        })
    }

    /// Adds a log that is no file, such as standard input; nothing is known of its place.
    pub fn add_stream(&mut self, name: &str, stream: impl Read + Send + 'static) {
        self.logs.push(FoundLog {
            place: Place::new(name),
            source: Source::Stream(Box::new(stream)),
            fits_layout: false,
            bytes: 0,
        });
    }

    /// Checks that at least one log fits the layout, for a layout that somebody asked for.
    ///
    /// # Errors
    ///
    /// [`FindLogsError::NothingFits`], with the nearest layout that would fit.
    pub fn check_layout(&self, layout: &Layout) -> Result<(), FindLogsError> {
        let mut files = self.logs.iter().filter_map(|log| match &log.source {
            Source::File(path) => Some((path, log.fits_layout)),
            Source::Stream(_) => None,
        });
        match files.next() {
            Some((path, false)) if !files.any(|(_, fits)| fits) => {
                Err(FindLogsError::NothingFits {
                    layout: layout.clone(),
                    path: absolute(path),
                    nearest: layout.nearest(&absolute(path)),
                })
            }
            _ => Ok(()),
        }
    }

    /// Returns where the logs lie.
    pub fn places(&self) -> impl ExactSizeIterator<Item = &Place> {
        self.logs.iter().map(|log| &log.place)
    }

    /// Returns how many bytes the files have as they lie there; compressed ones count compressed, streams nothing.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.logs.iter().map(|log| log.bytes).sum()
    }
}

impl FoundLog {
    fn at(path: PathBuf, layout: &Layout) -> Self {
        let fit = layout.fit(&absolute(&path));
        let fits_layout = fit.is_some();
        let mut place = fit.unwrap_or_default();
        place.file = path.display().to_string();
        Self {
            place,
            fits_layout,
            bytes: fs::metadata(&path).map_or(0, |metadata| metadata.len()),
            source: Source::File(path),
        }
    }
}

/// A path that cannot be made absolute stays as it is: it then fits less.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[derive(Default)]
struct Found {
    /// By the path as it is sorted, which is its text: folder 16 comes before folder 4.
    logs: BTreeSet<(String, PathBuf)>,
    /// The same files by where they really are.
    known: BTreeSet<PathBuf>,
    node_files: BTreeSet<PathBuf>,
    problems: Vec<LogProblem>,
}

impl Found {
    fn add(&mut self, path: &Path) -> Result<(), FindLogsError> {
        let read_error = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => FindLogsError::NotFound {
                path: path.to_owned(),
            },
            _ => FindLogsError::Read {
                path: path.to_owned(),
                source,
            },
        };
        if !fs::metadata(path).map_err(read_error)?.is_dir() {
            self.add_log(path);
            self.add_nodes_beside(path);
            return Ok(());
        }
        let before = self.known.len();
        self.add_folder(entries(path).map_err(read_error)?);
        if self.known.len() == before && !self.knows_below(&real(path)) {
            return Err(FindLogsError::NoLogs {
                folder: path.to_owned(),
            });
        }
        Ok(())
    }

    fn knows_below(&self, folder: &Path) -> bool {
        self.known.iter().any(|known| known.starts_with(folder))
    }

    /// Links to folders are not followed: they may lead in a circle. What cannot be looked into stops nothing else.
    fn add_folder(&mut self, entries: Vec<fs::DirEntry>) {
        for entry in entries {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                match self::entries(&path) {
                    Ok(entries) => self.add_folder(entries),
                    Err(error) => self.add_problem(&path, error.to_string()),
                }
            } else if is_log(&path) {
                self.add_named_log(&path);
            } else if is_node_list(&path) {
                self.node_files.insert(path);
            }
        }
    }

    fn add_named_log(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => self.add_log(path),
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => self.add_problem(path, "it is no file; name it itself to read it".to_owned()),
            Err(error) => self.add_problem(path, error.to_string()),
        }
    }

    fn add_problem(&mut self, path: &Path, problem: String) {
        let file = path.display().to_string();
        self.problems.push(LogProblem { file, problem });
    }

    fn add_log(&mut self, path: &Path) {
        if self.known.insert(real(path)) {
            self.logs
                .insert((path.display().to_string(), path.to_owned()));
        }
    }

    /// Lists of nodes are a help, and no more.
    fn add_nodes_beside(&mut self, file: &Path) {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let beside = entries(folder).unwrap_or_default().into_iter();
        let beside = beside.map(|entry| entry.path());
        self.node_files
            .extend(beside.filter(|path| is_node_list(path)));
    }
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    fs::read_dir(folder).and_then(Iterator::collect)
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}

fn is_log(path: &Path) -> bool {
    let other = path.extension().and_then(OsStr::to_str);
    starts_with(path, LOG_PREFIX)
        && !other.is_some_and(|extension| OTHER_EXTENSIONS.contains(&extension))
}

fn is_node_list(path: &Path) -> bool {
    starts_with(path, NODES_PREFIX) && path.extension() == Some(OsStr::new("json"))
}

fn starts_with(path: &Path, prefix: &str) -> bool {
    let name = path.file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| name.starts_with(prefix))
}
