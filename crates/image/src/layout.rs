//! An OCI layout on disk, read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use oci_spec::image::{ANNOTATION_REF_NAME, OciLayout};

use crate::blob::{BlobSource, SourceError};
use crate::{
    Config, Descriptor, Digest, Document, HashingReader, Image, ImageError, Index,
    ParseConfigError, ParseDocumentError, Platform,
};

/// The annotation under which containerd, nerdctl and ctr look for an image's full reference.
pub(crate) const ANNOTATION_IMAGE_NAME: &str = "io.containerd.image.name";

/// No document of an image is larger: registries refuse manifests above 4 MiB (distribution-spec 1.1, "Pushing
/// Manifests"), and a config of 10,000 layers stays below 2 MiB.
pub(crate) const MAX_DOCUMENT_BYTES: u64 = 8 << 20;

/// Indexes in indexes are followed this deep. Real ones nest once.
pub(crate) const MAX_DEPTH: usize = 8;

/// An OCI layout: a folder with `oci-layout`, `index.json` and `blobs/`.
///
/// # Source
///
/// OCI image-spec 1.1, image-layout.md.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

/// A tag of a layout and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaggedImage {
    /// The tag, from `org.opencontainers.image.ref.name`; none for an untagged entry.
    pub tag: Option<String>,
    /// The full reference, from `io.containerd.image.name`.
    pub name: Option<String>,
    /// The manifest, or an index of several platforms.
    pub descriptor: Descriptor,
}

