//! What a simulation says.

mod spent;
mod timeline;

pub use spent::{Constraint, Spent};
pub use timeline::Timeline;

use serde::Serialize;

/// How a simulated pull ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PullEnd {
    /// The image came.
    Pulled,
    /// It was there.
    Present,
    /// It was tried as often as kubelets try here, and failed each time.
    Failed,
    /// It goes on; no outcome has such a pull.
    Unfinished,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureCause {
    /// The download of a layer broke off.
    Download,
    /// The kubelet allows no more pulls a second (`registryPullQPS`).
    PullQps,
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FailedAttempt {
    /// When the kubelet said `Pulling`.
    pub pulling_at_seconds: f64,
    /// When it failed.
    pub failed_at_seconds: f64,
    /// Why.
    pub cause: FailureCause,
}

/// Moments of a layer's way onto a node, in seconds since the simulation's start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LayerTimes {
    /// It was asked for; `None` if it was on the node, or came with another image.
    pub asked_at_seconds: Option<f64>,
    /// Its last byte had come.
    pub received_at_seconds: Option<f64>,
    /// It lay on the disk.
    pub stored_at_seconds: Option<f64>,
    /// Unpacking began; `None` if it was unpacked already.
    pub unpack_started_at_seconds: Option<f64>,
    /// It was unpacked.
    pub unpacked_at_seconds: Option<f64>,
    /// Of unpacking, the seconds that every layer and file costs, whatever its size.
    pub overhead_seconds: f64,
    /// Whether the disk ended the unpacking; if not, inflating or hashing did.
    pub is_disk_bound: bool,
}

/// One node that wanted one image.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SimulatedPull {
    /// Number of the node, from 0.
    pub node: u32,
    /// Number of the image in the scenario, from 0.
    pub image: u32,
    /// How it ended.
    pub end: PullEnd,
    /// When the kubelet said `Pulling` for the first time.
    pub asked_at_seconds: f64,
    /// When it said so for the last attempt.
    pub pulling_at_seconds: f64,
    /// When that attempt's turn came.
    pub begun_at_seconds: f64,
    /// When the image was there.
    pub ended_at_seconds: f64,
    /// When the container was ready.
    pub ready_at_seconds: f64,
    /// Bytes of layers that the node received for it, those of failed attempts included.
    pub received_bytes: u64,
    /// Layers that it received.
    pub layers_received: u32,
    /// Where the time from `asked_at_seconds` to `ended_at_seconds` went.
    pub spent: Spent,
    /// Where the time went from `ended_at_seconds` until what a container reads first had come; empty for whole images.
    pub start_spent: Spent,
    /// Attempts that failed before the last.
    pub failed_attempts: Vec<FailedAttempt>,
    /// Each layer's moments; empty unless they were asked for.
    pub layers: Vec<LayerTimes>,
}

impl SimulatedPull {
    /// Returns the seconds from the first `Pulling` to the end: what a node waits for its image.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.ended_at_seconds - self.asked_at_seconds
    }

    /// Returns the seconds that the last attempt took once its turn came: a kubelet's `in D`.
    #[must_use]
    pub fn pull_seconds(&self) -> f64 {
        self.ended_at_seconds - self.begun_at_seconds
    }

    /// Returns the seconds from the last `Pulling` to the end: a kubelet's `including waiting`.
    #[must_use]
    pub fn including_waiting_seconds(&self) -> f64 {
        self.ended_at_seconds - self.pulling_at_seconds
    }
}

/// What something that many nodes use did over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResourceUse {
    /// What it is: `registry`, `cache`, `peers`, `volume`, `disks`, `requests`, `refused requests`, `unpacking`.
    pub resource: String,
    /// What it can do in a second, of what it counts; `None` where nothing limits it.
    pub capacity: Option<f64>,
    /// What it did in all: bytes, or requests; for `unpacking` seconds.
    pub total: f64,
    /// What it did when.
    pub timeline: Timeline,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// One a node and image, by node.
    pub pulls: Vec<SimulatedPull>,
    /// What many nodes use.
    pub resources: Vec<ResourceUse>,
    /// Seconds of work before the pods came: preloading, or filling a volume.
    pub preparation_seconds: f64,
    /// Things that happened in the simulation, as a measure of its size.
    pub steps: u64,
}

impl Outcome {
    /// Returns when the last pull ended.
    #[must_use]
    pub fn ended_at_seconds(&self) -> f64 {
        let ends = self.pulls.iter().map(|pull| pull.ended_at_seconds);
        ends.fold(0.0, f64::max)
    }

    /// Returns where the time of all pulls, and of what containers read first, went together.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let mut all = Spent::default();
        for pull in &self.pulls {
            all.add_all(&pull.spent);
            all.add_all(&pull.start_spent);
        }
        all
    }

    /// Returns what is known of a resource by its name.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&ResourceUse> {
        self.resources
            .iter()
            .find(|resource| resource.resource == name)
    }
}
