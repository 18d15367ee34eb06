//! A pod that wants an image on its node, in a kubelet's steps.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime};

use pullstudy_events::{
    ContainerRun, Event, PodContainer, PodEvents, PullRecord, PullTrace, PulledImage,
};
use pullstudy_image::Reference;
use tokio::time::timeout;

use super::api::ApiError;
use super::api::messages::Timestamp;
use super::container::{ContainerError, Life, Sandbox, run_with_ctr};
use super::debug_log::DebugLog;
use super::node::{Before, Node, Way};
use super::problem::ContainerdError;
use super::removal::Footprint;
use super::rows::Evidence;
use super::stored_image::{StoredImage, store_name};
use super::timeline::Timeline;
use super::watch::{Observed, Watch};
use crate::recorder::Recorder;
use crate::{CachePolicy, PullPolicy};

/// What a pod wants.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) pod: String,
    pub(super) uid: String,
    /// The study's id.
    pub(super) study: String,
    pub(super) experiment: String,
    pub(super) nodes: u32,
    pub(super) image: Reference,
    /// What the study's file says of the files in its layers; containerd does not tell.
    pub(super) unpacked_bytes: Option<u64>,
    pub(super) policy: PullPolicy,
    pub(super) cache: CachePolicy,
    pub(super) snapshotter: String,
    /// What to run; the image's own command if empty. Nothing is run where there is none.
    pub(super) run: Option<Vec<String>>,
    /// How long a pull may take, and a container.
    pub(super) patience: Duration,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct PodRun {
    pub(super) node: Node,
    pub(super) events: Vec<Event>,
    pub(super) trace: Option<PullTrace>,
    pub(super) notes: Vec<String>,
}

/// A pull that has ended.
struct Pulled {
    recorder: Recorder,
    timeline: Timeline,
    elapsed: Duration,
    /// Why it failed, as a kubelet would say it.
    error: Option<String>,
}

/// A pod on its way.
struct Pod {
    node: Node,
    wish: Wish,
    name: String,
    events: PodEvents,
    watch: Watch,
    before: Before,
    log: Option<DebugLog>,
    sandbox: Option<Sandbox>,
    notes: Vec<String>,
}

impl Wish {
    /// Carries it out on a node. A pull that fails is no error.
    pub(super) async fn carry_out(self, mut node: Node) -> Result<PodRun, ContainerdError> {
        let address = node.address.clone();
        let failed = |action| ContainerdError::api(&address, action);
        let name = store_name(&self.image);
        let mut notes = Vec::new();
        if self.cache == CachePolicy::Remove {
            let left = node.remove(&name, &self.snapshotter).await;
            let left = left.map_err(failed("remove an image"))?;
            notes.extend(left.notes(&name, &node.name));
        }
        let before = node.before(&name, &self.snapshotter).await;
        let watch = Watch::start(&node.api, &self.uid).await;
        let pod = Pod {
            log: node.open_log().await?,
            events: PodEvents::new(self.container(&node)),
            watch: watch.map_err(failed("send its events"))?,
            before: before.map_err(failed("list what it has"))?,
            sandbox: None,
            name,
            notes,
            wish: self,
            node,
        };
        pod.run().await.map_err(failed("tell of a pull"))
    }

    fn container(&self, node: &Node) -> PodContainer {
        PodContainer {
            namespace: "default".to_owned(),
            pod: self.pod.clone(),
            pod_uid: self.uid.clone(),
            node: node.name.clone(),
            container: "app".to_owned(),
        }
    }
}

impl Pod {
    async fn run(mut self) -> Result<PodRun, ApiError> {
        self.tell_skew();
        self.events.scheduled(SystemTime::now());
        self.make_sandbox().await;
        let is_enough = self.wish.policy == PullPolicy::IfNotPresent && self.before.has_image;
        let mut trace = None;
        if is_enough {
            let image = self.wish.image.to_string();
            self.events.present(&image, SystemTime::now());
            self.run_container(None).await;
        } else {
            let pulled = self.pull().await;
            let life = match pulled.error {
                None => self.run_container(Some(pulled.timeline)).await,
                Some(_) => None,
            };
            trace = Some(self.trace(pulled, life).await?);
        }
        self.remove_sandbox().await;
        Ok(PodRun {
            node: self.node,
            events: self.events.into_events(),
            trace,
            notes: self.notes,
        })
    }

    fn tell_skew(&mut self) {
        if let Some(apart) = self.watch.skew().worth_telling() {
            self.notes.push(format!(
                "the clock of {} is {:.1} s from this machine's: its moments are brought to this clock, as well as one \
                 message tells it; set both clocks to be sure",
                self.node.name,
                apart.as_secs_f64()
            ));
        }
    }

