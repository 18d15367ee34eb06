//! Where bytes come from: the registry, and what stands between it and the nodes.

use std::collections::HashMap;

use super::shares::Shares;
use super::workload::Workload;
use super::{Allowance, Engine, Event, InPull, PullId, Purpose};
use crate::outcome::Constraint;
use crate::scenario::{Delivery, Scenario};

/// How far a layer has come into a cache or to the seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InTier {
    Absent,
    Coming,
    There,
}

/// Who waits until something between has a layer.
#[derive(Debug, Clone, Copy)]
enum Waiter {
    Node(InPull),
    Read(PullId),
    Tier(u16),
}

/// The registry, or something between it and the nodes.
#[derive(Debug)]
struct Tier {
    source: u16,
    constraint: Constraint,
    latency_seconds: f64,
    /// Its own link to the tier above, as a receiver; the registry has none.
    receiver: Option<u32>,
    layers: Vec<InTier>,
    /// Its capacity, or `None` where it is without limit.
    capacity: Option<f64>,
}

/// Peers' part of the supply.
#[derive(Debug)]
struct Swarm {
    tier: u16,
    upload: f64,
    seeds: f64,
    /// Nodes that have begun to receive, and so to send.
    senders: u32,
    is_sender: Vec<bool>,
    /// Seconds that a piece takes through as many hands as stand between the seeds and the last node.
    last_piece_seconds: f64,
}

/// All tiers, the registry first and what nodes ask last.
#[derive(Debug)]
pub(super) struct Supply {
    tiers: Vec<Tier>,
    waiters: HashMap<(u16, u32), Vec<Waiter>>,
    swarm: Option<Swarm>,
    /// What a volume sends; it stands outside the row.
    volume: Option<u16>,
}

/// What a node's path is charged to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Constraints {
    /// What nodes ask could send no more.
    pub(super) source: Constraint,
    /// It waited for the tier above.
    pub(super) above: Constraint,
    /// One download could do no more.
    pub(super) own: Constraint,
    /// Unpacking could go no faster, the disk aside.
    pub(super) unpacking: Constraint,
}

/// The registry's limit of requests.
pub(super) fn requests_allowed(scenario: &Scenario) -> Option<Allowance> {
    let registry = &scenario.registry;
    let per_second = registry.requests_per_second?;
    let burst = registry.burst_requests.unwrap_or(per_second.max(1.0));
    Some(Allowance::new(per_second, burst))
}

impl Supply {
    pub(super) fn new(scenario: &Scenario, shares: &mut Shares, layers: usize) -> Self {
        let mut supply = Self {
            tiers: vec![registry(scenario, shares)],
            waiters: HashMap::new(),
            swarm: None,
            volume: None,
        };
        if let Some(cache) = &scenario.cache {
            supply.tiers.push(Tier {
                source: shares.add_source(cache.bytes_per_second),
                constraint: Constraint::Cache,
                latency_seconds: cache.latency_seconds,
                receiver: Some(shares.add_receiver(cache.link_bytes_per_second)),
                layers: vec![InTier::Absent; layers],
                capacity: limit(cache.bytes_per_second),
            });
        }
        supply.add_swarm(scenario, shares, layers);
        if let Delivery::Volume(volume) = &scenario.delivery {
            supply.volume = Some(shares.add_source(volume.bytes_per_second));
        }
        supply
    }

