//! The same images on more and more nodes, under one strategy after the other.

use pullstudy_stats::Sample;
use serde::{Deserialize, Serialize};

use crate::engine::simulate;
use crate::outcome::{Constraint, Outcome, PullEnd, Spent};
use crate::scenario::{Scenario, ScenarioError};
use crate::strategy::Strategy;

/// What one simulation of a sweep came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SweepPoint {
    /// The strategy, as it was written.
    pub strategy: String,
    /// How many nodes.
    pub nodes: u32,
    /// Pulls that succeeded, and images that were there.
    pub pulls: u64,
    /// Pulls that failed for good.
    pub failed: u64,
    /// Median of the seconds from a pod's coming to its container's readiness.
    pub median_seconds: Option<f64>,
    /// Their 5th percentile.
    pub p5_seconds: Option<f64>,
    /// Their 95th percentile.
    pub p95_seconds: Option<f64>,
    /// Their 99th percentile.
    pub p99_seconds: Option<f64>,
    /// The longest.
    pub max_seconds: Option<f64>,
    /// Seconds from the first pod's coming until the last container was ready.
    pub all_ready_seconds: f64,
    /// Seconds of work before the pods came.
    pub preparation_seconds: f64,
    /// Seconds that nodes wait, when each goes on as soon as its own images are there.
    pub elastic_node_seconds: f64,
    /// Seconds that nodes wait, when all wait for the slowest.
    pub gang_node_seconds: f64,
    /// Bytes that the registry sent.
    pub registry_bytes: f64,
    /// Requests that it got, refused ones included.
    pub requests: f64,
    /// Requests that it refused with a 429.
    pub refused_requests: f64,
    /// What the seconds of all pulls went to.
    pub spent: Spent,
    /// What they went to most.
    pub bound_by: Option<Constraint>,
    /// What no way of pulling everything straight from the registry can be faster than; see [`direct_limit_seconds`].
    pub direct_limit_seconds: f64,
}

/// From how many nodes on a strategy is better than doing nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BreakEven {
    /// The strategy.
    pub strategy: String,
    /// The fewest nodes of the sweep from which on its median is lower, for every larger number too; `None` if that is so
    /// for no number.
    pub faster_from_nodes: Option<u32>,
    /// The same for the seconds of all nodes when they wait for the slowest, which is what a gang pays for.
    pub cheaper_from_nodes: Option<u32>,
}

/// Returns the seconds that all nodes need at least to pull all images straight from the registry:
/// `max(S / b_node, N S / B_registry)`.
///
/// S is the wire bytes that a node lacks, b_node its link, N the number of nodes and B_registry what the registry sends in
/// a second. Nothing else is counted, so every real pull takes longer.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Image, Scenario, direct_limit_seconds};
///
/// let mut scenario = Scenario::default();
/// scenario.images = vec![Image::of_equal_layers("app:1", 4, 5_000_000_000, None, 0)];
/// scenario.node.link_bytes_per_second = 1e9;
/// scenario.registry.bytes_per_second = 10e9;
/// scenario.nodes = 4;
/// assert_eq!(direct_limit_seconds(&scenario), 5.0);
/// scenario.nodes = 100;
/// assert_eq!(direct_limit_seconds(&scenario), 50.0);
/// ```
#[must_use]
pub fn direct_limit_seconds(scenario: &Scenario) -> f64 {
    let mut seen = std::collections::HashSet::new();
    let layers = scenario.images.iter().flat_map(|image| {
        let is_present = scenario.present.contains(&image.image);
        image.layers.iter().filter(move |_| !is_present)
    });
    let lacking = layers.filter(|layer| {
        let name = layer.shared.as_deref();
        name.is_none_or(|name| {
            !scenario.present.iter().any(|present| present == name) && seen.insert(name)
        })
    });
    let bytes: f64 = lacking.map(|layer| layer.wire_bytes as f64).sum();
    let all = bytes * f64::from(scenario.nodes) / scenario.registry.bytes_per_second;
    all.max(bytes / scenario.node.link_bytes_per_second)
}

/// Simulates every strategy on every number of nodes, and tells each point as it comes.
///
/// # Errors
///
/// [`ScenarioError`] of the first scenario that cannot be simulated.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Image, Scenario, Strategy, sweep};
///
/// let mut scenario = Scenario::default();
/// scenario.images = vec![Image::of_equal_layers("app:1", 4, 1_000_000_000, None, 0)];
/// scenario.registry.bytes_per_second = 1e9;
/// let strategies = [Strategy::as_is(), "peer-to-peer".parse()?];
/// let points = sweep(&scenario, &strategies, &[4, 64], |_| {})?;
/// assert_eq!(points.len(), 4);
/// // Straight from the registry 16 times the nodes wait longer; among peers hardly.
/// assert!(points[1].median_seconds > points[0].median_seconds);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sweep(
    scenario: &Scenario,
    strategies: &[Strategy],
    nodes: &[u32],
    mut told: impl FnMut(&SweepPoint),
) -> Result<Vec<SweepPoint>, ScenarioError> {
    let mut points = Vec::with_capacity(strategies.len() * nodes.len());
    for strategy in strategies {
        for &nodes in nodes {
            let mut changed = strategy.applied_to(scenario);
            changed.nodes = nodes;
            let outcome = simulate(&changed)?;
            let point = SweepPoint::of(strategy, &changed, &outcome);
            told(&point);
            points.push(point);
        }
    }
    Ok(points)
}

