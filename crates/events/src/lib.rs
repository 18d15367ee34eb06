//! What was observed of container image pulls: Kubernetes events, traces, and figures over them.
//!
//! - [`Event`], [`PodEvents`] and [`EventsFile`]: events as a kubelet writes them and an exporter prints
//!   them, made for one pod, and put where the tools of the published study look for them.
//! - [`Message`], [`GoDuration`]: what a kubelet's messages say of images, by their form; [`FailureClass`]: why pulls fail.
//! - [`Layout`], [`Place`]: what the folders of a log say of it.
//! - [`summarise`], [`spread`], [`stages`], [`wall`], [`compare`], [`failure_rates`], [`failure_classes`]: figures over [`Pull`]s and
//!   [`ContainerTimeline`]s; [`Column`], [`Grouping`]: by what they are grouped.
//! - [`PullTrace`], [`TraceReader`] and [`TraceWriter`]: what a pull was doing, moment by moment, in
//!   `trace.jsonl`.
//! - [`CriticalPath`] and [`Bound`]: where a pull's seconds went, and what it waited for.
//!
//! The crate reads no clock: the caller passes every moment.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use pullstudy_events::{Bound, Phase, PhaseRecord, PullRecord, PullTrace, Stage};
//!
//! let ms = Duration::from_millis;
//! let pull = PullRecord::new("8a1f", "registry.local/app:1", SystemTime::UNIX_EPOCH);
//! let rows = vec![
//!     PhaseRecord::new("8a1f", Stage::Prepare, Phase::Resolve, ms(0), ms(40)),
//!     PhaseRecord::new("8a1f", Stage::Prepare, Phase::Manifest, ms(40), ms(60)).with_bytes(1_234),
//! ];
//!
//! let trace = PullTrace::finish(pull, rows, ms(100), None);
//! assert_eq!(trace.pull.bound_by, Some(Bound::Wire));
//! ```
#![forbid(unsafe_code)]

mod critical_path;
mod event;
mod events_file;
mod figures;
mod go_duration;
mod json;
mod keyed_hash;
mod known_texts;
mod layers;
mod layout;
mod logs;
mod message;
mod moment;
mod nodes;
mod observed;
mod place;
mod pod_events;
mod published;
mod pull;
mod reading;
mod record;
mod strings;
mod timeline;
mod timestamp;
mod trace;
mod uid;

pub use critical_path::{Bound, CriticalPath};
pub use event::{Event, EventMeta, EventSource, EventType, InvolvedObject, OwnerReference};
pub use events_file::{BadExperimentName, EventsFile, WriteEventsError};
pub use figures::{
    Column, ColumnError, CompareOptions, ComparedRow, ComparedTotal, Comparison, FailureClassRow,
    FailureRateRow, Group, Grouping, Key, KeyValue, MatchBy, OneSided, ParseGroupingError,
    SpreadEvent, SpreadRow, StageRow, StartupStage, Summaries, SummaryRow, SummaryWarning, Verdict,
    WallRow, compare, failure_classes, failure_rates, spread, stages, summarise, wall,
    warning_lines,
};
pub use go_duration::{GoDuration, ParseGoDurationError};
pub use layers::{ImageLayers, NewLayers};
pub use layout::{Layout, ParseLayoutError};
pub use logs::{EventLogs, Health, LogFile, LogProblem};
pub use message::{FailureClass, Message, PullError};
pub use place::Place;
pub use pod_events::{PodContainer, PodEvents, PulledImage};
pub use published::{
    PublishedDurationError, PublishedPullError, PublishedTimes, published_seconds,
};
pub use pull::{Clock, ClockSource, ImageSizeKind, Pull};
pub use reading::{FindLogsError, FoundLogs, LeftOut, LogHealth, ReadOptions};
pub use timeline::{ContainerTimeline, Milestone, MilestoneKind};
pub use trace::{
    Phase, PhaseRecord, PullOutcome, PullRecord, PullTrace, ReadTraceError, Stage,
    TRACE_FORMAT_VERSION, Trace, TraceLayer, TraceReader, TraceRecord, TraceWriter,
    WriteTraceError,
};
pub use uid::derive_uid;
