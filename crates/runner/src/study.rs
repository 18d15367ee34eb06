//! A study on this machine: every image onto every node, and a record of all of it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use pullstudy_events::{
    BadExperimentName, Event, EventsFile, TraceWriter, WriteEventsError, WriteTraceError,
    derive_uid,
};
use pullstudy_image::Reference;
use pullstudy_registry::{Client, ClientOptions, NewClientError};
use tokio::task::JoinSet;

use crate::content_store::StoreError;
use crate::node::{Node, NodeError, node_name, remove_nodes};
use crate::pod::{Clock, Pod, PodRun};
use crate::pull::blocking;
use crate::report::caveats;
use crate::trace_file::open_for_append;
use crate::{LocalPull, LocalReport, PullOptions};

/// A study with the engine `local`: nodes that are folders of this machine.
///
/// The images are pulled one after the other; each by all nodes at once, as by a Kubernetes job with one pod a node.
/// Each node has its own folder, registry client and connections. Blobs are stored and verified, layers unpacked for
/// real (see [`RootFilesystem`](crate::RootFilesystem)); after each image the nodes are emptied, so that the next pull
/// is cold, unless [`keep_nodes`](Self::keep_nodes) is set.
///
/// **Files.** In [`out`](Self::out): `trace.jsonl`, which further studies append to, and
/// `<experiment>/<nodes>/events-size-<nodes>-<unix time>.json`. Both are written after each image, so a late failure
/// loses nothing. One study at a time writes to a folder.
///
/// **Time.** The wall clock is read once, at the start; all else is measured on the monotonic clock. As a node pulls
/// one image at a time, a kubelet's two durations are nearly the same here.
///
/// **What is like a real node, and what is not.** Transfers, hashing, inflating and writing are real. The page cache
/// is warm with what was just downloaded, as on a real node; files are not flushed to disk after unpacking, blobs are
/// (containerd's defaults). Nodes share this machine, and containers are not started: `Created` and `Started` follow
/// at once. containerd inflates gzip with `unpigz` in a process of its own where it is installed; here one thread
/// inflates, hashes and writes.
///
/// # Examples
///
/// ```no_run
/// use pullstudy_runner::LocalStudy;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let image = "127.0.0.1:5000/study/chonks:9-layers".parse()?;
/// let study = LocalStudy::new("run1", vec![image], 4, "results");
/// let report = study.run(|_| {}).await?;
/// for caveat in &report.caveats {
///     eprintln!("note: {caveat}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalStudy {
    /// Name of the experiment, and of a folder.
    pub experiment: String,
    /// What to pull, in this order.
    pub images: Vec<Reference>,
    /// How many nodes, 1 or more.
    pub nodes: u32,
    /// Where the results go.
    pub out: PathBuf,
    /// Where the nodes lie while the study runs. Default: `nodes` in [`out`](Self::out). Its file system is what the
    /// phase `write` measures.
    pub nodes_dir: PathBuf,
    /// How the nodes pull.
    pub options: PullOptions,
    /// How they speak to registries.
    pub client: ClientOptions,
    /// Whether nodes keep what they have, between images and between studies. Default: no; they are emptied before,
    /// between and after.
    pub keep_nodes: bool,
}

/// Why a study could not be run. A pull that fails is no such reason, but an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// There is nothing to pull.
    #[error("experiment {experiment} has no images to pull")]
    NoImages {
        /// The experiment.
        experiment: String,
    },
    /// There is nothing to pull to.
    #[error("experiment {experiment} has no nodes; it needs 1 or more")]
    NoNodes {
        /// The experiment.
        experiment: String,
    },
    /// The experiment cannot name a folder.
    #[error("the results have no place")]
    Experiment {
        /// Why.
        source: BadExperimentName,
    },
    /// No registry client could be made.
    #[error("the nodes cannot speak to registries")]
    Client {
        /// Why.
        source: NewClientError,
    },
    /// The nodes could not be emptied.
    #[error("the nodes cannot be emptied")]
    Empty {
        /// Where and why.
        source: StoreError,
    },
    /// A node could not be set up.
    #[error("node {node} cannot be used")]
    Node {
        /// The node.
        node: String,
        /// Why.
        source: NodeError,
    },
    /// The folder for the results cannot be written.
    #[error("the results cannot be written")]
    Out {
        /// Where and why.
        source: StoreError,
    },
    /// Another study writes its results there.
    #[error("{} is being written by another study; wait for it to end, or choose another folder", path.display())]
    Busy {
        /// The trace.
        path: PathBuf,
    },
    /// The trace could not be written.
    #[error("the trace cannot be written")]
    Trace {
        /// Where and why.
        source: WriteTraceError,
    },
    /// The events could not be written.
    #[error("the events cannot be written")]
    Events {
        /// Where and why.
        source: WriteEventsError,
    },
}

/// What a study is doing.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// All nodes start to pull an image.
    ImageStarted {
        /// The image.
        image: &'a Reference,
        /// Its position, from 0.
        position: usize,
        /// How many images there are.
        images: usize,
    },
    /// A node has ended its pull, well or not.
    PullEnded {
        /// The pull.
        pull: &'a LocalPull,
    },
    /// All nodes have ended, the results are written, and the nodes emptied if they are to be.
    ImageEnded {
        /// The image.
        image: &'a Reference,
    },
}

impl LocalStudy {
    /// Describes a study; everything else has its default.
    pub fn new(
        experiment: impl Into<String>,
        images: Vec<Reference>,
        nodes: u32,
        out: impl Into<PathBuf>,
    ) -> Self {
        let out = out.into();
        let mut client = ClientOptions::default();
        // What is measured is one request each: a second try would hide in the seconds of the first.
        client.retry.max_tries = 1;
        Self {
            experiment: experiment.into(),
            images,
            nodes,
            nodes_dir: out.join("nodes"),
            out,
            options: PullOptions::default(),
            client,
            keep_nodes: false,
        }
    }

