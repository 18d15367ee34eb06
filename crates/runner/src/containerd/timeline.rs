//! containerd's clock and ours.

use std::time::{Duration, Instant, SystemTime};

/// How far containerd's clock is from this process's, as one exchange of messages tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skew {
    /// containerd's clock is ahead by so much, or behind if negative.
    ahead_nanos: i64,
}

impl Skew {
    /// containerd stamped a message with `at`, which was sent after `sent` and answered before `answered`. What lies
    /// within that time is no skew: mostly it is one machine with one clock.
    pub(super) fn of(sent: SystemTime, at: SystemTime, answered: SystemTime) -> Self {
        let ahead_nanos = match (at < sent, answered < at) {
            (true, _) => -nanos(sent.duration_since(at).unwrap_or_default()),
            (_, true) => nanos(at.duration_since(answered).unwrap_or_default()),
            _ => 0,
        };
        Self { ahead_nanos }
    }

    /// Returns what this process's clock showed when containerd's showed `at`.
    pub(super) fn to_local(self, at: SystemTime) -> SystemTime {
        let by = Duration::from_nanos(self.ahead_nanos.unsigned_abs());
        let local = if self.ahead_nanos > 0 {
            at.checked_sub(by)
        } else {
            at.checked_add(by)
        };
        local.unwrap_or(at)
    }

    /// Returns how far apart the clocks are, if that is a second or more.
    pub(super) fn worth_telling(self) -> Option<Duration> {
        let apart = Duration::from_nanos(self.ahead_nanos.unsigned_abs());
        (apart >= Duration::from_secs(1)).then_some(apart)
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A pull's own time: its start on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeline {
    pub(super) start: Instant,
    pub(super) started_at: SystemTime,
    pub(super) skew: Skew,
}

impl Timeline {
    /// Returns the moment that containerd's clock calls `at`; nothing of a pull is before its start.
    pub(super) fn moment(&self, at: SystemTime) -> Instant {
        self.start + self.since_start(at)
    }

    /// Returns how long after the pull's start containerd's clock showed `at`.
    pub(super) fn since_start(&self, at: SystemTime) -> Duration {
        let local = self.skew.to_local(at);
        local.duration_since(self.started_at).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(10_000_000 + millis)
    }

    #[test]
    fn a_clock_within_the_exchange_is_not_skewed() {
        assert_eq!(Skew::of(at(0), at(3), at(10)), Skew::default());
        assert_eq!(Skew::default().to_local(at(7)), at(7));
    }

    #[test]
    fn another_machine_s_moments_are_brought_to_this_one_s_clock() {
        let ahead = Skew::of(at(0), at(5_010), at(10));
        assert_eq!(ahead.to_local(at(5_100)), at(100));
        assert_eq!(ahead.worth_telling(), Some(Duration::from_secs(5)));
        let behind = Skew::of(at(5_000), at(0), at(5_010));
        assert_eq!(behind.to_local(at(100)), at(5_100));
    }

    #[test]
    fn nothing_is_before_the_start() {
        let timeline = Timeline {
            start: Instant::now(),
            started_at: at(100),
            skew: Skew::default(),
        };
        assert_eq!(timeline.moment(at(90)), timeline.start);
        assert_eq!(timeline.since_start(at(350)), Duration::from_millis(250));
    }
}
