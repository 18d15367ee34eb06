//! What must hold of every cost, whatever the numbers are.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use pullstudy_costmodel::{
    Bandwidth, BreakEven, Cluster, Load, Machine, MachineChoice, MachineSide, PublishedRedundancy,
    PullCosts, Redundancy, Traffic, WaitingCost, node_cost_usd,
};
use pullstudy_events::{Clock, Column, Place, Pull, PullOutcome};

/// What sums of floats may be off by.
fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn seconds() -> impl Strategy<Value = f64> {
    0.0..1e7
}

fn rate() -> impl Strategy<Value = f64> {
    0.0..1e3
}

/// A pull on one of three nodes that ended at some moment.
fn pull() -> impl Strategy<Value = Pull> {
    (0.0..1e4, 0_u64..50_000, 0_usize..3, 0_usize..2, 0.0..1e3).prop_map(
        |(seconds, ended, node, experiment, lost)| {
            let mut place = Place::new("events.json");
            place.experiment = Some(["a", "b"][experiment].to_owned());
            let mut pull = Pull::new(Arc::new(place), PullOutcome::Pulled);
            pull.node = Some(["x", "y", "z"][node].into());
            pull.attempts = 1;
            pull.including_waiting_seconds = Some(seconds);
            pull.pulled_at = Some(UNIX_EPOCH + Duration::from_secs(1_700_000_000 + ended));
            pull.lost_seconds = Some(lost);
            pull
        },
    )
}

fn machine(name: &str, usd_per_hour: f64) -> Machine {
    Machine::new("anyone", name, usd_per_hour, "2026", "a law")
}

fn costs(pulls: &[Pull], a: &Machine, b: &Machine) -> PullCosts {
    let machine = |pull: &Pull| match pull.place.experiment.as_deref() {
        Some("a") => Ok::<_, ()>(a),
        _ => Ok(b),
    };
    PullCosts::of(pulls, &[Column::Experiment], Clock::default(), machine).unwrap()
}

