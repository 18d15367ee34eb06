//! Reading manifests, indexes and configs, however damaged they are.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;

use pullstudy_image::{
    Algorithm, BlobSource, Config, Descriptor, Digest, Document, HashingReader, Manifest, Platform,
};

use super::mismatch::{Check, Findings, Mismatch};
use super::run::VerifyTarget;

/// Larger documents are not what they claim to be; registries refuse them at 4 MiB.
const MAX_DOCUMENT_BYTES: u64 = 8 << 20;

/// Indexes within indexes beyond this are no images.
const MAX_DEPTH: usize = 4;

/// One manifest and its config, as far as they can be read.
pub(super) struct ImageDocuments {
    /// The names that lead to the manifest; the first one is used in messages.
    pub(super) names: Vec<String>,
    /// The platform, where an index names it.
    pub(super) platform: Option<Platform>,
    /// The hash of the manifest as it was found.
    pub(super) digest: Digest,
    pub(super) manifest: Manifest,
    /// Missing where it cannot be read, which has been noted.
    pub(super) config: Option<Config>,
}

/// Follows every target to its manifests and configs.
pub(super) fn read_documents(
    source: &dyn BlobSource,
    targets: &[VerifyTarget],
    mismatches: &mut Vec<Mismatch>,
) -> Vec<ImageDocuments> {
    let mut reader = Reader {
        source,
        mismatches,
        images: Vec::new(),
        known: BTreeMap::new(),
    };
    for target in targets {
        reader.follow(&target.name, &target.descriptor, 0);
    }
    reader.images
}

struct Reader<'a> {
    source: &'a dyn BlobSource,
    mismatches: &'a mut Vec<Mismatch>,
    images: Vec<ImageDocuments>,
    /// Where the image of a manifest that was read before is.
    known: BTreeMap<Digest, usize>,
}

/// What decides on the wording of a document's mismatches.
#[derive(Clone, Copy)]
struct Checks {
    digest: Check,
    size: Check,
    readable: Check,
}

const MANIFEST: Checks = Checks {
    digest: Check::ManifestDigest,
    size: Check::ManifestSize,
    readable: Check::Manifest,
};

const CONFIG: Checks = Checks {
    digest: Check::ConfigDigest,
    size: Check::ConfigSize,
    readable: Check::Config,
};

impl Reader<'_> {
    fn follow(&mut self, name: &str, descriptor: &Descriptor, depth: usize) {
        if let Some(position) = self.known.get(&descriptor.digest) {
            self.images[*position].names.push(name.to_owned());
            return;
        }
        let platform = descriptor.platform.clone();
        let Some((raw, digest)) = self.read(name, platform.as_ref(), descriptor, MANIFEST) else {
            return;
        };
        match Document::parse(raw) {
            Ok(Document::Index(index)) if depth < MAX_DEPTH => {
                for entry in index.manifests() {
                    self.follow(name, entry, depth + 1);
                }
            }
            Ok(Document::Manifest(manifest)) => {
                self.known.insert(descriptor.digest, self.images.len());
                let config = self.config(name, platform.as_ref(), &manifest);
                self.images.push(ImageDocuments {
                    names: vec![name.to_owned()],
                    platform,
                    digest,
                    manifest,
                    config,
                });
            }
            Ok(_) => self.unreadable(
                name,
                platform.as_ref(),
                Check::Manifest,
                "an index within too many others",
            ),
            Err(error) => {
                self.unreadable(name, platform.as_ref(), Check::Manifest, &sentence(&error))
            }
        }
    }

    fn config(
        &mut self,
        name: &str,
        platform: Option<&Platform>,
        manifest: &Manifest,
    ) -> Option<Config> {
        let (raw, _) = self.read(name, platform, manifest.config(), CONFIG)?;
        match Config::parse(raw) {
            Ok(config) => Some(config),
            Err(error) => {
                self.unreadable(name, platform, Check::Config, &sentence(&error));
                None
            }
        }
    }

    /// Reads a document and notes where its digest and size differ from what leads to it.
    fn read(
        &mut self,
        name: &str,
        platform: Option<&Platform>,
        descriptor: &Descriptor,
        checks: Checks,
    ) -> Option<(Vec<u8>, Digest)> {
        let (raw, digest) = match read_blob(self.source, descriptor) {
            Ok(read) => read,
            Err(reason) => {
                self.unreadable(name, platform, checks.readable, &reason);
                return None;
            }
        };
        let mut findings = Findings {
            image: name,
            platform,
            mismatches: self.mismatches,
        };
        findings.compare(None, checks.size, descriptor.size_bytes, raw.len() as u64);
        findings.compare(None, checks.digest, descriptor.digest, digest);
        Some((raw, digest))
    }

    fn unreadable(&mut self, name: &str, platform: Option<&Platform>, check: Check, reason: &str) {
        let mut findings = Findings {
            image: name,
            platform,
            mismatches: self.mismatches,
        };
        findings.note(None, check, "readable".to_owned(), reason.to_owned());
    }
}

fn read_blob(
    source: &dyn BlobSource,
    descriptor: &Descriptor,
) -> Result<(Vec<u8>, Digest), String> {
    let blob = source.open(descriptor).map_err(|error| sentence(&error))?;
    let mut raw = Vec::new();
    let algorithm: Algorithm = descriptor.digest.algorithm();
    let mut hashed = HashingReader::new(blob.take(MAX_DOCUMENT_BYTES + 1), algorithm);
    hashed
        .read_to_end(&mut raw)
        .map_err(|error| sentence(&error))?;
    if raw.len() as u64 > MAX_DOCUMENT_BYTES {
        return Err(format!("larger than {MAX_DOCUMENT_BYTES} bytes"));
    }
    Ok((raw, hashed.finish().0))
}

/// Puts an error and its causes into one line.
pub(super) fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        text.push_str(": ");
        text.push_str(&current.to_string());
        cause = current.source();
    }
    text
}
