//! Events as a cluster tells them, of either API.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::SystemTime;

use k8s_openapi::api::core::v1::Pod;
use pullstudy_events::{COLLECTOR, ContainerKind, Message};
use serde_json::Value;

/// What client-go puts before the message of events that it put together.
const COMBINED: &str = "(combined from similar events): ";

/// An event, as far as it matters to what becomes of a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SeenEvent {
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) is_warning: bool,
    pub(super) is_combined: bool,
    /// When it happened first; of what was combined, the last that is known.
    pub(super) first: Option<SystemTime>,
    pub(super) last: Option<SystemTime>,
    pub(super) node: Option<String>,
    pub(super) container: Option<(ContainerKind, String)>,
    object: Object,
}

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq)]
struct Object {
    kind: String,
    namespace: String,
    name: String,
    uid: String,
}

/// The events of one pod.
#[derive(Debug, Default)]
pub(super) struct PodEvents {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
    /// The earliest first.
    pub(super) events: Vec<SeenEvent>,
}

/// The events of a cluster, each once, by what they are about.
#[derive(Debug, Default)]
pub(super) struct SeenEvents {
    /// By uid; where an event has none, by namespace and name.
    pods: HashMap<String, PodEvents>,
    /// Warnings about jobs, by their names.
    jobs: HashMap<String, Vec<SeenEvent>>,
}

/// Events of either API, each once, however often it is told.
#[derive(Debug, Default)]
pub(super) struct DistinctEvents {
    by_identity: HashMap<String, SeenEvent>,
}

impl DistinctEvents {
    /// Takes a sighting of an event; what is none is passed over.
    pub(super) fn take(&mut self, value: &Value) {
        let Some((identity, event)) = read(value) else {
            return;
        };
        match self.by_identity.entry(identity) {
            Entry::Vacant(place) => drop(place.insert(event)),
            Entry::Occupied(mut known) => known.get_mut().absorb(event),
        }
    }

    /// Lays the events together by what they are about.
    pub(super) fn finish(self) -> SeenEvents {
        let mut seen = SeenEvents::default();
        let distinct = self.by_identity.into_values();
        distinct.for_each(|event| seen.add(event));
        for pod in seen.pods.values_mut() {
            pod.events.sort_by(|a, b| {
                (a.first, &a.reason, &a.message).cmp(&(b.first, &b.reason, &b.message))
            });
        }
        seen
    }
}

impl SeenEvents {
    /// Takes events in any number and order.
    pub(super) fn of(events: &[Value]) -> Self {
        let mut distinct = DistinctEvents::default();
        events.iter().for_each(|value| distinct.take(value));
        distinct.finish()
    }

    fn add(&mut self, event: SeenEvent) {
        match &*event.object.kind {
            "Pod" => {
                let object = &event.object;
                let pod = self.pods.entry(object.key()).or_insert_with(|| PodEvents {
                    namespace: object.namespace.clone(),
                    name: object.name.clone(),
                    uid: object.uid.clone(),
                    events: Vec::new(),
                });
                pod.events.push(event);
            }
            "Job" if event.is_warning => {
                let job = self.jobs.entry(event.object.name.clone());
                job.or_default().push(event);
            }
            _ => {}
        }
    }

    /// Returns the events of a pod, and forgets them.
    pub(super) fn take_pod(&mut self, pod: &Pod) -> Vec<SeenEvent> {
        let taken = keys(pod)
            .into_iter()
            .filter_map(|key| self.pods.remove(&key));
        taken.flat_map(|pod| pod.events).collect()
    }

    /// Tells whether an event says anything of a pod's way to its images.
    pub(super) fn tell_of_pull(&self, pod: &Pod) -> bool {
        let keys = keys(pod);
        let events = keys.iter().filter_map(|key| self.pods.get(key));
        let mut events = events.flat_map(|pod| &pod.events);
        events.any(|event| Message::parse(&event.reason, &event.message) != Message::Other)
    }

    /// Returns the pods that only events tell of.
    pub(super) fn into_others(self) -> (Vec<PodEvents>, HashMap<String, Vec<SeenEvent>>) {
        let mut others: Vec<PodEvents> = self.pods.into_values().collect();
        others
            .sort_by(|a, b| (&a.namespace, &a.name, &a.uid).cmp(&(&b.namespace, &b.name, &b.uid)));
        (others, self.jobs)
    }
}

