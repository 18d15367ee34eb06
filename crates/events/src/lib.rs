//! What was observed of container image pulls: Kubernetes events, traces, and figures over them.
//!
//! - [`FoundLogs`], [`EventLogs`], [`Health`]: logs of events, found, read, and what of them could not be.
//! - [`Pull`], [`ContainerTimeline`]: what they say; [`Layout`], [`Place`]: what the folders of a log say of it.
//! - [`summarise`], [`spread`], [`stages`], [`wall`], [`compare`], [`failure_rates`], [`failure_classes`]: figures
//!   over them; [`Column`], [`Grouping`]: by what they are grouped.
//! - [`PublishedTimes`], [`published_seconds`]: the same as the published study's scripts see it.
//! - [`ImageLayers`]: what of a pulled image was new on its node.
//! - [`Message`], [`GoDuration`], [`FailureClass`]: what a kubelet's messages say of images, by their form.
//! - [`Event`], [`PodEvents`], [`EventsFile`]: events as a kubelet writes them and an exporter prints them, made for
//!   one pod, and put where the tools of the published study look for them.
//! - [`FilledEvents`]: what pod statuses tell where events are lost, marked as such.
//! - [`PullTrace`], [`TraceReader`], [`TraceWriter`], [`CriticalPath`], [`Bound`]: what a pull was doing, moment by
//!   moment, in `trace.jsonl`, and what it waited for.
//!
//! The crate reads no clock: the caller passes every moment.
//!
//! ```
//! use pullstudy_events::{Clock, Column, EventLogs, FoundLogs, ReadOptions, summarise};
//!
//! let event = |uid: &str, reason: &str, message: &str| {
//!     format!(r#"{{"metadata":{{"name":"app-0.1","uid":"{uid}"}},"reason":"{reason}","message":"{message}",
//! "firstTimestamp":"2024-11-10T06:09:14Z","involvedObject":{{"kind":"Pod","uid":"p","fieldPath":"spec.containers{{app}}"}}}}"#)
//!     .replace('\n', "")
//! };
//! let pulling = event("a", "Pulling", r#"Pulling image \"app:1\""#);
//! let pulled = event("b", "Pulled", r#"Successfully pulled image \"app:1\" in 1.5s (3s including waiting)"#);
//!
//! // The log is replayed; each event counts once.
//! let mut found = FoundLogs::default();
//! found.add_stream("-", std::io::Cursor::new([pulling, pulled.clone(), pulled].join("\n")));
//! let logs = EventLogs::read(found, &ReadOptions::default());
//!
//! let summaries = summarise(&logs.pulls(), &[Column::Image], Clock::PullOnly);
//! assert_eq!(summaries.rows[0].count, 1);
//! assert_eq!(summaries.rows[0].seconds.map(|seconds| seconds.median), Some(1.5));
//! ```
//!
//! # Errors
//!
//! Logs are never refused for what they hold: [`Health`] counts what could not be read. [`FindLogsError`] says which path
//! is not there, [`ReadTraceError`] which line of a trace cannot be.
//!
//! # Links
//!
//! [From events to pulls to figures](https://github.com/pullstudy/pullstudy/blob/main/docs/events.md) has the definition of every figure.
#![forbid(unsafe_code)]

mod critical_path;
mod event;
mod events_file;
mod figures;
mod filled;
mod go_duration;
mod keyed_hash;
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
pub use event::{
    ContainerKind, Event, EventMeta, EventSource, EventType, InvolvedObject, OwnerReference,
};
pub use events_file::{BadExperimentName, EventsFile, WriteEventsError};
pub use figures::{
    Column, ColumnError, CompareOptions, ComparedRow, ComparedTotal, Comparison, FailureClassRow,
    FailureRateRow, Group, Grouping, Key, KeyValue, MatchBy, OneSided, ParseGroupingError,
    SpreadEvent, SpreadRow, StageRow, StartupStage, Summaries, SummaryRow, SummaryWarning, Verdict,
    WallRow, compare, compare_all, failure_classes, failure_rates, spread, stages, summarise, wall,
    warning_lines,
};
pub use filled::{COLLECTOR, FilledEvents};
pub use go_duration::{GoDuration, ParseGoDurationError};
pub use layers::{ImageLayers, LayerTotals, NewLayers};
pub use layout::{Layout, ParseLayoutError};
pub use logs::{EventLogs, Health, LogFile, LogProblem};
pub use message::{FailureClass, Message, PullError};
pub use nodes::NodeFacts;
pub use place::Place;
pub use pod_events::{PodContainer, PodEvents, PulledImage};
pub use published::{
    PublishedDurationError, PublishedPullError, PublishedTimes, published_seconds,
};
pub use pull::{Clock, ClockSource, ImageSizeKind, Pull};
pub use reading::{FindLogsError, FoundLogs, LeftOut, LogHealth, ReadOptions};
pub use timeline::{ContainerTimeline, Milestone, MilestoneKind};
pub use trace::{
    ContainerRun, Phase, PhaseRecord, PullOutcome, PullRecord, PullTrace, ReadTraceError, Stage,
    TRACE_FORMAT_VERSION, Trace, TraceLayer, TraceReader, TraceRecord, TraceWriter,
    WriteTraceError,
};
pub use uid::derive_uid;
