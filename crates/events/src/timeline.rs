//! What happened to a container on its way to running.

use std::sync::Arc;
use std::time::SystemTime;

use crate::place::Place;

/// The events of one container that mark its way to running, each distinct event once.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ContainerTimeline {
    /// The log that tells of it, and what that log's place says.
    pub place: Arc<Place>,
    /// Name of the node.
    pub node: Option<Arc<str>>,
    /// Namespace of the pod.
    pub namespace: Option<Arc<str>>,
    /// Name of the pod.
    pub pod: Option<Arc<str>>,
    /// Uid of the pod.
    pub pod_uid: Option<Arc<str>>,
    /// Name of the container in the pod.
    pub container: Option<Arc<str>>,
    /// When the pod was given to its node; the same for all containers of a pod.
    pub scheduled_at: Option<SystemTime>,
    /// What happened then, earliest first.
    pub milestones: Vec<Milestone>,
    /// When the job that owns the pod was complete.
    pub completed_at: Option<SystemTime>,
}

/// One step of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Milestone {
    /// Which step.
    pub kind: MilestoneKind,
    /// Image that the container had at that moment; `None` if no event tells.
    pub image: Option<Arc<str>>,
    /// When it happened: `eventTime`, else `firstTimestamp`, else `lastTimestamp`.
    pub at: SystemTime,
}

impl ContainerTimeline {
    /// A container of which nothing is known yet.
    #[must_use]
    pub fn new(place: Arc<Place>) -> Self {
        Self {
            place,
            node: None,
            namespace: None,
            pod: None,
            pod_uid: None,
            container: None,
            scheduled_at: None,
            milestones: Vec::new(),
            completed_at: None,
        }
    }
}

impl Milestone {
    /// A step, with the image that the container had at that moment.
    #[must_use]
    pub fn new(kind: MilestoneKind, image: Option<Arc<str>>, at: SystemTime) -> Self {
        Self { kind, image, at }
    }
}

/// A step of a container on its way to running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MilestoneKind {
    /// The kubelet asks for the image.
    Pulling,
    /// The image has come.
    Pulled,
    /// The image was on the node already.
    Present,
    /// The container was made.
    Created,
    /// The container runs.
    Started,
}
