//! The published study's rounding.

use super::{Cluster, Redundancy, Span};
use crate::bill::SECONDS_PER_HOUR;

/// From here on the study speaks of minutes.
const IN_MINUTES_FROM_SECONDS: f64 = 3600.0;

/// What the study printed of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedCase {
    /// Seconds at the high bandwidth.
    pub low_seconds: u64,
    /// Seconds at the low bandwidth.
    pub high_seconds: u64,
}

/// What the study printed of a scenario.
///
/// Seconds are rounded up (38.4 is 39). Their difference is taken in whole seconds, from an hour on in whole minutes. The
/// rate of all nodes is cut off behind the fourth place of USD a second (32 nodes at 98.32 an hour: 0.8739, not
/// 0.87396), and the product is rounded to whole USD.
///
/// # Source
///
/// The study prints the results and not the steps. These steps give all four of its figures, 301, 503, 5,768 and
/// 9,595 USD; the unrounded rate does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedRedundancy {
    /// All layers are shared.
    pub best: PublishedCase,
    /// No layer is shared.
    pub worst: PublishedCase,
    /// What the worst case takes longer: seconds, or whole minutes.
    pub more: PublishedCase,
    /// What that costs at the high bandwidth, in USD.
    pub more_low_usd: u64,
    /// What that costs at the low bandwidth, in USD.
    pub more_high_usd: u64,
}

impl PublishedRedundancy {
    /// Rounds a scenario as the study did.
    #[must_use]
    pub fn of(exact: &Redundancy, cluster: &Cluster) -> Self {
        let (best, worst) = (up(exact.best.seconds), up(exact.worst.seconds));
        let more = PublishedCase {
            low_seconds: difference(worst.low_seconds, best.low_seconds),
            high_seconds: difference(worst.high_seconds, best.high_seconds),
        };
        let usd_per_second = cluster.cost_usd(SECONDS_PER_HOUR) / SECONDS_PER_HOUR;
        let cut_off = (usd_per_second * 1e4).floor() / 1e4;
        let cost = |seconds: u64| (seconds as f64 * cut_off).round() as u64;
        Self {
            best,
            worst,
            more,
            more_low_usd: cost(more.low_seconds),
            more_high_usd: cost(more.high_seconds),
        }
    }
}

fn up(seconds: Span) -> PublishedCase {
    PublishedCase {
        low_seconds: seconds.low.ceil() as u64,
        high_seconds: seconds.high.ceil() as u64,
    }
}

fn difference(worst: u64, best: u64) -> u64 {
    let seconds = worst.saturating_sub(best);
    if (seconds as f64) < IN_MINUTES_FROM_SECONDS {
        return seconds;
    }
    (seconds as f64 / 60.0).round() as u64 * 60
}
