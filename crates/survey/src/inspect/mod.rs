//! One image, looked at closely.

mod archived;
mod base;
mod deep;
mod finding;
mod history;
mod image;
mod known_empty;
mod layer;
mod lazy;
mod limits;
mod mount;
mod os_release;
mod report;
mod rules;
mod runtimes;
mod subject;
mod tree;
mod walk;
mod waste;
mod way;

pub use archived::archived_subjects;
pub use base::{BaseMatch, BaseProfile, ParseBaseError};
pub use deep::LayerProblem;
pub use finding::{Code, Finding, Severity, UnknownCode};
pub use history::History;
pub use image::{InspectOptions, Inspection, inspect};
pub use layer::LayerRow;
pub use lazy::{LazyRow, Readiness};
pub use limits::{LIMITS, Limit, LimitKind, LimitRow};
pub use report::ImageReport;
pub use runtimes::{RuntimeRow, ZSTD_RUNTIMES};
pub use subject::{ReadDocumentError, Subject, SubjectContent, SubjectError, find_subjects};
pub use waste::{WasteByCause, WasteCause, WastedPath};
