//! The engines, and the arguments that only they need.

use std::env;
use std::path::{Path, PathBuf};

use pullstudy_console::{retries, say};
use pullstudy_runner::{Cluster, ClusterAddress, KubernetesEngine, LocalEngine, Plan, StudyReport};

use super::{Args, carry_out};

/// What pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum EngineName {
    /// Nodes are folders of this machine; nothing else is needed
    Local,
    /// Nodes are containerds, each named by its socket; as root
    Containerd,
    /// A job with one pod a node, for each image
    Kubernetes,
}

/// Which cluster.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// The kubeconfig [default: KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Its context [default: the current one]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Use the service account of the pod that this runs in
    #[arg(long, conflicts_with_all = ["kubeconfig", "context"])]
    in_cluster: bool,
}

impl ClusterArgs {
    /// Makes a client for the cluster.
    pub(crate) async fn connect(&self) -> anyhow::Result<Cluster> {
        let cluster = Cluster::connect(&self.address()).await?;
        say(format_args!("the cluster is {}", cluster.server()));
        Ok(cluster)
    }

    fn address(&self) -> ClusterAddress {
        if self.in_cluster {
            return ClusterAddress::InCluster;
        }
        let paths = match (&self.kubeconfig, env::var_os("KUBECONFIG")) {
            (Some(path), _) => vec![path.clone()],
            (None, Some(paths)) if !paths.is_empty() => env::split_paths(&paths).collect(),
            _ => {
                let home = env::home_dir().unwrap_or_default();
                vec![home.join(".kube").join("config")]
            }
        };
        let context = self.context.clone();
        ClusterAddress::Kubeconfig { paths, context }
    }
}

/// Carries the plan out on the engine that was asked for.
pub(super) async fn run(args: &Args, plan: &Plan, folder: &Path) -> anyhow::Result<StudyReport> {
    match args.engine {
        EngineName::Local => {
            let first = plan.steps.first().map(|step| &step.image.reference);
            let retries = retries(|line| say(format_args!("{line}")));
            let mut client = args.connection.options(first, retries)?;
            // What is measured is one request each: a second try would hide in the seconds of the first.
            client.retry.max_tries = 1;
            let engine = LocalEngine::new(folder.join("nodes")).with_client(client);
            carry_out(plan, &mut { engine }, folder).await
        }
        EngineName::Containerd => carry_out(plan, &mut { args.runtime.engine() }, folder).await,
        EngineName::Kubernetes => {
            let cluster = args.cluster.connect().await?;
            let engine = KubernetesEngine::new(cluster, folder);
            carry_out(plan, &mut { engine }, folder).await
        }
    }
}
