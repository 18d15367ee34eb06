//! Kubernetes events, as an event exporter prints them.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::filled::COLLECTOR;
use crate::timestamp;

/// An event of core/v1, with the fields and the order of kubernetes-event-exporter's JSON.
///
/// A line that was read is written back with the same keys and values. Keys that are not known here
/// are dropped.
///
/// # Examples
///
/// ```
/// use pullstudy_events::{Event, EventType};
///
/// let line = r#"{"metadata":{"name":"app-0.18068678","namespace":"default","uid":"505c2b1d",
/// "creationTimestamp":"2024-11-10T06:09:14Z"},"reason":"Pulling","message":"Pulling image \"app:1\"",
/// "source":{"component":"kubelet","host":"node-1"},"firstTimestamp":"2024-11-10T06:09:14Z",
/// "lastTimestamp":"2024-11-10T06:09:14Z","count":1,"type":"Normal","eventTime":null,
/// "reportingComponent":"kubelet","reportingInstance":"node-1","clusterName":"","involvedObject":
/// {"kind":"Pod","namespace":"default","name":"app-0","uid":"ad9deb23","apiVersion":"v1",
/// "fieldPath":"spec.containers{app}","deleted":false}}"#.replace('\n', "");
///
/// let event: Event = serde_json::from_str(&line)?;
/// assert_eq!(event.event_type, EventType::Normal);
/// assert_eq!(serde_json::to_string(&event)?, line);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Source
///
/// Kubernetes API reference v1.30, "Event v1 core"; the order of keys as in the published study's logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// Identity of the event itself.
    pub metadata: EventMeta,
    /// One word for what happened: `Pulling`, `Pulled`, `BackOff`.
    pub reason: String,
    /// What happened, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Who saw it.
    pub source: EventSource,
    /// When it happened first, in whole seconds.
    #[serde(with = "timestamp::seconds_or_null")]
    pub first_timestamp: Option<SystemTime>,
    /// When it happened last, in whole seconds.
    #[serde(with = "timestamp::seconds_or_null")]
    pub last_timestamp: Option<SystemTime>,
    /// How many times it happened, repeats being folded into one event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Whether it is a warning.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// When it happened, in microseconds; only newer reporters fill it.
    #[serde(with = "timestamp::micros_or_null")]
    pub event_time: Option<SystemTime>,
    /// What the reporter did, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Name of the controller that reported, such as `kubelet`.
    pub reporting_component: String,
    /// Which instance of it: for a kubelet, the node.
    pub reporting_instance: String,
    /// Name of the cluster, as the exporter was told; mostly empty.
    #[serde(default)]
    pub cluster_name: String,
    /// What it happened to.
    pub involved_object: InvolvedObject,
}

impl Event {
    /// Tells whether no kubelet wrote it: it was made of a pod's status, see [`FilledEvents`](crate::FilledEvents).
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.reporting_component == COLLECTOR
    }
}

/// Which of a pod's containers one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContainerKind {
    /// One that runs before the others.
    Init,
    /// One of those that the pod is for.
    Container,
    /// One that was added while the pod ran.
    Ephemeral,
}

impl ContainerKind {
    const ALL: [Self; 3] = [Self::Init, Self::Container, Self::Ephemeral];

    fn field(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Container => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }

    /// Returns the part of a pod that a container is, as events name it.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_events::ContainerKind;
    ///
    /// let path = ContainerKind::Init.field_path("config-init");
    /// assert_eq!(path, "spec.initContainers{config-init}");
    /// assert_eq!(ContainerKind::of_field_path(&path), Some((ContainerKind::Init, "config-init")));
    /// assert_eq!(ContainerKind::of_field_path("spec.nodeName"), None);
    /// ```
    #[must_use]
    pub fn field_path(self, container: &str) -> String {
        format!("spec.{}{{{container}}}", self.field())
    }

    /// Returns which container an event's `fieldPath` names; `None` if it names none.
    #[must_use]
    pub fn of_field_path(path: &str) -> Option<(Self, &str)> {
        let (field, name) = path.strip_suffix('}')?.split_once('{')?;
        let field = field.rsplit('.').next()?;
        let kind = Self::ALL.into_iter().find(|kind| kind.field() == field)?;
        (!name.is_empty()).then_some((kind, name))
    }
}

/// Whether an event is a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EventType {
    /// All is well.
    Normal,
    /// Something went wrong.
    Warning,
    /// A type that Kubernetes 1.30 does not know.
    #[serde(untagged)]
    Other(String),
}

/// Identity of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventMeta {
    /// Name of the involved object, a dot, and the hexadecimal nanoseconds of its first occurrence.
    pub name: String,
    /// Namespace of the involved object.
    pub namespace: String,
    /// Unique in time and space; repeats of an event keep it.
    pub uid: String,
    /// Revision in the cluster's store; grows with every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// When the event was stored, in whole seconds.
    #[serde(with = "timestamp::seconds")]
    pub creation_timestamp: SystemTime,
}

/// Who saw an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventSource {
    /// Name of the component, such as `kubelet` or `default-scheduler`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Node that it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What an event happened to, with what the exporter adds to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InvolvedObject {
    /// Kind of the object, such as `Pod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Namespace; objects of the whole cluster have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Uid of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Version of its API, such as `v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Revision of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// Part of the object, such as `spec.containers{app}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_path: Option<String>,
    /// Labels of the object, added by the exporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the object, added by the exporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Owners of the object, added by the exporter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_references: Option<Vec<OwnerReference>>,
    /// Whether the object was gone when the exporter looked for it.
    #[serde(default)]
    pub deleted: bool,
}

/// An object that owns another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OwnerReference {
    /// Version of the owner's API, such as `batch/v1`.
    pub api_version: String,
    /// Kind of the owner, such as `Job`.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
    /// Uid of the owner.
    pub uid: String,
    /// Whether the owner manages the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether the owner's deletion waits for the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}
