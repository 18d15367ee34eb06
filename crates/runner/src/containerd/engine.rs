//! The engine itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use pullstudy_events::derive_uid;
use serde_json::json;
use tokio::task::JoinSet;

use super::node::{Node, Way};
use super::pod::{PodRun, Wish};
use super::problem::ContainerdError;
use super::stored_image::store_name;
use crate::engine::{Engine, StepProgress, StepResult, StudyIdentity};
use crate::node::node_name;
use crate::plan::{CachePolicy, Plan, Step};

/// Where containerd listens, where nothing is said.
const DEFAULT_ADDRESS: &str = "/run/containerd/containerd.sock";

/// How images get to a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullBy {
    /// By the CRI, as a kubelet does: with the runtime's own settings for registries, snapshotter and downloads, in the
    /// namespace `k8s.io`.
    #[default]
    Cri,
    /// By containerd's own client `ctr`, in the namespace `pullstudy`; plain HTTP is spoken with this machine.
    Ctr,
}

/// How the engine `containerd` pulls.
///
/// # Examples
///
/// ```
/// use pullstudy_runner::{ContainerdOptions, PullBy};
///
/// let mut options = ContainerdOptions::default();
/// options.by = PullBy::Ctr;
/// options.snapshotter = Some("native".to_owned());
/// assert!(options.addresses.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContainerdOptions {
    /// Sockets, one a node. Default: those of the study's file, else `/run/containerd/containerd.sock`.
    pub addresses: Vec<PathBuf>,
    /// How images get there.
    pub by: PullBy,
    /// What images are unpacked with. Default: what the CRI is set to; with `ctr` `overlayfs`.
    pub snapshotter: Option<String>,
    /// Files that each containerd writes its log to, one a socket, for times of layers. Default: none.
    pub logs: Vec<PathBuf>,
}

/// The engine `containerd`: nodes whose runtime is a containerd that is there already.
///
/// One socket is one node. What happened inside is observed through containerd's own API on that socket: fetches by the
/// content store, unpacking by the events of the snapshotter. Nothing is removed but images that the study pulls.
///
/// # Examples
///
/// ```no_run
/// use pullstudy_runner::{ContainerdEngine, ContainerdOptions, Plan, StudyFile, StudyImage, run_study};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let study = StudyFile::parse("s.yaml", "images: {references: ['ghcr.io/me/app:1']}\nnodes: 1\nrepeats: 5")?;
/// let plan = Plan::new(study, &[StudyImage::new("ghcr.io/me/app:1".parse()?)], &[])?;
/// let mut engine = ContainerdEngine::new(ContainerdOptions::default());
/// let report = run_study(&plan, &mut engine, "results".as_ref(), &mut |_| {}).await?;
/// assert_eq!(report.pulled, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ContainerdEngine {
    options: ContainerdOptions,
    nodes: Vec<Node>,
    study: Option<(StudyIdentity, Plan)>,
    /// What was left of images that were removed after a step; told with the next.
    pending: Vec<String>,
}

impl ContainerdEngine {
    /// Pulls with these options.
    #[must_use]
    pub fn new(options: ContainerdOptions) -> Self {
        Self {
            options,
            nodes: Vec::new(),
            study: None,
            pending: Vec::new(),
        }
    }

    async fn open_nodes(&self, plan: &Plan) -> Result<Vec<Node>, ContainerdError> {
        let addresses = self.addresses(plan);
        let wanted = plan.most_nodes();
        if (addresses.len() as u64) < u64::from(wanted) {
            return Err(ContainerdError::TooFewNodes {
                wanted,
                addresses: addresses.len(),
            });
        }
        let logs = &self.options.logs;
        if !logs.is_empty() && logs.len() != addresses.len() {
            return Err(ContainerdError::LogsDoNotMatch {
                logs: logs.len(),
                addresses: addresses.len(),
            });
        }
        let mut seen = HashSet::new();
        let mut nodes = Vec::new();
        for (number, address) in (0..wanted).zip(&addresses) {
            // Two names of one socket are one node, too.
            let real = std::fs::canonicalize(address).unwrap_or_else(|_| address.clone());
            if !seen.insert(real) {
                let address = address.clone();
                return Err(ContainerdError::Twice { address });
            }
            let log = logs.get(number as usize).cloned();
            let node = Node::open(node_name(number), address, self.options.by, log).await?;
            node.open_log().await?;
            nodes.push(node);
        }
        Ok(nodes)
    }

    fn addresses(&self, plan: &Plan) -> Vec<PathBuf> {
        let of_study = &plan.study.containerd.addresses;
        match (self.options.addresses.is_empty(), of_study.is_empty()) {
            (false, _) => self.options.addresses.clone(),
            (true, false) => of_study.clone(),
            (true, true) => vec![Path::new(DEFAULT_ADDRESS).to_owned()],
        }
    }

    /// What a step asks for comes before what the engine was told.
    fn wanted_snapshotter<'a>(&'a self, step: &'a Step) -> Option<&'a str> {
        let of_step = step.strategy.snapshotter.as_deref();
        of_step.or(self.options.snapshotter.as_deref())
    }

