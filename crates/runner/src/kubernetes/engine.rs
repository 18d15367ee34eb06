//! The engine: namespace, collector, and a job for each step.

use std::path::PathBuf;
use std::time::SystemTime;

use k8s_openapi::api::core::v1::Node;
use serde_json::{Value, json};

use super::cache::{self, cleaning};
use super::job::{self, JobOf};
use super::namespace::StudyNamespace;
use super::problem::KubernetesError;
use super::rights::{self, NEEDED, OF_NAMESPACES};
use super::seen::Seen;
use super::step::{StepWatch, nodes_of};
use super::{nodes, requests};
use crate::cluster::Cluster;
use crate::collect::{ClusterSays, CollectOptions, Collector, Coverage, ExpectedPods};
use crate::engine::{Engine, StepProgress, StepResult, StudyIdentity};
use crate::plan::{CachePolicy, Plan, Step, StudyFile};

/// The engine `kubernetes`: each image is pulled by a job with one pod a node, in a namespace of the study's own.
///
/// What the cluster says is collected all the while into `collected/` of the study's folder, so that a run that was
/// killed loses nothing: the next one finds the job that was running, and everything that was said meanwhile.
///
/// # Examples
///
/// ```no_run
/// use pullstudy_runner::{Cluster, ClusterAddress, KubernetesEngine, Plan, StudyFile, StudyImage, run_study};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let study = StudyFile::read("study.yaml".as_ref())?;
/// let images = [StudyImage::new("ghcr.io/me/app:1".parse()?)];
/// let plan = Plan::new(study, &images, &[4])?;
/// let kubeconfig = ClusterAddress::Kubeconfig { paths: vec!["/home/me/.kube/config".into()], context: None };
/// let cluster = Cluster::connect(&kubeconfig).await?;
/// let mut engine = KubernetesEngine::new(cluster, "results");
/// let report = run_study(&plan, &mut engine, "results".as_ref(), &mut |_| {}).await?;
/// println!("{} pulls", report.pulled);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct KubernetesEngine {
    cluster: Cluster,
    folder: PathBuf,
    seen: Seen,
    session: Option<Session>,
    /// Apart from the session: it is waited for while that is read.
    collector: Option<Collector>,
}

/// What there is once the study has begun.
#[derive(Debug)]
struct Session {
    study: StudyFile,
    namespace: StudyNamespace,
    secrets: Vec<String>,
}

impl KubernetesEngine {
    /// Studies go to `cluster`, and what is collected into `collected` of `folder`.
    #[must_use]
    pub fn new(cluster: Cluster, folder: impl Into<PathBuf>) -> Self {
        Self {
            cluster,
            folder: folder.into(),
            seen: Seen::new(),
            session: None,
            collector: None,
        }
    }

    async fn begin(
        &mut self,
        study: &StudyIdentity,
        plan: &Plan,
        done: &[&str],
    ) -> Result<Vec<String>, KubernetesError> {
        let settings = &plan.study.kubernetes;
        let is_done = plan
            .steps
            .iter()
            .all(|step| done.contains(&step.key.as_str()));
        if plan.study.cache == CachePolicy::Remove && settings.cleaner_image.is_none() {
            return Err(KubernetesError::NoCleaner);
        }
        let mut namespace = StudyNamespace::new(&plan.study, study);
        namespace.look(&self.cluster).await?;
        let of_namespaces: &[_] = if namespace.is_own() {
            OF_NAMESPACES
        } else {
            &[]
        };
        let rights = of_namespaces.iter().chain(NEEDED);
        rights::check(&self.cluster, &namespace.name, rights).await?;
        let mut session = Session {
            study: plan.study.clone(),
            namespace,
            secrets: Vec::new(),
        };
        if !is_done {
            self.forget(plan, done);
            self.collector = Some(self.collect(&session.namespace.name).await?);
            nodes::check(plan, &self.seen.nodes())?;
            session.namespace.ensure(&self.cluster).await?;
            let secrets = &plan.study.kubernetes.pull_secrets;
            session.secrets = session
                .namespace
                .copy_secrets(&self.cluster, secrets)
                .await?;
            self.remove_left_over(plan, done, &session).await?;
        }
        self.session = Some(session);
        Ok(warm(plan).into_iter().collect())
    }

