//! What the streams of a cluster bring.

use std::collections::HashSet;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::cluster::ClusterError;

/// A kind of object that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Watched {
    /// Events of core/v1.
    Events,
    /// The same events as events.k8s.io/v1 has them.
    EventsV1,
    /// Pods with the statuses of their containers.
    Pods,
    /// Nodes with their conditions.
    Nodes,
    /// Jobs.
    Jobs,
}

/// How an object came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was there when it was looked.
    Listed,
    /// It is new.
    Added,
    /// It has changed.
    Modified,
    /// It is gone; the object is as it was last.
    Deleted,
}

/// One thing that a stream brought.
#[derive(Debug)]
pub(crate) enum Item {
    /// An object.
    Object {
        watched: Watched,
        change: Change,
        object: Value,
    },
    /// The end of a list: what is not in it is gone, and nobody saw it go.
    ListEnd {
        watched: Watched,
        uids: HashSet<String>,
    },
    /// The stream stands: whoever waits for that is told once all before it is on the disk.
    Standing(oneshot::Sender<Result<(), ClusterError>>),
}

impl Watched {
    pub(crate) fn path(self, namespace: Option<&str>) -> String {
        let (root, name) = match self {
            Self::Events => ("/api/v1", "events"),
            Self::EventsV1 => ("/apis/events.k8s.io/v1", "events"),
            Self::Pods => ("/api/v1", "pods"),
            Self::Nodes => return "/api/v1/nodes".to_owned(),
            Self::Jobs => ("/apis/batch/v1", "jobs"),
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{name}"),
            None => format!("{root}/{name}"),
        }
    }

    pub(crate) fn is_event(self) -> bool {
        matches!(self, Self::Events | Self::EventsV1)
    }

    pub(crate) fn resource(self) -> (&'static str, &'static str) {
        match self {
            Self::Events => ("events", ""),
            Self::EventsV1 => ("events", "events.k8s.io"),
            Self::Pods => ("pods", ""),
            Self::Nodes => ("nodes", ""),
            Self::Jobs => ("jobs", "batch"),
        }
    }

    /// The items of a list do not say what they are.
    pub(crate) fn kind(self) -> (&'static str, &'static str) {
        match self {
            Self::Events => ("v1", "Event"),
            Self::EventsV1 => ("events.k8s.io/v1", "Event"),
            Self::Pods => ("v1", "Pod"),
            Self::Nodes => ("v1", "Node"),
            Self::Jobs => ("batch/v1", "Job"),
        }
    }
}

impl Change {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "LISTED",
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }

    pub(crate) fn of_str(text: &str) -> Option<Self> {
        [Self::Listed, Self::Added, Self::Modified, Self::Deleted]
            .into_iter()
            .find(|change| change.as_str() == text)
    }
}

/// Returns the uid of an object.
pub(crate) fn uid(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

/// Returns the version of an object.
pub(crate) fn version(object: &Value) -> &str {
    let version = &object["metadata"]["resourceVersion"];
    version.as_str().unwrap_or_default()
}
