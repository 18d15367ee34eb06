//! What container images are like: their sizes, layers and commands, and what that means for pulling them.
//!
//! - [`Collection`]: the images of an archive of manifests, each layer once, and what was left out of it.
//! - [`Survey`]: sizes, layers, reuse, empty layers, years and architectures of a collection.
//! - [`StudySizes`]: a survey turned into sizes to craft.
//! - [`advise`]: which layers of a collection to share, reorder, merge or split so that less is pulled.
//! - [`SharedBase`]: what images begin with, and what would be saved if all began with the same.
//! - [`Dockerfiles`]: which practices the Dockerfiles of many people follow, and on what images they build.
//! - [`instruction`]: what kind of step a command of an image's history is.
//! - [`inspect`]: one image, looked at closely: its layers, the bytes that no container sees, its likely base, the limits
//!   it is near, and [`Finding`]s. [`find_subjects`] and [`archived_subjects`] find images where they lie.
//!
//! ```
//! use pullstudy_survey::DockerfileFacts;
//!
//! let facts = DockerfileFacts::parse("FROM ubuntu:24.04 AS build\nRUN make\nFROM scratch\nCOPY --from=build /a /a\n")?;
//! assert_eq!((facts.stages, facts.copies_from_stages), (2, 1));
//! # Ok::<(), pullstudy_survey::ParseDockerfileError>(())
//! ```
//!
//! # Errors
//!
//! [`SubjectError`] and [`ReadDocumentError`] of images that cannot be inspected, [`ParseDockerfileError`] of Dockerfiles.
//! What an archive holds besides images is counted ([`LeftOut`]), and is no error.
//!
//! # Links
//!
//! [Surveys](https://github.com/pullstudy/pullstudy/blob/main/docs/survey.md), [advice](https://github.com/pullstudy/pullstudy/blob/main/docs/advise.md), [inspections](https://github.com/pullstudy/pullstudy/blob/main/docs/inspect.md), [practices](https://github.com/pullstudy/pullstudy/blob/main/docs/practices.md).
#![forbid(unsafe_code)]

mod advise;
mod artifact;
mod collection;
mod inspect;
mod instruction;
mod practices;
mod shared_base;
mod sizes;
mod survey;

pub use advise::{Advice, AdviceKind, AdviseOptions, Advised, Certainty, Load, advise};
pub use collection::{
    Basis, CollectedImage, CollectedLayer, CollectedRepository, Collection, CollectionOptions,
    Compared, ImageChoice, LeftOut, LeftOutKind, Method, Step, Tally,
};
pub use inspect::{
    BaseMatch, BaseProfile, Code, Finding, History, ImageReport, InspectOptions, Inspection,
    LIMITS, LayerProblem, LayerRow, LazyRow, Limit, LimitKind, LimitRow, ParseBaseError,
    ReadDocumentError, Readiness, RuntimeRow, Severity, Subject, SubjectContent, SubjectError,
    UnknownCode, WasteByCause, WasteCause, WastedPath, ZSTD_RUNTIMES, archived_subjects,
    find_subjects, inspect,
};
pub use instruction::instruction;
pub use practices::{
    BaseImage, BaseMeaning, BaseUse, DockerfileFacts, DockerfileReport, Dockerfiles,
    FindDockerfilesError, FoundDockerfiles, LARGEST_DOCKERFILE_BYTES, ParseDockerfileError,
    Practice, PracticeShare, ReadDockerfiles, Share, UnknownBase, Unread, UnreadReason,
};
pub use shared_base::{LayerStack, PlatformBase, SharedBase};
pub use sizes::{StudyImage, StudyLayer, StudySizes};
pub use survey::{
    Distribution, EmptyLayer, EmptySource, Group, LayerKind, Oddity, PERCENTILES, Reuse,
    SharedLayer, Survey, TagCounts, WhyEmpty,
};
