//! Images to be inspected, found where they lie.

use std::collections::HashSet;
use std::io::{self, Read};

use pullstudy_image::{
    ArchiveError, ArchivedConfig, ArchivedDocument, ArchivedManifest, ArchivedSchema1, BlobSource,
    Descriptor, Digest, Hasher, Platform, SourceError, in_words,
};

use crate::artifact;

/// No document of an image is larger; see [`pullstudy_image::Layout::read_blob`].
const MAX_DOCUMENT_BYTES: u64 = 8 << 20;

/// Indexes in indexes are followed this deep. Real ones nest once.
const MAX_DEPTH: usize = 8;

/// Documents of one reference that are read, and their bytes together: what is found is kept.
const MAX_DOCUMENTS: usize = 10_000;
const MAX_ALL_BYTES: usize = 256 << 20;

/// How BuildKit marks what it says of an image, beside the image.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// One image for one platform, its layers still to be looked at.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Subject {
    /// What the image is called where it was found.
    pub reference: String,
    /// Its tag, where it has one.
    pub tag: Option<String>,
    /// What it runs on: as the index says, or else as its config says.
    pub platform: Option<Platform>,
    /// Its documents.
    pub content: SubjectContent,
}

/// The documents of an image.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time is looked at, and old images are rare"
)]
pub enum SubjectContent {
    /// OCI's, or Docker's schema 2.
    Image {
        /// The manifest.
        manifest: ArchivedManifest,
        /// The config, or why it cannot be had.
        config: Result<ArchivedConfig, String>,
    },
    /// Docker's schema 1: neither sizes nor a config.
    Schema1(ArchivedSchema1),
}

/// Why there is nothing to inspect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// A document cannot be had.
    #[error("{reference}: {digest} cannot be read")]
    Read {
        /// The image.
        reference: String,
        /// The document.
        digest: Digest,
        /// Why.
        source: ReadDocumentError,
    },
    /// An archive has not what the tag stands for.
    #[error("{reference}: the {part} is not in the archive ({reason})")]
    NotArchived {
        /// The image.
        reference: String,
        /// What is missing: `manifest`, `config`.
        part: &'static str,
        /// Why, in the archive's words.
        reason: String,
    },
    /// A repository of an archive cannot be read.
    #[error("a repository cannot be read")]
    Repository {
        /// Which and why.
        source: ArchiveError,
    },
    /// It is no image, but an artifact stored like one, or nothing that is known.
    #[error("{reference} is no image: {reason}")]
    NotAnImage {
        /// What was found.
        reference: String,
        /// What it is.
        reason: String,
    },
    /// Nothing of it runs on the platform asked for.
    #[error(
        "{reference} has no image for {platform}; there are: {}",
        listed(there)
    )]
    NoPlatform {
        /// The image.
        reference: String,
        /// What was asked for.
        platform: Platform,
        /// What there is.
        there: Vec<Platform>,
    },
    /// An index lists more than anybody reads.
    #[error(
        "{reference} lists more than {MAX_DOCUMENTS} documents, or {MAX_ALL_BYTES} bytes of them: the rest was not read; \
         name one of its images, or a platform"
    )]
    TooMany {
        /// The image.
        reference: String,
    },
    /// Indexes nest too deep, or in a circle.
    #[error("{reference}: indexes are nested more than {MAX_DEPTH} deep")]
    TooDeep {
        /// The image.
        reference: String,
    },
}