    fn wish(&self, number: u32, step: &Step) -> Option<Wish> {
        let (study, plan) = self.study.as_ref()?;
        let node = self.nodes.get(number as usize)?;
        let (pod, uid) = pod(study, step, number);
        Some(Wish {
            pod,
            uid,
            study: study.id.clone(),
            experiment: step.experiment.clone(),
            nodes: step.nodes,
            image: step.image.reference.clone(),
            unpacked_bytes: step.image.unpacked_bytes,
            policy: step.policy,
            cache: plan.study.cache,
            snapshotter: node.snapshotter(self.wanted_snapshotter(step)).to_owned(),
            run: plan.study.run.as_ref().map(|run| run.command.clone()),
            patience: plan.study.timeouts.image,
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            "containerd does not tell inflating, hashing and writing of a layer apart: all three are the phase apply; \
             checking and storing what is downloaded is part of download"
                .to_owned(),
        ];
        if self.options.by == PullBy::Ctr {
            notes.push(
                "ctr is not what a kubelet does: it pulls with settings of its own, and unpacks only when all layers \
                 are there; pull with --by cri to measure what a kubelet does"
                    .to_owned(),
            );
        }
        notes
    }

    /// Puts what the nodes found together, in their order.
    fn collect(&mut self, step: &Step, runs: Vec<(u32, PodRun)>) -> StepResult {
        let mut result = StepResult {
            notes: std::mem::take(&mut self.pending),
            ..StepResult::default()
        };
        let mut facts = Vec::new();
        for (number, run) in runs {
            let snapshotter = run
                .node
                .snapshotter(self.wanted_snapshotter(step))
                .to_owned();
            facts.push(run.node.facts(&snapshotter));
            result.events.extend(run.events);
            result.traces.extend(run.trace);
            result.notes.extend(run.notes);
            self.nodes[number as usize] = run.node;
        }
        result.nodes = Some(json!({ "apiVersion": "v1", "kind": "List", "items": facts }));
        result
    }
}

/// Returns the name and the uid of a pod: the same when a step is done again.
fn pod(study: &StudyIdentity, step: &Step, number: u32) -> (String, String) {
    let pod = format!("pull-{}-{number}", step.number);
    let seed = format!("{} {:?}", study.id, study.started_at);
    let uid = derive_uid(&seed, &pod);
    (pod, uid)
}

impl Engine for ContainerdEngine {
    type Error = ContainerdError;

    fn name(&self) -> &'static str {
        "containerd"
    }

    async fn prepare(
        &mut self,
        study: &StudyIdentity,
        plan: &Plan,
        _done: &[&str],
    ) -> Result<Vec<String>, ContainerdError> {
        self.nodes = self.open_nodes(plan).await?;
        for step in &plan.steps {
            for node in self.nodes.iter().take(step.nodes as usize) {
                node.check_snapshotter(node.snapshotter(self.wanted_snapshotter(step)))?;
            }
        }
        let pods = plan.steps.iter().flat_map(|step| {
            let numbers = 0..step.nodes;
            numbers.map(move |number| pod(study, step, number).1)
        });
        let pods: HashSet<String> = pods.collect();
        for node in &self.nodes {
            let cleared = node.clear(&study.id, &pods).await;
            let action = "remove the containers of a run before";
            cleared.map_err(ContainerdError::api(&node.address, action))?;
        }
        self.study = Some((study.clone(), plan.clone()));
        Ok(self.notes())
    }

    async fn pull(
        &mut self,
        step: &Step,
        progress: &mut (dyn FnMut(StepProgress) + Send),
    ) -> Result<StepResult, ContainerdError> {
        let mut pods = JoinSet::new();
        for number in 0..step.nodes {
            let Some(wish) = self.wish(number, step) else {
                continue;
            };
            let node = self.nodes[number as usize].clone();
            pods.spawn(async move { (number, wish.carry_out(node).await) });
        }
        let mut runs = Vec::new();
        while let Some(ended) = pods.join_next().await {
            let (number, run) =
                ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            runs.push((number, run?));
            let ended = u32::try_from(runs.len()).unwrap_or(u32::MAX);
            progress(StepProgress::new(ended, step.nodes));
        }
        runs.sort_by_key(|(number, _)| *number);
        Ok(self.collect(step, runs))
    }

    async fn settle(&mut self, step: &Step) -> Result<(), ContainerdError> {
        let cache = self.study.as_ref().map(|(_, plan)| plan.study.cache);
        if cache != Some(CachePolicy::Remove) {
            return Ok(());
        }
        let name = store_name(&step.image.reference);
        let wanted = self.wanted_snapshotter(step).map(str::to_owned);
        for node in self.nodes.iter_mut().take(step.nodes as usize) {
            let snapshotter = node.snapshotter(wanted.as_deref()).to_owned();
            let left = node.remove(&name, &snapshotter).await;
            let left = left.map_err(ContainerdError::api(&node.address, "remove an image"))?;
            self.pending.extend(left.notes(&name, &node.name));
        }
        Ok(())
    }

    async fn finish(&mut self) -> Result<Vec<String>, ContainerdError> {
        for node in &self.nodes {
            if let Way::Ctr(_) = node.way {
                // containerd refuses while something is in it, which is then to stay.
                let _ = node.api.remove_namespace().await;
            }
        }
        Ok(std::mem::take(&mut self.pending))
    }
}
