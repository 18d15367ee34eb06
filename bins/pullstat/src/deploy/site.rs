//! Flags that all helpers have.

use pullstudy_console::UsageError;
use pullstudy_runner::{DeployError, Site};

use super::output::{Format, usage};

/// Where the helper goes.
#[derive(Debug, clap::Args)]
pub(super) struct SiteArgs {
    /// The namespace
    #[arg(long, value_name = "NAMESPACE", default_value = "pullstudy")]
    namespace: String,
    /// The namespace exists already: leave it as it is
    #[arg(long)]
    existing_namespace: bool,
    /// The name of what is created [default: the helper's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only nodes with this label; more than one may be given
    #[arg(long, value_name = "KEY=VALUE")]
    node_selector: Vec<String>,
    /// Nodes with any taint, too, those of the control plane among them
    #[arg(long)]
    tolerate_all: bool,
    /// A secret of the namespace with credentials for the images of the helper; more than one may be given
    #[arg(long, value_name = "SECRET")]
    pull_secret: Vec<String>,
    /// How the manifests are printed
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub(super) format: Format,
}

impl SiteArgs {
    /// The site, `helper` being the name where none was given.
    pub(super) fn site(&self, helper: &str) -> Result<Site, UsageError> {
        self.checked(helper).map_err(|error| usage(&error))
    }

    fn checked(&self, helper: &str) -> Result<Site, DeployError> {
        let name = self.name.as_deref().unwrap_or(helper);
        let mut site = Site::new(&self.namespace, name)?;
        if self.existing_namespace {
            site.namespace_exists();
        }
        if self.tolerate_all {
            site.tolerate_all();
        }
        for label in &self.node_selector {
            site.select_nodes(label)?;
        }
        for secret in &self.pull_secret {
            site.pull_secret(secret)?;
        }
        Ok(site)
    }
}

/// Where a helper keeps what must outlive its pod.
#[derive(Debug, clap::Args)]
pub(super) struct StorageArgs {
    /// The size of its volume
    #[arg(long, value_name = "QUANTITY")]
    volume_size: Option<String>,
    /// The storage class of its volume [default: the cluster's]
    #[arg(long, value_name = "CLASS", conflicts_with = "ephemeral")]
    storage_class: Option<String>,
    /// Keep the data in the pod: it is gone with the pod
    #[arg(long, conflicts_with = "volume_size")]
    ephemeral: bool,
}

impl StorageArgs {
    /// What was asked for, `size` being the size where none was given.
    pub(super) fn storage(&self, size: &str) -> pullstudy_runner::Storage {
        if self.ephemeral {
            return pullstudy_runner::Storage::Pod;
        }
        pullstudy_runner::Storage::Claim {
            size: self.volume_size.clone().unwrap_or_else(|| size.to_owned()),
            class: self.storage_class.clone(),
        }
    }
}
