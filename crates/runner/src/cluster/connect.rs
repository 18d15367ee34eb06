//! From a kubeconfig, or from inside, to a client.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};

use super::problem::ConnectClusterError;

/// How a cluster is found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterAddress {
    /// By a kubeconfig, as `kubectl` does.
    Kubeconfig {
        /// The files; what several say is put together, the first one counts.
        paths: Vec<PathBuf>,
        /// Its context; the current one where there is none.
        context: Option<String>,
    },
    /// From a pod of the cluster, by its service account. Reads `KUBERNETES_SERVICE_HOST` and the account's files.
    InCluster,
}

/// A Kubernetes cluster that can be asked things.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) client: Client,
    server: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Makes a client; nothing is sent yet. Login programs of the kubeconfig (`gke-gcloud-auth-plugin`, `aws eks get-token`,
    /// `kubelogin`) are run as `kubectl` runs them.
    ///
    /// # Errors
    ///
    /// [`ConnectClusterError`] where there is no way to a cluster.
    pub async fn connect(address: &ClusterAddress) -> Result<Self, ConnectClusterError> {
        let mut config = match address {
            ClusterAddress::InCluster => {
                Config::incluster().map_err(|source| ConnectClusterError::NotInCluster {
                    source: source.into(),
                })?
            }
            ClusterAddress::Kubeconfig { paths, context } => {
                from_files(paths, context.as_deref()).await?
            }
        };
        config.connect_timeout = Some(Duration::from_secs(10));
        // Watches are silent for minutes; what must end has an end of its own.
        config.read_timeout = None;
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|source| ConnectClusterError::Client {
            server: server.clone(),
            source: source.into(),
        })?;
        Ok(Self { client, server })
    }

    /// Uses a client of the caller's making.
    #[cfg(test)]
    pub(crate) fn of_client(client: Client) -> Self {
        Self {
            client,
            server: "http://mock".to_owned(),
        }
    }

    /// Returns the address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }
}

async fn from_files(
    paths: &[PathBuf],
    context: Option<&str>,
) -> Result<Config, ConnectClusterError> {
    let mut merged: Option<Kubeconfig> = None;
    let first = paths.first().cloned().unwrap_or_default();
    for path in paths.iter().filter(|path| path.exists()) {
        let unusable = |source: kube::config::KubeconfigError| ConnectClusterError::Kubeconfig {
            path: path.clone(),
            source: source.into(),
        };
        let next = Kubeconfig::read_from(path).map_err(unusable)?;
        merged = Some(match merged {
            Some(merged) => merged.merge(next).map_err(unusable)?,
            None => next,
        });
    }
    let merged = merged.ok_or(ConnectClusterError::NoKubeconfig {
        path: first.clone(),
    })?;
    refuse_unknown(&merged, &first, context)?;
    let options = KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(merged, &options).await;
    config.map_err(|source| ConnectClusterError::Kubeconfig {
        path: first,
        source: source.into(),
    })
}

fn refuse_unknown(
    config: &Kubeconfig,
    path: &Path,
    context: Option<&str>,
) -> Result<(), ConnectClusterError> {
    let known: Vec<&str> = config
        .contexts
        .iter()
        .map(|known| known.name.as_str())
        .collect();
    match context {
        Some(context) if !known.contains(&context) => Err(ConnectClusterError::NoContext {
            path: path.to_owned(),
            context: context.to_owned(),
            known: match known.as_slice() {
                [] => "none".to_owned(),
                known => known.join(", "),
            },
        }),
        _ => Ok(()),
    }
}
