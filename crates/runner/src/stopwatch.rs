//! How long a phase went on, and how much of that it was at work.

use std::time::{Duration, Instant};

/// The time of one phase: its first moment, its last, and the time really spent between them.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
/// use pullstudy_runner::Span;
///
/// let (start, second) = (Instant::now(), Duration::from_secs(1));
/// let mut hashing = Span::default();
/// hashing.add(start, start + second, 1_000);
/// hashing.add(start + 3 * second, start + 4 * second, 500);
///
/// assert_eq!(hashing.busy(), 2 * second);
/// assert_eq!(hashing.bytes(), 1_500);
/// assert_eq!(hashing.moments(), Some((start, start + 4 * second)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    moments: Option<(Instant, Instant)>,
    busy: Duration,
    bytes: u64,
}

impl Span {
    /// Adds work from `start` to `end` on so many bytes.
    pub fn add(&mut self, start: Instant, end: Instant, bytes: u64) {
        self.busy += end.saturating_duration_since(start);
        self.bytes += bytes;
        self.stretch(start, end);
    }

    /// Adds all of another span.
    pub fn merge(&mut self, other: &Self) {
        if let Some((start, end)) = other.moments {
            self.busy += other.busy;
            self.bytes += other.bytes;
            self.stretch(start, end);
        }
    }

    /// Returns the time spent at work.
    #[must_use]
    pub fn busy(&self) -> Duration {
        self.busy
    }

    /// Returns the bytes worked on.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the first and the last moment; `None` before any work.
    #[must_use]
    pub fn moments(&self) -> Option<(Instant, Instant)> {
        self.moments
    }

    fn stretch(&mut self, start: Instant, end: Instant) {
        self.moments = Some(match self.moments {
            None => (start, end),
            Some((first, last)) => (first.min(start), last.max(end)),
        });
    }

    /// Returns the span from `start` to `end`, of which `busy` was work.
    pub(crate) fn of_part(start: Instant, end: Instant, busy: Duration, bytes: u64) -> Self {
        Self {
            moments: Some((start, end)),
            busy,
            bytes,
        }
    }
}
