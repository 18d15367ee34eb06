//! Outlines of a whole archive, on several threads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use super::config::StepsWanted;
use super::published::PublishedReader;
use super::repository::RepositoryOutline;
use crate::archive::location::{Found, Place};
use crate::archive::read::published_name;
use crate::archive::{Archive, ArchiveError, ArchivedRepository};

/// A repository that was read, and its position among all.
type Outlined = (usize, Result<RepositoryOutline, ArchiveError>);

impl Archive {
    /// Reads every repository in outline, and hands them to `found` in the order of their paths. One that cannot be
    /// read does not end it.
    ///
    /// `found` runs on the caller's thread while others read on. As many repositories as there are threads are in memory at
    /// once, and more for a moment when one takes longer than those behind it.
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
        mut found: impl FnMut(Result<RepositoryOutline, ArchiveError>),
    ) {
        let next = AtomicUsize::new(0);
        let (sender, outlined) = mpsc::sync_channel(threads.get());
        thread::scope(|scope| {
            for _ in 0..threads.get().min(self.len()) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || self.read_on(steps, next, &sender));
            }
            drop(sender);
            in_order(&outlined, &mut found);
        });
    }

    fn read_on(&self, steps: StepsWanted, next: &AtomicUsize, sender: &SyncSender<Outlined>) {
        let mut reader = PublishedReader::new(steps);
        let mut text = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(found) = self.found.get(position) else {
                return;
            };
            let outline = outline(found, &self.root, steps, &mut reader, &mut text);
            if sender.send((position, outline)).is_err() {
                return;
            }
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

fn in_order(
    outlined: &Receiver<Outlined>,
    found: &mut impl FnMut(Result<RepositoryOutline, ArchiveError>),
) {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (position, outline) in outlined {
        early.insert(position, outline);
        while let Some(outline) = early.remove(&next) {
            found(outline);
            next += 1;
        }
    }
}
