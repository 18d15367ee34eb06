//! Many Dockerfiles at once.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::facts::DockerfileFacts;
use super::find::{FoundDockerfile, FoundDockerfiles};
use super::unread::{self, Unread};

/// How Dockerfiles are read.
pub struct ReadDockerfiles<'a> {
    /// How many are read at once.
    pub threads: NonZero<usize>,
    /// Told of each file that is read, from any thread.
    pub progress: &'a (dyn Fn() + Sync),
}

impl Default for ReadDockerfiles<'_> {
    /// As many threads as the machine can run at once, and nobody told of progress.
    fn default() -> Self {
        Self {
            threads: thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            progress: &|| {},
        }
    }
}

/// A file, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DockerfileReport {
    /// Where it is.
    pub file: String,
    /// Whose it is.
    pub owner: String,
    /// Whether it is UTF-8; what is not is read nevertheless, since builders do.
    pub is_utf8: bool,
    /// What it says, or why it says nothing.
    pub outcome: Result<DockerfileFacts, Unread>,
}

impl DockerfileReport {
    fn new(found: &FoundDockerfile, outcome: Result<(DockerfileFacts, bool), Unread>) -> Self {
        Self {
            file: found.path.display().to_string(),
            owner: found.owner.clone(),
            is_utf8: outcome.as_ref().is_ok_and(|&(_, is_utf8)| is_utf8),
            outcome: outcome.map(|(facts, _)| facts),
        }
    }
}

/// Reads all files, on several threads. The result is in the order of their paths, whatever the threads.
pub(super) fn read_all(
    found: &FoundDockerfiles,
    options: &ReadDockerfiles<'_>,
) -> Vec<DockerfileReport> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(file) = found.files.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(DockerfileReport::new(file, read_one(file)));
            (options.progress)();
        }
        done
    };
    let threads = options.threads.get().min(found.files.len());
    let mut reports = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut reports = work();
        for other in others {
            let done = other.join();
            reports.extend(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        reports
    });
    let unread = found.unread.iter();
    reports.extend(unread.map(|(file, why)| DockerfileReport::new(file, Err(why.clone()))));
    reports.sort_by(|one, other| one.file.cmp(&other.file));
    reports
}

fn read_one(file: &FoundDockerfile) -> Result<(DockerfileFacts, bool), Unread> {
    let (text, is_utf8) = unread::text(unread::read(&file.path)?)?;
    let facts = DockerfileFacts::parse(&text).map_err(|error| Unread::of_parsing(&error))?;
    Ok((facts, is_utf8))
}
