//! A pull that goes on.

use crate::engine::shares::HeldUp;
use crate::outcome::{FailedAttempt, PullEnd, Spent};

/// Number of a pull: that of the node times the images, and that of the image.
pub(super) type PullId = u32;

/// A layer's way onto a node. Moments that have not come are NaN.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerProgress {
    /// Its download slot was free.
    pub(super) asked_at: f64,
    /// Another place fetches it, in this image or in another, and this one waits.
    pub(super) is_waiting: bool,
    /// Seconds that the disk had been idle when the first byte came.
    pub(super) disk_idle_seconds: f64,
    /// Of the time until the answer, what 429s took.
    pub(super) limited_seconds: f64,
    /// The first byte came.
    pub(super) answered_at: f64,
    pub(super) held_up: HeldUp,
    /// The last byte came, as far as links go.
    pub(super) transferred_at: f64,
    /// The last byte came, as the one above had it.
    pub(super) received_at: f64,
    /// It lies on the node's disk.
    pub(super) stored_at: f64,
    pub(super) unpack_started_at: f64,
    /// Of unpacking, what every layer and file costs.
    pub(super) overhead_seconds: f64,
    /// Whether the disk ended the unpacking, and not inflating or hashing.
    pub(super) is_disk_bound: bool,
    pub(super) unpacked_at: f64,
    /// It was unpacked before this attempt came to it.
    pub(super) was_unpacked: bool,
}

impl LayerProgress {
    pub(super) const NONE: Self = Self {
        asked_at: f64::NAN,
        is_waiting: false,
        disk_idle_seconds: 0.0,
        limited_seconds: 0.0,
        answered_at: f64::NAN,
        held_up: HeldUp {
            source_seconds: 0.0,
            link_seconds: 0.0,
            own_seconds: 0.0,
        },
        transferred_at: f64::NAN,
        received_at: f64::NAN,
        stored_at: f64::NAN,
        unpack_started_at: f64::NAN,
        overhead_seconds: 0.0,
        is_disk_bound: false,
        unpacked_at: f64::NAN,
        was_unpacked: false,
    };
}

/// One node that wants one image.
#[derive(Debug, Clone)]
pub(super) struct PullState {
    /// The kubelet said `Pulling`, for the first time.
    pub(super) asked_at: f64,
    /// It said so for this attempt.
    pub(super) queued_at: f64,
    /// This attempt's turn came.
    pub(super) begun_at: f64,
    /// Manifest and config were there.
    pub(super) prepared_at: f64,
    /// Of that, what 429s took.
    pub(super) limited_seconds: f64,
    /// Attempts so far, and this one.
    pub(super) attempt: u16,
    pub(super) next_download: u16,
    pub(super) downloading: u16,
    pub(super) next_unpack: u16,
    pub(super) unpacking: u16,
    pub(super) unpacked: u16,
    pub(super) is_running: bool,
    pub(super) layers: Vec<LayerProgress>,
    pub(super) received_bytes: u64,
    pub(super) layers_received: u32,
    pub(super) spent: Spent,
    /// The same from the end of the pull until the container is ready.
    pub(super) start_spent: Spent,
    pub(super) end: PullEnd,
    pub(super) ended_at: f64,
    pub(super) ready_at: f64,
    pub(super) failed: Vec<FailedAttempt>,
}

impl PullState {
    pub(super) fn new() -> Self {
        Self {
            asked_at: f64::NAN,
            queued_at: f64::NAN,
            begun_at: f64::NAN,
            prepared_at: f64::NAN,
            limited_seconds: 0.0,
            attempt: 0,
            next_download: 0,
            downloading: 0,
            next_unpack: 0,
            unpacking: 0,
            unpacked: 0,
            is_running: false,
            layers: Vec::new(),
            received_bytes: 0,
            layers_received: 0,
            spent: Spent::default(),
            start_spent: Spent::default(),
            end: PullEnd::Unfinished,
            ended_at: f64::NAN,
            ready_at: f64::NAN,
            failed: Vec::new(),
        }
    }

    /// Starts an attempt from nothing but what lies on the node.
    pub(super) fn begin(&mut self, now: f64, layers: usize) {
        self.begun_at = now;
        self.prepared_at = f64::NAN;
        self.limited_seconds = 0.0;
        self.next_download = 0;
        self.downloading = 0;
        self.next_unpack = 0;
        self.unpacking = 0;
        self.unpacked = 0;
        self.is_running = true;
        self.layers.clear();
        self.layers.resize(layers, LayerProgress::NONE);
    }
}
