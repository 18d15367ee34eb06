//! What the study's pulls cost.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_costmodel::{Prices, PullCosts, UnknownMachine, WaitingCost, gangs};
use pullstudy_events::{
    Clock, Column, EventLogs, FoundLogs, Key, KeyValue, Layout, PublishedTimes, Pull, ReadOptions,
};
use serde_json::Value;

/// Nodes of the study's pulls, by its description.
const MACHINE: &str = "n1-standard-16";

/// USD an hour of it.
const USD_PER_HOUR: f64 = 0.76;

fn found(data: &Path) -> FoundLogs {
    FoundLogs::find(&[data.join("pulling")], &Layout::default()).unwrap()
}

/// Pulls of the study's own images: all others are the cluster's.
fn of_the_study(pulls: Vec<Pull>) -> Vec<Pull> {
    let mut pulls = pulls;
    pulls.retain(|pull| {
        let image = pull.image.as_deref().unwrap_or_default();
        image.contains("converged-computing")
    });
    pulls
}

fn costs(pulls: &[Pull], clock: Clock) -> Result<PullCosts, UnknownMachine> {
    let prices = Prices::builtin();
    PullCosts::of(pulls, &[Column::Experiment], clock, |_| {
        prices.machine(MACHINE)
    })
}

/// Compares seconds, pulls and USD of every experiment, and the sum.
fn check(costs: &PullCosts, totals: &Value, seconds: &str, pulls: &str) -> Result<(), Failed> {
    let listed = totals["experiments"].as_array().unwrap();
    assert_eq!(listed.len(), costs.rows.len());
    let mut sum = 0.0;
    for experiment in listed {
        let name = experiment["experiment"].as_str().unwrap();
        let key = Key(vec![KeyValue::from(Some(name))]);
        let row = costs.rows.iter().find(|row| row.key == key);
        let row = row.ok_or_else(|| format!("{name} is not there"))?;
        let expected = experiment[seconds].as_f64().unwrap();
        assert!((row.node_seconds - expected).abs() < 1e-6, "{name} {row:?}");
        assert_eq!(experiment[pulls].as_u64(), Some(row.pulls as u64), "{name}");
        let expected_usd = expected * USD_PER_HOUR / 3600.0;
        assert!((row.cost_usd - expected_usd).abs() < 1e-9, "{name} {row:?}");
        sum += expected_usd;
    }
    assert!((costs.total.cost_usd - sum).abs() < 1e-9);
    Ok(())
}

/// Every experiment's seconds are those of pull-totals.json, by both clocks, and its USD are theirs.
pub(crate) fn every_listed_total(data: &Path) -> Result<(), Failed> {
    let totals = fs::read_to_string(data.join("expected/pull-totals.json"))?;
    let totals: Value = serde_json::from_str(&totals)?;
    let all = EventLogs::read(found(data), &ReadOptions::default()).pulls();
    let with_waiting = costs(&all, Clock::IncludingWaiting)?;
    check(
        &with_waiting,
        &totals,
        "all_images_sum_including_waiting_seconds",
        "all_images_pulls",
    )?;
    let pulls = of_the_study(all);
    let with_waiting = costs(&pulls, Clock::IncludingWaiting)?;
    check(
        &with_waiting,
        &totals,
        "correct_sum_including_waiting_seconds",
        "correct_pulls",
    )?;
    let alone = costs(&pulls, Clock::PullOnly)?;
    check(
        &alone,
        &totals,
        "correct_sum_pull_only_seconds",
        "correct_pulls",
    )?;
    let (published, _) = PublishedTimes::read(found(data), &ReadOptions::default()).pulls();
    let published = costs(&of_the_study(published), Clock::IncludingWaiting)?;
    check(
        &published,
        &totals,
        "original_sum_seconds",
        "original_pulls",
    )
}

/// The study's pods were not spread over the nodes: a sum of pulls pays some nodes twice.
pub(crate) fn nodes_are_paid_twice(data: &Path) -> Result<(), Failed> {
    let pulls = of_the_study(EventLogs::read(found(data), &ReadOptions::default()).pulls());
    let total = costs(&pulls, Clock::IncludingWaiting)?.total;
    let share = total.occupied_seconds / total.node_seconds;
    assert!((0.75..0.76).contains(&share), "{share}");
    Ok(())
}

/// Nobody pays less for waiting for others, in any of the study's groups.
pub(crate) fn waiting_never_saves(data: &Path) -> Result<(), Failed> {
    let pulls = of_the_study(EventLogs::read(found(data), &ReadOptions::default()).pulls());
    let columns = [Column::Experiment, Column::Nodes, Column::Image];
    let gangs = gangs(&pulls, &columns, Clock::IncludingWaiting);
    // Six images in each of four runs and five in two, on 4, 8 and 16 nodes.
    assert_eq!(gangs.len(), (4 * 6 + 2 * 5) * 3);
    for gang in &gangs {
        let cost = WaitingCost::of(&gang.seconds_by_node, USD_PER_HOUR);
        assert!(cost.gang_usd >= cost.elastic_usd, "{gang:?}");
        assert_eq!(gang.unknown_nodes, 0);
        let KeyValue::Number(nodes) = gang.key.0[1] else {
            return Err("the number of nodes is not known".into());
        };
        assert!(cost.nodes as u64 <= nodes, "{gang:?}");
    }
    Ok(())
}
