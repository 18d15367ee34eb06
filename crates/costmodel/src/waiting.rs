//! What it costs that nodes wait for each other.

use std::collections::BTreeMap;

use pullstudy_events::{Clock, Column, Key, Pull};

use crate::bill::node_cost_usd;

/// The pulls of one image that one piece of work waits for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gang {
    /// What the pulls have in common.
    pub key: Key,
    /// Pulls that succeeded and whose seconds are known.
    pub pulls: usize,
    /// Seconds until each node had the image: the longest of its pulls.
    pub seconds_by_node: Vec<f64>,
    /// Position of the first pull of each node: pods that start together on one node share its download.
    pub first_pulls: Vec<usize>,
    /// Pulls of which no event tells the node: each counts as a node of its own.
    pub unknown_nodes: usize,
}

/// What a gang of nodes pays until all have their image, beside what each pays for itself.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct WaitingCost {
    /// Nodes that pulled.
    pub nodes: usize,
    /// Seconds of the slowest node; `None` where there is no node.
    pub slowest_seconds: Option<f64>,
    /// Every node pays until the slowest has its image: `nodes × slowest_seconds`.
    pub gang_node_seconds: f64,
    /// Every node pays for its own seconds: their sum.
    pub elastic_node_seconds: f64,
    /// What the gang pays.
    pub gang_usd: f64,
    /// What nodes pay that begin when they are ready.
    pub elastic_usd: f64,
    /// What waiting for each other costs: the difference.
    pub waiting_usd: f64,
}

impl WaitingCost {
    /// Returns both costs for nodes of one price, given the seconds until each has its image. All are taken to start at
    /// the same moment.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_costmodel::WaitingCost;
    ///
    /// // Three nodes need a minute, one needs two.
    /// let cost = WaitingCost::of(&[60.0, 60.0, 60.0, 120.0], 3.6);
    /// assert_eq!((cost.gang_node_seconds, cost.elastic_node_seconds), (480.0, 300.0));
    /// assert!((cost.waiting_usd - 0.18).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn of(seconds_by_node: &[f64], usd_per_hour: f64) -> Self {
        let slowest_seconds = seconds_by_node.iter().copied().reduce(f64::max);
        let nodes = seconds_by_node.len();
        let gang_node_seconds = nodes as f64 * slowest_seconds.unwrap_or(0.0);
        // A sum of equal seconds may end a rounding error above their product.
        let elastic_node_seconds = seconds_by_node.iter().sum::<f64>().min(gang_node_seconds);
        let gang_usd = node_cost_usd(gang_node_seconds, usd_per_hour);
        let elastic_usd = node_cost_usd(elastic_node_seconds, usd_per_hour);
        Self {
            nodes,
            slowest_seconds,
            gang_node_seconds,
            elastic_node_seconds,
            gang_usd,
            elastic_usd,
            waiting_usd: gang_usd - elastic_usd,
        }
    }
}

/// Groups pulls into gangs by `columns`, such as experiment, nodes and image.
///
/// A node that pulls an image more than once is one node, ready when its longest pull is. Only pulls that succeeded
/// and whose seconds are known count.
#[must_use]
pub fn gangs(pulls: &[Pull], columns: &[Column], clock: Clock) -> Vec<Gang> {
    let mut groups: BTreeMap<Key, Nodes<'_>> = BTreeMap::new();
    for (position, pull) in pulls.iter().enumerate() {
        if let Some(seconds) = pull.seconds(clock) {
            let key = Key(columns.iter().map(|column| column.value(pull)).collect());
            groups.entry(key).or_default().add(position, pull, seconds);
        }
    }
    groups
        .into_iter()
        .map(|(key, nodes)| nodes.gang(key, pulls))
        .collect()
}

/// Seconds and positions of the pulls of each node.
#[derive(Default)]
struct Nodes<'a> {
    known: BTreeMap<&'a str, Vec<(usize, f64)>>,
    unknown: Vec<(usize, f64)>,
}

impl<'a> Nodes<'a> {
    fn add(&mut self, position: usize, pull: &'a Pull, seconds: f64) {
        let of_node = match pull.node.as_deref() {
            Some(node) => self.known.entry(node).or_default(),
            None => &mut self.unknown,
        };
        of_node.push((position, seconds));
    }

    fn gang(self, key: Key, pulls: &[Pull]) -> Gang {
        let alone = self.unknown.iter().map(std::slice::from_ref);
        let nodes: Vec<&[(usize, f64)]> = self
            .known
            .values()
            .map(Vec::as_slice)
            .chain(alone)
            .collect();
        let longest = |of_node: &&[(usize, f64)]| {
            of_node
                .iter()
                .map(|(_, seconds)| *seconds)
                .fold(0.0, f64::max)
        };
        let first = |of_node: &&[(usize, f64)]| {
            let positions = of_node.iter().map(|(position, _)| *position);
            positions.min_by_key(|&position| (pulls[position].pulling_at, position))
        };
        Gang {
            key,
            pulls: nodes.iter().map(|of_node| of_node.len()).sum(),
            seconds_by_node: nodes.iter().map(longest).collect(),
            first_pulls: nodes.iter().filter_map(first).collect(),
            unknown_nodes: self.unknown.len(),
        }
    }
}
