//! Why a cluster cannot be reached, and what it refuses.

use std::path::PathBuf;

use kube::core::Status;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no way to a cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectClusterError {
    /// A kubeconfig cannot be used.
    #[error("kubeconfig {} cannot be used", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Cause,
    },
    /// No kubeconfig is there.
    #[error(
        "there is no kubeconfig at {}: name one with --kubeconfig or KUBECONFIG, or run inside the cluster",
        path.display()
    )]
    NoKubeconfig {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The kubeconfig has no such context.
    #[error("{} has no context {context}; it has {known}", path.display())]
    NoContext {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        context: String,
        /// Those that it has.
        known: String,
    },
    /// This is no pod of a cluster.
    #[error("this does not run inside a cluster")]
    NotInCluster {
        /// Why.
        source: Cause,
    },
    /// The client could not be made: a certificate, a login program.
    #[error("the cluster {server} cannot be spoken to")]
    Client {
        /// Its address.
        server: String,
        /// Why.
        source: Cause,
    },
}

/// What a cluster did not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// A right is missing.
    #[error(
        "no right to {verb} {resource}{}: the rule {{apiGroups: [\"{group}\"], resources: [\"{resource}\"], verbs: [\"{verb}\"]}} is \
         missing; pullstat deploy runner prints all that are needed",
        within(namespace)
    )]
    Forbidden {
        /// What was to be done.
        verb: &'static str,
        /// To what.
        resource: &'static str,
        /// The resource's API group; empty for core.
        group: &'static str,
        /// In which namespace.
        namespace: Option<String>,
    },
    /// The credentials are not, or no longer, good.
    #[error("the cluster does not know who asks: log in again ({message})")]
    Unauthorized {
        /// What it said.
        message: String,
    },
    /// The cluster did not answer, for as long as was waited.
    #[error("the cluster did not {verb} {resource} within {waited_seconds} s")]
    Unreachable {
        /// What was to be done.
        verb: &'static str,
        /// To what.
        resource: &'static str,
        /// How long it was tried.
        waited_seconds: u64,
        /// What the last try met.
        source: Cause,
    },
    /// The cluster refuses.
    #[error(
        "the cluster refuses to {verb} {resource}{}: {message}",
        within(namespace)
    )]
    Refused {
        /// What was to be done.
        verb: &'static str,
        /// To what.
        resource: &'static str,
        /// In which namespace.
        namespace: Option<String>,
        /// HTTP status.
        code: u16,
        /// What it said.
        message: String,
    },
}

fn within(namespace: &Option<String>) -> String {
    let in_words = |name: &String| format!(" in namespace {name}");
    namespace.as_ref().map(in_words).unwrap_or_default()
}

impl ClusterError {
    /// Tells whether the object was there already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }

    /// Tells whether there is no such object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }

    /// Tells whether it refused what it will refuse again, in contrast to what passes.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Unreachable { .. })
    }
}

/// A status in a few words.
pub(super) fn words(status: &Status) -> String {
    match status.message.as_str() {
        "" => format!("{} {}", status.code, status.reason),
        message => message.to_owned(),
    }
}
