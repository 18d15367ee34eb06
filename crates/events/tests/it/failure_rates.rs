//! How often pulls fail, by the size of the largest layer.

use pullstudy_events::{FailureClass, PullOutcome, failure_rates};

use crate::made::{place, pull, pulled};

#[test]
fn rates_are_by_powers_of_ten() {
    let place = place("run1", 4);
    let size = |image: &str| image.parse().ok();
    let mut retried = pulled(&place, "999", 1.0);
    retried.failures.insert(FailureClass::RateLimit, 2);
    let pulls = [
        pulled(&place, "1000", 1.0),
        pull(&place, "9999", PullOutcome::Failed),
        retried,
        pulled(&place, "0", 1.0),
        pulled(&place, "unknown", 1.0),
        pull(&place, "1", PullOutcome::Present),
        pull(&place, "1", PullOutcome::Unfinished),
    ];
    let rates: Vec<_> = failure_rates(&pulls, &size)
        .into_iter()
        .map(|row| {
            (
                row.largest_layer_from_bytes,
                row.pulled,
                row.failed,
                row.failed_attempts,
                row.failure_rate,
            )
        })
        .collect();
    assert_eq!(
        rates,
        [
            (Some(0), 1, 0, 0, Some(0.0)),
            (Some(100), 1, 0, 2, Some(0.0)),
            (Some(1_000), 1, 1, 0, Some(0.5)),
            (None, 1, 0, 0, Some(0.0)),
        ]
    );
}