proptest! {
    #[test]
    fn a_cost_never_falls_as_seconds_or_prices_grow(
        seconds in seconds(), more in seconds(), rate in rate(), dearer in rate(),
    ) {
        let cost = node_cost_usd(seconds, rate);
        prop_assert!(cost >= 0.0);
        prop_assert!(node_cost_usd(seconds + more, rate) >= cost);
        prop_assert!(node_cost_usd(seconds, rate + dearer) >= cost);
        prop_assert_eq!(node_cost_usd(0.0, rate), 0.0);
        prop_assert_eq!(node_cost_usd(seconds, 0.0), 0.0);
    }

    #[test]
    fn the_total_is_the_sum_of_the_rows(
        pulls in prop::collection::vec(pull(), 0..30), rate_a in rate(), rate_b in rate(),
    ) {
        let costs = costs(&pulls, &machine("a", rate_a), &machine("b", rate_b));
        let sum = |of: fn(&pullstudy_costmodel::PullCostRow) -> f64| costs.rows.iter().map(of).sum::<f64>();
        let total = &costs.total;
        prop_assert!(is_close(total.cost_usd, sum(|row| row.cost_usd)));
        prop_assert!(is_close(total.node_seconds, sum(|row| row.node_seconds)));
        prop_assert!(is_close(total.lost_usd, sum(|row| row.lost_usd)));
        prop_assert_eq!(total.pulls, pulls.len());
        let by_hand: f64 = pulls
            .iter()
            .map(|pull| {
                let rate = if pull.place.experiment.as_deref() == Some("a") { rate_a } else { rate_b };
                pull.including_waiting_seconds.unwrap() * rate / 3600.0
            })
            .sum();
        prop_assert!(is_close(total.cost_usd, by_hand));
    }

    #[test]
    fn a_node_is_never_busy_for_longer_than_its_pulls(
        pulls in prop::collection::vec(pull(), 0..30), rate in rate(),
    ) {
        let machine = machine("a", rate);
        let costs = costs(&pulls, &machine, &machine);
        for row in costs.rows.iter().chain([&costs.total]) {
            prop_assert!(row.occupied_seconds <= row.node_seconds);
            prop_assert!(row.occupied_usd <= row.cost_usd * (1.0 + 1e-12));
        }
        let longest = pulls.iter().filter_map(|pull| pull.including_waiting_seconds).fold(0.0, f64::max);
        prop_assert!(costs.total.occupied_seconds >= longest - 1e-5);
    }

    #[test]
    fn a_gang_never_pays_less_than_each_for_itself(
        nodes in prop::collection::vec(seconds(), 0..50), rate in rate(), late in seconds(),
    ) {
        let cost = WaitingCost::of(&nodes, rate);
        prop_assert!(cost.gang_usd >= cost.elastic_usd && cost.waiting_usd >= 0.0);
        let with_one_more = WaitingCost::of(&[&nodes[..], &[late]].concat(), rate);
        prop_assert!(with_one_more.gang_usd >= cost.gang_usd);
        prop_assert!(with_one_more.elastic_usd >= cost.elastic_usd * (1.0 - 1e-12));
        if let Some(first) = nodes.first() {
            let equal = WaitingCost::of(&vec![*first; nodes.len()], rate);
            prop_assert!(is_close(equal.gang_usd, equal.elastic_usd));
        } else {
            prop_assert_eq!((cost.gang_usd, cost.elastic_usd), (0.0, 0.0));
        }
    }

    #[test]
    fn more_bytes_never_cost_less_and_more_bandwidth_never_more(
        bytes in 0_u64..1 << 50, more in 0_u64..1 << 50, layers in 1_u64..1000,
        low in 1.0..1e9, wider in 1.0..1e9, nodes in 1_u32..100_000, rate in rate(),
    ) {
        let cluster = Cluster::new(nodes, rate).unwrap();
        let load = |wire_bytes| Load { images: 1, layers, wire_bytes };
        let slow = Bandwidth::new(low, low).unwrap();
        let fast = Bandwidth::new(low, low + wider).unwrap();
        let cost = cluster.cost(load(bytes), &slow);
        let larger = cluster.cost(load(bytes + more), &slow);
        prop_assert!(larger.cost_usd.high >= cost.cost_usd.high);
        prop_assert!(larger.traffic.egress_bytes >= cost.traffic.egress_bytes);
        let faster = cluster.cost(load(bytes), &fast);
        prop_assert!(faster.cost_usd.low <= cost.cost_usd.low);
        prop_assert!(faster.cost_usd.low <= faster.cost_usd.high);
        prop_assert_eq!(faster.cost_usd.high, cost.cost_usd.high);
    }

    #[test]
    fn the_worst_case_costs_what_the_best_and_the_difference_do(
        best in 0_u64..1 << 40, more in 0_u64..1 << 40, low in 1.0..1e8, wider in 0.0..1e8, rate in rate(),
    ) {
        let load = |wire_bytes| Load { images: 2, layers: 3, wire_bytes };
        let bandwidth = Bandwidth::new(low, low + wider).unwrap();
        let cluster = Cluster::new(32, rate).unwrap();
        let found = Redundancy::of(load(best), load(best + more), &bandwidth, &cluster);
        prop_assert!(is_close(found.worst.cost_usd.low, found.best.cost_usd.low + found.more_usd.low));
        prop_assert!(is_close(found.worst.cost_usd.high, found.best.cost_usd.high + found.more_usd.high));
        // The study's rounding is off by less than a minute and a cut-off rate.
        let rounded = PublishedRedundancy::of(&found, &cluster);
        let seconds = rounded.more.high_seconds as f64;
        prop_assert!((seconds - found.more_seconds.high).abs() <= 32.0);
    }

    #[test]
    fn break_even_is_the_first_pull_that_pays(fixed in 0.0..1e6, saved in 1e-6..1e3) {
        let pulls = BreakEven::of(fixed, saved).pulls.unwrap();
        prop_assert!(pulls as f64 * saved >= fixed * (1.0 - 1e-12));
        prop_assert!(pulls == 0 || (pulls - 1) as f64 * saved <= fixed);
        prop_assert_eq!(BreakEven::of(fixed, -saved).pulls, (fixed == 0.0).then_some(0));
    }

    #[test]
    fn machines_compared_the_other_way_round_are_the_inverse(
        pulls_a in 1_usize..100, pulls_b in 1_usize..100, seconds_a in 1.0..1e6, seconds_b in 1.0..1e6,
        rate_a in 0.01..100.0, rate_b in 0.01..100.0,
    ) {
        let a = MachineSide::new(pulls_a, seconds_a, rate_a);
        let b = MachineSide::new(pulls_b, seconds_b, rate_b);
        let there = MachineChoice::of(&a, &b).unwrap();
        let back = MachineChoice::of(&b, &a).unwrap();
        prop_assert!(is_close(there.speed_up * back.speed_up, 1.0));
        prop_assert!(is_close(there.cost_ratio * back.cost_ratio, 1.0));
        prop_assert!(is_close(there.cost_ratio, there.price_ratio / there.speed_up));
    }

    #[test]
    fn traffic_of_nodes_is_that_of_each(layers in 0_u64..1000, bytes in 0_u64..1 << 40, nodes in 0_u64..1000) {
        let one = Traffic::of_pull(layers, bytes);
        let mut sum = Traffic::default();
        for _ in 0..nodes {
            sum += one;
        }
        prop_assert_eq!(sum, one.times(nodes));
    }
}
