use std::fmt;
use std::time::{Duration, SystemTime};

use pullstudy_image::Digest;
use serde::{Deserialize, Serialize};

use crate::critical_path::{Bound, CriticalPath};

/// Version of the lines that this crate writes and the only one it reads.
///
/// It grows when a reader of the old version would misread a new line; an added key leaves it.
pub const TRACE_FORMAT_VERSION: u32 = 1;

/// One line of `trace.jsonl`.
///
/// One JSON object a line. Every line carries `format_version` (see [`TRACE_FORMAT_VERSION`]) and
/// `kind`: `"phase"` ([`PhaseRecord`]) or `"pull"` ([`PullRecord`]). The lines of one pull share its
/// `pull_id`; its phases come first and its own line last, so a pull whose line is there is whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TraceRecord {
    /// A pull as a whole.
    Pull(PullRecord),
    /// One phase of a pull, or of one of its layers.
    Phase(PhaseRecord),
}

/// What a pull spends its time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Asking the registry which digest a tag has.
    Resolve,
    /// Getting the index and the manifest.
    Manifest,
    /// Getting the config.
    Config,
    /// Standing in line: for a download slot, or for the layers below to be unpacked.
    Wait,
    /// Receiving a layer's bytes.
    Download,
    /// Hashing the stored (compressed) bytes against the digest.
    Verify,
    /// Inflating a layer to its tar.
    Decompress,
    /// Hashing the tar against the diff_id.
    DiffId,
    /// Writing to the file system.
    Write,
    /// Inflating a layer, hashing its tar and writing its files, where the engine does not tell them apart; the word
    /// is containerd's.
    Apply,
}

impl Phase {
    /// All phases, in the order in which a layer goes through them.
    pub const ALL: &[Self] = &[
        Self::Resolve,
        Self::Manifest,
        Self::Config,
        Self::Wait,
        Self::Download,
        Self::Verify,
        Self::Decompress,
        Self::DiffId,
        Self::Write,
        Self::Apply,
    ];

    /// Returns the phase's name as it stands in the file, such as `diff_id`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Manifest => "manifest",
            Self::Config => "config",
            Self::Wait => "wait",
            Self::Download => "download",
            Self::Verify => "verify",
            Self::Decompress => "decompress",
            Self::DiffId => "diff_id",
            Self::Write => "write",
            Self::Apply => "apply",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Which part of a pull a phase belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Before any layer: resolve, manifest, config.
    Prepare,
    /// A layer's way from the registry into the node's content store.
    Fetch,
    /// A layer's way from the content store into the node's file system.
    Unpack,
}

/// The layer that a phase worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLayer {
    /// Position in the manifest, 0 for the lowest layer.
    pub index: u32,
    /// Digest of the stored (compressed) bytes.
    pub digest: Digest,
    /// Media type of the layer's descriptor; it names the compression.
    pub media_type: String,
    /// Size of the layer's descriptor: what a registry sends.
    pub wire_bytes: u64,
}

