//! What events are about: pods and containers, each kept once though many events are about it.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use super::identity::{EventId, id_of, id_of_uid};
use crate::keyed_hash::KeyedHash;
use crate::record::{ObjectReference, Record};
use crate::strings::Strings;
use pullstudy_json::RawText;

/// What an event happened to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// Identity of the pod: its uid, else its namespace and name; `None` if the event names neither.
    pub(crate) pod: Option<EventId>,
    pub(crate) node: Option<Arc<str>>,
    pub(crate) namespace: Option<Arc<str>>,
    /// Name of the pod; for [`Step::JobCompleted`](super::Step::JobCompleted) of the job.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) uid: Option<Arc<str>>,
    pub(crate) container: Option<Arc<str>>,
    pub(crate) owner_job: Option<Arc<str>>,
}

impl About {
    /// Returns what both say together: the same whichever was heard of first.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            pod: lesser(&self.pod, &other.pod),
            node: lesser(&self.node, &other.node),
            namespace: lesser(&self.namespace, &other.namespace),
            name: lesser(&self.name, &other.name),
            uid: lesser(&self.uid, &other.uid),
            container: lesser(&self.container, &other.container),
            owner_job: lesser(&self.owner_job, &other.owner_job),
        }
    }
}

fn lesser<T: Ord + Clone>(a: &Option<T>, b: &Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b).clone()),
        (a, b) => a.as_ref().or(b.as_ref()).cloned(),
    }
}

/// What the events of one log are about.
#[derive(Debug, Default)]
pub(super) struct Abouts {
    /// By the fields as they stand in the log: what is known need not be decoded again.
    known: HashMap<Box<[u8]>, Arc<About>, KeyedHash>,
    /// The key at hand.
    key: Vec<u8>,
}

impl Abouts {
    pub(super) fn of(&mut self, record: &Record<'_>, strings: &mut Strings) -> Arc<About> {
        let fields = Fields::of(record);
        let mut key = mem::take(&mut self.key);
        fields.write_key(&mut key);
        let about = match self.known.get(&*key) {
            Some(about) => Arc::clone(about),
            None => {
                let about = Arc::new(fields.about(strings));
                self.known.insert(key.as_slice().into(), Arc::clone(&about));
                about
            }
        };
        self.key = key;
        about
    }
}

/// The fields of an event that say what it is about.
struct Fields<'a> {
    node: Option<RawText<'a>>,
    object: ObjectReference<'a>,
}

impl<'a> Fields<'a> {
    fn of(record: &Record<'a>) -> Self {
        // Only a kubelet's instance is a node.
        let is_kubelet = record
            .reporting_component
            .is_some_and(|component| component.bytes() == b"kubelet");
        let instance = record.reporting_instance.filter(|_| is_kubelet);
        let host = record.host.filter(|host| !host.is_empty());
        Self {
            node: host.or(instance),
            object: record.object.unwrap_or_default(),
        }
    }

    /// Writes the fields so that no two lists of them are the same bytes.
    fn write_key(&self, key: &mut Vec<u8>) {
        let object = &self.object;
        let fields = [
            self.node,
            object.namespace,
            object.name,
            object.uid,
            object.field_path,
            object.owner_job,
        ];
        let fields = fields.map(|field| field.map_or(&[][..], RawText::bytes));
        key.clear();
        key.extend_from_slice(fields.map(|field| field.len().to_le_bytes()).as_flattened());
        for field in fields {
            key.extend_from_slice(field);
        }
    }

    fn about(&self, strings: &mut Strings) -> About {
        let object = &self.object;
        let container = object.field_path.and_then(container_of);
        About {
            pod: self.pod(),
            node: strings.keep_raw(self.node),
            namespace: strings.keep_raw(object.namespace),
            name: strings.keep_raw(object.name),
            uid: strings.keep_raw(object.uid),
            container: container.map(|container| strings.keep(&String::from_utf8_lossy(container))),
            owner_job: strings.keep_raw(object.owner_job),
        }
    }

    fn pod(&self) -> Option<EventId> {
        let is_there = |text: &RawText<'_>| !text.is_empty();
        if let Some(uid) = self.object.uid.filter(is_there) {
            return Some(id_of_uid(uid.bytes()));
        }
        let name = self.object.name.filter(is_there)?;
        let namespace = self.object.namespace.map_or(&[][..], RawText::bytes);
        Some(id_of(&[namespace, name.bytes()]))
    }
}

/// `spec.initContainers{config-init}`: the name between the braces.
fn container_of(field_path: RawText<'_>) -> Option<&[u8]> {
    let path = field_path.bytes();
    let start = memchr::memchr(b'{', path)? + 1;
    path[start..]
        .strip_suffix(b"}")
        .filter(|name| !name.is_empty())
}