/// Why a layout or a document in it could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// The folder is no layout.
    #[error("{} is no OCI layout: it has no readable {file}", path.display())]
    NotALayout {
        /// The folder.
        path: PathBuf,
        /// The file that is missing or unreadable.
        file: &'static str,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The layout is of a version unknown to this crate.
    #[error("{} is an OCI layout of version {version:?}; 1.0.0 is supported", path.display())]
    Version {
        /// The folder.
        path: PathBuf,
        /// What `oci-layout` says, or the whole file where it says nothing.
        version: String,
    },
    /// A blob is missing or unreadable.
    #[error("failed to read blob {digest} of {}", path.display())]
    Read {
        /// The layout.
        path: PathBuf,
        /// The blob.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// A blob holds other bytes than its digest and size say.
    #[error("blob {digest} of {} is damaged: {actual_bytes} bytes with digest {actual}, expected {expected_bytes} bytes", path.display())]
    Damaged {
        /// The layout.
        path: PathBuf,
        /// The blob.
        digest: Digest,
        /// What its bytes hash to.
        actual: Digest,
        /// The size its descriptor gives, in bytes.
        expected_bytes: u64,
        /// The size it has (or where reading stopped), in bytes.
        actual_bytes: u64,
    },
    /// A document is larger than any image's.
    #[error("document {digest} of {} claims {size_bytes} bytes; more than {MAX_DOCUMENT_BYTES} is refused", path.display())]
    TooLarge {
        /// The layout.
        path: PathBuf,
        /// The document.
        digest: Digest,
        /// Its claimed size.
        size_bytes: u64,
    },
    /// A manifest or an index cannot be understood.
    #[error("failed to parse {document} of {}", path.display())]
    Document {
        /// The layout.
        path: PathBuf,
        /// Its digest, or `index.json`.
        document: String,
        /// Why.
        source: ParseDocumentError,
    },
    /// A config cannot be understood.
    #[error("failed to parse config {digest} of {}", path.display())]
    Config {
        /// The layout.
        path: PathBuf,
        /// Its digest.
        digest: Digest,
        /// Why.
        source: ParseConfigError,
    },
    /// A manifest and its config contradict each other.
    #[error("an image of {} is inconsistent", path.display())]
    Image {
        /// The layout.
        path: PathBuf,
        /// How.
        source: ImageError,
    },
    /// An index lists nothing for the platform asked for.
    #[error("index {digest} of {} has no image for {platform}", path.display())]
    NoPlatform {
        /// The layout.
        path: PathBuf,
        /// The index.
        digest: Digest,
        /// What was asked for.
        platform: Platform,
    },
    /// Indexes nest too deep, or in a circle.
    #[error("index {digest} of {} is nested more than {MAX_DEPTH} deep", path.display())]
    TooDeep {
        /// The layout.
        path: PathBuf,
        /// Where it was given up.
        digest: Digest,
    },
}

impl Layout {
    /// Opens a layout and checks that it is one.
    ///
    /// # Errors
    ///
    /// [`LayoutError::NotALayout`] or [`LayoutError::Version`].
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, LayoutError> {
        let root = root.into();
        let marker =
            fs::read(root.join("oci-layout")).map_err(not_a_layout(&root, "oci-layout"))?;
        let version = serde_json::from_slice::<OciLayout>(&marker)
            .map(|layout| layout.image_layout_version().clone())
            .unwrap_or_else(|_| String::from_utf8_lossy(&marker).into_owned());
        if version != "1.0.0" {
            return Err(LayoutError::Version {
                path: root,
                version,
            });
        }
        File::open(root.join("index.json")).map_err(not_a_layout(&root, "index.json"))?;
        Ok(Self { root })
    }

    /// A layout that the writer is about to fill.
    pub(crate) fn unchecked(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Returns where a blob lies, or would lie.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root
            .join("blobs")
            .join(digest.algorithm().name())
            .join(digest.hex())
    }

    /// Returns the list of images, as it stands now.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] when `index.json` cannot be read.
    pub fn index(&self) -> Result<Index, LayoutError> {
        let raw = fs::read(self.root.join("index.json"))
            .map_err(not_a_layout(&self.root, "index.json"))?;
        Index::parse(raw).map_err(|source| self.document_error("index.json".into(), source))
    }

    /// Returns the entries of `index.json` with their tags.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] when `index.json` cannot be read.
    pub fn images(&self) -> Result<Vec<TaggedImage>, LayoutError> {
        Ok(self.index()?.manifests().iter().map(tagged).collect())
    }

    /// Reads a small blob whole and checks its digest and size.
    ///
    /// # Errors
    ///
    /// [`LayoutError::Read`], [`LayoutError::Damaged`], or [`LayoutError::TooLarge`] above 8 MiB.
    pub fn read_blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, LayoutError> {
        if descriptor.size_bytes > MAX_DOCUMENT_BYTES {
            return Err(LayoutError::TooLarge {
                path: self.root.clone(),
                digest: descriptor.digest,
                size_bytes: descriptor.size_bytes,
            });
        }
        let failed = |source| LayoutError::Read {
            path: self.root.clone(),
            digest: descriptor.digest,
            source,
        };
        let file = File::open(self.blob_path(&descriptor.digest)).map_err(failed)?;
        // One byte more than promised, so that a longer blob is found out without reading all of it.
        let limited = file.take(descriptor.size_bytes + 1);
        let mut reader = HashingReader::new(limited, descriptor.digest.algorithm());
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(failed)?;
        self.check(descriptor, reader.finish())?;
        Ok(bytes)
    }

    fn check(
        &self,
        descriptor: &Descriptor,
        (actual, actual_bytes): (Digest, u64),
    ) -> Result<(), LayoutError> {
        if (actual, actual_bytes) == (descriptor.digest, descriptor.size_bytes) {
            return Ok(());
        }
        Err(LayoutError::Damaged {
            path: self.root.clone(),
            digest: descriptor.digest,
            actual,
            expected_bytes: descriptor.size_bytes,
            actual_bytes,
        })
    }

    /// Reads a manifest or an index.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] when it is missing, damaged or no such document.
    pub fn document(&self, descriptor: &Descriptor) -> Result<Document, LayoutError> {
        Document::parse(self.read_blob(descriptor)?)
            .map_err(|source| self.document_error(descriptor.digest.to_string(), source))
    }

    /// Reads the image an entry stands for; of an index, the one for `platform`.
    ///
    /// # Errors
    ///
    /// [`LayoutError`]; [`LayoutError::NoPlatform`] when an index has none for `platform`.
    pub fn image(
        &self,
        descriptor: &Descriptor,
        platform: &Platform,
    ) -> Result<Image, LayoutError> {
        let mut current = descriptor.clone();
        for _ in 0..MAX_DEPTH {
            match self.document(&current)? {
                Document::Manifest(manifest) => return self.assemble(manifest),
                Document::Index(index) => {
                    let chosen = index.for_platform(platform).or_else(|| {
                        index
                            .manifests()
                            .iter()
                            .find(|entry| entry.platform.is_none() && entry.is_index())
                    });
                    current = chosen
                        .cloned()
                        .ok_or_else(|| self.no_platform(&current, platform))?;
                }
            }
        }
        Err(LayoutError::TooDeep {
            path: self.root.clone(),
            digest: current.digest,
        })
    }

    /// Reads every image an entry stands for: one for a manifest, one a platform for an index.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] for the first one that cannot be read.
    pub fn all_images(&self, descriptor: &Descriptor) -> Result<Vec<Image>, LayoutError> {
        let mut images = Vec::new();
        self.collect(descriptor, 0, &mut images)?;
        Ok(images)
    }

    fn collect(
        &self,
        descriptor: &Descriptor,
        depth: usize,
        images: &mut Vec<Image>,
    ) -> Result<(), LayoutError> {
        if depth >= MAX_DEPTH {
            return Err(LayoutError::TooDeep {
                path: self.root.clone(),
                digest: descriptor.digest,
            });
        }
        match self.document(descriptor)? {
            Document::Manifest(manifest) => images.push(self.assemble(manifest)?),
            Document::Index(index) => {
                for entry in index.manifests() {
                    self.collect(entry, depth + 1, images)?;
                }
            }
        }
        Ok(())
    }

    fn assemble(&self, manifest: crate::Manifest) -> Result<Image, LayoutError> {
        let digest = manifest.config().digest;
        let config = Config::parse(self.read_blob(manifest.config())?).map_err(|source| {
            LayoutError::Config {
                path: self.root.clone(),
                digest,
                source,
            }
        })?;
        Image::new(manifest, config).map_err(|source| LayoutError::Image {
            path: self.root.clone(),
            source,
        })
    }

    fn document_error(&self, document: String, source: ParseDocumentError) -> LayoutError {
        LayoutError::Document {
            path: self.root.clone(),
            document,
            source,
        }
    }

    fn no_platform(&self, index: &Descriptor, platform: &Platform) -> LayoutError {
        LayoutError::NoPlatform {
            path: self.root.clone(),
            digest: index.digest,
            platform: platform.clone(),
        }
    }
}

impl BlobSource for Layout {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        File::open(self.blob_path(&descriptor.digest))
            .map(|file| Box::new(file) as Box<dyn Read + Send>)
            .map_err(|source| {
                SourceError::new(self.root.display().to_string(), descriptor.digest, source)
            })
    }
}

fn tagged(descriptor: &Descriptor) -> TaggedImage {
    let annotation = |key: &str| descriptor.annotations.get(key).cloned();
    TaggedImage {
        tag: annotation(ANNOTATION_REF_NAME),
        name: annotation(ANNOTATION_IMAGE_NAME),
        descriptor: descriptor.clone(),
    }
}

fn not_a_layout<'a>(
    root: &'a Path,
    file: &'static str,
) -> impl FnOnce(io::Error) -> LayoutError + 'a {
    move |source| LayoutError::NotALayout {
        path: root.to_owned(),
        file,
        source,
    }
}
