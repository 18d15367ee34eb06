//! What is known of one container, and from which source.

use std::fmt;
use std::time::SystemTime;

use pullstudy_events::{ContainerKind, PullOutcome};
use serde::{Serialize, Serializer};

/// One container of one pod, or a pod that never came to have any.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CoverageRow {
    /// Whether the study waits for its pod; others are of someone else, or were made in place of one that failed.
    pub is_expected: bool,
    /// How the pod is known.
    pub seen_by: SeenBy,
    /// Namespace of the pod.
    pub namespace: Option<String>,
    /// Name of the job that the pod is of.
    pub job: Option<String>,
    /// Name of the pod; `None` if it was never created.
    pub pod: Option<String>,
    /// Uid of the pod.
    pub pod_uid: Option<String>,
    /// Name of the node.
    pub node: Option<String>,
    /// Name of the container.
    pub container: Option<String>,
    /// Which of the pod's containers it is.
    pub kind: Option<ContainerKind>,
    /// Reference of the image, as the pod has it.
    pub image: Option<String>,
    /// When an image is asked for, as the pod has it.
    pub image_pull_policy: Option<String>,
    /// The pod was given to its node.
    pub scheduled: Known,
    /// The kubelet asked for the image first. No status tells it.
    pub pulling: Known,
    /// The image was there: by [`KnownBy::Status`] an upper bound, the moment at which the container started.
    pub pulled: Known,
    /// The container started first.
    pub started: Known,
    /// The pod was ready, and this container of it is.
    pub ready: Known,
    /// The container ended.
    pub finished: Known,
    /// How the pull ended; `None` where nothing tells: neither whether the image came, nor whether it was pulled or
    /// present.
    pub outcome: Option<PullOutcome>,
    /// What went wrong, from every source that says so.
    pub failures: Vec<CoverageFailure>,
    /// How often the container was started again.
    pub restarts: u32,
    /// What to know about the moments.
    pub notes: Vec<CoverageNote>,
}

/// How a pod is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SeenBy {
    /// The pod itself was seen.
    Status,
    /// Only events tell of it: it was gone before it was looked at.
    Events,
    /// By nothing: it was never created.
    #[default]
    Nothing,
}

/// A moment, and who tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Known {
    /// When; `None` where it did not happen, is not known to have, or has no moment.
    #[serde(serialize_with = "rfc3339")]
    pub at: Option<SystemTime>,
    /// Who says that it happened.
    pub by: KnownBy,
}

/// Who tells of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KnownBy {
    /// An event.
    Event,
    /// The status of the container, or of the pod.
    Status,
    /// A condition of the pod.
    Condition,
    /// Nobody.
    #[default]
    None,
}

/// A step of a container on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CoverageStep {
    /// See [`CoverageRow::scheduled`].
    Scheduled,
    /// See [`CoverageRow::pulling`].
    Pulling,
    /// See [`CoverageRow::pulled`].
    Pulled,
    /// See [`CoverageRow::started`].
    Started,
    /// See [`CoverageRow::ready`].
    Ready,
    /// See [`CoverageRow::finished`].
    Finished,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CoverageFailure {
    /// The cluster's word for it: `ErrImagePull`, `Evicted`, `Unschedulable`, `DiskPressure`.
    pub reason: String,
    /// What the cluster says beside it.
    pub message: Option<String>,
    /// Where it stands.
    pub source: FailureSource,
}

/// Where a failure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureSource {
    /// The container waits.
    Waiting,
    /// The container ended, now or before it was started again.
    Terminated,
    /// The pod's own reason.
    Pod,
    /// A condition of the pod.
    Condition,
    /// A condition of the node; as it was when it was looked at.
    Node,
    /// A warning about the pod or the container.
    Event,
    /// A warning about the job that should have made the pod.
    Job,
}

