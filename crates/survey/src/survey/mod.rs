//! What a collection of images is like, in figures.

mod distribution;
mod empty;
mod groups;
mod kinds;
mod reuse;
mod run;
mod tags;

pub use distribution::{Distribution, PERCENTILES};
pub use empty::{EmptyLayer, EmptySource, WhyEmpty};
pub(crate) use empty::{is_empty_tar, is_known_empty};
pub use groups::Group;
pub use kinds::{LayerKind, Oddity};
pub use reuse::{Reuse, SharedLayer};
pub use run::Survey;
pub use tags::TagCounts;
