//! Seconds, and seconds between moments.

use std::time::{Duration, SystemTime};

use pullstudy_stats::Sample;

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

/// The sum, smallest first, so that the order of the rows does not change the last digit; 0 of nothing.
pub(super) fn sum(seconds: &[f64]) -> f64 {
    Sample::new(seconds).map_or(0.0, |sample| sample.sum())
}
