//! The study's own namespace, and whatever else carries its label.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use tokio::time::Instant;

use super::problem::KubernetesError;
use crate::cluster::{Call, Cluster, ClusterError};
use crate::engine::StudyIdentity;
use crate::plan::StudyFile;

/// Says which study an object is of.
pub(crate) const STUDY_LABEL: &str = "pullstudy.dev/study";

/// Marks a namespace that studies may use and nobody of them removes.
pub(crate) const SHARED: &str = "any";

/// How often it is looked whether a namespace is gone.
const LOOK: Duration = Duration::from_secs(2);

/// The namespace of a study.
#[derive(Clone, Debug)]
pub(super) struct StudyNamespace {
    pub(super) name: String,
    study: String,
    labels: BTreeMap<String, String>,
    /// Whether it was made by someone for studies to use.
    is_shared: bool,
}

impl StudyNamespace {
    pub(super) fn new(study: &StudyFile, identity: &StudyIdentity) -> Self {
        let default = || format!("pullstudy-{}", identity.id);
        let mut labels = study.labels.clone();
        labels.insert(STUDY_LABEL.to_owned(), identity.id.clone());
        labels.insert(
            "app.kubernetes.io/managed-by".to_owned(),
            "pullstudy".to_owned(),
        );
        Self {
            name: study.kubernetes.namespace.clone().unwrap_or_else(default),
            study: identity.id.clone(),
            labels,
            is_shared: false,
        }
    }

    /// Labels of everything in it.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        self.labels.clone()
    }

    /// Whether the study made it, and has to remove it.
    pub(super) fn is_own(&self) -> bool {
        !self.is_shared
    }

    /// Looks whether the name is free or ours; one that belongs to others is an error.
    pub(super) async fn look(&mut self, cluster: &Cluster) -> Result<bool, KubernetesError> {
        let call = Call::new("get", "namespaces", "").impatient();
        match self.get_by(cluster, &call).await? {
            Some(found) => {
                self.claim(&found)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Makes it, unless it is there.
    pub(super) async fn ensure(&mut self, cluster: &Cluster) -> Result<(), KubernetesError> {
        match self.get(cluster).await? {
            Some(found) if found.metadata.deletion_timestamp.is_some() => {
                self.wait_until_gone(cluster, Duration::from_secs(300))
                    .await?;
            }
            Some(found) => return self.claim(&found),
            None => {}
        }
        let wanted = Namespace {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                labels: Some(self.labels.clone()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let (namespaces, params) = (Self::api(cluster), PostParams::default());
        let call = Call::new("create", "namespaces", "");
        match call.send(|| namespaces.create(&params, &wanted)).await {
            Ok(_) => Ok(()),
            // Also after an answer that was lost on its way.
            Err(error) if error.is_conflict() => match self.get(cluster).await? {
                Some(found) => self.claim(&found),
                None => Err(KubernetesError::cluster("making the namespace")(error)),
            },
            Err(error) => Err(KubernetesError::cluster("making the namespace")(error)),
        }
    }

    /// Deletes it with all that is in it, and waits until it is gone.
    pub(super) async fn remove(
        &mut self,
        cluster: &Cluster,
        patience: Duration,
    ) -> Result<(), KubernetesError> {
        if self.is_shared || !self.look(cluster).await? {
            return Ok(());
        }
        let (namespaces, params) = (Self::api(cluster), DeleteParams::background());
        let call = Call::new("delete", "namespaces", "");
        match call.send(|| namespaces.delete(&self.name, &params)).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() || error.is_conflict() => {}
            Err(error) => return Err(KubernetesError::cluster("removing the namespace")(error)),
        }
        self.wait_until_gone(cluster, patience).await
    }

    /// Copies secrets, each named `NAMESPACE/NAME`, and returns their names.
    pub(super) async fn copy_secrets(
        &self,
        cluster: &Cluster,
        secrets: &[String],
    ) -> Result<Vec<String>, KubernetesError> {
        let mut names = Vec::new();
        for secret in secrets {
            let bad = || KubernetesError::SecretName {
                secret: secret.clone(),
            };
            let (namespace, name) = secret.split_once('/').ok_or_else(bad)?;
            self.copy_secret(cluster, namespace, name).await?;
            names.push(name.to_owned());
        }
        Ok(names)
    }

    async fn copy_secret(
        &self,
        cluster: &Cluster,
        namespace: &str,
        name: &str,
    ) -> Result<(), KubernetesError> {
        let from: Api<Secret> = Api::namespaced(cluster.client.clone(), namespace);
        let call = Call::new("get", "secrets", "").within(namespace);
        let found = call.send(|| from.get(name)).await;
        let found = found.map_err(KubernetesError::cluster(format!(
            "reading secret {namespace}/{name}"
        )))?;
        let copy = Secret {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some(self.labels()),
                ..ObjectMeta::default()
            },
            ..found
        };
        let into: Api<Secret> = Api::namespaced(cluster.client.clone(), &self.name);
        let call = Call::new("create", "secrets", "").within(&self.name);
        let params = PostParams::default();
        match call.send(|| into.create(&params, &copy)).await {
            Err(error) if !error.is_conflict() => Err(KubernetesError::cluster(format!(
                "copying secret {name}"
            ))(error)),
            _ => Ok(()),
        }
    }

    /// Takes a namespace for ours, if its label says so.
    fn claim(&mut self, found: &Namespace) -> Result<(), KubernetesError> {
        let labels = found.metadata.labels.as_ref();
        match labels.and_then(|labels| labels.get(STUDY_LABEL)) {
            Some(study) if *study == self.study => Ok(()),
            Some(study) if study == SHARED => {
                self.is_shared = true;
                Ok(())
            }
            _ => Err(KubernetesError::ForeignNamespace {
                namespace: self.name.clone(),
            }),
        }
    }

    async fn get(&self, cluster: &Cluster) -> Result<Option<Namespace>, KubernetesError> {
        self.get_by(cluster, &Call::new("get", "namespaces", ""))
            .await
    }

    async fn get_by(
        &self,
        cluster: &Cluster,
        call: &Call,
    ) -> Result<Option<Namespace>, KubernetesError> {
        let namespaces = Self::api(cluster);
        let found = call.send(|| namespaces.get_opt(&self.name)).await;
        found.map_err(KubernetesError::cluster("looking for the namespace"))
    }

    async fn wait_until_gone(
        &self,
        cluster: &Cluster,
        patience: Duration,
    ) -> Result<(), KubernetesError> {
        let start = Instant::now();
        while let Some(found) = self.get(cluster).await? {
            if found.metadata.deletion_timestamp.is_none() {
                return Ok(());
            }
            if start.elapsed() > patience {
                return Err(self.still_there(start.elapsed(), &found));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    fn still_there(&self, waited: Duration, found: &Namespace) -> KubernetesError {
        let conditions = found
            .status
            .as_ref()
            .and_then(|status| status.conditions.as_ref());
        let said = conditions.and_then(|conditions| {
            let open = conditions
                .iter()
                .find(|condition| condition.status == "True")?;
            open.message.clone()
        });
        KubernetesError::StillThere {
            what: format!("namespace {}", self.name),
            waited_seconds: waited.as_secs(),
            hint: said.unwrap_or_else(|| "the cluster does not say what holds it up".to_owned()),
        }
    }

    fn api(cluster: &Cluster) -> Api<Namespace> {
        Api::all(cluster.client.clone())
    }
}

/// Tells whether something is gone, or what kept it from being deleted.
pub(super) fn gone(deleted: Result<(), ClusterError>) -> Result<(), ClusterError> {
    match deleted {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}
