//! What a study is to do: the file that says it, and the steps that follow from it.

mod file;
mod form;
mod order;
mod problem;
mod published;
mod step;

#[cfg(feature = "kubernetes")]
pub(crate) use file::PAUSE_IMAGE;
pub use file::{
    CachePolicy, ContainerdSettings, ImageSource, KubernetesSettings, Order, RunContainer,
    Strategy, StudyFile, Timeouts, Toleration,
};
pub use problem::{PlanError, ReadStudyError};
pub use step::{Plan, Step, StudyImage};
