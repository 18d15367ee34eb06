//! What was observed of container image pulls: Kubernetes events, traces, and figures over them.
#![forbid(unsafe_code)]

mod critical_path;
mod timestamp;
mod trace;

pub use critical_path::{Bound, CriticalPath};
pub use trace::{
    Phase, PhaseRecord, PullOutcome, PullRecord, PullTrace, ReadTraceError, Stage,
    TRACE_FORMAT_VERSION, Trace, TraceLayer, TraceReader, TraceRecord, TraceWriter,
    WriteTraceError,
};
