//! `mirror`: a registry in the cluster that keeps what nodes have pulled.

mod hosts;
mod registry;
mod upstream;

use std::path::PathBuf;

use pullstudy_image::Reference;

use super::error::DeployError;
use super::manifests::{Manifests, Touches};
use super::names::{check_label, host_path};
use super::pods;
use super::site::Site;
use super::storage::Storage;

pub use hosts::HostsFile;
pub use upstream::Upstream;

const HELPER: &str = "mirror";
/// The port of the registry, in its pod and of its service.
const PORT: i32 = 5000;

/// A pull-through registry for each upstream, and a DaemonSet that tells containerd of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mirror {
    /// The registries that are mirrored.
    pub upstreams: Vec<Upstream>,
    /// The registry: `distribution` 2 or 3.
    pub image: Reference,
    /// Where each keeps its blobs. Default: a volume of 50 GiB.
    pub storage: Storage,
    /// A secret of the namespace with `username` and `password` for the upstreams.
    pub secret: Option<String>,
    /// The folder that containerd's `config_path` names; none leaves the nodes alone. Default:
    /// `/etc/containerd/certs.d`.
    pub hosts_folder: Option<PathBuf>,
    /// A busybox.
    pub tools_image: Reference,
}

impl Mirror {
    /// Mirrors these registries.
    pub fn new(upstreams: Vec<Upstream>) -> Self {
        Self {
            upstreams,
            image: pods::parsed("docker.io/library/registry:3"),
            storage: Storage::claim("50Gi"),
            secret: None,
            hosts_folder: Some(PathBuf::from("/etc/containerd/certs.d")),
            tools_image: pods::default_tools_image(),
        }
    }

    /// Returns the documents.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when an upstream is named twice, or something else cannot be.
    pub fn manifests(&self, site: &Site) -> Result<Manifests, DeployError> {
        upstream::check_names(&self.upstreams, site)?;
        if let Some(secret) = &self.secret {
            check_label("the secret", secret)?;
        }
        let what = "the folder of hosts.toml files";
        let folder = self.hosts_folder.as_ref();
        let folder = folder.map(|path| host_path(what, path)).transpose()?;
        let mut documents = site.documents()?;
        for upstream in &self.upstreams {
            self.add_registry(&mut documents, site, upstream)?;
        }
        if let Some(folder) = &folder {
            documents.add(&self.hosts_daemon_set(site, folder));
        }
        documents.finish(HELPER, self.touches(site, folder.as_deref()))
    }

    fn touches(&self, site: &Site, folder: Option<&str>) -> Touches {
        let hosts: Vec<_> = self.upstreams.iter().map(Upstream::host).collect();
        let hosts = hosts.join(", ");
        let nodes = match folder {
            Some(folder) => format!(
                "writes HOST/hosts.toml for {hosts} into {folder}, as root, not privileged, and removes it when its \
                 pod ends; a hosts.toml that is not its own is left alone. containerd reads it only if config_path is \
                 {folder} in its configuration. Namespaces that enforce a Pod Security Standard must allow \
                 `privileged`."
            ),
            None => "nothing; containerd has to be told by you, with the hosts.toml that is printed on request."
                .to_owned(),
        };
        let who = match &self.secret {
            Some(secret) => format!(
                " Whoever can reach the service can pull what the credentials in the secret {secret} can."
            ),
            None => String::new(),
        };
        Touches {
            purpose: format!(
                "keeps what nodes pull from {hosts} in the cluster; plain HTTP inside of it.{who}"
            ),
            rights: "none; no token is mounted.".to_owned(),
            nodes,
            undo: site.undo(HELPER, "daemonset,deployment,service,pvc"),
        }
    }
}