    fn add_swarm(&mut self, scenario: &Scenario, shares: &mut Shares, layers: usize) {
        let Some(peers) = &scenario.peers else {
            return;
        };
        self.tiers.push(Tier {
            source: shares.add_source(peers.seed_bytes_per_second),
            constraint: Constraint::Peers,
            latency_seconds: peers.latency_seconds,
            receiver: Some(shares.add_receiver(peers.seed_bytes_per_second)),
            layers: vec![InTier::Absent; layers],
            capacity: None,
        });
        let hops = f64::from(scenario.nodes).ln() / f64::from(peers.connections.max(2)).ln();
        let link = scenario.node.link_bytes_per_second;
        let piece_seconds = peers.piece_bytes as f64 / peers.upload_bytes_per_second.min(link);
        self.swarm = Some(Swarm {
            tier: self.last(),
            upload: peers.upload_bytes_per_second / f64::from(peers.children.unwrap_or(1)),
            seeds: peers.seed_bytes_per_second,
            senders: 0,
            is_sender: vec![false; scenario.nodes as usize],
            last_piece_seconds: hops.ceil().max(1.0) * piece_seconds,
        });
    }

    /// What nodes ask.
    pub(super) fn last(&self) -> u16 {
        (self.tiers.len() - 1) as u16
    }

    pub(super) fn latency(&self, tier: u16) -> f64 {
        self.tiers[usize::from(tier)].latency_seconds
    }

    pub(super) fn source(&self, tier: u16) -> u16 {
        self.tiers[usize::from(tier)].source
    }

    pub(super) fn volume(&self) -> Option<u16> {
        self.volume
    }

    /// Every source with its name and limit.
    pub(super) fn sources(&self) -> Vec<(u16, &'static str, Option<f64>)> {
        let tiers = self.tiers.iter();
        let tiers = tiers.map(|tier| (tier.source, tier.constraint.as_str(), tier.capacity));
        let volume = self.volume.map(|source| (source, "volume", None));
        tiers.chain(volume).collect()
    }

    pub(super) fn constraints(&self, workload: &Workload) -> Constraints {
        let last = self.tiers.len() - 1;
        Constraints {
            source: self.tiers[last].constraint,
            above: self.tiers[last.saturating_sub(1)].constraint,
            own: workload.own_constraint,
            unpacking: workload.unpack_constraint,
        }
    }

    /// Seconds after a transfer's end until its last piece has come through the swarm.
    pub(super) fn last_piece_seconds(&self) -> f64 {
        self.swarm
            .as_ref()
            .map_or(0.0, |swarm| swarm.last_piece_seconds)
    }
}

fn registry(scenario: &Scenario, shares: &mut Shares) -> Tier {
    let registry = &scenario.registry;
    Tier {
        source: shares.add_source(registry.bytes_per_second),
        constraint: Constraint::Registry,
        latency_seconds: registry.latency_seconds,
        receiver: None,
        layers: Vec::new(),
        capacity: limit(registry.bytes_per_second),
    }
}

fn limit(rate: f64) -> Option<f64> {
    rate.is_finite().then_some(rate)
}

