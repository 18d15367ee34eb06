//! `collector`: events, pods and nodes of a cluster, to files.

use k8s_openapi::api::core::v1 as core;
use pullstudy_image::Reference;

use super::error::DeployError;
use super::manifests::{Documents, Manifests, Touches};
use super::names::check_label;
use super::pods;
use super::rights::{
    add_account, add_in_cluster, add_in_namespace, in_words, to_follow_nodes, to_follow_pods,
};
use super::site::Site;
use super::storage::Storage;

const HELPER: &str = "collector";
const DATA: &str = "/data";

/// A pod that runs `pullstat collect` until it is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectorDeployment {
    /// An image that has `pullstat` in its path.
    pub image: Reference,
    /// Where the files go. Default: a volume of 10 GiB.
    pub storage: Storage,
    /// The only namespace whose events and pods are collected. Default: all of them.
    pub only: Option<String>,
}

impl CollectorDeployment {
    /// Collects with the `pullstat` of an image.
    pub fn new(image: Reference) -> Self {
        Self {
            image,
            storage: Storage::claim("10Gi"),
            only: None,
        }
    }

    /// Returns the documents.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when what is asked for cannot be.
    pub fn manifests(&self, site: &Site) -> Result<Manifests, DeployError> {
        let mut documents = site.documents()?;
        add_account(&mut documents, site, HELPER);
        self.add_rights(&mut documents, site)?;
        if let Some(claim) = self.storage.document(site, HELPER, site.name())? {
            documents.add(&claim);
        }
        let pod = self.pod(site);
        documents.add(&pods::deployment(site, HELPER, site.name(), pod));
        documents.finish(HELPER, self.touches(site))
    }

    fn add_rights(&self, documents: &mut Documents, site: &Site) -> Result<(), DeployError> {
        let (mut in_cluster, in_namespace) = (to_follow_nodes(), to_follow_pods());
        match &self.only {
            Some(namespace) => {
                check_label("the namespace to collect from", namespace)?;
                let name = site.cluster_name();
                let role = (namespace.as_str(), name.as_str());
                add_in_namespace(documents, site, HELPER, role, &in_namespace);
            }
            None => in_cluster.extend(in_namespace),
        }
        add_in_cluster(documents, site, HELPER, &in_cluster);
        Ok(())
    }

    fn pod(&self, site: &Site) -> core::PodSpec {
        let mut command = pods::words(&["pullstat", "collect", "--in-cluster", "--out", DATA]);
        if let Some(namespace) = &self.only {
            command.extend(["--namespace".to_owned(), namespace.clone()]);
        }
        let container = core::Container {
            volume_mounts: Some(vec![pods::mount("data", DATA, false)]),
            resources: Some(pods::small(Some("512Mi"))),
            ..pods::container("collect", &self.image, command)
        };
        core::PodSpec {
            service_account_name: Some(site.name().to_owned()),
            security_context: Some(owns_volumes()),
            containers: vec![container],
            volumes: Some(vec![self.storage.volume("data", site.name())]),
            ..core::PodSpec::default()
        }
    }

    fn touches(&self, site: &Site) -> Touches {
        let (nodes, pods) = (in_words(&to_follow_nodes()), in_words(&to_follow_pods()));
        let place = match &self.only {
            Some(namespace) => format!("in {namespace} {pods}"),
            None => format!("in all namespaces {pods}"),
        };
        let cluster_name = site.cluster_name();
        let roles = self.only.iter().map(|namespace| {
            format!("kubectl -n {namespace} delete rolebinding,role {cluster_name}; ")
        });
        Touches {
            purpose: "writes the cluster's events, pods and nodes to files.".to_owned(),
            rights: format!("reads only: {nodes}; {place}."),
            nodes: "nothing. Not privileged, not root, no host path.".to_owned(),
            undo: format!(
                "kubectl delete clusterrolebinding,clusterrole {cluster_name}; {}{}",
                roles.collect::<String>(),
                site.undo(HELPER, "deployment,pvc,serviceaccount")
            ),
        }
    }
}

/// Lets a user that is not root write to the pod's volumes.
pub(super) fn owns_volumes() -> core::PodSecurityContext {
    core::PodSecurityContext {
        fs_group: Some(pods::NOBODY),
        ..core::PodSecurityContext::default()
    }
}
