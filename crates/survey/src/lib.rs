//! What container images are like: their sizes, layers and commands, and what that means for pulling them.
#![forbid(unsafe_code)]

mod practices;

pub use practices::{
    BaseImage, BaseMeaning, BaseUse, DockerfileFacts, DockerfileReport, Dockerfiles,
    FindDockerfilesError, FoundDockerfiles, LARGEST_DOCKERFILE_BYTES, ParseDockerfileError,
    Practice, PracticeShare, ReadDockerfiles, Share, UnknownBase, Unread, UnreadReason,
};
