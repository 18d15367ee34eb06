//! What the cluster has said of the study so far: its pods, their events, the nodes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::Value;
use tokio::sync::watch;

use super::hold;
use crate::collect::{Change, Item, Watched};

/// What was seen, shared between the collector that adds to it and the engine that waits for it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
}

/// A pod as it was seen last.
#[derive(Clone, Debug)]
pub(super) struct SeenPod {
    pub(super) pod: Pod,
    pub(super) is_gone: bool,
    /// Why the image is not there that keeps the pod on its node.
    pub(super) unheld: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    /// Jobs by name, with their uids.
    jobs: BTreeMap<String, String>,
    /// Pods by their job's name, then by uid.
    pods: HashMap<String, BTreeMap<String, SeenPod>>,
    /// Events by their job's name.
    events: HashMap<String, Vec<Value>>,
    nodes: BTreeMap<String, Node>,
    /// Jobs whose steps are done: nobody needs what comes of them.
    forgotten: BTreeSet<String>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            state: Arc::default(),
            changed: watch::Sender::new(0),
        }
    }

    /// Takes what the collector brings.
    pub(super) fn take(&self, item: Item) {
        self.state().take(item);
        self.changed
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Returns something that tells when there is more.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn nodes(&self) -> Vec<Node> {
        self.state().nodes.values().cloned().collect()
    }

    pub(super) fn has_job(&self, job: &str) -> bool {
        self.state().jobs.contains_key(job)
    }

    pub(super) fn jobs(&self) -> Vec<String> {
        self.state().jobs.keys().cloned().collect()
    }

    /// Returns the pods of a job.
    pub(super) fn pods(&self, job: &str) -> Vec<SeenPod> {
        let state = self.state();
        let pods = state.pods.get(job);
        pods.map(|pods| pods.values().cloned().collect())
            .unwrap_or_default()
    }

    /// Looks at the pods and events of a job without copying them.
    pub(super) fn look<T>(
        &self,
        job: &str,
        look: impl FnOnce(&BTreeMap<String, SeenPod>, &[Value]) -> T,
    ) -> T {
        let state = self.state();
        let none = BTreeMap::new();
        let pods = state.pods.get(job).unwrap_or(&none);
        let events = state.events.get(job).map_or(&[] as &[Value], Vec::as_slice);
        look(pods, events)
    }

    /// Forgets a job, and whatever is still to come of it but its end.
    pub(super) fn forget(&self, job: &str) {
        let mut state = self.state();
        state.pods.remove(job);
        state.events.remove(job);
        state.forgotten.insert(job.to_owned());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, item: Item) {
        match item {
            Item::Object {
                watched,
                change,
                object,
            } => self.take_object(watched, change, object),
            Item::ListEnd { watched, uids } => self.end_list(watched, &uids),
            Item::Standing(_) => {}
        }
    }

    fn take_object(&mut self, watched: Watched, change: Change, object: Value) {
        match watched {
            Watched::Events | Watched::EventsV1 => self.take_event(object),
            Watched::Pods => self.take_pod(change, object),
            Watched::Nodes => self.take_node(change, object),
            Watched::Jobs => {
                let name = text(&object, "name");
                match change {
                    Change::Deleted => drop(self.jobs.remove(&name)),
                    _ => drop(self.jobs.insert(name, text(&object, "uid"))),
                }
            }
        }
    }

    fn take_event(&mut self, event: Value) {
        // The two APIs have two names for what an event is about.
        let about = event
            .get("involvedObject")
            .or_else(|| event.get("regarding"));
        if about.is_some_and(hold::is_meant) {
            return;
        }
        let name = about
            .and_then(|about| about["name"].as_str())
            .unwrap_or_default();
        let job = job_of(name);
        if !self.forgotten.contains(job) {
            let job = job.to_owned();
            self.events.entry(job).or_default().push(event);
        }
    }

    fn take_pod(&mut self, change: Change, object: Value) {
        let Ok(mut pod) = serde_json::from_value::<Pod>(object) else {
            return;
        };
        let name = pod.metadata.name.clone().unwrap_or_default();
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let job = job_of(&name);
        if self.forgotten.contains(job) {
            return;
        }
        let is_gone = change == Change::Deleted;
        let pods = self.pods.entry(job.to_owned()).or_default();
        let unheld = hold::take_from(&mut pod);
        let seen = SeenPod {
            pod,
            is_gone,
            unheld,
        };
        pods.insert(uid, seen);
    }

    fn take_node(&mut self, change: Change, object: Value) {
        let name = text(&object, "name");
        match serde_json::from_value(object) {
            Ok(node) if change != Change::Deleted => drop(self.nodes.insert(name, node)),
            _ => drop(self.nodes.remove(&name)),
        }
    }

    /// What a list does not have has gone while nobody looked.
    fn end_list(&mut self, watched: Watched, uids: &std::collections::HashSet<String>) {
        match watched {
            Watched::Pods => {
                let pods = self.pods.values_mut().flatten();
                let missing = pods.filter(|(uid, _)| !uids.contains(*uid));
                missing.for_each(|(_, seen)| seen.is_gone = true);
            }
            Watched::Jobs => self.jobs.retain(|_, uid| uids.contains(uid)),
            Watched::Nodes => self.nodes.retain(|_, node| {
                node.metadata
                    .uid
                    .as_ref()
                    .is_some_and(|uid| uids.contains(uid))
            }),
            Watched::Events | Watched::EventsV1 => {}
        }
    }
}

/// `pull-0003-7-x2x9z` is a pod of the job `pull-0003`, and so is `pull-0003` itself.
fn job_of(name: &str) -> &str {
    let mut dashes = name.match_indices('-').map(|(position, _)| position);
    dashes.nth(1).map_or(name, |position| &name[..position])
}

fn text(object: &Value, key: &str) -> String {
    object["metadata"][key]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, uid: &str) -> Value {
        json!({"metadata": {"name": name, "uid": uid}})
    }

    fn object(watched: Watched, change: Change, object: Value) -> Item {
        Item::Object {
            watched,
            change,
            object,
        }
    }

    #[test]
    fn a_pod_that_a_list_lacks_is_gone_though_nobody_saw_it_go() {
        let seen = Seen::new();
        for (name, uid) in [("pull-0001-0-aaaaa", "a"), ("pull-0001-1-bbbbb", "b")] {
            seen.take(object(Watched::Pods, Change::Added, pod(name, uid)));
        }
        let uids = ["b".to_owned()].into();
        seen.take(Item::ListEnd {
            watched: Watched::Pods,
            uids,
        });
        let gone: Vec<bool> = seen
            .pods("pull-0001")
            .iter()
            .map(|pod| pod.is_gone)
            .collect();
        assert_eq!(gone, [true, false]);
    }

    #[test]
    fn what_is_forgotten_does_not_come_back() {
        let seen = Seen::new();
        let event = json!({"metadata": {"uid": "e"}, "regarding": {"name": "pull-0001-0-aaaaa"}});
        seen.take(object(Watched::EventsV1, Change::Added, event.clone()));
        assert_eq!(seen.look("pull-0001", |_, events| events.len()), 1);
        seen.forget("pull-0001");
        seen.take(object(Watched::Events, Change::Modified, event));
        seen.take(object(
            Watched::Pods,
            Change::Modified,
            pod("pull-0001-0-aaaaa", "a"),
        ));
        assert_eq!(
            seen.look("pull-0001", |pods, events| pods.len() + events.len()),
            0
        );
    }
}
