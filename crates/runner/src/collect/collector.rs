//! The collector: streams into files, and on to whoever looks at them now.

use std::path::PathBuf;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::files::{FileProblem, Files};
use super::follow::Follower;
use super::item::{Item, Watched};
use crate::cluster::{Cluster, ClusterError};

/// So many items are written and brought to the disk at once.
const BATCH: usize = 1_000;

/// What is collected, and where it goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CollectOptions {
    /// The namespace whose events and pods are followed; all of them where there is none.
    pub namespace: Option<String>,
    /// The folder of the files.
    pub folder: PathBuf,
    /// What the files' names begin with.
    pub prefix: String,
    /// Whether jobs are followed too; they are not written.
    pub(crate) jobs: bool,
}

/// Why nothing, or nothing more, can be collected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A file cannot be written.
    #[error("failed to keep {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another collector writes it.
    #[error("{} is being written by another collector; wait for it to end, or choose another folder", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The cluster does not let itself be watched.
    #[error("the cluster cannot be watched")]
    Cluster {
        /// Why.
        source: ClusterError,
    },
}

/// What was collected.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Collected {
    /// The files: events, pods, nodes.
    pub files: Vec<PathBuf>,
    /// Objects that were written.
    pub written: u64,
    /// Objects that came twice, by two APIs or after a break, and were written once.
    pub repeated: u64,
    /// What of the cluster could not be followed.
    pub notes: Vec<String>,
}

/// Follows a cluster's events, pods and nodes until it is stopped.
///
/// Files are appended to: `events.jsonl` has an event a line, as `kubectl get events -o json --watch` prints them;
/// `pods.jsonl` and `nodes.jsonl` have every state of each, with the moment it was seen. All of it is on the disk
/// before anyone relies on it. A collector that starts again in the same folder goes on where the last one ended, and
/// writes nothing twice.
#[derive(Debug)]
pub struct Collector {
    stop: oneshot::Sender<()>,
    writer: JoinHandle<Result<Collected, CollectError>>,
    streams: JoinSet<Result<(), ClusterError>>,
    notes: Vec<String>,
}

impl CollectOptions {
    /// Collects from all namespaces into `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            namespace: None,
            folder: folder.into(),
            prefix: String::new(),
            jobs: false,
        }
    }
}

impl Collector {
    /// Starts to collect; when this returns, every stream stands. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if a file cannot be kept, or the cluster does not let itself be watched.
    pub async fn start(cluster: &Cluster, options: &CollectOptions) -> Result<Self, CollectError> {
        Self::start_with(cluster, options, |_| {}).await
    }

    /// The same, handing on every item once it is on the disk, those of earlier collectors first.
    pub(crate) async fn start_with(
        cluster: &Cluster,
        options: &CollectOptions,
        mut seen: impl FnMut(Item) + Send + 'static,
    ) -> Result<Self, CollectError> {
        let files = Files::open(&options.folder, &options.prefix, &mut seen).map_err(problem)?;
        let (sender, receiver) = mpsc::channel(BATCH);
        let mut streams = JoinSet::new();
        let mut standing = Vec::new();
        for watched in followed(options) {
            let (ready, stands) = oneshot::channel();
            let follower = Follower {
                client: cluster.client.clone(),
                watched,
                namespace: options.namespace.clone(),
                version: files.version(watched),
                items: sender.clone(),
                ready: Some(ready),
            };
            streams.spawn(follower.run());
            standing.push((watched, stands));
        }
        drop(sender);
        let (stop, stopped) = oneshot::channel();
        let writer = tokio::spawn(write(files, receiver, stopped, seen));
        let notes = all_stand(standing).await?;
        Ok(Self {
            stop,
            writer,
            streams,
            notes,
        })
    }

    /// Waits until it ends by itself, and returns why: the cluster took back a right, or a file cannot be written any
    /// more. What was written until then is on the disk; there is nothing left to stop.
    pub async fn ended(&mut self) -> CollectError {
        while let Some(ended) = self.streams.join_next().await {
            if let Ok(Err(source)) = ended {
                return CollectError::Cluster { source };
            }
        }
        // Streams end in peace when nobody writes any more what they bring.
        match (&mut self.writer).await {
            Ok(Err(error)) => error,
            Ok(Ok(_)) => std::future::pending().await,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Ends all streams, brings everything to the disk, and tells what was collected.
    ///
    /// # Errors
    ///
    /// [`CollectError`], also of a stream that had failed before.
    pub async fn stop(mut self) -> Result<Collected, CollectError> {
        let _ = self.stop.send(());
        let written = (&mut self.writer).await;
        let mut collected =
            written.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        while let Some(ended) = self.streams.try_join_next() {
            if let Ok(Err(source)) = ended {
                return Err(CollectError::Cluster { source });
            }
        }
        collected.notes.append(&mut self.notes);
        Ok(collected)
    }
}

fn followed(options: &CollectOptions) -> Vec<Watched> {
    let jobs = options.jobs.then_some(Watched::Jobs);
    [
        Watched::Events,
        Watched::EventsV1,
        Watched::Pods,
        Watched::Nodes,
    ]
    .into_iter()
    .chain(jobs)
    .collect()
}

/// Waits until all streams stand. The second API of events may be missing: it tells nothing that the first does not.
async fn all_stand(
    standing: Vec<(Watched, oneshot::Receiver<Result<(), ClusterError>>)>,
) -> Result<Vec<String>, CollectError> {
    let mut notes = Vec::new();
    for (watched, stands) in standing {
        match stands.await {
            Ok(Err(source)) if watched == Watched::EventsV1 && source.is_final() => {
                notes.push(format!("events.k8s.io is not followed: {source}"));
            }
            Ok(Err(source)) => return Err(CollectError::Cluster { source }),
            Ok(Ok(())) | Err(_) => {}
        }
    }
    Ok(notes)
}

/// Writes what comes until it is told to stop, or a file fails.
async fn write(
    mut files: Files,
    mut items: mpsc::Receiver<Item>,
    mut stop: oneshot::Receiver<()>,
    mut seen: impl FnMut(Item),
) -> Result<Collected, CollectError> {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            count = items.recv_many(&mut batch, BATCH) => if count == 0 { break },
            _ = &mut stop => break,
        }
        keep(&mut files, &mut batch, &mut seen)?;
    }
    items.close();
    while items.recv_many(&mut batch, BATCH).await > 0 {
        keep(&mut files, &mut batch, &mut seen)?;
    }
    Ok(Collected {
        files: files.paths().map(PathBuf::from).to_vec(),
        written: files.written,
        repeated: files.repeated,
        notes: Vec::new(),
    })
}

/// Brings a batch to the disk, and only then hands it on.
fn keep(
    files: &mut Files,
    batch: &mut Vec<Item>,
    seen: &mut impl FnMut(Item),
) -> Result<(), CollectError> {
    let now = SystemTime::now();
    batch.retain(|item| files.add(item, now));
    files.sync().map_err(problem)?;
    for item in batch.drain(..) {
        match item {
            Item::Standing(ready) => drop(ready.send(Ok(()))),
            item => seen(item),
        }
    }
    Ok(())
}

fn problem((path, error): FileProblem) -> CollectError {
    match error {
        Some(source) => CollectError::File { path, source },
        None => CollectError::Busy { path },
    }
}