impl SubjectError {
    /// Tells whether something else than an image was found, as signatures beside images.
    #[must_use]
    pub fn is_no_image(&self) -> bool {
        matches!(self, Self::NotAnImage { .. })
    }
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadDocumentError {
    /// It is not there, or cannot be opened.
    #[error(transparent)]
    Open(SourceError),
    /// Its bytes cannot be read.
    #[error("reading broke off")]
    Read {
        /// Why.
        source: io::Error,
    },
    /// It is larger than any document of an image.
    #[error("it has {size_bytes} bytes or more; above {MAX_DOCUMENT_BYTES} nothing is read")]
    TooLarge {
        /// The size claimed or read, in bytes.
        size_bytes: u64,
    },
    /// It is damaged.
    #[error("its bytes have digest {actual}")]
    Digest {
        /// What they hash to.
        actual: Digest,
    },
}

fn listed(platforms: &[Platform]) -> String {
    let words: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    if words.is_empty() {
        "none that is named".to_owned()
    } else {
        words.join(", ")
    }
}

/// Reads a manifest, index or config whole and checks its digest.
fn read_document(
    source: &dyn BlobSource,
    descriptor: &Descriptor,
) -> Result<Vec<u8>, ReadDocumentError> {
    let too_large = |size_bytes| ReadDocumentError::TooLarge { size_bytes };
    if descriptor.size_bytes > MAX_DOCUMENT_BYTES {
        return Err(too_large(descriptor.size_bytes));
    }
    let stored = source.open(descriptor).map_err(ReadDocumentError::Open)?;
    let mut bytes = Vec::new();
    let read = stored
        .take(MAX_DOCUMENT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| ReadDocumentError::Read { source })?;
    if read as u64 > MAX_DOCUMENT_BYTES {
        return Err(too_large(read as u64));
    }
    let actual = Hasher::digest(descriptor.digest.algorithm(), &bytes);
    if actual != descriptor.digest {
        return Err(ReadDocumentError::Digest { actual });
    }
    Ok(bytes)
}

/// Finds the images that a manifest or an index stands for: one, or one a platform.
///
/// `platform` leaves the others out. What says something about images, as BuildKit's attestations, is passed over.
/// One that cannot be read stops no other. Nothing but documents is read.
///
/// # Errors
///
/// Each image's [`SubjectError`] stands in its place.
///
/// # Examples
///
/// ```
/// use pullstudy_image::{Descriptor, Digest, LayoutWriter, MediaType};
/// use pullstudy_survey::find_subjects;
///
/// let dir = tempfile::tempdir()?;
/// let layout = LayoutWriter::create(dir.path())?.layout().clone();
/// let absent = Descriptor::new(MediaType::ImageManifest, Digest::of(b"absent"), 6);
/// let found = find_subjects(&layout, "tiny:1", Some("1"), &absent, None);
/// assert!(found[0].as_ref().unwrap_err().to_string().starts_with("tiny:1: sha256:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find_subjects(
    source: &dyn BlobSource,
    reference: &str,
    tag: Option<&str>,
    root: &Descriptor,
    platform: Option<&Platform>,
) -> Vec<Result<Subject, SubjectError>> {
    let mut search = Search {
        source,
        reference,
        tag,
        platform,
        elsewhere: Vec::new(),
        found: Vec::new(),
        visited: HashSet::new(),
        read_bytes: 0,
    };
    search.document(root, 0);
    of_platform(reference, platform, search.found, search.elsewhere)
}

/// Leaves out what runs elsewhere; an image that names no platform runs anywhere. `elsewhere` was left out already.
pub(super) fn of_platform(
    reference: &str,
    platform: Option<&Platform>,
    mut found: Vec<Result<Subject, SubjectError>>,
    elsewhere: Vec<Platform>,
) -> Vec<Result<Subject, SubjectError>> {
    let Some(asked) = platform else {
        return found;
    };
    let read = found
        .iter()
        .flatten()
        .filter_map(|subject| subject.platform.clone());
    let there: Vec<Platform> = elsewhere.into_iter().chain(read).collect();
    let runs = |subject: &Subject| {
        subject
            .platform
            .as_ref()
            .is_none_or(|own| asked.accepts(own))
    };
    found.retain(|found| found.as_ref().map_or(true, runs));
    if found.is_empty() {
        found.push(Err(SubjectError::NoPlatform {
            reference: reference.to_owned(),
            platform: asked.clone(),
            there,
        }));
    }
    found
}

/// Statements about images are listed like images that run nowhere.
pub(super) fn is_statement(entry: &Descriptor) -> bool {
    let nowhere = |platform: &Platform| platform.os == artifact::NO_SYSTEM;
    entry.platform.as_ref().is_some_and(nowhere) || entry.annotations.contains_key(REFERENCE_TYPE)
}

