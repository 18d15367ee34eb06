//! Archives, read: repositories, their tags, and the images these stand for.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use super::config::ArchivedConfig;
use super::document::{ArchivedDocument, ArchivedManifest};
use super::journal::{FORMAT_VERSION, Journal, TagRecord};
use super::location::{self, Found, Place};
use super::missing::Missing;
use super::published::Published;
use super::stored;
use crate::{Descriptor, Digest, Platform};

/// A folder of manifests and configs: what [`ArchiveWriter`](super::ArchiveWriter) wrote, files of the published
/// study (`manifests-config-layers.json`), or both.
///
/// Repositories are opened one at a time and tags are read one at a time, so that a crawl of fifty thousand images
/// needs no more memory than its largest repository's list of tags (or, for a published file, that file).
///
/// # Examples
///
/// ```
/// use pullstudy_image::{Archive, ArchiveWriter, Digest, TagRecord};
///
/// let dir = tempfile::tempdir()?;
/// let repository = ArchiveWriter::create(dir.path())?.repository(&"ghcr.io/org/image".parse()?)?;
/// let index = br#"{"schemaVersion":2,"manifests":[]}"#;
/// let mut record = TagRecord::new("1.0");
/// record.digest = Some(Digest::of(index));
/// repository.put_document(&Digest::of(index), index)?;
/// repository.put_record(record)?;
///
/// for repository in Archive::open(dir.path())?.repositories() {
///     let repository = repository?;
///     assert_eq!(repository.name(), "ghcr.io/org/image");
///     for tag in repository.tags() {
///         let content = repository.read(tag);
///         assert_eq!(tag.name(), "1.0");
///         assert_eq!(content.root.unwrap().stored().raw, index);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Archive {
    pub(super) root: PathBuf,
    pub(super) found: Vec<Found>,
}

/// One repository of an [`Archive`].
#[derive(Debug)]
pub struct ArchivedRepository {
    name: String,
    path: PathBuf,
    source: Source,
    tags: Vec<ArchivedTag>,
}

#[derive(Debug)]
enum Source {
    Fetched(Journal),
    Published(Published),
}

/// Who wrote a repository's part of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchiveForm {
    /// Ours: original bytes, indexes followed, what is missing recorded with the reason.
    Fetched,
    /// The published study's: one file, written again from what was parsed, indexes not followed.
    Published,
}

/// A tag of a repository, or something that was asked for by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedTag {
    record: TagRecord,
}

/// What a tag stands for.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TagContent {
    /// The manifest or index that the tag names.
    pub root: Option<ArchivedDocument>,
    /// The images: one for a manifest; for an index those it lists, at whatever depth, each once.
    pub images: Vec<ArchivedImage>,
    /// What is not there of it, and why.
    pub missing: Vec<Missing>,
    /// A config that was kept for the tag without saying of which image. Published files have one for most indexes.
    pub unplaced_config: Option<ArchivedConfig>,
}

/// One image: its manifest, and its config where the archive has it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ArchivedImage {
    /// How the index lists it, if it was reached through one.
    pub entry: Option<Descriptor>,
    /// The manifest.
    pub manifest: ArchivedManifest,
    /// The config.
    pub config: Option<ArchivedConfig>,
}

/// Why an archive, or a repository in it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A folder or file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder has no archive in it, or a file is none.
    #[error("{} is no archive of manifests", path.display())]
    NoArchive {
        /// The folder or file.
        path: PathBuf,
    },
    /// An archive of a version unknown to this crate.
    #[error("{} has format version {version}; {FORMAT_VERSION} is supported", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A line is no record.
    #[error("line {line} of {} is no record of an archive: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A published file has another form.
    #[error("{} is no archive of manifests", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the JSON reader stumbled on.
        source: serde_json::Error,
    },
}

impl Archive {
    /// Finds the repositories in or below a folder. Links to folders are not followed.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Read`] when a folder cannot be read, [`ArchiveError::NoArchive`] when there is no repository.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, ArchiveError> {
        let root = root.into();
        let found =
            location::find(&root).map_err(|(path, source)| ArchiveError::Read { path, source })?;
        if found.is_empty() {
            return Err(ArchiveError::NoArchive { path: root });
        }
        Ok(Self { root, found })
    }

    /// Returns the archive's folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Returns how many repositories there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Tells whether there is no repository. An archive that was opened has one.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Opens one repository after the other, in the order of their paths. One that cannot be read does not end it.
    pub fn repositories(
        &self,
    ) -> impl ExactSizeIterator<Item = Result<ArchivedRepository, ArchiveError>> {
        self.found
            .iter()
            .map(|found| ArchivedRepository::open(found, &self.root))
    }
}

