//! Why pulls fail, and what it costs.

use std::collections::BTreeMap;

use crate::message::FailureClass;
use crate::pull::Pull;
use crate::trace::PullOutcome;

/// The pulls that failed, at least once, for one class of reasons.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FailureClassRow {
    /// The class.
    pub class: FailureClass,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Pulls that they belong to, those that succeeded in the end included.
    pub pulls: usize,
    /// Of these pulls, those that failed for good.
    pub failed: usize,
    /// Seconds that these pulls lost in failed attempts and in back-off; a pull that failed for several reasons counts
    /// under each.
    pub lost_seconds: f64,
}

/// Returns a row for each class of failures that there is.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use pullstudy_events::{FailureClass, Place, Pull, PullOutcome, failure_classes};
///
/// let mut pull = Pull::new(Arc::new(Place::new("events.json")), PullOutcome::Pulled);
/// pull.failures.insert(FailureClass::RateLimit, 2);
/// pull.lost_seconds = Some(30.0);
/// let rows = failure_classes(&[pull]);
/// assert_eq!((rows[0].failed_attempts, rows[0].failed, rows[0].lost_seconds), (2, 0, 30.0));
/// ```
#[must_use]
pub fn failure_classes(pulls: &[Pull]) -> Vec<FailureClassRow> {
    let mut rows: BTreeMap<FailureClass, FailureClassRow> = BTreeMap::new();
    for pull in pulls {
        for (&class, &count) in &pull.failures {
            let row = rows.entry(class).or_insert(FailureClassRow {
                class,
                failed_attempts: 0,
                pulls: 0,
                failed: 0,
                lost_seconds: 0.0,
            });
            row.failed_attempts += u64::from(count);
            row.pulls += 1;
            row.failed += usize::from(pull.outcome == PullOutcome::Failed);
            row.lost_seconds += pull.lost_seconds.unwrap_or(0.0);
        }
    }
    rows.into_values().collect()
}
