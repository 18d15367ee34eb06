//! A Kubernetes control plane with fake nodes on this machine, for tests.
//!
//! [`Cluster`] starts etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok on free ports of 127.0.0.1,
//! in a folder of its own, and stops them when it goes: also when the test process is killed. The nodes pull nothing;
//! what happens to a pod is told by the stages in `stages/`, chosen by its image's name.
//!
//! ```no_run
//! use pullstudy_test_cluster::{Cluster, Settings};
//!
//! let cluster = Cluster::start(&Settings::default().nodes(16))?;
//! let nodes = cluster.kubectl(&["get", "nodes", "--no-headers"])?;
//! assert_eq!(nodes.lines().count(), 16);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod arguments;
mod cluster;
mod credentials;
mod deadline;
mod guard;
mod image_archive;
mod kubectl;
mod leases;
mod nodes;
mod ports;
mod programs;
mod real_node;
mod requests;
mod server;
mod settings;
mod stages;

pub use cluster::{Cluster, Part, StartClusterError, StartPartError};
pub use credentials::User;
pub use deadline::{Overdue, until};
pub use kubectl::RunKubectlError;
pub use programs::{FindProgramsError, KUBERNETES_VERSION, Programs};
pub use real_node::{AskContainerdError, RealNode};
pub use requests::{ReadRequestsError, Request};
pub use settings::Settings;
