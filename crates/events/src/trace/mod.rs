//! What a pull was doing, moment by moment: the records of `trace.jsonl`.
//!
//! # The file
//!
//! One JSON object a line. Every line carries `format_version` (see [`TRACE_FORMAT_VERSION`]) and
//! `kind`: `"phase"` ([`PhaseRecord`]) or `"pull"` ([`PullRecord`]). The lines of one pull share its
//! `pull_id`; its phases come first and its own line last, so a pull whose line is there is whole.
//!
//! # Recording convention
//!
//! All moments are seconds since the pull's own start, on one monotonic clock; only
//! [`PullRecord::started_at`] is wall-clock time. A phase row holds **two** lengths of time:
//!
//! * `duration_seconds`, its *span*: from the first moment the pull was in that phase to the last,
//!   pauses included. `start_seconds + duration_seconds` is its end.
//! * `busy_seconds`, the part of the span really spent in the phase. Inside one stage of a layer the
//!   phases take turns chunk by chunk: read from the network, hash, write, read again. The spans of
//!   such phases lie over one another, their busy times do not. A phase that nothing interrupts has
//!   `busy_seconds == duration_seconds`.
//!
//! A row belongs to a [`Stage`], because `wait` and `write` happen in two of them:
//!
//! | stage | rows | bytes |
//! | --- | --- | --- |
//! | `prepare` (no layer) | `resolve`: tag to digest. `manifest`: get, check and parse index and manifest. `config`: the same for the config | the document's |
//! | `fetch` (a row a layer) | `wait`: for a free download slot | 0 |
//! | | `download`: from sending the request to the last byte, busy while waiting for the wire | received |
//! | | `verify`: hashing what was received, and comparing the digest | hashed |
//! | | `write`: into the node's content store, the flush to disk included | written |
//! | `unpack` (a row a layer) | `wait`: downloaded, but a layer below it is not unpacked yet | 0 |
//! | | `decompress`: reading the blob back and inflating it | of tar produced |
//! | | `diff_id`: hashing the tar, and comparing the diff_id | hashed |
//! | | `write`: files, links, modes and whiteouts into the snapshot, flushes included | of file contents |
//!
//! A phase that did not happen has no row: a layer that lay on the node already has none in `fetch`.
//! There is at most one row for each (layer, stage, phase) of a pull.

mod read;
mod record;
mod write;

pub use read::{ReadTraceError, Trace, TraceReader};
pub use record::{
    Phase, PhaseRecord, PullOutcome, PullRecord, PullTrace, Stage, TRACE_FORMAT_VERSION,
    TraceLayer, TraceRecord,
};
pub use write::{TraceWriter, WriteTraceError};
