//! The job of a step: one pod a node.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{
    Affinity, Container, LocalObjectReference, PodAffinityTerm, PodAntiAffinity, PodSpec,
    PodTemplateSpec, ResourceRequirements, Toleration,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::hold;
use super::nodes::selector;
use crate::PullPolicy;
use crate::plan::{Step, StudyFile};

/// Says which step an object is of.
pub(super) const STEP_LABEL: &str = "pullstudy.dev/step";

/// The name of the container that wants the image, as in the engine `local`.
pub(super) const CONTAINER: &str = "app";

/// What the pods of a step have in common.
pub(super) struct JobOf<'a> {
    pub(super) study: &'a StudyFile,
    pub(super) step: &'a Step,
    pub(super) name: String,
    pub(super) namespace: &'a str,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) secrets: &'a [String],
}

/// The name of a step's job: the same whenever it is asked for, so that a run that was killed finds it again.
pub(super) fn name(step: &Step) -> String {
    format!("pull-{:04}", step.number)
}

impl JobOf<'_> {
    /// Describes the job that pulls the step's image.
    pub(super) fn pull(&self) -> Job {
        let mut container = self.container(&self.step.image.reference.to_string());
        container.image_pull_policy = Some(match self.step.policy {
            PullPolicy::Always => "Always".to_owned(),
            PullPolicy::IfNotPresent => "IfNotPresent".to_owned(),
        });
        let command = self.study.run.as_ref().map(|run| run.command.clone());
        container.command = command.filter(|command| !command.is_empty());
        self.job(self.step.nodes, container, PodSpec::default())
    }

    /// Describes a job with one pod on each of so many nodes.
    ///
    /// Every pod is an index of its own that may fail alone: with a limit for the whole job, one pod that fails would take
    /// the others' pulls with it (Kubernetes 1.33, `backoffLimitPerIndex`; older clusters from 1.29 on have it as beta).
    pub(super) fn job(&self, pods: u32, container: Container, spec: PodSpec) -> Job {
        let count = i32::try_from(pods).unwrap_or(i32::MAX);
        let image = self.step.image.reference.to_string();
        Job {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                namespace: Some(self.namespace.to_owned()),
                labels: Some(self.labels()),
                annotations: Some([("pullstudy.dev/image".to_owned(), image)].into()),
                ..ObjectMeta::default()
            },
            spec: Some(JobSpec {
                parallelism: Some(count),
                completions: Some(count),
                completion_mode: Some("Indexed".to_owned()),
                backoff_limit_per_index: Some(0),
                max_failed_indexes: Some(count),
                active_deadline_seconds: Some(self.deadline_seconds()),
                template: PodTemplateSpec {
                    metadata: Some(ObjectMeta {
                        labels: Some(self.labels()),
                        ..ObjectMeta::default()
                    }),
                    spec: Some(self.pod(container, spec)),
                },
                ..JobSpec::default()
            }),
            ..Job::default()
        }
    }

    /// Describes the container that wants an image.
    pub(super) fn container(&self, image: &str) -> Container {
        let requests = self.study.kubernetes.requests.iter();
        let requests = requests.map(|(name, amount)| (name.as_str(), amount.as_str()));
        Container {
            name: CONTAINER.to_owned(),
            image: Some(image.to_owned()),
            resources: asking_for(requests),
            ..Container::default()
        }
    }

    fn pod(&self, container: Container, spec: PodSpec) -> PodSpec {
        let settings = &self.study.kubernetes;
        let secret = |name: &String| LocalObjectReference { name: name.clone() };
        let hold = settings.hold_image.as_deref();
        let hold = hold.map(|image| hold::container(image, &settings.requests));
        PodSpec {
            containers: [container].into_iter().chain(hold).collect(),
            restart_policy: Some("Never".to_owned()),
            affinity: Some(self.one_a_node()),
            node_selector: Some(selector(self.study, &self.step.strategy)),
            tolerations: Some(settings.tolerations.iter().map(toleration).collect()),
            image_pull_secrets: Some(self.secrets.iter().map(secret).collect()),
            runtime_class_name: self.step.strategy.runtime_class.clone(),
            // The pod is no business of the API's, and has nothing to tidy up.
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            termination_grace_period_seconds: Some(1),
            ..spec
        }
    }

    /// No node gets two pods of a step: the second would find the image, or share its download. That is so for as long as
    /// the pods live; [`hold`] sees to that.
    fn one_a_node(&self) -> Affinity {
        let term = PodAffinityTerm {
            label_selector: Some(LabelSelector {
                match_labels: Some([(STEP_LABEL.to_owned(), self.name.clone())].into()),
                ..LabelSelector::default()
            }),
            topology_key: "kubernetes.io/hostname".to_owned(),
            ..PodAffinityTerm::default()
        };
        Affinity {
            pod_anti_affinity: Some(PodAntiAffinity {
                required_during_scheduling_ignored_during_execution: Some(vec![term]),
                ..PodAntiAffinity::default()
            }),
            ..Affinity::default()
        }
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.labels.clone();
        labels.insert(STEP_LABEL.to_owned(), self.name.clone());
        labels
    }

    /// Ends the job where no runner does any more.
    fn deadline_seconds(&self) -> i64 {
        let patience = self.study.timeouts.image.saturating_mul(2).as_secs();
        i64::try_from(patience.saturating_add(600)).unwrap_or(i64::MAX)
    }
}

/// What a container asks for; nothing where nothing is named.
pub(super) fn asking_for<'a>(
    requests: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<ResourceRequirements> {
    let requests: BTreeMap<_, _> = requests
        .map(|(name, amount)| (name.to_owned(), Quantity(amount.to_owned())))
        .collect();
    (!requests.is_empty()).then(|| ResourceRequirements {
        requests: Some(requests),
        ..ResourceRequirements::default()
    })
}

fn toleration(toleration: &crate::plan::Toleration) -> Toleration {
    Toleration {
        key: toleration.key.clone(),
        operator: toleration.operator.clone(),
        value: toleration.value.clone(),
        effect: toleration.effect.clone(),
        ..Toleration::default()
    }
}