    async fn make_sandbox(&mut self) {
        if self.wish.run.is_none() || !matches!(self.node.way, Way::Cri) {
            return;
        }
        let pod = (self.wish.pod.as_str(), self.wish.uid.as_str());
        match Sandbox::start(&self.node.api, &self.wish.study, pod).await {
            Ok(sandbox) => self.sandbox = Some(sandbox),
            Err(error) => self.notes.push(format!(
                "no sandbox could be made on {} ({}): images are pulled there, but no containers started; look at \
                 sandbox_image in its config.toml",
                self.node.name,
                error.message()
            )),
        }
    }

    async fn remove_sandbox(&mut self) {
        let Some(sandbox) = self.sandbox.take() else {
            return;
        };
        if let Err(error) = sandbox.remove().await {
            self.notes.push(format!(
                "the sandbox of {} could not be removed from {} ({}): look for it with crictl pods",
                self.wish.pod,
                self.node.name,
                error.message()
            ));
        }
    }

    async fn pull(&mut self) -> Pulled {
        let image = self.wish.image.to_string();
        self.events.pulling(&image, SystemTime::now());
        let recorder = Recorder::start();
        recorder.start_attempt();
        let timeline = Timeline {
            start: recorder.started(),
            started_at: SystemTime::now(),
            skew: self.watch.skew(),
        };
        let ended = timeout(self.wish.patience, self.fetch()).await;
        let elapsed = recorder.started().elapsed();
        let error = match ended {
            Ok(Ok(())) => None,
            Ok(Err(said)) => Some(said),
            Err(_) => Some(format!("no end after {} s", self.wish.patience.as_secs())),
        };
        let at = SystemTime::now();
        match &error {
            None => {
                let pulled = PulledImage {
                    pull: elapsed,
                    including_waiting: elapsed,
                    image_size_bytes: self.image_size_bytes().await,
                };
                self.events.pulled(&image, pulled, at);
            }
            Some(said) => {
                self.events.pull_failed(&image, said, at);
                self.events.backing_off(&image, at);
            }
        }
        Pulled {
            recorder,
            timeline,
            elapsed,
            error,
        }
    }

    async fn fetch(&self) -> Result<(), String> {
        match &self.node.way {
            Way::Cri => {
                let sandbox = self.sandbox.as_ref();
                let sandbox = sandbox.map(|sandbox| sandbox.config().clone());
                let pulled = self.node.api.cri_pull(&self.name, sandbox).await;
                pulled.map_err(|error| error.as_kubelet_says())
            }
            Way::Ctr(ctr) => {
                let pulled = ctr.pull(&self.wish.image, &self.wish.snapshotter).await;
                pulled.map_err(|error| error.to_string())
            }
        }
    }

    /// What a kubelet would tell: the CRI's own figure where there is a CRI.
    async fn image_size_bytes(&self) -> u64 {
        if let Way::Cri = self.node.way
            && let Ok(Some(image)) = self.node.api.cri_image(&self.name).await
        {
            return image.size;
        }
        self.stored()
            .await
            .ok()
            .flatten()
            .map_or(0, |stored| stored.size_bytes)
    }

    /// Reads the image as it lies on the node.
    async fn stored(&self) -> Result<Option<StoredImage>, ReadFailure> {
        let images = self.node.api.images().await?;
        let Some(target) = super::stored_image::target_of(&images, &self.name) else {
            return Ok(None);
        };
        let stored = StoredImage::read(&self.node.api, target, &self.node.platform).await;
        stored
            .map(Some)
            .map_err(|error| ReadFailure(error.to_string()))
    }

    /// Runs a container of the image, and returns when what happened to it.
    async fn run_container(&mut self, timeline: Option<Timeline>) -> Option<ContainerRun> {
        let command = self.wish.run.clone()?;
        let mut id = None;
        let start = Instant::now();
        let ended = timeout(self.wish.patience, self.container(&command, &mut id)).await;
        let problem = match ended {
            Ok(Some(Ok(()))) => None,
            // There is no sandbox, which was told.
            Ok(None) => return None,
            Ok(Some(Err(error))) => Some(error.to_string()),
            Err(_) => Some(format!("it runs on after {} s", start.elapsed().as_secs())),
        };
        if let (Some(_), Way::Ctr(ctr), Some(id)) = (&problem, &self.node.way, &id) {
            ctr.remove_container(id).await;
        }
        let observed = self.watch.observed().await;
        let life = id.map(|id| Life::of(&observed, &id)).unwrap_or_default();
        self.tell_container(&life, problem);
        timeline.map(|timeline| in_seconds(&life, &timeline))
    }

    /// Returns nothing where there is nothing to run it in.
    async fn container(
        &mut self,
        command: &[String],
        id: &mut Option<String>,
    ) -> Option<Result<(), ContainerError>> {
        if let Way::Ctr(ctr) = &self.node.way {
            *id = Some(self.wish.uid.clone());
            let (image, snapshotter) = (&self.wish.image, &self.wish.snapshotter);
            return Some(run_with_ctr(ctr, image, snapshotter, &self.wish.uid, command).await);
        }
        let sandbox = self.sandbox.as_ref()?;
        Some(sandbox.run(&self.name, command, &mut self.watch, id).await)
    }