/// One phase of a pull, or of one of its layers.
///
/// # Recording convention
///
/// All moments are seconds since the pull's own start, on one monotonic clock; only
/// [`PullRecord::started_at`] is wall-clock time. A phase row holds **two** lengths of time:
///
/// * `duration_seconds`, its *span*: from the first moment the pull was in that phase to the last,
///   pauses included. `start_seconds + duration_seconds` is its end.
/// * `busy_seconds`, the part of the span really spent in the phase. Inside one stage of a layer the
///   phases take turns chunk by chunk: read from the network, hash, write, read again. The spans of
///   such phases lie over one another, their busy times do not. A phase that nothing interrupts has
///   `busy_seconds == duration_seconds`.
///
/// A row belongs to a [`Stage`], because `wait` and `write` happen in two of them:
///
/// | stage | rows | bytes |
/// | --- | --- | --- |
/// | `prepare` (no layer) | `resolve`: tag to digest. `manifest`: get, check and parse index and manifest. `config`: the same for the config | the document's |
/// | `fetch` (a row a layer) | `wait`: for a free download slot | 0 |
/// | | `download`: from sending the request to the last byte, busy while waiting for the wire | received |
/// | | `verify`: hashing what was received, and comparing the digest | hashed |
/// | | `write`: into the node's content store, the flush to disk included | written |
/// | `unpack` (a row a layer) | `wait`: downloaded, but a layer below it is not unpacked yet | 0 |
/// | | `decompress`: reading the blob back and inflating it | of tar produced |
/// | | `diff_id`: hashing the tar, and comparing the diff_id | hashed |
/// | | `write`: files, links, modes and whiteouts into the snapshot, flushes included | of file contents |
/// | | `apply`, in place of the three before it: an engine that does not tell them apart, such as containerd | of the stored layer |
///
/// A phase that did not happen has no row: a layer that lay on the node already has none in `fetch`.
/// There is at most one row for each (layer, stage, phase) of a pull.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pullstudy_events::{Phase, PhaseRecord, Stage};
///
/// let (start, span) = (Duration::from_millis(250), Duration::from_millis(500));
/// let row = PhaseRecord::new("8a1f", Stage::Prepare, Phase::Manifest, start, span).with_bytes(1_234);
/// assert_eq!(row.end_seconds(), 0.75);
/// assert_eq!(row.busy_seconds, 0.5);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PhaseRecord {
    /// The pull that this phase belongs to.
    pub pull_id: String,
    /// Which part of the pull.
    pub stage: Stage,
    /// What was done.
    pub phase: Phase,
    /// The layer; `None` in [`Stage::Prepare`].
    pub layer: Option<TraceLayer>,
    /// First moment of the phase, in seconds since the pull's start.
    pub start_seconds: f64,
    /// Seconds from the first moment to the last, pauses included.
    pub duration_seconds: f64,
    /// Seconds really spent in the phase, at most `duration_seconds`.
    pub busy_seconds: f64,
    /// Bytes that went through the phase; the table above says which.
    pub bytes: u64,
}

impl PhaseRecord {
    /// Returns a row without a layer and without bytes, busy for its whole span.
    #[must_use]
    pub fn new(
        pull_id: impl Into<String>,
        stage: Stage,
        phase: Phase,
        start: Duration,
        span: Duration,
    ) -> Self {
        Self {
            pull_id: pull_id.into(),
            stage,
            phase,
            layer: None,
            start_seconds: start.as_secs_f64(),
            duration_seconds: span.as_secs_f64(),
            busy_seconds: span.as_secs_f64(),
            bytes: 0,
        }
    }

    /// Sets the layer that the phase worked on.
    #[must_use]
    pub fn with_layer(mut self, layer: TraceLayer) -> Self {
        self.layer = Some(layer);
        self
    }

    /// Sets how much of the span was really spent in the phase; more than the span is cut to it.
    #[must_use]
    pub fn with_busy(mut self, busy: Duration) -> Self {
        self.busy_seconds = busy.as_secs_f64().min(self.duration_seconds);
        self
    }

    /// Sets the bytes that went through the phase.
    #[must_use]
    pub fn with_bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Returns the last moment of the phase, in seconds since the pull's start.
    #[must_use]
    pub fn end_seconds(&self) -> f64 {
        self.start_seconds + self.duration_seconds
    }
}

/// How a pull ended. A trace tells of pulls only: `Present` and `Unfinished` are what events may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PullOutcome {
    /// The image is on the node.
    Pulled,
    /// The pull ended with an error.
    Failed,
    /// The image was on the node already; nothing was pulled.
    Present,
    /// No event tells how it ended.
    Unfinished,
}

impl PullOutcome {
    /// Returns the outcome's name as it stands in files, such as `pulled`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pulled => "pulled",
            Self::Failed => "failed",
            Self::Present => "present",
            Self::Unfinished => "unfinished",
        }
    }
}

