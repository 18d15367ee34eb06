//! The engine `kubernetes`: each image by a job with one pod a node.

mod cache;
mod engine;
mod hold;
mod job;
mod namespace;
mod nodes;
mod pod_view;
mod problem;
mod requests;
mod rights;
mod seen;
mod step;
#[cfg(test)]
mod tests;

pub use engine::KubernetesEngine;
pub(crate) use namespace::{SHARED, STUDY_LABEL};
pub use problem::KubernetesError;
pub(crate) use rights::{NEEDED, OF_NAMESPACES, Right, USED};
