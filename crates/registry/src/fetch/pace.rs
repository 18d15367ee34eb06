//! When requests are sent, and that none is sent twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pullstudy_image::Digest;
use tokio::sync::OwnedMutexGuard;
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
#[derive(Default)]
pub(crate) struct Turns {
    by_digest: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    pub(super) async fn take(&self, digest: &Digest) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self
                .by_digest
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(*digest).or_default())
        };
        turn.lock_owned().await
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
