//! What a pull was doing, moment by moment: the records of `trace.jsonl`, read and written.

mod read;
mod record;
mod write;

pub use read::{ReadTraceError, Trace, TraceReader};
pub use record::{
    ContainerRun, Phase, PhaseRecord, PullOutcome, PullRecord, PullTrace, Stage,
    TRACE_FORMAT_VERSION, TraceLayer, TraceRecord,
};
pub use write::{TraceWriter, WriteTraceError};