/// Something to know about a row's moments.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "note")]
#[non_exhaustive]
pub enum CoverageNote {
    /// Two steps are told in the wrong order: by clocks that differ, by one that was set back, or because a status is of
    /// another life of the container than an event.
    OutOfOrder {
        /// The step that comes first.
        first: CoverageStep,
        /// The one that is told to be earlier.
        second: CoverageStep,
        /// By how much, above 0.
        seconds: f64,
    },
    /// The container was started again so often that its first start is not known: the earliest that is known stands
    /// for it.
    FirstStartUnknown {
        /// How often it was started again.
        restarts: u32,
    },
    /// Events alike were put together: only the last of them is known.
    CombinedEvents,
    /// The container waits, and nothing says that anything is wrong: `PodInitializing` for others of its pod,
    /// `ContainerCreating` for whatever a kubelet does before a container is there, its image among that.
    Waiting {
        /// The kubelet's word for it.
        reason: String,
    },
}

impl Known {
    pub(super) fn by_event(at: Option<SystemTime>) -> Self {
        Self {
            at,
            by: KnownBy::Event,
        }
    }

    pub(super) fn by_status(at: Option<SystemTime>) -> Self {
        Self {
            at,
            by: KnownBy::Status,
        }
    }

    pub(super) fn by_condition(at: Option<SystemTime>) -> Self {
        Self {
            at,
            by: KnownBy::Condition,
        }
    }

    /// Tells whether anybody says that it happened.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.by != KnownBy::None
    }

    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.is_known() { self } else { other() }
    }
}

impl CoverageRow {
    /// A container, or a pod without any, of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            is_expected: false,
            seen_by: SeenBy::Nothing,
            namespace: None,
            job: None,
            pod: None,
            pod_uid: None,
            node: None,
            container: None,
            kind: None,
            image: None,
            image_pull_policy: None,
            scheduled: Known::default(),
            pulling: Known::default(),
            pulled: Known::default(),
            started: Known::default(),
            ready: Known::default(),
            finished: Known::default(),
            outcome: None,
            failures: Vec::new(),
            restarts: 0,
            notes: Vec::new(),
        }
    }

    /// Returns the steps in the order in which they come.
    #[must_use]
    pub fn steps(&self) -> [(CoverageStep, Known); 6] {
        [
            (CoverageStep::Scheduled, self.scheduled),
            (CoverageStep::Pulling, self.pulling),
            (CoverageStep::Pulled, self.pulled),
            (CoverageStep::Started, self.started),
            (CoverageStep::Ready, self.ready),
            (CoverageStep::Finished, self.finished),
        ]
    }

    /// Tells whether the image is known to have been there while nothing tells whether it was pulled or present.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.outcome.is_none() && self.pulled.is_known()
    }

    /// Tells whether nothing says what became of the image, and nothing why. Pods that were never created are told apart.
    #[must_use]
    pub fn is_unaccounted(&self) -> bool {
        let is_not_its_turn = |note: &CoverageNote| matches!(note, CoverageNote::Waiting { reason } if reason == "PodInitializing");
        let is_explained = !self.failures.is_empty() || self.notes.iter().any(is_not_its_turn);
        let is_there = self.seen_by != SeenBy::Nothing;
        is_there && self.outcome.is_none() && !self.pulled.is_known() && !is_explained
    }
}

impl CoverageStep {
    /// Returns the step's name as it stands in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Pulling => "pulling",
            Self::Pulled => "pulled",
            Self::Started => "started",
            Self::Ready => "ready",
            Self::Finished => "finished",
        }
    }
}

impl fmt::Display for CoverageStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Display for CoverageNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder {
                first,
                second,
                seconds,
            } => write!(
                formatter,
                "{second} is told to be {seconds:.0} s before {first}: clocks differ, or they are of two lives of the \
                 container"
            ),
            Self::FirstStartUnknown { restarts } => write!(
                formatter,
                "it was started again {restarts} times, and when it started first is not known"
            ),
            Self::Waiting { reason } => write!(formatter, "it waits: {reason}"),
            Self::CombinedEvents => formatter.write_str(
                "events alike were put together, so that only the last of them is known",
            ),
        }
    }
}

fn rfc3339<S: Serializer>(at: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(&humantime::format_rfc3339(*at)),
        None => to.serialize_none(),
    }
}
