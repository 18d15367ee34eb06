//! The engine `local`: each node a folder of this machine.

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use pullstudy_registry::ClientOptions;

use crate::engine::{Engine, StepProgress, StepResult, StudyIdentity};
use crate::plan::{CachePolicy, Plan, Step};
use crate::pod::Clock;
use crate::report::caveats;
use crate::{LocalPull, LocalStudy, StudyError};

/// The engine `local`: nodes that are folders of this machine, as in a [`LocalStudy`].
///
/// # Examples
///
/// ```no_run
/// use pullstudy_runner::{LocalEngine, Plan, StudyFile, StudyImage, run_study};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let study = StudyFile::parse("s.yaml", "images: {references: ['127.0.0.1:5000/app:1']}\nnodes: 2")?;
/// let plan = Plan::new(study, &[StudyImage::new("127.0.0.1:5000/app:1".parse()?)], &[])?;
/// let mut engine = LocalEngine::new("results/nodes");
/// let report = run_study(&plan, &mut engine, "results".as_ref(), &mut |_| {}).await?;
/// assert_eq!(report.pulled, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LocalEngine {
    nodes_dir: PathBuf,
    client: ClientOptions,
    cache: CachePolicy,
    run_asked_for: bool,
    start: Option<(SystemTime, Instant)>,
}

impl LocalEngine {
    /// Nodes lie in `nodes_dir` while the study runs; it is emptied before and after, unless images are to be kept.
    #[must_use]
    pub fn new(nodes_dir: impl Into<PathBuf>) -> Self {
        let mut client = ClientOptions::default();
        // What is measured is one request each: a second try would hide in the seconds of the first.
        client.retry.max_tries = 1;
        Self {
            nodes_dir: nodes_dir.into(),
            client,
            cache: CachePolicy::Remove,
            run_asked_for: false,
            start: None,
        }
    }

    /// Sets how the nodes speak to registries.
    #[must_use]
    pub fn with_client(mut self, client: ClientOptions) -> Self {
        self.client = client;
        self
    }

    fn study(&self, step: &Step) -> LocalStudy {
        let images = vec![step.image.reference.clone()];
        let mut study = LocalStudy::new(&step.experiment, images, step.nodes, "");
        study.nodes_dir = self.nodes_dir.clone();
        study.client = self.client.clone();
        study.keep_nodes = self.cache != CachePolicy::Remove;
        study.options.policy = step.policy;
        if let Some(downloads) = step.downloads {
            study.options.downloads = downloads;
        }
        study
    }

    /// The wall clock is read once; all else is measured on the monotonic clock.
    fn clock(&mut self) -> Clock {
        let (at, start) = *self
            .start
            .get_or_insert_with(|| (SystemTime::now(), Instant::now()));
        Clock::start(at, start)
    }
}

impl Engine for LocalEngine {
    type Error = StudyError;

    fn name(&self) -> &'static str {
        "local"
    }

    async fn prepare(
        &mut self,
        _study: &StudyIdentity,
        plan: &Plan,
        _done: &[&str],
    ) -> Result<Vec<String>, StudyError> {
        self.cache = plan.study.cache;
        self.run_asked_for = plan.study.run.is_some();
        let note = "the engine local starts no containers: Created and Started follow at once";
        Ok(self
            .run_asked_for
            .then(|| note.to_owned())
            .into_iter()
            .collect())
    }

    async fn pull(
        &mut self,
        step: &Step,
        progress: &mut (dyn FnMut(StepProgress) + Send),
    ) -> Result<StepResult, StudyError> {
        let clock = self.clock();
        let study = self.study(step);
        study.empty_nodes().await?;
        let pods = study.pods(step.number, &step.image.reference, clock)?;
        let mut ended = 0;
        let count = |_: &LocalPull| {
            ended += 1;
            progress(StepProgress::new(ended, step.nodes));
        };
        let runs = LocalStudy::run_pods(pods, count).await;
        let mut result = StepResult::default();
        let mut pulls = Vec::new();
        for run in runs {
            result.events.extend(run.events);
            result.traces.extend(run.pull.trace.clone());
            pulls.push(run.pull);
        }
        let caveats = caveats(step.nodes, &pulls);
        result.notes = caveats.iter().map(ToString::to_string).collect();
        Ok(result)
    }

    async fn settle(&mut self, step: &Step) -> Result<(), StudyError> {
        self.study(step).empty_nodes().await
    }

    async fn finish(&mut self) -> Result<Vec<String>, StudyError> {
        Ok(Vec::new())
    }
}
