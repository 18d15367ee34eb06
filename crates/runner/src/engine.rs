//! What pulls images: this machine, a container runtime, a cluster.

use std::future::Future;
use std::time::SystemTime;

use pullstudy_events::{Event, PullTrace};

use crate::plan::{Plan, Step};

/// Something that pulls an image onto a number of nodes at once, and tells what happened.
///
/// Engines only measure. Files, the journal and the order of things are the [run](crate::run_study)'s: whatever an
/// engine returns is on the disk before [`settle`](Self::settle) removes what the step left behind.
pub trait Engine {
    /// Why it cannot go on. A pull that fails is no such reason, but an outcome.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Returns its name as on the command line, such as `local`.
    fn name(&self) -> &'static str;

    /// Looks whether the plan can be carried out, and makes ready for it. Nothing of others is changed. `done` are the
    /// keys of the steps that an earlier run has done. Returns what a reader of the figures must know.
    fn prepare(
        &mut self,
        study: &StudyIdentity,
        plan: &Plan,
        done: &[&str],
    ) -> impl Future<Output = Result<Vec<String>, Self::Error>> + Send;

    /// Carries out a step. Called again for a step that a killed run had begun.
    fn pull(
        &mut self,
        step: &Step,
        progress: &mut (dyn FnMut(StepProgress) + Send),
    ) -> impl Future<Output = Result<StepResult, Self::Error>> + Send;

    /// Removes what a step left behind; its results are on the disk.
    fn settle(&mut self, step: &Step) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Removes what the study left behind. Returns what a reader of the figures must know besides.
    fn finish(&mut self) -> impl Future<Output = Result<Vec<String>, Self::Error>> + Send;
}

/// What tells a study from all others; the same when it goes on after an end that nobody wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudyIdentity {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// When it began.
    pub started_at: SystemTime,
}

/// How far a step has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepProgress {
    /// How many nodes have ended their pull, well or not.
    pub ended: u32,
    /// How many there are.
    pub nodes: u32,
}

/// What a step found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StepResult {
    /// What the kubelets said, or would have said.
    pub events: Vec<Event>,
    /// Events as the API server sent them, of core/v1 or of events.k8s.io/v1.
    pub raw_events: Vec<serde_json::Value>,
    /// Where the time of each pull went, where the engine can look inside.
    pub traces: Vec<PullTrace>,
    /// The nodes as `kubectl get nodes -o json` prints them, where the engine has nodes to tell of.
    pub nodes: Option<serde_json::Value>,
    /// For each pod and container what is known and from which source, where something may be lost.
    pub coverage: Option<serde_json::Value>,
    /// What a reader of the figures must know.
    pub notes: Vec<String>,
}

impl StepProgress {
    /// So many nodes of so many have ended.
    #[must_use]
    pub fn new(ended: u32, nodes: u32) -> Self {
        Self { ended, nodes }
    }
}