/// Tells images from artifacts that are stored like them.
pub(super) fn checked(
    reference: &str,
    manifest: ArchivedManifest,
    config: Result<ArchivedConfig, String>,
) -> Result<SubjectContent, SubjectError> {
    let config_type = manifest.config.media_type.to_string();
    let types: Vec<String> = manifest
        .layers
        .iter()
        .map(|layer| layer.media_type.to_string())
        .collect();
    let layers = types.iter().map(String::as_str);
    if !artifact::is_artifact(manifest.artifact_type.as_deref(), &config_type, layers) {
        return Ok(SubjectContent::Image { manifest, config });
    }
    let kind = manifest.artifact_type.unwrap_or(config_type);
    Err(SubjectError::NotAnImage {
        reference: reference.to_owned(),
        reason: format!("it is an artifact of type {kind}"),
    })
}

struct Search<'a> {
    source: &'a dyn BlobSource,
    reference: &'a str,
    tag: Option<&'a str>,
    platform: Option<&'a Platform>,
    /// What an index lists for other platforms; it is not read, and may not even be there.
    elsewhere: Vec<Platform>,
    found: Vec<Result<Subject, SubjectError>>,
    /// A document that is listed again and again is read once.
    visited: HashSet<Digest>,
    read_bytes: usize,
}

impl Search<'_> {
    fn document(&mut self, entry: &Descriptor, depth: usize) {
        let reference = self.reference.to_owned();
        if depth > MAX_DEPTH {
            return self.found.push(Err(SubjectError::TooDeep { reference }));
        }
        let digest = entry.digest;
        if !self.visited.insert(digest) {
            return;
        }
        if self.is_full() {
            return self.tell_once(SubjectError::TooMany { reference });
        }
        let raw = match read_document(self.source, entry) {
            Ok(raw) => raw,
            Err(source) => {
                return self.found.push(Err(SubjectError::Read {
                    reference,
                    digest,
                    source,
                }));
            }
        };
        self.read_bytes += raw.len();
        match ArchivedDocument::new(raw, Some(digest)) {
            ArchivedDocument::Manifest(manifest) => self.image(entry, manifest),
            ArchivedDocument::Index(index) => {
                let images = index.manifests.iter().filter(|entry| !is_statement(entry));
                images.for_each(|entry| self.listed(entry, depth + 1));
            }
            ArchivedDocument::Schema1(document) => {
                let subject = self.named(None, SubjectContent::Schema1(document));
                self.found.push(Ok(subject));
            }
            ArchivedDocument::Other(other) => self.found.push(Err(SubjectError::NotAnImage {
                reference,
                reason: other.reason,
            })),
            _ => {}
        }
    }

    /// What an index lists, unless it says itself that it runs elsewhere.
    fn listed(&mut self, entry: &Descriptor, depth: usize) {
        match (self.platform, &entry.platform) {
            (Some(asked), Some(own)) if !asked.accepts(own) => self.elsewhere.push(own.clone()),
            _ => self.document(entry, depth),
        }
    }

    fn is_full(&self) -> bool {
        self.visited.len() > MAX_DOCUMENTS || self.read_bytes > MAX_ALL_BYTES
    }

    fn tell_once(&mut self, error: SubjectError) {
        let is_told = |found: &Result<Subject, SubjectError>| {
            matches!(found, Err(SubjectError::TooMany { .. }))
        };
        if !self.found.last().is_some_and(is_told) {
            self.found.push(Err(error));
        }
    }

    fn image(&mut self, entry: &Descriptor, manifest: ArchivedManifest) {
        let digest = manifest.config.digest;
        let config = read_document(self.source, &manifest.config)
            .map(|raw| ArchivedConfig::new(raw, Some(digest)))
            .map_err(|error| in_words(&error));
        let own = || config.as_ref().ok()?.platform();
        let platform = entry.platform.clone().or_else(own);
        let content = checked(self.reference, manifest, config);
        let subject = content.map(|content| self.named(platform, content));
        self.found.push(subject);
    }

    fn named(&self, platform: Option<Platform>, content: SubjectContent) -> Subject {
        Subject {
            reference: self.reference.to_owned(),
            tag: self.tag.map(str::to_owned),
            platform,
            content,
        }
    }
}