impl ArchivedRepository {
    pub(super) fn open(found: &Found, root: &Path) -> Result<Self, ArchiveError> {
        match &found.place {
            Place::Fetched(folder) => {
                let (journal, _) = stored::read_journal(folder)?;
                Ok(Self {
                    name: journal.repository.clone(),
                    path: folder.clone(),
                    tags: fetched_tags(&journal),
                    source: Source::Fetched(journal),
                })
            }
            Place::Published(path) => {
                let file = Published::read(path)?;
                let tags = file.tags().into_iter();
                Ok(Self {
                    name: published_name(&found.name, root),
                    path: path.clone(),
                    tags: tags.map(ArchivedTag::unasked).collect(),
                    source: Source::Published(file),
                })
            }
        }
    }

    /// Returns the repository's name: with its registry where it was fetched, and as the study wrote it in a
    /// published file's path (`library/busybox`, `ghcr.io/org/image`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the folder or file it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns who wrote it.
    pub fn form(&self) -> ArchiveForm {
        match self.source {
            Source::Fetched(_) => ArchiveForm::Fetched,
            Source::Published(_) => ArchiveForm::Published,
        }
    }

    /// Returns every tag once, in the registry's order; those it did not list come last.
    pub fn tags(&self) -> &[ArchivedTag] {
        &self.tags
    }

    /// Returns the tags as the registry listed them; none if it was not asked. Published files list some twice, and
    /// none more than 500.
    pub fn listed_tags(&self) -> &[String] {
        match &self.source {
            Source::Fetched(journal) => journal.list.as_ref().map_or(&[], |list| &list.tags),
            Source::Published(file) => file.listed(),
        }
    }

    /// Returns why the registry did not list its tags, if it was asked to and did not.
    pub fn missing_tags(&self) -> Option<&Missing> {
        match &self.source {
            Source::Fetched(journal) => journal.list.as_ref()?.missing.as_ref(),
            Source::Published(_) => None,
        }
    }

    /// Reads what a tag of this repository stands for. What cannot be read is told under
    /// [`missing`](TagContent::missing).
    pub fn read(&self, tag: &ArchivedTag) -> TagContent {
        match &self.source {
            Source::Fetched(_) => stored::read_tag(&self.path, &tag.record),
            Source::Published(file) => file.content(tag.name_or_empty()),
        }
    }
}

fn fetched_tags(journal: &Journal) -> Vec<ArchivedTag> {
    let listed = journal.list.iter().flat_map(|list| &list.tags);
    let mut seen = HashSet::new();
    let listed = listed.filter(|tag| seen.insert(tag.as_str()));
    let mut tags: Vec<_> = listed
        .map(|tag| match journal.record(tag) {
            Some(record) => ArchivedTag {
                record: record.clone(),
            },
            None => ArchivedTag::unasked(tag.clone()),
        })
        .collect();
    let others = journal.records().iter();
    let others = others.filter(|record| !seen.contains(record.key().as_str()));
    tags.extend(others.cloned().map(|record| ArchivedTag { record }));
    tags
}

/// A file that lies in the archive's own folder is named after that.
pub(super) fn published_name(name: &str, root: &Path) -> String {
    if !name.is_empty() {
        return name.to_owned();
    }
    let folder = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    folder
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

impl ArchivedTag {
    fn unasked(tag: String) -> Self {
        Self {
            record: TagRecord::new(tag),
        }
    }

    /// Returns the tag, or the digest of what was asked for by digest alone.
    pub fn name(&self) -> String {
        self.record.key()
    }

    /// Returns the tag; nothing for what was asked for by digest alone.
    pub fn tag(&self) -> Option<&str> {
        self.record.tag.as_deref()
    }

    /// Returns the digest that the registry gave for the tag; nothing in published files.
    pub fn digest(&self) -> Option<Digest> {
        self.record.digest
    }

    /// Returns all that was recorded of the tag.
    pub fn record(&self) -> &TagRecord {
        &self.record
    }

    fn name_or_empty(&self) -> &str {
        self.tag().unwrap_or_default()
    }
}

impl ArchivedImage {
    /// Returns what the image runs on: as the index says, or else as its config says.
    pub fn platform(&self) -> Option<Platform> {
        let entry = self.entry.as_ref();
        entry
            .and_then(|entry| entry.platform.clone())
            .or_else(|| self.config.as_ref()?.platform())
    }
}
