//! The model of a container image, and images in an OCI layout on disk. No network.
//!
//! - [`Digest`] and [`DiffId`]: the hash of a blob as stored, and of the uncompressed tar. Two types, because
//!   mixing them up is the classic mistake of image tools.
//! - [`Reference`] and [`Platform`]: what a person types to name an image.
//! - [`Descriptor`], [`Manifest`], [`Index`], [`Config`] and [`Image`]: typed views over [`oci_spec`], which keep
//!   the raw bytes so that a digest can always be checked.
//! - [`Layout`] and [`LayoutWriter`]: an OCI layout read and written; [`BlobSink`] and [`BlobSource`]: a place that
//!   takes blobs as streams, or gives them, be it a layout, a registry or nowhere.
//! - [`Archive`] and [`ArchiveWriter`]: manifests and configs of many repositories, without layers, read and written;
//!   the published study's files are read, too.
//! - With the feature `layers`, `Decompressor` and `TarStream`: what a stored layer holds, entry by entry.
//!
//! ```
//! use pullstudy_image::{BlobSink, Descriptor, LayoutWriter, MediaType};
//!
//! let dir = tempfile::tempdir()?;
//! let writer = LayoutWriter::create(dir.path())?;
//! let digest = writer.put_blob(b"{}")?;
//!
//! assert_eq!(digest.to_string(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
//! assert!(writer.contains(&digest)?);
//! assert_eq!(writer.layout().read_blob(&Descriptor::new(MediaType::EmptyJSON, digest, 2))?, b"{}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! Each operation has an error of its own, named for it: [`ParseReferenceError`], [`LayoutError`], [`ArchiveError`]. Each
//! holds what it is about, and the cause as its source.
//!
//! # Links
//!
//! The formats: [image specification](https://github.com/opencontainers/image-spec), [archives of manifests](https://github.com/pullstudy/pullstudy/blob/main/docs/manifests.md).
#![forbid(unsafe_code)]

mod archive;
mod blob;
mod byte_size;
mod canonical;
mod config;
mod descriptor;
mod digest;
mod document;
mod error_words;
mod image;
#[cfg(feature = "layers")]
mod layer;
mod layout;
mod layout_writer;
mod platform;
mod reference;
mod reference_grammar;
mod resumable;

pub use archive::{
    Archive, ArchiveError, ArchiveForm, ArchiveWriter, ArchivedConfig, ArchivedDocument,
    ArchivedImage, ArchivedIndex, ArchivedManifest, ArchivedRepository, ArchivedSchema1,
    ArchivedTag, ConfigOutline, HistoryEntry, ImageOutline, LayerOutline, Missing, MissingPart,
    MissingReason, OtherDocument, RepositoryOutline, RepositoryWriter, RootOutline, StepOutline,
    StepsWanted, StoredDocument, TagContent, TagOutline, TagRecord, WriteArchiveError,
};
pub use blob::{BlobSink, BlobSource, BlobWriter, NullSink, SinkError, SourceError};
pub use byte_size::{ByteSize, ParseByteSizeError};
pub use canonical::canonical_json;
pub use config::{Config, ParseConfigError};
pub use descriptor::{Compression, Descriptor, DescriptorError, UnknownLayerType};
pub use digest::{
    Algorithm, DiffId, Digest, Hasher, HashingReader, HashingWriter, ParseDigestError,
};
pub use document::{Document, Index, Manifest, ParseDocumentError};
pub use error_words::in_words;
pub use image::{Image, ImageError, Layer};
#[cfg(feature = "layers")]
pub use layer::{
    Decompressor, EntryName, TarContentError, TarEntry, TarEntryKind, TarError, TarStream,
    path_names, split_entry_path,
};
pub use layout::{Layout, LayoutError, TaggedImage};
pub use layout_writer::{LayoutWriter, Tag, WriteLayoutError};
pub use oci_spec;
pub use oci_spec::image::MediaType;
pub use platform::{ParsePlatformError, Platform};
pub use reference::{ParseReferenceError, Reference};
pub use reference_grammar::ReferenceRule;
pub use resumable::ResumableBlob;
