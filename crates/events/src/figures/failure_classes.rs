//! Why pulls fail, and what it costs.

use std::collections::BTreeMap;

use super::moments::sum;
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
    let mut tallies: BTreeMap<FailureClass, Tally> = BTreeMap::new();
    for pull in pulls {
        for (&class, &count) in &pull.failures {
            tallies.entry(class).or_default().add(pull, count);
        }
    }
    tallies
        .into_iter()
        .map(|(class, tally)| tally.into_row(class))
        .collect()
}

/// What is counted of one class.
#[derive(Default)]
struct Tally {
    failed_attempts: u64,
    pulls: usize,
    failed: usize,
    lost_seconds: Vec<f64>,
}

impl Tally {
    fn add(&mut self, pull: &Pull, failed_attempts: u32) {
        self.failed_attempts += u64::from(failed_attempts);
        self.pulls += 1;
        self.failed += usize::from(pull.outcome == PullOutcome::Failed);
        self.lost_seconds.extend(pull.lost_seconds);
    }

    fn into_row(self, class: FailureClass) -> FailureClassRow {
        FailureClassRow {
            class,
            failed_attempts: self.failed_attempts,
            pulls: self.pulls,
            failed: self.failed,
            lost_seconds: sum(&self.lost_seconds),
        }
    }
}
