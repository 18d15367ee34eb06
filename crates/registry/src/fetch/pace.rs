//! When requests are sent, and that none is sent twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pullstudy_image::Digest;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, sleep_until};

/// Keeps requests to each registry apart.
pub(super) struct Pace {
    interval: Option<Duration>,
    /// When the next request may be sent, by registry.
    next: Mutex<HashMap<String, Instant>>,
}

impl Pace {
    /// A rate that is no positive number is no limit.
    pub(super) fn new(requests_per_second: Option<f64>) -> Self {
        let interval = requests_per_second
            .and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok())
            .filter(|interval| !interval.is_zero());
        Self {
            interval,
            next: Mutex::default(),
        }
    }

    /// Waits until the registry may be asked.
    pub(super) async fn turn(&self, registry: &str) {
        if let Some(interval) = self.interval {
            let slot = self.slot(registry, interval);
            sleep_until(slot).await;
        }
    }

    fn slot(&self, registry: &str, interval: Duration) -> Instant {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next.entry(registry.to_owned()).or_insert(now);
        let slot = now.max(*next);
        *next = slot + interval;
        slot
    }
}

/// Turns at documents: who comes second finds what the first one fetched.
///
/// Documents share turns, so that a repository of a hundred thousand documents needs no more than these.
pub(crate) struct Turns {
    turns: [tokio::sync::Mutex<()>; 64],
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            turns: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
        }
    }
}

impl Turns {
    /// Waits for the turn at a document. No task may take a second one while it has it.
    pub(super) async fn take(&self, digest: &Digest) -> MutexGuard<'_, ()> {
        let first = digest.as_bytes().first().copied().unwrap_or_default();
        self.turns[usize::from(first) % self.turns.len()]
            .lock()
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_are_spread_by_registry() {
        let pace = Pace::new(Some(4.0));
        let start = Instant::now();
        for _ in 0..5 {
            pace.turn("a").await;
            pace.turn("b").await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        // Time that was not used is not saved up.
        tokio::time::advance(Duration::from_secs(60)).await;
        let start = Instant::now();
        pace.turn("a").await;
        pace.turn("a").await;
        assert_eq!(start.elapsed(), Duration::from_millis(250));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_that_is_none_holds_nothing_up() {
        let start = Instant::now();
        for rate in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(1e30)] {
            let pace = Pace::new(rate);
            pace.turn("a").await;
            pace.turn("a").await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
