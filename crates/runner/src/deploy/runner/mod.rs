//! `runner`: what `pullstat run --engine kubernetes` may do, and the run itself as a Job.

mod study_job;

use std::collections::{BTreeMap, BTreeSet};

use super::error::DeployError;
use super::manifests::{Documents, Manifests, Touches};
use super::names::check_label;
use super::rights::{
    Right, add_account, add_in_cluster, add_in_namespace, in_words, to_create_secrets,
    to_read_secret, to_run_anywhere, to_run_inside, to_run_outside,
};
use super::site::Site;

pub use study_job::StudyJob;

const HELPER: &str = "runner";

/// An account with the rights of a run, and the run as a Job if one is wanted.
///
/// With a name for the study's namespace, that namespace is among the documents, marked as one that studies may use,
/// and the account may do next to nothing elsewhere. Without one the run makes a namespace of its own; RBAC cannot bind
/// rights to what has no name yet, so they reach into all namespaces then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runner {
    /// The namespace that the study's file names, if it does.
    pub study_namespace: Option<String>,
    /// Secrets that the study copies into its namespace, each `NAMESPACE/NAME`.
    pub secrets: Vec<String>,
    /// The run, in the cluster. Default: none, the account alone.
    pub job: Option<StudyJob>,
}

impl Runner {
    /// Returns the documents.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when what is asked for cannot be.
    pub fn manifests(&self, site: &Site) -> Result<Manifests, DeployError> {
        let secrets = self.secrets()?;
        let mut documents = site.documents()?;
        add_account(&mut documents, site, HELPER);
        match &self.study_namespace {
            Some(namespace) => self.add_bound(&mut documents, site, namespace)?,
            None => add_in_cluster(&mut documents, site, HELPER, &to_run_anywhere()),
        }
        for (namespace, rights) in secrets {
            let role = (namespace, &*secrets_role(site));
            add_in_namespace(&mut documents, site, HELPER, role, &rights);
        }
        if let Some(job) = &self.job {
            job.add(&mut documents, site)?;
        }
        documents.finish(HELPER, self.touches(site))
    }

    /// The rights to read the secrets, by namespace.
    fn secrets(&self) -> Result<BTreeMap<&str, Vec<Right>>, DeployError> {
        if let (None, Some(secret)) = (&self.study_namespace, self.secrets.first()) {
            let secret = secret.clone();
            return Err(DeployError::SecretsAnywhere { secret });
        }
        let mut rights: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for text in &self.secrets {
            let (namespace, name) = text
                .split_once('/')
                .ok_or_else(|| DeployError::Secret { text: text.clone() })?;
            check_label("the secret's namespace", namespace)?;
            check_label("the secret", name)?;
            let of_namespace = rights.entry(namespace).or_default();
            of_namespace.push(to_read_secret(name));
        }
        Ok(rights)
    }

    /// Rights in the one namespace, which is made.
    fn add_bound(
        &self,
        documents: &mut Documents,
        site: &Site,
        namespace: &str,
    ) -> Result<(), DeployError> {
        check_label("the study's namespace", namespace)?;
        if namespace == site.namespace() {
            let namespace = namespace.to_owned();
            return Err(DeployError::OneNamespace { namespace });
        }
        Site::add_study_namespace(documents, namespace)?;
        add_in_cluster(documents, site, HELPER, &to_run_outside(namespace));
        let role = (namespace, &*site.cluster_name());
        add_in_namespace(documents, site, HELPER, role, &self.inside());
        Ok(())
    }

    /// What is needed in the study's namespace.
    fn inside(&self) -> Vec<Right> {
        let mut rights = to_run_inside();
        if !self.secrets.is_empty() {
            rights.push(to_create_secrets());
        }
        rights
    }

    fn touches(&self, site: &Site) -> Touches {
        let cluster_name = site.cluster_name();
        let rights = match &self.study_namespace {
            Some(namespace) => format!(
                "{}; in {namespace} {}.{} Whoever may create Jobs there may run any pod that the namespace admits.",
                in_words(&to_run_outside(namespace)),
                in_words(&self.inside()),
                self.of_secrets()
            ),
            None => format!(
                "in ALL namespaces {}. Whoever may create Jobs everywhere may run any pod as any account: this is as \
                 good as all rights. A study that names its namespace needs none of that.",
                in_words(&to_run_anywhere())
            ),
        };
        Touches {
            purpose: "the rights of `pullstat run --engine kubernetes`, and the run.".to_owned(),
            rights,
            nodes: "nothing by itself; the study's pods pull the study's images. Not privileged, not root, no host path."
                .to_owned(),
            undo: format!(
                "kubectl delete clusterrolebinding,clusterrole {cluster_name}; {}{}",
                self.undo_namespaces(&secrets_role(site)),
                site.undo(HELPER, "job,configmap,pvc,serviceaccount")
            ),
        }
    }

    fn of_secrets(&self) -> String {
        let words = self
            .secrets
            .iter()
            .map(|secret| format!(" Reads the secret {secret}."));
        words.collect()
    }

    fn undo_namespaces(&self, secrets_role: &str) -> String {
        let of_study = self.study_namespace.iter();
        let of_study = of_study.map(|namespace| format!("kubectl delete namespace {namespace}; "));
        let secrets = self.secrets.iter().filter_map(|text| text.split_once('/'));
        let namespaces: BTreeSet<_> = secrets.map(|(namespace, _)| namespace).collect();
        let of_secrets = namespaces.into_iter().map(|namespace| {
            format!("kubectl -n {namespace} delete rolebinding,role {secrets_role}; ")
        });
        of_study.chain(of_secrets).collect()
    }
}

/// The name of the roles that let secrets be read.
fn secrets_role(site: &Site) -> String {
    format!("{}-secrets", site.cluster_name())
}
