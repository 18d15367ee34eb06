//! What containerd tells while it pulls: its events, and looks at what is being fetched.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use prost::Message;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::api::messages::{
    Envelope, SnapshotCommit, SnapshotPrepare, TaskEvent, TaskExit, Timestamp,
};
use super::api::{Api, ApiError};
use super::timeline::Skew;

/// How often is looked for what is being fetched, at first. A fetch that is seen has its exact start, so this decides
/// only how well the start of a fetch is known that was over before anybody looked.
const FIRST_INTERVAL: Duration = Duration::from_millis(10);

/// And in a long pull.
const LONGEST_INTERVAL: Duration = Duration::from_millis(250);

/// How long containerd may take to send an event that it was just given.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that happened in containerd, by its clock.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Happened {
    pub(super) at: SystemTime,
    pub(super) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// A message of our own came back.
    Mark(String),
    /// A layer's snapshot was begun.
    Prepared { key: String },
    /// It was done; its name is the layer's chain id.
    Committed { key: String, chain_id: String },
    /// A container's first process exists.
    TaskCreated { container: String },
    /// It was started.
    TaskStarted { container: String },
    /// It ended.
    TaskExited { container: String, status: u32 },
}

/// All that was seen of a pull.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    pub(super) happened: Vec<Happened>,
    /// When the fetch of a blob began, by its digest; containerd's clock.
    pub(super) ingests: HashMap<String, SystemTime>,
    /// When was looked for them; our clock.
    pub(super) looks: Vec<SystemTime>,
    /// Whether the stream of events broke off.
    pub(super) broke_off: bool,
}

/// Listens to a containerd until it is dropped.
pub(super) struct Watch {
    api: Api,
    id: String,
    marks: u32,
    coming: UnboundedReceiver<Happened>,
    happened: Vec<Happened>,
    looked: Arc<Mutex<Looked>>,
    skew: Skew,
    // Aborts its tasks when it is dropped.
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Looked {
    ingests: HashMap<String, SystemTime>,
    looks: Vec<SystemTime>,
}

impl Watch {
    /// Starts to listen; when it returns, nothing is missed any more. `id` tells this listener from all others.
    pub(super) async fn start(api: &Api, id: &str) -> Result<Self, ApiError> {
        let (sender, coming) = unbounded_channel();
        let looked = Arc::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(api.clone(), filters(api.namespace(), id), sender));
        tasks.spawn(look(api.clone(), Arc::clone(&looked)));
        let mut watch = Self {
            api: api.clone(),
            id: id.to_owned(),
            marks: 0,
            coming,
            happened: Vec::new(),
            looked,
            skew: Skew::default(),
            _tasks: tasks,
        };
        watch.meet().await?;
        Ok(watch)
    }

    pub(super) fn skew(&self) -> Skew {
        self.skew
    }

    /// containerd says nothing to a new listener until there is an event, so it is given some until one comes back.
    async fn meet(&mut self) -> Result<(), ApiError> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let sent = SystemTime::now();
            let topic = self.mark().await?;
            let answered = SystemTime::now();
            let wanted = What::Mark(topic);
            let waited = timeout(
                Duration::from_millis(50),
                self.until(|what| *what == wanted),
            );
            if let Ok(Some(mark)) = waited.await {
                self.skew = Skew::of(sent, mark.at, answered);
                return Ok(());
            }
        }
        Ok(())
    }

    async fn mark(&mut self) -> Result<String, ApiError> {
        self.marks += 1;
        let topic = format!("{}{}", topic_prefix(&self.id), self.marks);
        self.api.publish(topic.clone()).await?;
        Ok(topic)
    }

    /// Waits for something to happen; none if the events broke off.
    pub(super) async fn until(&mut self, is_it: impl Fn(&What) -> bool) -> Option<Happened> {
        if let Some(before) = self.happened.iter().find(|happened| is_it(&happened.what)) {
            return Some(before.clone());
        }
        loop {
            let happened = self.coming.recv().await?;
            self.happened.push(happened.clone());
            if is_it(&happened.what) {
                return Some(happened);
            }
        }
    }

    /// Waits until all that happened before has come, and returns it.
    pub(super) async fn observed(&mut self) -> Observed {
        let mut is_whole = false;
        if let Ok(topic) = self.mark().await {
            let wanted = What::Mark(topic);
            let came = timeout(PATIENCE, self.until(|what| *what == wanted)).await;
            is_whole = matches!(came, Ok(Some(_)));
        }
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        Observed {
            happened: self.happened.clone(),
            ingests: looked.ingests.clone(),
            looks: looked.looks.clone(),
            broke_off: !is_whole,
        }
    }
}

fn topic_prefix(id: &str) -> String {
    format!("/pullstudy/{id}-")
}

fn filters(namespace: &str, id: &str) -> Vec<String> {
    [&topic_prefix(id), "/snapshot/", "/tasks/"]
        .map(|topic| format!("namespace=={namespace},topic~=|^{topic}|"))
        .to_vec()
}

async fn listen(api: Api, filters: Vec<String>, sender: UnboundedSender<Happened>) {
    let Ok(mut answers) = api.subscribe(filters).await else {
        return;
    };
    while let Ok(Some(envelope)) = answers.next().await {
        if let Some(happened) = read(envelope)
            && sender.send(happened).is_err()
        {
            return;
        }
    }
}

async fn look(api: Api, looked: Arc<Mutex<Looked>>) {
    let start = Instant::now();
    loop {
        let at = SystemTime::now();
        // A look that fails is as none: the next one may do better.
        if let Ok(ingests) = api.ingests().await {
            let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
            looked.looks.push(at);
            for ingest in ingests {
                let digest = ingest.reference.split_once('-').map(|(_, digest)| digest);
                if let (Some(digest), Some(started_at)) = (digest, ingest.started_at) {
                    let started_at = started_at.to_system_time();
                    looked.ingests.insert(digest.to_owned(), started_at);
                }
            }
        }
        let interval = start.elapsed() / 200;
        sleep(interval.clamp(FIRST_INTERVAL, LONGEST_INTERVAL)).await;
    }
}

fn read(envelope: Envelope) -> Option<Happened> {
    let value = envelope.event.map(|event| event.value).unwrap_or_default();
    let value = value.as_slice();
    let mut at = envelope.timestamp.map(Timestamp::to_system_time)?;
    let what = match envelope.topic.as_str() {
        "/snapshot/prepare" => What::Prepared {
            key: SnapshotPrepare::decode(value).ok()?.key,
        },
        "/snapshot/commit" => {
            let commit = SnapshotCommit::decode(value).ok()?;
            What::Committed {
                key: commit.key,
                chain_id: commit.name,
            }
        }
        "/tasks/create" => What::TaskCreated {
            container: TaskEvent::decode(value).ok()?.container_id,
        },
        "/tasks/start" => What::TaskStarted {
            container: TaskEvent::decode(value).ok()?.container_id,
        },
        "/tasks/exit" => {
            let exit = TaskExit::decode(value).ok()?;
            if exit.id != exit.container_id {
                return None;
            }
            at = exit.exited_at.map_or(at, Timestamp::to_system_time);
            What::TaskExited {
                container: exit.container_id,
                status: exit.exit_status,
            }
        }
        topic => What::Mark(
            topic
                .strip_prefix("/pullstudy/")
                .map(|_| topic.to_owned())?,
        ),
    };
    Some(Happened { at, what })
}
