//! Practices of Dockerfiles: what many people do, and what it does to their images.

mod apt;
mod base;
mod directives;
mod facts;
mod find;
mod folders;
mod here_document;
mod instruction;
mod logical_line;
mod practice;
mod read;
mod shell;
mod totals;
mod unread;
mod word;

pub use base::{BaseImage, BaseMeaning};
pub use facts::DockerfileFacts;
pub use find::{FindDockerfilesError, FoundDockerfiles};
pub use instruction::ParseDockerfileError;
pub use practice::Practice;
pub use read::{DockerfileReport, ReadDockerfiles};
pub(crate) use shell::command_names;
pub use totals::{BaseUse, Dockerfiles, PracticeShare, Share, UnknownBase};
pub use unread::{LARGEST_DOCKERFILE_BYTES, Unread, UnreadReason};
