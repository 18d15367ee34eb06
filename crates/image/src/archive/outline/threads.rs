//! Outlines of a whole archive, on several threads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::config::StepsWanted;
use super::published::PublishedReader;
use super::repository::RepositoryOutline;
use crate::archive::location::{Found, Place};
use crate::archive::read::published_name;
use crate::archive::{Archive, ArchiveError, ArchivedRepository};

impl Archive {
    /// Reads every repository in outline, and hands them to `found` in the order of their paths. One that cannot be
    /// read does not end it.
    ///
    /// `found` is called by one thread at a time, while others read on. As many repositories as there are threads are in memory
    /// at once, and more for a moment when one takes longer than those behind it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    ///
    /// use pullstudy_image::{Archive, ArchiveWriter, Digest, RootOutline, StepsWanted, TagRecord};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let repository = ArchiveWriter::create(dir.path())?.repository(&"ghcr.io/org/image".parse()?)?;
    /// let index = br#"{"schemaVersion":2,"manifests":[]}"#;
    /// let mut record = TagRecord::new("1.0");
    /// record.digest = Some(Digest::of(index));
    /// repository.put_document(&Digest::of(index), index)?;
    /// repository.put_record(record)?;
    ///
    /// let mut roots = Vec::new();
    /// Archive::open(dir.path())?.outlines(StepsWanted::None, NonZeroUsize::MIN, |repository| {
    ///     let tags = repository.into_iter().flat_map(|repository| repository.tags);
    ///     roots.extend(tags.map(|tag| tag.root));
    /// });
    /// assert_eq!(roots, [Some(RootOutline::Index(0))]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn outlines(
        &self,
        steps: StepsWanted,
        threads: NonZeroUsize,
        found: impl FnMut(Result<RepositoryOutline, ArchiveError>) + Send,
    ) {
        let next = AtomicUsize::new(0);
        let in_order = Mutex::new(InOrder {
            next: 0,
            early: BTreeMap::new(),
            found,
        });
        let read_on = || self.read_on(steps, &next, &in_order);
        thread::scope(|scope| {
            for _ in 1..threads.get().min(self.len()) {
                scope.spawn(read_on);
            }
            read_on();
        });
    }

    fn read_on<F: FnMut(Result<RepositoryOutline, ArchiveError>)>(
        &self,
        steps: StepsWanted,
        next: &AtomicUsize,
        in_order: &Mutex<InOrder<F>>,
    ) {
        let mut reader = PublishedReader::new(steps);
        let mut text = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(found) = self.found.get(position) else {
                return;
            };
            let outline = outline(found, &self.root, steps, &mut reader, &mut text);
            // Where another thread panicked, this one has nothing left to do.
            let Ok(mut in_order) = in_order.lock() else {
                return;
            };
            in_order.take(position, outline);
        }
    }
}

/// Hands outlines out in order. The thread that read one hands it out and drops it, too: memory that another thread frees
/// is dear.
struct InOrder<F> {
    /// The position that comes next.
    next: usize,
    /// Those that were read before their turn.
    early: BTreeMap<usize, Result<RepositoryOutline, ArchiveError>>,
    found: F,
}

impl<F: FnMut(Result<RepositoryOutline, ArchiveError>)> InOrder<F> {
    fn take(&mut self, position: usize, outline: Result<RepositoryOutline, ArchiveError>) {
        if position != self.next {
            self.early.insert(position, outline);
            return;
        }
        let mut outline = Some(outline);
        while let Some(ready) = outline {
            (self.found)(ready);
            self.next += 1;
            outline = self.early.remove(&self.next);
        }
    }
}

fn outline(
    found: &Found,
    root: &Path,
    steps: StepsWanted,
    reader: &mut PublishedReader,
    text: &mut Vec<u8>,
) -> Result<RepositoryOutline, ArchiveError> {
    if let Place::Published(path) = &found.place {
        read_again(path, text)?;
        let name = published_name(&found.name, root);
        if let Some(outline) = reader.read(name, path, text) {
            return Ok(outline);
        }
    }
    // What is unusual as a whole is judged where such files are read one by one.
    ArchivedRepository::open(found, root)
        .map(|repository| RepositoryOutline::of(&repository, steps))
}

/// Reads a file into the memory of the one before.
fn read_again(path: &Path, text: &mut Vec<u8>) -> Result<(), ArchiveError> {
    text.clear();
    let read = File::open(path).and_then(|mut file| file.read_to_end(text));
    read.map(drop).map_err(|source| ArchiveError::Read {
        path: path.to_owned(),
        source,
    })
}
