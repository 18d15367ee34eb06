//! Pods come, kubelets queue their images, and try again.

use std::collections::VecDeque;

use super::pull::{PullId, PullState};
use super::shares::Shares;
use super::{Allowance, Chance, Disk, Engine, Event, NodeState, OnNode, path};
use crate::outcome::{Constraint, FailedAttempt, FailureCause, PullEnd};
use crate::scenario::Scenario;

/// Requests before the first layer: which digest a tag has, the manifest, the config.
const PREPARING_REQUESTS: f64 = 3.0;

/// A node as it is before anything happens.
pub(super) fn node(scenario: &Scenario, shares: &mut Shares, number: u32) -> NodeState {
    let mut chance = Chance::new(scenario.seed, number);
    let speed = chance.speed(scenario.node.speed_spread);
    shares.add_receiver(scenario.node.link_bytes_per_second * speed);
    NodeState {
        disk: disk(scenario, speed),
        chance,
        speed,
        queue: VecDeque::new(),
        running: 0,
        pulls_allowed: pulls_allowed(scenario),
        flows: Vec::new(),
        unpacking: 0,
        want_core: VecDeque::new(),
    }
}

fn disk(scenario: &Scenario, speed: f64) -> Disk {
    let disk = &scenario.node.disk;
    let burst = disk.burst_bytes_per_second.unwrap_or(disk.bytes_per_second);
    Disk::new(
        disk.bytes_per_second * speed,
        burst * speed,
        disk.burst_bytes as f64,
    )
}

fn pulls_allowed(scenario: &Scenario) -> Allowance {
    let kubelet = &scenario.kubelet;
    match kubelet.pulls_per_second > 0.0 {
        true => Allowance::new(kubelet.pulls_per_second, kubelet.burst_pulls),
        false => Allowance::new(f64::MAX, f64::MAX),
    }
}

/// What lies on each node at first, node after node.
pub(super) fn layers_on_nodes(nodes: usize, present: &[bool]) -> Vec<OnNode> {
    let one: Vec<OnNode> = present
        .iter()
        .map(|&is_present| match is_present {
            true => OnNode::There,
            false => OnNode::Absent,
        })
        .collect();
    one.repeat(nodes)
}