    /// What of steps that are done still comes is not needed.
    fn forget(&self, plan: &Plan, done: &[&str]) {
        for step in plan
            .steps
            .iter()
            .filter(|step| done.contains(&step.key.as_str()))
        {
            self.seen.forget(&job::name(step));
            self.seen.forget(&cache::name(step));
        }
    }

    /// Starts to collect, before the first job.
    async fn collect(&self, namespace: &str) -> Result<Collector, KubernetesError> {
        let mut options = CollectOptions::new(self.folder.join("collected"));
        // Not `events`: the commands that read a study's folder would take it for another log.
        options.prefix = "seen-".to_owned();
        options.namespace = Some(namespace.to_owned());
        options.jobs = true;
        let seen = self.seen.clone();
        let collector = Collector::start_with(&self.cluster, &options, move |item| seen.take(item));
        collector
            .await
            .map_err(|source| KubernetesError::Collect { source })
    }

    /// Removes the jobs of steps that are done, which a killed run could not remove any more.
    async fn remove_left_over(
        &self,
        plan: &Plan,
        done: &[&str],
        session: &Session,
    ) -> Result<(), KubernetesError> {
        let is_done = |step: &&Step| done.contains(&step.key.as_str());
        for step in plan.steps.iter().filter(is_done) {
            self.remove(session, &job::name(step)).await?;
        }
        for job in self.seen.jobs() {
            // A cleaning that was cut short is done again.
            if job.starts_with("clean-") {
                self.remove(session, &job).await?;
            }
        }
        Ok(())
    }

    async fn remove(&self, session: &Session, job: &str) -> Result<(), KubernetesError> {
        let patience = session.study.timeouts.removal;
        let namespace = &session.namespace.name;
        requests::remove(&self.cluster, namespace, job, &self.seen, patience).await
    }

    /// Carries a step out for as long as the cluster is heard: a study whose collector has ended would wait for what it
    /// will never be told.
    async fn run_step(
        &mut self,
        step: &Step,
        progress: &mut (dyn FnMut(StepProgress) + Send),
    ) -> Result<StepResult, KubernetesError> {
        let mut collector = self.collector.take().expect("prepare comes before pull");
        let found = tokio::select! {
            found = self.pull_and_gather(step, progress) => found,
            source = collector.ended() => return Err(KubernetesError::Collect { source }),
        };
        self.collector = Some(collector);
        found
    }

    async fn pull_and_gather(
        &self,
        step: &Step,
        progress: &mut (dyn FnMut(StepProgress) + Send),
    ) -> Result<StepResult, KubernetesError> {
        let session = self.session.as_ref().expect("prepare comes before pull");
        let name = job::name(step);
        let mut result = StepResult::default();
        // A job that is there already is of a run that was killed: its pulls go on, and are not disturbed.
        if !self.seen.has_job(&name) {
            self.cool(session, step, &mut result.notes).await?;
            requests::create(&self.cluster, &session.job(step, name.clone()).pull()).await?;
        }
        let watch = StepWatch {
            study: &session.study,
            step,
            job: &name,
            seen: &self.seen,
        };
        let end = watch.wait(progress).await;
        watch.wait_for_events().await;
        result.notes.extend(watch.notes(&end));
        self.gather(&name, step, &mut result);
        Ok(result)
    }

