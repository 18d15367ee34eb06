//! Pulls whose cost can be told by hand.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use pullstudy_costmodel::{Machine, PullCosts, WaitingCost, gangs};
use pullstudy_events::{Clock, Place, Pull, PullOutcome};

/// A pull of an hour's length or so, which ended so many seconds after the start of the tests' time.
fn pull(node: Option<&str>, seconds: f64, ended: u64) -> Pull {
    let mut pull = Pull::new(Arc::new(Place::new("events.json")), PullOutcome::Pulled);
    pull.node = node.map(Into::into);
    pull.attempts = 1;
    pull.including_waiting_seconds = Some(seconds);
    let end = UNIX_EPOCH + Duration::from_secs(1_700_000_000 + ended);
    pull.pulled_at = Some(end);
    pull.pulling_at = Some(end - Duration::from_secs_f64(seconds));
    pull
}

fn cost(pulls: &[Pull]) -> PullCosts {
    let machine = Machine::new("anyone", "m", 3.6, "2026", "a test");
    PullCosts::of(pulls, &[], Clock::default(), |_| Ok::<_, ()>(&machine)).unwrap()
}

#[test]
fn pulls_side_by_side_on_a_node_are_paid_once() {
    let pulls = [
        pull(Some("a"), 100.0, 100),
        pull(Some("a"), 100.0, 150),
        pull(Some("b"), 100.0, 100),
    ];
    let total = cost(&pulls).total;
    assert_eq!((total.node_seconds, total.occupied_seconds), (300.0, 250.0));
    assert!((total.cost_usd - 0.3).abs() < 1e-12);
    assert!((total.occupied_usd - 0.25).abs() < 1e-9);
}

#[test]
fn a_pull_that_failed_is_counted_and_what_it_lost_is_priced() {
    let mut failed = pull(Some("a"), 0.0, 10);
    failed.outcome = PullOutcome::Failed;
    failed.lost_seconds = Some(1000.0);
    let mut present = pull(Some("a"), 0.0, 10);
    present.outcome = PullOutcome::Present;
    present.attempts = 0;
    let total = cost(&[failed, present]).total;
    assert_eq!((total.pulls, total.without_seconds), (0, 1));
    assert_eq!((total.cost_usd, total.lost_seconds), (0.0, 1000.0));
    assert!((total.lost_usd - 1.0).abs() < 1e-12);
}

#[test]
fn nothing_costs_nothing() {
    let costs = cost(&[]);
    assert!(costs.rows.is_empty());
    assert_eq!(
        (costs.total.cost_usd, costs.total.usd_per_hour),
        (0.0, None)
    );
}

#[test]
fn a_node_that_pulls_twice_is_one_node_of_its_gang() {
    let pulls = [
        pull(Some("a"), 10.0, 10),
        pull(Some("a"), 30.0, 40),
        pull(Some("b"), 20.0, 20),
        pull(None, 5.0, 5),
    ];
    let found = gangs(&pulls, &[], Clock::default());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].seconds_by_node, [30.0, 20.0, 5.0]);
    assert_eq!(found[0].first_pulls, [0, 2, 3]);
    assert_eq!((found[0].pulls, found[0].unknown_nodes), (4, 1));
    let cost = WaitingCost::of(&found[0].seconds_by_node, 3600.0);
    assert_eq!((cost.gang_usd, cost.elastic_usd), (90.0, 55.0));
}
