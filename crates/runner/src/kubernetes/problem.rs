//! Why a study cannot go on in a cluster.

use crate::cluster::ClusterError;
use crate::collect::CollectError;

/// Why a study cannot go on in a cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KubernetesError {
    /// The cluster did not answer, or refused.
    #[error("{action} failed")]
    Cluster {
        /// What was to be done.
        action: String,
        /// Why.
        source: ClusterError,
    },
    /// Rights are missing.
    #[error("rights are missing: {}; pullstat deploy runner prints a role with all that are needed", rules.join("; "))]
    Rights {
        /// The rules that are missing.
        rules: Vec<String>,
    },
    /// What the cluster says cannot be collected.
    #[error("what the cluster says cannot be collected")]
    Collect {
        /// Why.
        source: CollectError,
    },
    /// The cluster has fewer nodes than a step wants.
    #[error(
        "the study wants {wanted} nodes{}, and the cluster has {usable} that are ready and take pods{left_out}",
        of_strategy(strategy)
    )]
    FewerNodes {
        /// The most that a step wants.
        wanted: u32,
        /// Those that can be used.
        usable: usize,
        /// The strategy with its node selector, where there are several.
        strategy: Option<String>,
        /// How many nodes are left out, and why; begins with a colon.
        left_out: String,
    },
    /// The namespace belongs to someone else.
    #[error(
        "namespace {namespace} exists and is not this study's: it is left as it is; choose another name"
    )]
    ForeignNamespace {
        /// Its name.
        namespace: String,
    },
    /// A job of the same name is none of this study's.
    #[error(
        "job {job} in namespace {namespace} is not this study's: it is left as it is; choose another namespace"
    )]
    ForeignJob {
        /// Its name.
        job: String,
        /// Where it is.
        namespace: String,
    },
    /// Images are to be removed from nodes, and nothing can do it.
    #[error(
        "cache: remove needs kubernetes: cleaner-image, an image with crictl and sh that removes images from the nodes; or say \
         cache: check, and pull each image once"
    )]
    NoCleaner,
    /// What was deleted is still there.
    #[error("{what} was deleted {waited_seconds} s ago and is still there: {hint}")]
    StillThere {
        /// What.
        what: String,
        /// How long it was waited for.
        waited_seconds: u64,
        /// What may hold it up.
        hint: String,
    },
    /// A secret with credentials is not named in full.
    #[error(
        "pull secret {secret:?} does not say where it is: write NAMESPACE/NAME, it is copied into the study's namespace"
    )]
    SecretName {
        /// As it was written.
        secret: String,
    },
}

fn of_strategy(strategy: &Option<String>) -> String {
    let in_words = |name: &String| format!(" for strategy {name}");
    strategy.as_ref().map(in_words).unwrap_or_default()
}

impl KubernetesError {
    pub(super) fn cluster(action: impl Into<String>) -> impl FnOnce(ClusterError) -> Self {
        let action = action.into();
        move |source| Self::Cluster { action, source }
    }
}