impl Engine<'_> {
    /// Puts down when the first pods come.
    pub(super) fn first_pods(&mut self) {
        if self.is_in_rounds() {
            return self.round(0);
        }
        for pull in 0..self.pulls.len() as PullId {
            self.schedule(pull);
        }
    }

    /// All nodes get the pod of one image.
    fn round(&mut self, image: u32) {
        let images = self.workload.images.len() as u32;
        self.left_in_round = self.nodes.len() as u32;
        for node in 0..self.nodes.len() as u32 {
            self.schedule(node * images + image);
        }
    }

    fn schedule(&mut self, pull: PullId) {
        let node = self.node_of(pull);
        let spread = self.scenario.kubelet.start_spread_seconds;
        let at = self.now + spread * self.nodes[node as usize].chance.uniform();
        self.agenda.put(at, Event::Pod { pull });
    }

    /// The kubelet sees a pod: its image is there, or is asked for.
    pub(super) fn pod(&mut self, pull: PullId) {
        self.pulls[pull as usize].asked_at = self.now;
        if !self.is_lazy() && self.is_present(pull) {
            let state = &mut self.pulls[pull as usize];
            (state.queued_at, state.begun_at) = (self.now, self.now);
            state.end = PullEnd::Present;
            return self.ended(pull);
        }
        self.pulling(pull);
    }

    fn is_present(&mut self, pull: PullId) -> bool {
        let (node, image) = (self.node_of(pull), self.image_of(pull));
        let last = self.workload.images[image as usize].last().copied();
        last.is_some_and(|place| *self.has_chain(node, place.chain))
    }

    /// The kubelet says `Pulling`, and the image stands in line.
    pub(super) fn pulling(&mut self, pull: PullId) {
        let state = &mut self.pulls[pull as usize];
        state.attempt += 1;
        state.queued_at = self.now;
        let node = self.node_of(pull);
        self.nodes[node as usize].queue.push_back(pull);
        self.next_in_line(node);
    }

    fn next_in_line(&mut self, node: u32) {
        while self.nodes[node as usize].running < self.scenario.kubelet.parallel_pulls {
            let Some(pull) = self.nodes[node as usize].queue.pop_front() else {
                return;
            };
            self.begin(node, pull);
        }
    }

    fn begin(&mut self, node: u32, pull: PullId) {
        let layers = self.workload.images[self.image_of(pull) as usize].len();
        self.pulls[pull as usize].begin(self.now, layers);
        self.nodes[node as usize].running += 1;
        if !self.nodes[node as usize].pulls_allowed.take(self.now, 1.0) {
            return self.attempt_failed(pull, FailureCause::PullQps);
        }
        let attempt = self.pulls[pull as usize].attempt;
        self.prepare(pull, attempt);
    }

    /// Asks for manifest and config.
    pub(super) fn prepare(&mut self, pull: PullId, attempt: u16) {
        let latency = self.supply.latency(self.supply.last());
        match self.refused(self.supply.last(), PREPARING_REQUESTS, self.node_of(pull)) {
            None => {
                let at = self.now + PREPARING_REQUESTS * latency;
                self.agenda.put(at, Event::Prepared { pull, attempt });
            }
            Some(wait) => {
                self.pulls[pull as usize].limited_seconds += wait;
                self.agenda
                    .put(self.now + wait, Event::Prepare { pull, attempt });
            }
        }
    }

    /// Manifest and config are there: on with the layers.
    pub(super) fn prepared(&mut self, pull: PullId, attempt: u16) {
        if !self.goes_on(pull, attempt) {
            return;
        }
        self.pulls[pull as usize].prepared_at = self.now;
        match self.is_lazy() {
            true => self.mount(pull),
            false => {
                self.fetch_more(pull);
                self.unpack_more(pull);
            }
        }
    }

    /// An attempt is over and nothing came of it.
    pub(super) fn attempt_failed(&mut self, pull: PullId, cause: FailureCause) {
        self.pulls[pull as usize].is_running = false;
        self.give_up_downloads(pull);
        let state = &mut self.pulls[pull as usize];
        state.failed.push(FailedAttempt {
            pulling_at_seconds: state.queued_at,
            failed_at_seconds: self.now,
            cause,
        });
        let node = self.node_of(pull);
        self.nodes[node as usize].running -= 1;
        self.back_off(pull);
        self.next_in_line(node);
    }

    fn back_off(&mut self, pull: PullId) {
        let kubelet = &self.scenario.kubelet;
        let attempt = self.pulls[pull as usize].attempt;
        if u32::from(attempt) >= kubelet.tries || attempt == u16::MAX {
            self.pulls[pull as usize].end = PullEnd::Failed;
            return self.ended(pull);
        }
        let doublings = i32::from(attempt.min(64)) - 1;
        let wait = kubelet.back_off_seconds * 2_f64.powi(doublings);
        let at = self.now + wait.min(kubelet.longest_back_off_seconds);
        self.agenda.put(at, Event::Retry { pull });
    }

    /// The image is there.
    pub(super) fn pulled(&mut self, pull: PullId) {
        let node = self.node_of(pull);
        self.nodes[node as usize].running -= 1;
        let state = &mut self.pulls[pull as usize];
        state.is_running = false;
        state.end = PullEnd::Pulled;
        self.ended(pull);
        self.next_in_line(node);
    }

    /// A pull is over, however it ended.
    fn ended(&mut self, pull: PullId) {
        let image = self.image_of(pull);
        let constraints = self.supply.constraints(self.workload);
        let state = &mut self.pulls[pull as usize];
        state.ended_at = self.now;
        state.ready_at = self.now;
        charge_attempts(state);
        if state.end == PullEnd::Pulled {
            path::charge(state, &constraints);
        }
        if !self.options.keep_layers {
            state.layers = Vec::new();
        }
        match state.end {
            PullEnd::Failed => self.container_over(image),
            _ => self.start_container(pull),
        }
    }

    /// The container is ready, or will never be: the next image's turn may have come.
    pub(super) fn container_over(&mut self, image: u32) {
        if !self.is_in_rounds() {
            return;
        }
        self.left_in_round -= 1;
        let next = image + 1;
        if self.left_in_round == 0 && (next as usize) < self.workload.images.len() {
            self.round(next);
        }
    }
}

/// Charges what lies before the last attempt.
fn charge_attempts(state: &mut PullState) {
    if state.end == PullEnd::Failed {
        let seconds = state.ended_at - state.asked_at;
        return state.spent.add(Constraint::BackOff, seconds);
    }
    state
        .spent
        .add(Constraint::BackOff, state.queued_at - state.asked_at);
    state
        .spent
        .add(Constraint::Queue, state.begun_at - state.queued_at);
}
