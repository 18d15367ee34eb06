//! The folders that we write, read.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::config::ArchivedConfig;
use super::document::{ArchivedDocument, ArchivedManifest};
use super::journal::{Fault, Journal, TagRecord};
use super::location;
use super::missing::{Missing, MissingPart, MissingReason};
use super::read::{ArchiveError, ArchivedImage, TagContent};
use crate::layout::{MAX_DEPTH, MAX_DOCUMENT_BYTES};
use crate::{Descriptor, Digest, HashingReader};

/// Reads a repository's journal. Returns it, and whether it should be written anew before it is added to.
pub(super) fn read_journal(folder: &Path) -> Result<(Journal, bool), ArchiveError> {
    let path = location::journal(folder);
    let text = fs::read_to_string(&path).map_err(|source| ArchiveError::Read {
        path: path.clone(),
        source,
    })?;
    Journal::parse(&text).map_err(|fault| match fault {
        Fault::NoHeader => ArchiveError::NoArchive { path },
        Fault::Version(version) => ArchiveError::Version { path, version },
        Fault::Line(line, message) => ArchiveError::Line {
            path,
            line,
            message,
        },
    })
}

/// Reads a document and checks its digest.
pub(super) fn read_blob(folder: &Path, digest: &Digest) -> io::Result<Vec<u8>> {
    // One byte more than any document has, so that one that is too long is seen without reading all of it.
    let file = File::open(location::blob(folder, digest))?.take(MAX_DOCUMENT_BYTES + 1);
    let mut reader = HashingReader::new(file, digest.algorithm());
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    let (actual, _) = reader.finish();
    if actual == *digest {
        return Ok(bytes);
    }
    let message = format!("the file has digest {actual}");
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

/// Reads all that is there of a tag.
pub(super) fn read_tag(folder: &Path, record: &TagRecord) -> TagContent {
    let mut walk = Walk {
        folder,
        record,
        visited: HashSet::new(),
        content: TagContent::default(),
    };
    match record.digest {
        Some(digest) => walk.content.root = walk.document(&digest, None, 0),
        None => walk.content.missing.push(walk.why_no_manifest()),
    }
    walk.content
}

/// The way from a tag down to its configs.
struct Walk<'a> {
    folder: &'a Path,
    record: &'a TagRecord,
    /// What an index lists twice is read once, so that indexes of indexes cannot multiply.
    visited: HashSet<Digest>,
    content: TagContent,
}

impl Walk<'_> {
    /// Reads a manifest or an index and what lies below it.
    fn document(
        &mut self,
        digest: &Digest,
        entry: Option<&Descriptor>,
        depth: usize,
    ) -> Option<ArchivedDocument> {
        self.visited.insert(*digest);
        let bytes = match read_blob(self.folder, digest) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.lacks(MissingPart::Manifest, digest, entry, &error);
                return None;
            }
        };
        let document = ArchivedDocument::new(bytes, Some(*digest));
        match &document {
            ArchivedDocument::Manifest(manifest) => self.image(manifest, entry),
            ArchivedDocument::Index(index) => self.entries(&index.manifests, depth),
            _ => {}
        }
        Some(document)
    }

    fn entries(&mut self, entries: &[Descriptor], depth: usize) {
        for entry in entries {
            if self.visited.contains(&entry.digest) {
                continue;
            }
            if depth < MAX_DEPTH {
                self.document(&entry.digest, Some(entry), depth + 1);
                continue;
            }
            let missing = Missing::new(MissingPart::Manifest, MissingReason::Unusable)
                .with_digest(entry.digest)
                .with_message(format!("indexes are nested more than {MAX_DEPTH} deep"));
            self.content.missing.push(missing);
        }
    }

    fn image(&mut self, manifest: &ArchivedManifest, entry: Option<&Descriptor>) {
        let digest = &manifest.config.digest;
        let config = match read_blob(self.folder, digest) {
            Ok(bytes) => Some(ArchivedConfig::new(bytes, Some(*digest))),
            Err(error) => {
                self.lacks(MissingPart::Config, digest, entry, &error);
                None
            }
        };
        self.content.images.push(ArchivedImage {
            entry: entry.cloned(),
            manifest: manifest.clone(),
            config,
        });
    }

    /// Notes what is not there: with the reason that was recorded, else with what the file system says.
    fn lacks(
        &mut self,
        part: MissingPart,
        digest: &Digest,
        entry: Option<&Descriptor>,
        error: &io::Error,
    ) {
        let recorded = self.record.missing.iter();
        let mut recorded = recorded.filter(|missing| missing.digest == Some(*digest));
        let mut missing = match recorded.next() {
            Some(missing) if error.kind() == io::ErrorKind::NotFound => missing.clone(),
            _ => unreadable(part, digest, error),
        };
        missing.platform = entry.and_then(|entry| entry.platform.clone());
        self.content.missing.push(missing);
    }

    fn why_no_manifest(&self) -> Missing {
        let recorded = self.record.missing.first();
        recorded
            .cloned()
            .unwrap_or(Missing::new(MissingPart::Manifest, MissingReason::NotAsked))
    }
}

fn unreadable(part: MissingPart, digest: &Digest, error: &io::Error) -> Missing {
    if error.kind() == io::ErrorKind::NotFound {
        return Missing::new(part, MissingReason::NotAsked).with_digest(*digest);
    }
    Missing::new(part, MissingReason::Damaged)
        .with_digest(*digest)
        .with_message(error.to_string())
}
