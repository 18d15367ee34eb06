//! What container images are like: their sizes, layers and commands, and what that means for pulling them.
//!
//! - [`inspect`]: one image, looked at closely: its layers, the bytes that no container sees, its likely base, the limits
//!   it is near, and [`Finding`]s. [`find_subjects`] and [`archived_subjects`] find images where they lie.
#![forbid(unsafe_code)]

mod inspect;

pub use inspect::{
    BaseMatch, BaseProfile, Code, Finding, History, ImageReport, InspectOptions, Inspection,
    LIMITS, LayerProblem, LayerRow, LazyRow, Limit, LimitKind, LimitRow, ParseBaseError,
    ReadDocumentError, Readiness, RuntimeRow, Severity, Subject, SubjectContent, SubjectError,
    UnknownCode, WasteByCause, WasteCause, WastedPath, ZSTD_RUNTIMES, archived_subjects,
    find_subjects, inspect,
};