impl SweepPoint {
    /// Sums up what came of a scenario that a strategy was laid over.
    #[must_use]
    pub fn of(strategy: &Strategy, scenario: &Scenario, outcome: &Outcome) -> Self {
        let pulls = outcome.pulls.iter();
        let came: Vec<f64> = pulls
            .filter(|pull| pull.end != PullEnd::Failed)
            .map(|pull| pull.ready_at_seconds - pull.asked_at_seconds)
            .collect();
        let sample = Sample::new(came).ok();
        let percentile = |percent| {
            sample
                .as_ref()
                .and_then(|sample| sample.quantile(percent).ok())
        };
        let total = |name| {
            outcome
                .resource(name)
                .map_or(0.0, |resource| resource.total)
        };
        let (elastic_node_seconds, all_ready_seconds) = waits(scenario, outcome);
        Self {
            strategy: strategy.to_string(),
            nodes: scenario.nodes,
            pulls: sample.as_ref().map_or(0, |sample| sample.count() as u64),
            failed: failed(outcome),
            median_seconds: percentile(50.0),
            p5_seconds: percentile(5.0),
            p95_seconds: percentile(95.0),
            p99_seconds: percentile(99.0),
            max_seconds: percentile(100.0),
            all_ready_seconds,
            preparation_seconds: outcome.preparation_seconds,
            elastic_node_seconds,
            gang_node_seconds: all_ready_seconds * f64::from(scenario.nodes),
            registry_bytes: total("registry"),
            requests: total("requests"),
            refused_requests: total("refused requests"),
            spent: outcome.spent(),
            bound_by: outcome.spent().most(),
            direct_limit_seconds: direct_limit_seconds(scenario),
        }
    }
}

fn failed(outcome: &Outcome) -> u64 {
    let pulls = outcome.pulls.iter();
    pulls.filter(|pull| pull.end == PullEnd::Failed).count() as u64
}

/// Sums what each node waits from its first pod to its last container, and finds when the last of all was ready.
fn waits(scenario: &Scenario, outcome: &Outcome) -> (f64, f64) {
    let per_node = outcome.pulls.chunks(scenario.images.len().max(1));
    let (mut elastic, mut first, mut last) = (0.0, f64::INFINITY, 0.0_f64);
    for pulls in per_node {
        let asked = pulls
            .iter()
            .map(|pull| pull.asked_at_seconds)
            .fold(f64::INFINITY, f64::min);
        let ready = pulls
            .iter()
            .map(|pull| pull.ready_at_seconds)
            .fold(0.0, f64::max);
        elastic += (ready - asked).max(0.0);
        first = first.min(asked);
        last = last.max(ready);
    }
    (elastic, (last - first).max(0.0))
}

/// Compares each strategy of a sweep with the one that comes first.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Image, Scenario, Strategy, break_even, sweep};
///
/// let mut scenario = Scenario::default();
/// scenario.images = vec![Image::of_equal_layers("app:1", 4, 1_000_000_000, None, 0)];
/// scenario.registry.bytes_per_second = 5e9;
/// scenario.registry.latency_seconds = 0.001;
/// let strategies = [Strategy::as_is(), "peer-to-peer".parse()?];
/// let points = sweep(&scenario, &strategies, &[4, 8, 16, 32, 64, 128], |_| {})?;
/// let even = break_even(&points);
/// assert_eq!(even[0].strategy, "peer-to-peer");
/// assert!(even[0].faster_from_nodes > Some(4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn break_even(points: &[SweepPoint]) -> Vec<BreakEven> {
    let Some(base) = points.first().map(|point| &point.strategy) else {
        return Vec::new();
    };
    let mut strategies: Vec<&String> = points.iter().map(|point| &point.strategy).collect();
    strategies.dedup();
    let others = strategies.into_iter().filter(|&strategy| strategy != base);
    let of = |strategy: &String| -> Vec<&SweepPoint> {
        points
            .iter()
            .filter(|point| &point.strategy == strategy)
            .collect()
    };
    let base = of(base);
    others
        .map(|strategy| {
            let points = of(strategy);
            BreakEven {
                strategy: strategy.clone(),
                faster_from_nodes: better_from(&points, &base, |point| point.median_seconds),
                cheaper_from_nodes: better_from(&points, &base, |point| {
                    Some(point.gang_node_seconds)
                }),
            }
        })
        .collect()
}

/// The fewest nodes from which on `figure` is lower than the base's, to the end of the sweep.
fn better_from(
    points: &[&SweepPoint],
    base: &[&SweepPoint],
    figure: impl Fn(&SweepPoint) -> Option<f64>,
) -> Option<u32> {
    let mut from = None;
    for point in points {
        let base = base.iter().find(|base| base.nodes == point.nodes)?;
        let is_better =
            matches!((figure(point), figure(base)), (Some(mine), Some(theirs)) if mine < theirs);
        from = match is_better {
            true => from.or(Some(point.nodes)),
            false => None,
        };
    }
    from
}