impl fmt::Display for PullOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A pull as a whole.
///
/// What is not known is `None`, and `null` in the file. Set the public fields after
/// [`PullRecord::new`], or let [`PullTrace::finish`] do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PullRecord {
    /// Identity of the pull: the uid of the pod that wanted the image.
    pub pull_id: String,
    /// Name of the experiment.
    pub experiment: Option<String>,
    /// Number of nodes in the experiment.
    pub nodes: Option<u32>,
    /// Name of the node that pulled.
    pub node: Option<String>,
    /// Reference of the image, as it was asked for.
    pub image: String,
    /// Wall-clock start, UTC; microseconds in the file.
    #[serde(with = "crate::timestamp::micros")]
    pub started_at: SystemTime,
    /// Seconds from the pull's start to its end.
    pub seconds: f64,
    /// Sum of the layer descriptors' sizes: what a registry sends, config and manifest left out.
    pub wire_bytes: u64,
    /// Sum of the sizes of the regular files in the layers; 0 where the engine cannot tell, as containerd cannot.
    pub unpacked_bytes: u64,
    /// Number of layers in the manifest.
    pub layers: u32,
    /// How the pull ended.
    pub outcome: PullOutcome,
    /// Why it failed, the whole chain of causes; `None` when it did not.
    pub error: Option<String>,
    /// Where the pull's seconds went, along the chain of work that decided its end.
    pub critical_path: Option<CriticalPath>,
    /// The resource with the largest share of the critical path.
    pub bound_by: Option<Bound>,
    /// The container that was started from the image, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerRun>,
}

/// A container's life, in seconds since the start of the pull before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerRun {
    /// Its root filesystem and its task were made.
    pub created_seconds: Option<f64>,
    /// Its first process was started.
    pub started_seconds: Option<f64>,
    /// Its first process ended.
    pub exited_seconds: Option<f64>,
    /// With this status; 0 is success.
    pub exit_code: Option<u32>,
}

impl PullRecord {
    /// Returns the record of a pull that has just started: no bytes, no layers, no seconds yet.
    #[must_use]
    pub fn new(
        pull_id: impl Into<String>,
        image: impl Into<String>,
        started_at: SystemTime,
    ) -> Self {
        Self {
            pull_id: pull_id.into(),
            experiment: None,
            nodes: None,
            node: None,
            image: image.into(),
            started_at,
            seconds: 0.0,
            wire_bytes: 0,
            unpacked_bytes: 0,
            layers: 0,
            outcome: PullOutcome::Pulled,
            error: None,
            critical_path: None,
            bound_by: None,
            container: None,
        }
    }
}

/// A pull with all its phases.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pullstudy_events::{Bound, Phase, PhaseRecord, PullRecord, PullTrace, Stage};
///
/// let mut pull = PullRecord::new("8a1f", "127.0.0.1:5000/tiny:1", SystemTime::UNIX_EPOCH);
/// pull.node = Some("node-1".to_owned());
/// let second = Duration::from_secs(1);
/// let rows = vec![PhaseRecord::new("8a1f", Stage::Prepare, Phase::Resolve, Duration::ZERO, second)];
///
/// let trace = PullTrace::finish(pull, rows, second, None);
/// assert_eq!(trace.pull.bound_by, Some(Bound::Wire));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PullTrace {
    /// The pull as a whole.
    pub pull: PullRecord,
    /// Its phases, in no particular order.
    pub phases: Vec<PhaseRecord>,
}

impl PullTrace {
    /// Joins a pull that has ended with its phases, and works out what bound it.
    ///
    /// `elapsed` is the time from the pull's start to its end. With an `error` the outcome becomes
    /// [`PullOutcome::Failed`]; the text should hold the whole chain of causes. `critical_path` and
    /// `bound_by` are computed here, see [`CriticalPath::of`].
    #[must_use]
    pub fn finish(
        mut pull: PullRecord,
        phases: Vec<PhaseRecord>,
        elapsed: Duration,
        error: Option<String>,
    ) -> Self {
        pull.seconds = elapsed.as_secs_f64();
        if error.is_some() {
            pull.outcome = PullOutcome::Failed;
        }
        pull.error = error;
        let path = CriticalPath::of(pull.seconds, &phases);
        pull.bound_by = path.bound_by();
        pull.critical_path = Some(path);
        Self { pull, phases }
    }

    /// Joins records that were read, leaving all figures as they are.
    #[must_use]
    pub fn from_records(pull: PullRecord, phases: Vec<PhaseRecord>) -> Self {
        Self { pull, phases }
    }
}
