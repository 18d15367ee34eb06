//! One stream: list, watch, and after a break go on where it was, or list again.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use kube::api::{ListParams, WatchParams};
use kube::core::{Request, WatchEvent};
use kube::{Client, Error};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::item::{Change, Item, Watched, uid, version};
use crate::cluster::{Call, ClusterError, Pause, is_passing};

/// So many objects in an answer: a list of all events of a large cluster would be hundreds of megabytes.
const PAGE: u32 = 500;

/// A watch lasts this long, and its server may be silent for a little longer.
const WATCH: Duration = Duration::from_secs(290);
const SILENCE: Duration = Duration::from_secs(300);

/// Follows one kind of object, until its receiver is gone.
pub(super) struct Follower {
    pub(super) client: Client,
    pub(super) watched: Watched,
    pub(super) namespace: Option<String>,
    /// Where an earlier collector left off.
    pub(super) version: Option<String>,
    pub(super) items: mpsc::Sender<Item>,
    /// Told once the stream stands, or why it cannot.
    pub(super) ready: Option<oneshot::Sender<Result<(), ClusterError>>>,
}

/// How a watch ended.
enum Ended {
    /// In peace; go on from the last version.
    Done,
    /// The version is too old for the server: list again.
    Gone,
    /// By a failure.
    Failed(Error),
    /// Nobody listens any more.
    Unheard,
}

/// Nobody listens any more.
struct Unheard;

impl Follower {
    /// Runs until nobody listens, or until the cluster refuses for good.
    pub(super) async fn run(mut self) -> Result<(), ClusterError> {
        let mut pause = Pause::default();
        // An earlier collector may have been killed in the middle of a list, with later objects of it written and earlier
        // ones not: a list comes first in any case, and then the watch from where it left off.
        let mut left_off = self.version.take();
        loop {
            let ended = match self.version.clone() {
                Some(version) => self.watch(&version, &mut pause).await,
                None => self.list(&mut left_off).await,
            };
            let error = match ended {
                Ended::Done => continue,
                Ended::Unheard => return Ok(()),
                Ended::Gone => {
                    self.version = None;
                    continue;
                }
                Ended::Failed(error) => error,
            };
            if !is_passing(&error) {
                return self.refuse(error);
            }
            tokio::time::sleep(pause.after(&error)).await;
        }
    }

    /// A first failure is the caller's to tell; a later one ends the stream.
    fn refuse(&mut self, error: Error) -> Result<(), ClusterError> {
        let (resource, group) = self.watched.resource();
        let mut call = Call::new("watch", resource, group);
        if let Some(namespace) = &self.namespace {
            call = call.within(namespace);
        }
        let error = call.failed(error, Duration::ZERO);
        match self.ready.take() {
            Some(ready) => {
                let _ = ready.send(Err(error));
                Ok(())
            }
            None => Err(error),
        }
    }

    async fn stands(&mut self) -> Result<(), Unheard> {
        let Some(ready) = self.ready.take() else {
            return Ok(());
        };
        let told = self.items.send(Item::Standing(ready)).await;
        told.map_err(|_| Unheard)
    }

    fn request(&self) -> Request {
        Request::new(self.watched.path(self.namespace.as_deref()))
    }

    /// Lists everything, page by page. The watch goes on from `left_off`, if that is known, else from the list.
    async fn list(&mut self, left_off: &mut Option<String>) -> Ended {
        let mut uids = HashSet::new();
        let mut params = ListParams::default().limit(PAGE);
        loop {
            let page = match self.page(&params).await {
                Ok(page) => page,
                Err(Error::Api(status)) if status.code == 410 => return Ended::Gone,
                Err(error) => return Ended::Failed(error),
            };
            let metadata = page["metadata"].clone();
            for object in items(page) {
                uids.insert(uid(&object).to_owned());
                if self.send(Change::Listed, object).await.is_err() {
                    return Ended::Unheard;
                }
            }
            match metadata["continue"].as_str() {
                Some(token) if !token.is_empty() => params.continue_token = Some(token.to_owned()),
                _ => {
                    let listed = metadata["resourceVersion"].as_str().map(str::to_owned);
                    self.version = left_off.take().or(listed);
                    break;
                }
            }
        }
        let watched = self.watched;
        if self
            .items
            .send(Item::ListEnd { watched, uids })
            .await
            .is_err()
        {
            return Ended::Unheard;
        }
        Ended::Done
    }