impl SeenEvent {
    /// Tells whether it is about a container; what is about the whole pod is about each. An event that names no container
    /// is about the only one, or about that of the image which it names.
    pub(super) fn is_about(&self, container: &str, image: Option<&str>, is_only: bool) -> bool {
        if let Some((_, name)) = &self.container {
            return name == container;
        }
        is_only
            || match Message::parse(&self.reason, &self.message) {
                Message::Pulling { image: own }
                | Message::Pulled { image: own, .. }
                | Message::Present { image: own }
                | Message::PullFailed { image: own, .. }
                | Message::BackOff { image: own } => Some(own) == image,
                Message::PullError { .. } | Message::Created | Message::Started => false,
                _ => true,
            }
    }

    fn absorb(&mut self, other: Self) {
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last = self.last.max(other.last);
        self.node = self.node.take().or(other.node);
    }
}

/// Under what the events of a pod stand; those without a uid by its name.
fn keys(pod: &Pod) -> [String; 2] {
    let metadata = &pod.metadata;
    let by_name = Object {
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
        ..Object::default()
    };
    [metadata.uid.clone().unwrap_or_default(), by_name.key()]
}

impl Object {
    /// No uid has a slash.
    fn key(&self) -> String {
        match self.uid.is_empty() {
            true => format!("{}/{}", self.namespace, self.name),
            false => self.uid.clone(),
        }
    }
}

/// Reads an event, and what tells it from others; `None` for what is none, and for those that were made of statuses.
fn read(value: &Value) -> Option<(String, SeenEvent)> {
    let reason = text(value, &["reason"])?;
    let reporter = text(value, &["reportingComponent", "reportingController"]);
    if reporter.as_deref() == Some(COLLECTOR) {
        return None;
    }
    let message = text(value, &["message", "note"]).unwrap_or_default();
    let is_combined = message.starts_with(COMBINED);
    let source = either(value, &["source", "deprecatedSource"]);
    let object = either(value, &["involvedObject", "regarding"])?;
    let part = |key: &str| text(object, &[key]).unwrap_or_default();
    let path = part("fieldPath");
    let container = ContainerKind::of_field_path(&path);
    let stamps = Stamps::of(value);
    let event = SeenEvent {
        is_warning: text(value, &["type"]).as_deref() == Some("Warning"),
        is_combined,
        first: if is_combined {
            stamps.last
        } else {
            stamps.first
        },
        last: stamps.last,
        node: source.and_then(|source| text(source, &["host"])),
        container: container.map(|(kind, name)| (kind, name.to_owned())),
        object: Object {
            kind: part("kind"),
            namespace: part("namespace"),
            name: part("name"),
            uid: part("uid"),
        },
        reason,
        message,
    };
    Some((identity(value, &event), event))
}

/// Each message of combined events tells of something else, under one uid.
fn identity(value: &Value, event: &SeenEvent) -> String {
    let metadata = &value["metadata"];
    let uid = text(metadata, &["uid"]).or_else(|| text(metadata, &["name"]));
    let message = if event.is_combined {
        &event.message
    } else {
        ""
    };
    match uid {
        Some(uid) => format!("{uid} {message}"),
        None => format!(
            "{} {} {} {:?} {:?}",
            event.reason,
            event.message,
            event.object.key(),
            event.container,
            event.first
        ),
    }
}

/// The first and the last moment that an event tells.
struct Stamps {
    first: Option<SystemTime>,
    last: Option<SystemTime>,
}

impl Stamps {
    fn of(value: &Value) -> Self {
        let at = |keys: &[&str]| moment(&text(value, keys)?);
        let event_time = at(&["eventTime"]);
        let first = at(&["firstTimestamp", "deprecatedFirstTimestamp"]);
        let series = value
            .get("series")
            .and_then(|series| text(series, &["lastObservedTime"]));
        let last = series
            .and_then(|series| moment(&series))
            .or_else(|| at(&["lastTimestamp", "deprecatedLastTimestamp"]));
        Self {
            first: event_time.or(first).or(last),
            last: last.or(event_time).or(first),
        }
    }
}

/// Reads a moment; what nobody set is Go's zero time, which is none.
fn moment(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339(text).ok()
}

/// The two APIs have two names for one thing.
fn either<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    let mut found = keys.iter().filter_map(|key| value.get(key));
    found.find(|value| !value.is_null())
}

fn text(value: &Value, keys: &[&str]) -> Option<String> {
    let mut texts = keys.iter().filter_map(|key| value.get(key)?.as_str());
    texts.find(|text| !text.is_empty()).map(str::to_owned)
}