    /// Sees to it that the nodes do not have the image, or tells that they have.
    async fn cool(
        &self,
        session: &Session,
        step: &Step,
        notes: &mut Vec<String>,
    ) -> Result<(), KubernetesError> {
        let all = self.seen.nodes();
        let usable: Vec<Node> = nodes::usable(&session.study, &step.strategy, &all)
            .cloned()
            .collect();
        match (session.study.cache, &session.study.kubernetes.cleaner_image) {
            (CachePolicy::Remove, Some(cleaner)) => {
                notes.extend(self.clean(session, step, cleaner, usable.len()).await?);
                Ok(())
            }
            (CachePolicy::Check, _) => {
                let image = step.image.reference.to_string();
                let listed = cache::listed(&usable, &image);
                if listed > 0 {
                    notes.push(format!(
                        "{listed} of {} nodes listed {image} before it was pulled: these pulls are not cold, whatever the kubelet \
                         says of their time",
                        usable.len()
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Removes the image from the nodes, and tells of those where it could not be.
    async fn clean(
        &self,
        session: &Session,
        step: &Step,
        cleaner: &str,
        nodes: usize,
    ) -> Result<Option<String>, KubernetesError> {
        let name = cache::name(step);
        let count = u32::try_from(nodes).unwrap_or(u32::MAX);
        let cleaning = cleaning(&session.job(step, name.clone()), cleaner, count);
        requests::create(&self.cluster, &cleaning).await?;
        let patience = session.study.timeouts.image;
        let cleaned = cache::wait(&self.seen, &name, nodes, patience).await;
        self.remove(session, &name).await?;
        self.seen.forget(&name);
        Ok((cleaned.failed > 0).then(|| {
            format!(
                "{} could not be removed from {} of {nodes} nodes ({}): pulls on these are not cold",
                step.image.reference,
                cleaned.failed,
                cleaned.reason.unwrap_or_default()
            )
        }))
    }

    /// Puts together what was seen of a step, with what statuses tell where events are missing.
    fn gather(&self, job: &str, step: &Step, result: &mut StepResult) {
        let pods = self.seen.pods(job);
        result.raw_events = self.seen.look(job, |_, events| events.to_vec());
        let used = nodes_of(&pods);
        let crowded = used.values().filter(|count| **count > 1).count();
        if crowded > 0 {
            result.notes.push(format!(
                "{crowded} nodes had several pods of {job}: a pod was replaced, or the cluster does not heed anti-affinity"
            ));
        }
        let mut nodes = self.seen.nodes();
        let says = ClusterSays {
            pods: pods.iter().map(|seen| &seen.pod).collect(),
            nodes: nodes.iter().collect(),
            events: &result.raw_events,
        };
        let expected = ExpectedPods::of_job(job, step.image.reference.to_string(), step.nodes);
        let coverage = Coverage::of(&[expected], &says, SystemTime::now());
        result.events = coverage.fill();
        result.coverage = serde_json::to_value(&coverage).ok();
        nodes.retain(|node| {
            node.metadata
                .name
                .as_ref()
                .is_some_and(|name| used.contains_key(name))
        });
        result.nodes = Some(node_list(nodes));
    }
}

impl Session {
    fn job<'a>(&'a self, step: &'a Step, name: String) -> JobOf<'a> {
        JobOf {
            study: &self.study,
            step,
            name,
            namespace: &self.namespace.name,
            labels: self.namespace.labels(),
            secrets: &self.secrets,
        }
    }
}

impl Engine for KubernetesEngine {
    type Error = KubernetesError;

    fn name(&self) -> &'static str {
        "kubernetes"
    }

    async fn prepare(
        &mut self,
        study: &StudyIdentity,
        plan: &Plan,
        done: &[&str],
    ) -> Result<Vec<String>, KubernetesError> {
        self.begin(study, plan, done).await
    }

    async fn pull(
        &mut self,
        step: &Step,
        progress: &mut (dyn FnMut(StepProgress) + Send),
    ) -> Result<StepResult, KubernetesError> {
        self.run_step(step, progress).await
    }

    async fn settle(&mut self, step: &Step) -> Result<(), KubernetesError> {
        let session = self.session.as_ref().expect("prepare comes before settle");
        let job = job::name(step);
        self.remove(session, &job).await?;
        self.seen.forget(&job);
        Ok(())
    }

    async fn finish(&mut self) -> Result<Vec<String>, KubernetesError> {
        let Some(mut session) = self.session.take() else {
            return Ok(Vec::new());
        };
        let mut notes = Vec::new();
        if !session.study.kubernetes.keep_namespace {
            let patience = session.study.timeouts.removal;
            session.namespace.remove(&self.cluster, patience).await?;
        }
        if let Some(collector) = self.collector.take() {
            let stopped = collector.stop().await;
            let collected = stopped.map_err(|source| KubernetesError::Collect { source })?;
            notes.extend(collected.notes);
        }
        Ok(notes)
    }
}

/// Says where a plan pulls an image twice onto the same nodes.
fn warm(plan: &Plan) -> Option<String> {
    let mut images = std::collections::HashSet::new();
    let mut repeated = plan
        .steps
        .iter()
        .filter(|step| !images.insert(&step.image.reference));
    let is_warm = plan.study.cache == CachePolicy::Check && repeated.next().is_some();
    is_warm.then(|| {
        "images are pulled several times and nothing is removed between: from the second time on nodes may have them; cache: remove \
         makes each pull cold"
            .to_owned()
    })
}

fn node_list(nodes: Vec<Node>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": nodes})
}
