//! A Kubernetes cluster: how it is reached, and what it answers.

mod call;
mod connect;
#[cfg(test)]
pub(crate) mod mock;
mod problem;

pub(crate) use call::{Call, Pause, is_passing};
pub use connect::{Cluster, ClusterAddress};
pub use problem::{ClusterError, ConnectClusterError};
