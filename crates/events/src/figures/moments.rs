//! Seconds between moments.

use std::time::{Duration, SystemTime};

/// Seconds from `start` to `end`; negative where `end` comes first.
pub(super) fn seconds_between(start: SystemTime, end: SystemTime) -> f64 {
    match end.duration_since(start) {
        Ok(forward) => forward.as_secs_f64(),
        Err(error) => -error.duration().as_secs_f64(),
    }
}

/// The moment so many seconds before another; `None` for what is no time or before all time.
pub(super) fn before(end: SystemTime, seconds: f64) -> Option<SystemTime> {
    end.checked_sub(Duration::try_from_secs_f64(seconds).ok()?)
}
