//! How often pulls fail, by the size of the largest layer.

use pullstudy_events::{FailureClass, PullOutcome, failure_classes, failure_rates};

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

#[test]
fn lost_seconds_do_not_hang_on_the_order_of_pulls() {
    let place = place("run1", 4);
    // Added up from the left, these are 0.6000000000000001 and 0.6.
    let mut pulls = [0.1, 0.2, 0.3].map(|seconds| {
        let mut pull = pulled(&place, "a:1", 1.0);
        pull.failures.insert(FailureClass::RateLimit, 1);
        pull.lost_seconds = Some(seconds);
        pull
    });
    let there = failure_classes(&pulls);
    pulls.reverse();
    assert_eq!(failure_classes(&pulls), there);
    assert_eq!((there[0].failed_attempts, there[0].pulls), (3, 3));
}