    async fn page(&self, params: &ListParams) -> Result<Value, Error> {
        let request = self.request().list(params).map_err(Error::BuildRequest)?;
        self.client.request(request).await
    }

    /// Watches from a version until the server ends it.
    async fn watch(&mut self, from: &str, pause: &mut Pause) -> Ended {
        let params = WatchParams::default().timeout(WATCH.as_secs() as u32);
        let request = match self.request().watch(&params, from) {
            Ok(request) => request,
            Err(error) => return Ended::Failed(Error::BuildRequest(error)),
        };
        let begun = Instant::now();
        let events = match self.client.request_events::<Value>(request).await {
            Ok(events) => events,
            Err(Error::Api(status)) if status.code == 410 => return Ended::Gone,
            Err(error) => return Ended::Failed(error),
        };
        if self.stands().await.is_err() {
            return Ended::Unheard;
        }
        let mut events = std::pin::pin!(events);
        let mut brought = false;
        loop {
            let event = tokio::select! {
                () = self.items.closed() => return Ended::Unheard,
                event = tokio::time::timeout(SILENCE, events.next()) => event,
            };
            match event {
                Err(_) | Ok(None) => break,
                Ok(Some(Err(error))) => return Ended::Failed(error),
                Ok(Some(Ok(event))) => {
                    brought = true;
                    pause.reset();
                    match self.take(event).await {
                        Ok(None) => {}
                        Ok(Some(ended)) => return ended,
                        Err(Unheard) => return Ended::Unheard,
                    }
                }
            }
        }
        // A server that ends each watch at once would be asked without end.
        if !brought && begun.elapsed() < Duration::from_secs(1) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ended::Done
    }

    async fn take(&mut self, event: WatchEvent<Value>) -> Result<Option<Ended>, Unheard> {
        match event {
            WatchEvent::Added(object) => self.send(Change::Added, object).await?,
            WatchEvent::Modified(object) => self.send(Change::Modified, object).await?,
            // Events go when their hour is over. That is no news.
            WatchEvent::Deleted(object) if self.watched.is_event() => {
                self.version = Some(version(&object).to_owned());
            }
            WatchEvent::Deleted(object) => self.send(Change::Deleted, object).await?,
            WatchEvent::Bookmark(mark) => self.version = Some(mark.metadata.resource_version),
            WatchEvent::Error(status) if status.code == 410 => return Ok(Some(Ended::Gone)),
            WatchEvent::Error(status) => return Ok(Some(Ended::Failed(Error::Api(status)))),
        }
        Ok(None)
    }

    async fn send(&mut self, change: Change, mut object: Value) -> Result<(), Unheard> {
        if change != Change::Listed {
            self.version = Some(version(&object).to_owned());
        }
        tidy(self.watched, &mut object);
        let watched = self.watched;
        let item = Item::Object {
            watched,
            change,
            object,
        };
        self.items.send(item).await.map_err(|_| Unheard)
    }
}

fn items(mut page: Value) -> Vec<Value> {
    match page.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Says what the object is, and leaves out who set which of its fields: half of its bytes, and nobody's question here.
fn tidy(watched: Watched, object: &mut Value) {
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    let (api_version, kind) = watched.kind();
    fields
        .entry("apiVersion")
        .or_insert_with(|| api_version.into());
    fields.entry("kind").or_insert_with(|| kind.into());
    if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
        metadata.remove("managedFields");
    }
}
