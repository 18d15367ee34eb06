//! Where a run's time went.

use std::sync::Arc;
use std::time::SystemTime;

use pullstudy_events::{Clock, Place, Pull, PullOutcome, wall};

use crate::made::{at, place, pull, pulled};

fn span(place: &Arc<Place>, first: u64, last: u64) -> (Arc<Place>, SystemTime, SystemTime) {
    (Arc::clone(place), at(first), at(last))
}

fn pulled_at(place: &Arc<Place>, end: u64, seconds: f64) -> Pull {
    let mut pull = pulled(place, "a:1", seconds);
    pull.pulled_at = Some(at(end));
    pull
}

#[test]
fn pulls_side_by_side_are_pulling_once() {
    let place = place("run1", 4);
    // 1 to 4, 2 to 4, 3 to 6, and 8 to 9 seconds.
    let pulls = [
        pulled_at(&place, 4_000, 3.0),
        pulled_at(&place, 9_000, 1.0),
        pulled_at(&place, 4_000, 2.0),
        pulled_at(&place, 6_000, 3.0),
    ];
    let row = &wall(&[span(&place, 0, 10_000)], &pulls, Clock::PullOnly)[0];
    assert_eq!(
        (row.experiment.as_deref(), row.nodes),
        (Some("run1"), Some(4))
    );
    assert_eq!(
        (row.pulled, row.pull_seconds, row.wall_seconds),
        (4, 9.0, 10.0)
    );
    assert_eq!((row.pulling_seconds, row.other_seconds), (6.0, 4.0));
    assert_eq!(row.pulls_at_a_time, Some(0.9));
}

#[test]
fn pulls_without_seconds_are_counted_and_not_summed_up() {
    let place = place("run1", 4);
    let mut by_timestamps = pulled_at(&place, 3_000, 2.0);
    by_timestamps.pull_seconds = None;
    let pulls = [
        by_timestamps,
        pulled_at(&place, 4_000, 3.0),
        pull(&place, "a:1", PullOutcome::Failed),
        pull(&place, "a:1", PullOutcome::Present),
    ];
    let counted = |clock| {
        let row = &wall(&[span(&place, 0, 10_000)], &pulls, clock)[0];
        (row.pulled, row.without_seconds, row.pull_seconds)
    };
    assert_eq!(counted(Clock::IncludingWaiting), (2, 0, 5.0));
    assert_eq!(counted(Clock::PullOnly), (2, 1, 3.0));
}

#[test]
fn logs_of_one_run_are_one_run() {
    let (run1, run2) = (place("run1", 4), place("run2", 4));
    let spans = [
        span(&run1, 5_000, 9_000),
        span(&run2, 0, 1_000),
        span(&run1, 0, 6_000),
    ];
    let rows = wall(&spans, &[], Clock::PullOnly);
    let seconds: Vec<f64> = rows.iter().map(|row| row.wall_seconds).collect();
    assert_eq!(seconds, [9.0, 1.0]);
    assert_eq!((rows[0].first, rows[0].last), (at(0), at(9_000)));
}

#[test]
fn a_pull_never_reaches_out_of_its_run() {
    let place = place("run1", 4);
    let pulls = [pulled_at(&place, 2_000, 30.0), pulled(&place, "a:1", 1.0)];
    let row = &wall(&[span(&place, 1_000, 5_000)], &pulls, Clock::PullOnly)[0];
    assert_eq!((row.pulling_seconds, row.other_seconds), (1.0, 3.0));
    assert_eq!((row.pulled, row.pull_seconds), (2, 31.0));
    let row = &wall(&[span(&place, 0, 0)], &[], Clock::PullOnly)[0];
    assert_eq!((row.wall_seconds, row.pulls_at_a_time), (0.0, None));
}
