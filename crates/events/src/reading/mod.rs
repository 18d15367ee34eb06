//! Logs of events, read: whatever wrote them, compressed or not, many at once.

mod decompress;
mod document;
mod find;
mod health;
mod lines;
mod log;
mod log_kinds;
mod log_line;
mod pool;

use std::num::NonZero;
use std::thread;

pub use find::{FindLogsError, FoundLogs};
pub use health::{LeftOut, LogHealth};
pub(crate) use log::TakeEvents;
pub(crate) use pool::{ReadLog, read_all};

/// How logs are read.
pub struct ReadOptions<'a> {
    /// How many logs are read at once.
    pub threads: NonZero<usize>,
    /// Told of bytes of the files as they are read, from any thread; compressed files count compressed.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl Default for ReadOptions<'_> {
    /// As many threads as the machine can run at once, and nobody told of progress.
    fn default() -> Self {
        Self {
            threads: thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            progress: &|_| {},
        }
    }
}
