//! Where in a cluster a helper goes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::error::DeployError;
use super::manifests::Documents;
use super::names::{check_label, check_label_of, node_label};
use crate::kubernetes::{SHARED, STUDY_LABEL};

/// What Kubernetes puts behind names of DaemonSets and Deployments has to fit into 63 bytes.
const MOST_NAME_BYTES: usize = 52;
const OS_LABEL: &str = "kubernetes.io/os";
const NAME_LABEL: &str = "app.kubernetes.io/name";
const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";

/// Where in a cluster a helper goes: its namespace, its name, and the nodes.
///
/// Every node with Linux is meant, except those whose taints keep pods away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    namespace: String,
    name: String,
    node_selector: BTreeMap<String, String>,
    tolerates_all: bool,
    namespace_exists: bool,
    pull_secrets: Vec<String>,
}

impl Site {
    /// Takes a namespace and a name, both labels of RFC 1123.
    ///
    /// # Errors
    ///
    /// [`DeployError::Name`] when one of them is none.
    pub fn new(namespace: &str, name: &str) -> Result<Self, DeployError> {
        check_label("the namespace", namespace)?;
        check_label_of("the name", name, MOST_NAME_BYTES)?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            node_selector: BTreeMap::from([(OS_LABEL.to_owned(), "linux".to_owned())]),
            tolerates_all: false,
            namespace_exists: false,
            pull_secrets: Vec::new(),
        })
    }

    /// Takes only nodes that have a label, written `KEY=VALUE`.
    ///
    /// # Errors
    ///
    /// [`DeployError::NodeSelector`] when no label reads so.
    pub fn select_nodes(&mut self, label: &str) -> Result<(), DeployError> {
        let (key, value) = node_label(label)?;
        self.node_selector.insert(key, value);
        Ok(())
    }

    /// Takes nodes whatever their taints say, those of the control plane among them.
    pub fn tolerate_all(&mut self) {
        self.tolerates_all = true;
    }

    /// Leaves the namespace as it is: no document of it is made.
    pub fn namespace_exists(&mut self) {
        self.namespace_exists = true;
    }

    /// Names a secret of the namespace with credentials for the helper's images.
    ///
    /// # Errors
    ///
    /// [`DeployError::Name`] when it is no label of RFC 1123.
    pub fn pull_secret(&mut self, name: &str) -> Result<(), DeployError> {
        check_label("the secret", name)?;
        self.pull_secrets.push(name.to_owned());
        Ok(())
    }

    /// Returns the namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the name of what belongs to no namespace, such as a ClusterRole.
    pub(super) fn cluster_name(&self) -> String {
        format!("{}-{}", self.namespace, self.name)
    }

    /// Begins with the namespace, unless it exists already.
    pub(super) fn documents(&self) -> Result<Documents, DeployError> {
        let mut documents = Documents::default();
        if self.namespace_exists {
            return Ok(documents);
        }
        add_namespace(&mut documents, &self.namespace, None)?;
        Ok(documents)
    }

    /// A namespace that studies may use, and that stays when they have ended.
    pub(super) fn add_study_namespace(
        documents: &mut Documents,
        namespace: &str,
    ) -> Result<(), DeployError> {
        let label = (STUDY_LABEL.to_owned(), SHARED.to_owned());
        add_namespace(documents, namespace, Some(label))
    }

    /// Metadata of a document in the namespace.
    pub(super) fn metadata(&self, helper: &str, name: &str) -> ObjectMeta {
        ObjectMeta {
            namespace: Some(self.namespace.clone()),
            ..self.cluster_metadata(helper, name)
        }
    }

    /// Metadata of a document that belongs to no namespace.
    pub(super) fn cluster_metadata(&self, helper: &str, name: &str) -> ObjectMeta {
        let mut labels = self.pod_labels(helper, &self.name);
        labels.extend([part_of(), managed_by()]);
        ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels),
            ..ObjectMeta::default()
        }
    }

    /// Which pods are meant, by whom they belong to.
    pub(super) fn selector(&self, helper: &str, name: &str) -> LabelSelector {
        LabelSelector {
            match_labels: Some(self.pod_labels(helper, name)),
            ..LabelSelector::default()
        }
    }

    /// A pod of the helper, and where it may run.
    pub(super) fn pod(
        &self,
        helper: &str,
        name: &str,
        spec: core::PodSpec,
    ) -> core::PodTemplateSpec {
        let mut labels = self.pod_labels(helper, name);
        labels.extend([part_of(), managed_by()]);
        core::PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(labels),
                ..ObjectMeta::default()
            }),
            spec: Some(self.placed(spec)),
        }
    }

    fn placed(&self, spec: core::PodSpec) -> core::PodSpec {
        let secret = |name: &String| core::LocalObjectReference { name: name.clone() };
        let secrets: Vec<_> = self.pull_secrets.iter().map(secret).collect();
        let anything = core::Toleration {
            operator: Some("Exists".to_owned()),
            ..core::Toleration::default()
        };
        core::PodSpec {
            node_selector: Some(self.node_selector.clone()),
            tolerations: self.tolerates_all.then(|| vec![anything]),
            image_pull_secrets: (!secrets.is_empty()).then_some(secrets),
            // Without rights there is no use for a token.
            automount_service_account_token: Some(spec.service_account_name.is_some()),
            enable_service_links: Some(spec.enable_service_links.unwrap_or(false)),
            ..spec
        }
    }

    fn pod_labels(&self, helper: &str, name: &str) -> BTreeMap<String, String> {
        let label = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        BTreeMap::from([(NAME_LABEL, helper), (INSTANCE_LABEL, name)].map(label))
    }

    /// The command that takes the helper back, `kinds` being what it consists of. The namespace may hold other helpers.
    pub(super) fn undo(&self, helper: &str, kinds: &str) -> String {
        let Self {
            namespace, name, ..
        } = self;
        format!(
            "kubectl -n {namespace} delete {kinds} -l {NAME_LABEL}={helper},{INSTANCE_LABEL}={name} \
             (the namespace stays, since other helpers may be in it)."
        )
    }
}

fn add_namespace(
    documents: &mut Documents,
    namespace: &str,
    label: Option<(String, String)>,
) -> Result<(), DeployError> {
    let namespace = namespace.to_owned();
    if namespace == "default" || namespace.starts_with("kube-") {
        return Err(DeployError::ForeignNamespace { namespace });
    }
    let labels = [part_of(), managed_by()].into_iter().chain(label);
    documents.add(&core::Namespace {
        metadata: ObjectMeta {
            name: Some(namespace),
            labels: Some(labels.collect()),
            ..ObjectMeta::default()
        },
        ..core::Namespace::default()
    });
    Ok(())
}

fn part_of() -> (String, String) {
    (
        "app.kubernetes.io/part-of".to_owned(),
        "pullstudy".to_owned(),
    )
}

fn managed_by() -> (String, String) {
    (
        "app.kubernetes.io/managed-by".to_owned(),
        "pullstat".to_owned(),
    )
}