    fn tell_container(&mut self, life: &Life, problem: Option<String>) {
        let skew = self.watch.skew();
        if let Some(at) = life.created_at {
            self.events.created(skew.to_local(at));
        }
        if let Some(at) = life.started_at {
            self.events.started(skew.to_local(at));
        }
        let problem = match (problem, life.exit_code) {
            (Some(problem), _) => problem,
            (None, Some(0)) => return,
            (None, Some(code)) => format!("it ended with status {code}"),
            (None, None) => "its end was not seen".to_owned(),
        };
        self.notes.push(format!(
            "the container of {} on {} did not run as it should: {problem}",
            self.name, self.node.name
        ));
    }

    async fn trace(
        &mut self,
        pulled: Pulled,
        container: Option<ContainerRun>,
    ) -> Result<PullTrace, ApiError> {
        let observed = self.watch.observed().await;
        if observed.broke_off {
            self.notes.push(format!(
                "the events of {} broke off: some layers of {} have no times of unpacking",
                self.node.name, self.name
            ));
        }
        if pulled.error.is_none() {
            match self.stored().await {
                Ok(Some(stored)) => self.record(&pulled, &stored, &observed).await?,
                Ok(None) => self.no_rows("its name is not in the image store"),
                Err(error) => self.no_rows(&error.0),
            }
        }
        let mut record = self.record_of(&pulled);
        record.container = container;
        let is_pulled = pulled.error.is_none();
        let mut trace = pulled.recorder.finish(record, pulled.elapsed, pulled.error);
        if let (true, Some(bytes)) = (is_pulled, self.wish.unpacked_bytes) {
            trace.pull.unpacked_bytes = bytes;
        }
        Ok(trace)
    }

    fn no_rows(&mut self, reason: &str) {
        self.notes.push(format!(
            "{} was pulled to {}, but cannot be read there ({reason}): its trace has no rows of layers",
            self.name, self.node.name
        ));
    }

    async fn record(
        &mut self,
        pulled: &Pulled,
        stored: &StoredImage,
        observed: &Observed,
    ) -> Result<(), ApiError> {
        let mut committed = HashMap::new();
        for digest in stored.blobs() {
            let blob = self.node.api.blob(&digest).await?;
            let at = blob.and_then(|blob| blob.created_at);
            committed.extend(at.map(|at| (digest, Timestamp::to_system_time(at))));
        }
        let applied = match &self.log {
            Some(log) => log.applied().await.unwrap_or_default(),
            None => HashMap::new(),
        };
        let evidence = Evidence {
            image: stored,
            observed,
            committed: &committed,
            before: &self.before.names,
            applied: &applied,
            timeline: pulled.timeline,
        };
        evidence.record(&pulled.recorder);
        self.tell_reused(stored);
        if self.log.is_some() && applied.is_empty() {
            self.notes.push(format!(
                "the log of {} tells nothing of layers: set level = \"debug\" under [debug] in its config.toml",
                self.node.name
            ));
        }
        let footprint = Footprint::of(stored, &self.wish.snapshotter);
        self.node.known.insert(self.name.clone(), footprint);
        Ok(())
    }

    /// Layers that were there make a pull warmer than it looks.
    fn tell_reused(&mut self, stored: &StoredImage) {
        let layers: HashSet<String> = stored
            .image
            .layers()
            .iter()
            .map(|layer| layer.digest().to_string())
            .collect();
        let reused = layers
            .iter()
            .filter(|digest| self.before.names.contains(*digest))
            .count();
        if reused == 0 || self.wish.cache == CachePolicy::Keep {
            return;
        }
        self.notes.push(format!(
            "{reused} of {} layers of {} were on {} before the pull and were not downloaded: it was not cold; see cache in \
             the study's file",
            layers.len(),
            self.name,
            self.node.name
        ));
    }

    fn record_of(&self, pulled: &Pulled) -> PullRecord {
        let wish = &self.wish;
        let started_at = pulled.timeline.started_at;
        let mut record = PullRecord::new(&wish.uid, wish.image.to_string(), started_at);
        record.experiment = Some(wish.experiment.clone());
        record.nodes = Some(wish.nodes);
        record.node = Some(self.node.name.clone());
        record
    }
}

fn in_seconds(life: &Life, timeline: &Timeline) -> ContainerRun {
    let seconds = |at: Option<SystemTime>| Some(timeline.since_start(at?).as_secs_f64());
    ContainerRun {
        created_seconds: seconds(life.created_at),
        started_seconds: seconds(life.started_at),
        exited_seconds: seconds(life.exited_at),
        exit_code: life.exit_code,
    }
}

/// Why an image cannot be read; told, and nothing else comes of it.
struct ReadFailure(String);

impl From<ApiError> for ReadFailure {
    fn from(error: ApiError) -> Self {
        Self(error.to_string())
    }
}
