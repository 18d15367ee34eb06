//! A pull, as the events of a container tell it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::message::FailureClass;
use crate::place::Place;
use crate::trace::PullOutcome;

/// One container that wanted one image once.
///
/// What the events do not tell is `None`. A row of outcome [`PullOutcome::Present`] is no pull: the image was on
/// the node already.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Pull {
    /// The log that tells of it, and what that log's place says.
    pub place: Arc<Place>,
    /// In how many of the logs the last event of the pull stands, at least 1.
    pub files: u32,
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
    /// Reference of the image, as the kubelet writes it.
    pub image: Option<Arc<str>>,
    /// How it ended.
    pub outcome: PullOutcome,
    /// How often the kubelet asked for the image: 1 for a pull that succeeded at once, 0 for an image that was present.
    pub attempts: u32,
    /// First `Pulling` of this pull.
    pub pulling_at: Option<SystemTime>,
    /// The event that ended it: `Pulled`, or the last failure. By a pod's status only an upper bound.
    pub pulled_at: Option<SystemTime>,
    /// Seconds that the kubelet spent on the pull itself: the last attempt, without waiting.
    pub pull_seconds: Option<f64>,
    /// Seconds from the last `Pulling` to `Pulled`, the queue behind other images included.
    pub including_waiting_seconds: Option<f64>,
    /// Where the seconds come from; `None` where there are none. [`ClockSource::PodStatus`] comes without seconds.
    pub clock_source: Option<ClockSource>,
    /// The seconds may be off by so many: what the clock cuts off.
    pub uncertainty_seconds: Option<f64>,
    /// Seconds between the timestamps of the last `Pulling` and of `Pulled` less `including_waiting_seconds`: near 0
    /// where message and timestamps agree. Negative where the timestamps tell of less.
    pub gap_seconds: Option<f64>,
    /// Size that the message names.
    pub image_size_bytes: Option<u64>,
    /// What that size counts.
    pub image_size_kind: ImageSizeKind,
    /// Seconds from the first `Pulling` to the start of the last attempt: lost in failed attempts and in back-off. 0
    /// for a pull that succeeded at once.
    pub lost_seconds: Option<f64>,
    /// How often an attempt failed, by class. Back-off is no failure of its own.
    pub failures: BTreeMap<FailureClass, u32>,
    /// The message of the event that ended it, as the kubelet wrote it; our own words where the pod's status
    /// tells of it.
    pub message: Option<Arc<str>>,
}

/// Where a pull's seconds come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClockSource {
    /// The kubelet's own stopwatch, in the message of `Pulled`.
    Message,
    /// The difference of two events' timestamps.
    Timestamps,
    /// The pod's status: the events of the end are lost. There are no seconds, and `pulled_at`, the container's start, is
    /// an upper bound of the end.
    PodStatus,
}

/// What a kubelet's `Image size` counts.
///
/// # Source
///
/// containerd's CRI plugin sums the sizes of manifest, config and layers as they are stored; CRI-O reports what its
/// storage holds, unpacked.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImageSizeKind {
    /// Compressed: manifest, config and layers as a registry sends them.
    Compressed,
    /// Unpacked, on the node's disk.
    Unpacked,
    /// The node's container runtime is not known.
    #[default]
    Unknown,
}

impl ClockSource {
    /// Returns the source's name as it stands in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Timestamps => "timestamps",
            Self::PodStatus => "pod_status",
        }
    }
}

impl fmt::Display for ClockSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl ImageSizeKind {
    /// Returns the kind's name as it stands in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compressed => "compressed",
            Self::Unpacked => "unpacked",
            Self::Unknown => "unknown",
        }
    }
}

/// Which seconds of a pull a figure is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Clock {
    /// From the kubelet's `Pulling` to `Pulled`: with the queue behind other images.
    #[default]
    IncludingWaiting,
    /// The pull itself.
    PullOnly,
}

impl Pull {
    /// A pull of which nothing is known yet.
    #[must_use]
    pub fn new(place: Arc<Place>, outcome: PullOutcome) -> Self {
        Self {
            place,
            files: 1,
            node: None,
            namespace: None,
            pod: None,
            pod_uid: None,
            container: None,
            image: None,
            outcome,
            attempts: 0,
            pulling_at: None,
            pulled_at: None,
            pull_seconds: None,
            including_waiting_seconds: None,
            clock_source: None,
            uncertainty_seconds: None,
            gap_seconds: None,
            image_size_bytes: None,
            image_size_kind: ImageSizeKind::Unknown,
            lost_seconds: None,
            failures: BTreeMap::new(),
            message: None,
        }
    }

    /// Tells whether the end is known by the pod's status only.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.clock_source == Some(ClockSource::PodStatus)
    }

    /// Returns the seconds of the pull by a clock; `None` for what did not end in `Pulled`.
    ///
    /// Where the kubelet tells one time only, as those before 1.25 do, it is the one of both clocks.
    #[must_use]
    pub fn seconds(&self, clock: Clock) -> Option<f64> {
        if self.outcome != PullOutcome::Pulled {
            return None;
        }
        match clock {
            Clock::IncludingWaiting => self.including_waiting_seconds.or(self.pull_seconds),
            Clock::PullOnly => self.pull_seconds,
        }
    }
}
