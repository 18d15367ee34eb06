//! One schedule, played: hosts, a client, an operation, and what became of it.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pullstudy_image::{ArchiveWriter, Digest, Layout, Reference};
use pullstudy_registry::{Client, ClientOptions, Observer};
use tempfile::TempDir;

use crate::access::{Auth, Everywhere};
use crate::content::Content;
use crate::dice::Dice;
use crate::host::Host;
use crate::operation;
use crate::routes::Rules;
use crate::schedule::{Operation, Schedule, TRIES};
use crate::store::Store;

pub(crate) const SOURCE: &str = "study/source";
pub(crate) const TARGET: &str = "study/target";
pub(crate) const TAG: &str = "tag-0";

/// Everything there is while a schedule is played.
pub(crate) struct Scene {
    pub(crate) content: Content,
    pub(crate) source: Host,
    pub(crate) target: Host,
    pub(crate) elsewhere: Host,
    pub(crate) target_store: Arc<Mutex<Store>>,
    /// Layouts: `source` to push from, `target` to pull to.
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
    /// What the client said on the way.
    pub(crate) events: Arc<Mutex<String>>,
}

/// How an operation ended: an error's chain, and all that `Debug` shows of it.
pub(crate) type Ended = Result<(), (String, String)>;

impl Scene {
    pub(crate) fn set(schedule: &Schedule, stall_limit: Duration) -> Self {
        let content = Content::draw(schedule.kind, &mut Dice::new(schedule.seed ^ 0xc0));
        let folder = tempfile::tempdir().unwrap();
        let source_store = Arc::new(Mutex::new(Store::default()));
        let target_store = if schedule.one_registry {
            Arc::clone(&source_store)
        } else {
            Arc::default()
        };
        let elsewhere = elsewhere(schedule, &source_store, &target_store);
        let away = Some(elsewhere.address());
        let (rules, strikes) = &schedule.source;
        let source = Host::start(*rules, Arc::clone(&source_store), strikes, away);
        let (rules, strikes) = &schedule.target;
        let target = Host::start(*rules, Arc::clone(&target_store), strikes, away);
        content.fill(&mut locked(&source_store), SOURCE, &schedule.tag_names());
        let events = Arc::default();
        let scene = Self {
            client: client(schedule, stall_limit, &events),
            content,
            source,
            target,
            elsewhere,
            target_store,
            folder,
            events,
        };
        if schedule.operation == Operation::Push {
            let path = scene.folder.path().join("source");
            scene
                .content
                .write(&path, &scene.target_reference(schedule));
        }
        scene
    }

    pub(crate) fn source_reference(&self) -> Reference {
        reference(&self.source, SOURCE)
    }

    pub(crate) fn target_reference(&self, schedule: &Schedule) -> Reference {
        let host = if schedule.one_registry {
            &self.source
        } else {
            &self.target
        };
        reference(host, TARGET)
    }

    /// Does what the schedule says; `None` when it does not end.
    pub(crate) async fn play(&self, schedule: &Schedule) -> Option<Ended> {
        // A hundred times what the slowest of them takes.
        let patience = Duration::from_secs(60);
        let outcome = operation::run(self, schedule);
        let outcome = tokio::time::timeout(patience, outcome).await.ok()?;
        Some(outcome.map_err(|error| (chain(&*error), format!("{error:?} {error:#?}"))))
    }

    /// Reads a blob or document of where the operation wrote to.
    pub(crate) fn written(&self, operation: Operation, digest: &Digest) -> Option<Vec<u8>> {
        let folder = self.folder.path().join("target");
        if operation == Operation::Pull {
            let layout = Layout::open(folder).ok()?;
            return std::fs::read(layout.blob_path(digest)).ok();
        }
        if operation == Operation::Fetch {
            let archive = ArchiveWriter::create(folder).ok()?;
            let repository = archive.repository(&self.source_reference()).ok()?;
            return repository.document(digest);
        }
        let store = locked(&self.target_store);
        let repository = store.repositories.get(TARGET)?;
        let digest = digest.to_string();
        let document = repository.documents.get(&digest).map(|(_, bytes)| bytes);
        let found = document.or_else(|| repository.blobs.get(&digest));
        found.map(|bytes| bytes.to_vec())
    }
}

/// Where both send clients to. What is read there is the source's, what is written the target's.
fn elsewhere(schedule: &Schedule, source: &Arc<Mutex<Store>>, target: &Arc<Mutex<Store>>) -> Host {
    let writes = matches!(schedule.operation, Operation::Push | Operation::Stream);
    let store = if writes { target } else { source };
    let asks = schedule.elsewhere_asks;
    let rules = Rules {
        // A host that has no business with the credentials may ask for them all the same.
        auth: if asks { Auth::Basic } else { Auth::Nobody },
        ..schedule.source.0
    };
    Host::start(rules, Arc::clone(store), &schedule.elsewhere, None)
}

fn client(schedule: &Schedule, stall_limit: Duration, events: &Arc<Mutex<String>>) -> Client {
    let mut options = ClientOptions::default();
    options.stall_timeout = stall_limit;
    options.connect_timeout = Duration::from_secs(5);
    options.commit_timeout = options.stall_timeout;
    options.concurrent_transfers = schedule.transfers;
    options.ranges_per_blob = schedule.ranges;
    options.chunk_bytes = schedule.chunk_bytes;
    options.credentials = Arc::new(Everywhere);
    options.retry.max_tries = TRIES;
    options.retry.first_wait = Duration::from_millis(1);
    options.retry.max_wait = Duration::from_millis(10);
    options.retry.max_total = Duration::from_secs(20);
    options.retry.jitter_seed = schedule.seed;
    let events = Arc::clone(events);
    options.observer = Observer::new(move |event| {
        let _ = writeln!(locked(&events), "{event:?}");
    });
    Client::new(options).unwrap()
}

fn reference(host: &Host, repository: &str) -> Reference {
    format!("{}/{repository}:{TAG}", host.address())
        .parse()
        .unwrap()
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error and its causes, one after the other.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