    /// Runs the study, telling `progress` how it goes. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StudyError`] when nothing can be pulled or a result cannot be written. Failed pulls are in the report.
    pub async fn run(
        &self,
        mut progress: impl FnMut(Progress<'_>),
    ) -> Result<LocalReport, StudyError> {
        let mut results = self.start()?;
        self.empty_nodes().await?;
        let run = self.pull_all(&mut results, &mut progress).await;
        // Also after a failure: nodes are large. The first failure is the one to report.
        let emptied = self.empty_nodes().await;
        run.and(emptied)?;
        Ok(LocalReport {
            caveats: caveats(self.nodes, &results.pulls),
            pulls: results.pulls,
            events_file: results.events_file.path().to_owned(),
            trace_file: self.trace_path(),
        })
    }

    fn start(&self) -> Result<Results, StudyError> {
        let experiment = self.experiment.clone();
        if self.images.is_empty() {
            return Err(StudyError::NoImages { experiment });
        }
        if self.nodes == 0 {
            return Err(StudyError::NoNodes { experiment });
        }
        let clock = Clock::start(SystemTime::now(), Instant::now());
        let events_file =
            EventsFile::new(&self.out, &self.experiment, self.nodes, clock.started_at)
                .map_err(|source| StudyError::Experiment { source })?;
        let path = self.trace_path();
        let opened = fs::create_dir_all(&self.out).and_then(|()| open_for_append(&path));
        let file = opened
            .map_err(StoreError::at(&path))
            .map_err(|source| StudyError::Out { source })?
            .ok_or_else(|| StudyError::Busy { path: path.clone() })?;
        Ok(Results {
            clock,
            events_file,
            events: Vec::new(),
            trace: TraceWriter::new(path, file),
            pulls: Vec::new(),
        })
    }

    fn trace_path(&self) -> PathBuf {
        self.out.join("trace.jsonl")
    }

    async fn pull_all(
        &self,
        results: &mut Results,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<(), StudyError> {
        for (position, image) in self.images.iter().enumerate() {
            let images = self.images.len();
            let pods = self.pods(position, image, results.clock)?;
            progress(Progress::ImageStarted {
                image,
                position,
                images,
            });
            let tell = |pull: &LocalPull| progress(Progress::PullEnded { pull });
            results.add(Self::run_pods(pods, tell).await)?;
            self.empty_nodes().await?;
            progress(Progress::ImageEnded { image });
        }
        Ok(())
    }

    /// Runs pods at once, each to its end, and returns them in the order of their nodes.
    pub(crate) async fn run_pods(pods: Vec<Pod>, mut ended: impl FnMut(&LocalPull)) -> Vec<PodRun> {
        let mut running: JoinSet<PodRun> = pods.into_iter().map(Pod::run).collect();
        let mut runs = Vec::new();
        while let Some(run) = running.join_next().await {
            let run = run.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
            ended(&run.pull);
            runs.push(run);
        }
        runs.sort_by_key(|run| run.node_number);
        runs
    }

    /// Makes a pod a node, all before the first starts, so that all start at once.
    pub(crate) fn pods(
        &self,
        position: usize,
        image: &Reference,
        clock: Clock,
    ) -> Result<Vec<Pod>, StudyError> {
        let options = Arc::new(self.options.clone());
        // Pods of two runs of one experiment must not have the same uid.
        let seed = format!("{} {} {:?}", self.experiment, self.nodes, clock.started_at);
        let pod = |number: u32| {
            let name = node_name(number);
            let path = self.nodes_dir.join(&name);
            let pod = format!("pull-{position}-{number}");
            let node = Node::open(name.clone(), path);
            let node = node.map_err(|source| StudyError::Node { node: name, source })?;
            let client = Client::new(self.client.clone());
            Ok(Pod {
                uid: derive_uid(&seed, &pod),
                name: pod,
                experiment: self.experiment.clone(),
                nodes: self.nodes,
                node_number: number,
                node: Arc::new(node),
                client: client.map_err(|source| StudyError::Client { source })?,
                image: image.clone(),
                options: Arc::clone(&options),
                clock,
            })
        };
        (0..self.nodes).map(pod).collect()
    }

    /// Empties the nodes, also those of an earlier study that was killed, unless nodes are kept.
    pub(crate) async fn empty_nodes(&self) -> Result<(), StudyError> {
        if self.keep_nodes {
            return Ok(());
        }
        let nodes_dir = self.nodes_dir.clone();
        let emptied = blocking(move || remove_nodes(&nodes_dir)).await;
        emptied.map_err(|source| StudyError::Empty { source })
    }
}

/// The results so far, and the files they go to.
struct Results {
    clock: Clock,
    events_file: EventsFile,
    events: Vec<Event>,
    trace: TraceWriter<File>,
    pulls: Vec<LocalPull>,
}

impl Results {
    /// Takes the pulls of one image and writes them down.
    fn add(&mut self, runs: Vec<PodRun>) -> Result<(), StudyError> {
        for run in runs {
            if let Some(trace) = &run.pull.trace {
                let written = self.trace.write(trace);
                written.map_err(|source| StudyError::Trace { source })?;
            }
            self.events.extend(run.events);
            self.pulls.push(run.pull);
        }
        let written = self.events_file.write(&self.events);
        written.map_err(|source| StudyError::Events { source })
    }
}
