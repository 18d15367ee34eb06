//! How often pulls fail, by the size of the largest layer.

use std::collections::BTreeMap;

use super::summary::failure_rate;
use crate::pull::Pull;
use crate::trace::PullOutcome;

/// How often pulls of images of about one size fail.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FailureRateRow {
    /// The largest layer has at least so many bytes, a power of ten, and fewer than ten times as many; `Some(0)`
    /// for a layer without bytes, `None` for images of which it is not known.
    pub largest_layer_from_bytes: Option<u64>,
    /// Pulls that succeeded.
    pub pulled: usize,
    /// Pulls that failed for good.
    pub failed: usize,
    /// Attempts that failed, those of pulls that succeeded in the end included.
    pub failed_attempts: u64,
    /// `failed / (pulled + failed)`, 0 to 1; `None` where no pull came to an end.
    pub failure_rate: Option<f64>,
}

/// Returns how often pulls failed, a row for each power of ten of the largest layer's bytes, small ones first.
///
/// `largest_layer_bytes` tells the bytes of an image's largest layer by its reference. What was present or has no end
/// counts for nothing.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use pullstudy_events::{Place, Pull, PullOutcome, failure_rates};
///
/// let mut pull = Pull::new(Arc::new(Place::new("events.json")), PullOutcome::Failed);
/// pull.image = Some("app:1".into());
/// let rates = failure_rates(&[pull], &|_| Some(2_500_000));
/// assert_eq!(rates[0].largest_layer_from_bytes, Some(1_000_000));
/// assert_eq!(rates[0].failure_rate, Some(1.0));
/// ```
#[must_use]
pub fn failure_rates(
    pulls: &[Pull],
    largest_layer_bytes: &dyn Fn(&str) -> Option<u64>,
) -> Vec<FailureRateRow> {
    let mut rows: BTreeMap<Option<u64>, FailureRateRow> = BTreeMap::new();
    let has_ended =
        |pull: &&Pull| matches!(pull.outcome, PullOutcome::Pulled | PullOutcome::Failed);
    for pull in pulls.iter().filter(has_ended) {
        let bytes = pull.image.as_deref().and_then(largest_layer_bytes);
        let from = bytes.map(power_of_ten_below);
        rows.entry(from)
            .or_insert_with(|| FailureRateRow::new(from))
            .add(pull);
    }
    // Null would come first; what is not known comes last.
    let unknown = rows.remove(&None);
    rows.into_values().chain(unknown).collect()
}

fn power_of_ten_below(bytes: u64) -> u64 {
    bytes.checked_ilog10().map_or(0, |power| 10_u64.pow(power))
}

impl FailureRateRow {
    fn new(largest_layer_from_bytes: Option<u64>) -> Self {
        Self {
            largest_layer_from_bytes,
            pulled: 0,
            failed: 0,
            failed_attempts: 0,
            failure_rate: None,
        }
    }

    fn add(&mut self, pull: &Pull) {
        match pull.outcome {
            PullOutcome::Failed => self.failed += 1,
            _ => self.pulled += 1,
        }
        self.failed_attempts += pull
            .failures
            .values()
            .map(|&count| u64::from(count))
            .sum::<u64>();
        self.failure_rate = failure_rate(self.pulled, self.failed);
    }
}