impl Engine<'_> {
    /// Asks a tier `requests` times. Returns the seconds until one may ask again, where it refuses.
    pub(super) fn refused(&mut self, tier: u16, requests: f64, node: u32) -> Option<f64> {
        if tier > 0 {
            return None;
        }
        self.meters.requests(self.now, requests);
        let allowed = self.requests_allowed.as_mut();
        if allowed.is_none_or(|allowance| allowance.take(self.now, requests)) {
            return None;
        }
        self.meters.refused(self.now, requests);
        let registry = &self.scenario.registry;
        // Half as much again at most, by chance: who is refused together would else come back together.
        let jitter = 1.0 + 0.5 * self.chance(node);
        Some(registry.latency_seconds + registry.retry_after_seconds * jitter)
    }

    /// A random number of a node; what is no node has those of the first.
    fn chance(&mut self, node: u32) -> f64 {
        let node = (node as usize).min(self.nodes.len() - 1);
        self.nodes[node].chance.uniform()
    }

    /// Sees to it that a tier has a layer, or will.
    pub(super) fn want(&mut self, tier: u16, layer: u32) {
        if tier == 0
            || self.supply.tiers[usize::from(tier)].layers[layer as usize] != InTier::Absent
        {
            return;
        }
        self.supply.tiers[usize::from(tier)].layers[layer as usize] = InTier::Coming;
        self.ask_fill(tier, layer);
    }

    /// A tier asks the one above for a layer.
    pub(super) fn ask_fill(&mut self, tier: u16, layer: u32) {
        let above = tier - 1;
        self.want(above, layer);
        match self.refused(above, 1.0, u32::MAX) {
            None => {
                let at = self.now + self.supply.latency(above);
                self.agenda.put(at, Event::Filling { tier, layer });
            }
            Some(wait) => self
                .agenda
                .put(self.now + wait, Event::AskFill { tier, layer }),
        }
    }

    /// The first byte of a layer reaches a tier.
    pub(super) fn filling(&mut self, tier: u16, layer: u32) {
        let receiver = self.supply.tiers[usize::from(tier)]
            .receiver
            .expect("only tiers below the registry are filled");
        let source = self.supply.source(tier - 1);
        let bytes = self.workload.layers[layer as usize].wire_bytes as f64;
        let limit = match tier {
            1 => self.scenario.registry.connection_bytes_per_second,
            _ => f64::INFINITY,
        };
        let flow = self.shares.start(self.now, source, receiver, bytes, limit);
        self.purpose(flow, Purpose::Fill { tier, layer });
    }

    /// A tier has got a layer, as far as its link goes; the tier above may not have it yet.
    pub(super) fn fill_transferred(&mut self, tier: u16, layer: u32) {
        match self.is_in_tier(tier - 1, layer) {
            true => self.filled(tier, layer),
            false => self.wait_for_tier(tier - 1, layer, Waiter::Tier(tier)),
        }
    }

    fn is_in_tier(&self, tier: u16, layer: u32) -> bool {
        tier == 0 || self.supply.tiers[usize::from(tier)].layers[layer as usize] == InTier::There
    }

    fn wait_for_tier(&mut self, tier: u16, layer: u32, waiter: Waiter) {
        let waiters = self.supply.waiters.entry((tier, layer)).or_default();
        waiters.push(waiter);
    }

    fn filled(&mut self, tier: u16, layer: u32) {
        self.supply.tiers[usize::from(tier)].layers[layer as usize] = InTier::There;
        let waiters = self
            .supply
            .waiters
            .remove(&(tier, layer))
            .unwrap_or_default();
        for waiter in waiters {
            match waiter {
                Waiter::Node(layer) => self.has_come(layer),
                Waiter::Read(pull) => self.ready_after_read(pull),
                Waiter::Tier(below) => self.filled(below, layer),
            }
        }
    }

    /// A node has a layer as far as links go: it is there once the tier above has it.
    pub(super) fn arrives(&mut self, layer: InPull, number: u32) {
        let last = self.supply.last();
        match self.is_in_tier(last, number) {
            true => self.has_come(layer),
            false => self.wait_for_tier(last, number, Waiter::Node(layer)),
        }
    }

    /// The same for what a container reads first.
    pub(super) fn read_arrives(&mut self, pull: PullId, number: u32) {
        let last = self.supply.last();
        match self.is_in_tier(last, number) {
            true => self.ready_after_read(pull),
            false => self.wait_for_tier(last, number, Waiter::Read(pull)),
        }
    }

    fn has_come(&mut self, layer: InPull) {
        let at = self.now + self.supply.last_piece_seconds();
        self.agenda.put(at, Event::Received { layer });
    }

    /// A node has begun to receive from its peers, so it sends to them, too.
    pub(super) fn joins_swarm(&mut self, node: u32) {
        let Some(swarm) = &mut self.supply.swarm else {
            return;
        };
        if std::mem::replace(&mut swarm.is_sender[node as usize], true) {
            return;
        }
        swarm.senders += 1;
        let capacity = swarm.seeds + swarm.upload * f64::from(swarm.senders);
        let source = self.supply.tiers[usize::from(swarm.tier)].source;
        self.shares.set_capacity(source, capacity);
    }
}
