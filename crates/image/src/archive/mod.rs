//! Archives of manifests and configs: what images are like, without their layers.

mod config;
mod document;
mod journal;
mod location;
mod missing;
mod outline;
mod published;
mod read;
mod stored;
mod writer;

pub use config::{ArchivedConfig, HistoryEntry};
pub use document::{
    ArchivedDocument, ArchivedIndex, ArchivedManifest, ArchivedSchema1, OtherDocument,
    StoredDocument,
};
pub use journal::TagRecord;
pub use missing::{Missing, MissingPart, MissingReason};
pub use outline::{
    ConfigOutline, ImageOutline, LayerOutline, RepositoryOutline, RootOutline, StepOutline,
    StepsWanted, TagOutline,
};
pub use read::{
    Archive, ArchiveError, ArchiveForm, ArchivedImage, ArchivedRepository, ArchivedTag, TagContent,
};
pub use writer::{ArchiveWriter, RepositoryWriter, WriteArchiveError};
