//! The simulation itself: one thing after the other, each at its moment.

mod agenda;
mod allowance;
mod chance;
mod disk;
mod download;
mod kubelet;
mod meters;
mod path;
mod pull;
mod shares;
mod start;
mod supply;
mod unpack;
mod workload;

use crate::outcome::{FailureCause, LayerTimes, Outcome, PullEnd, SimulatedPull};
use crate::scenario::{Delivery, ImageOrder, Scenario, ScenarioError};

use agenda::Agenda;
use allowance::Allowance;
use chance::Chance;
use disk::Disk;
use meters::Meters;
use pull::{LayerProgress, PullId, PullState};
use shares::{FlowId, Shares};
use std::collections::{HashMap, VecDeque};
use supply::Supply;
use workload::Workload;

/// What a simulation keeps beside its pulls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Keep the moments of every layer of every pull: a hundred bytes each.
    pub keep_layers: bool,
}

impl Options {
    /// Keeps the moments of layers, or not.
    #[must_use]
    pub fn keep_layers(mut self, keep: bool) -> Self {
        self.keep_layers = keep;
        self
    }
}

/// Simulates a scenario; see [`simulate_with`].
///
/// # Errors
///
/// As [`simulate_with`].
pub fn simulate(scenario: &Scenario) -> Result<Outcome, ScenarioError> {
    simulate_with(scenario, &Options::default())
}

/// Simulates a scenario, moment by moment, and returns what every node saw.
///
/// The same scenario gives the same outcome, on every machine that rounds doubles as IEEE 754 says. Every node has random
/// numbers of its own, so that one node more changes nothing about what the others draw.
///
/// # Errors
///
/// [`ScenarioError`] if the scenario cannot be simulated; see [`Scenario::check`].
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Image, Scenario, simulate};
///
/// let mut scenario = Scenario::default();
/// scenario.images = vec![Image::of_equal_layers("app:1", 1, 1_250_000_000, Some(1_250_000_000), 0)];
/// scenario.node.hash_bytes_per_second = 1e12;
/// scenario.node.inflate_bytes_per_second = Some(1e12);
/// scenario.node.disk.bytes_per_second = 1e12;
/// scenario.node.layer_seconds = 0.5;
/// let outcome = simulate(&scenario)?;
/// // Three requests before the layer's own, 20 ms each; 1.25 GB at 1.25 GB/s; half a second for the layer.
/// assert!((outcome.pulls[0].seconds() - (4.0 * 0.02 + 1.0 + 0.5)).abs() < 0.01);
/// # Ok::<(), pullstudy_simulator::ScenarioError>(())
/// ```
pub fn simulate_with(scenario: &Scenario, options: &Options) -> Result<Outcome, ScenarioError> {
    scenario.check()?;
    let preparation_seconds = start::volume_filled(scenario)?;
    let workload = Workload::of(scenario)?;
    let mut outcome = Engine::new(scenario, &workload, *options).run()?;
    outcome.preparation_seconds += preparation_seconds;
    if scenario.preload {
        start::preloaded(&mut outcome);
    }
    Ok(outcome)
}

/// Three thousand years. Later, doubles no longer tell moments of a few microseconds apart, and a wait might not end.
const MOST_SECONDS: f64 = 1e11;

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A pod is there and wants its image.
    Pod { pull: PullId },
    /// The kubelet asks again after a back-off.
    Retry { pull: PullId },
    /// Manifest and config are asked for, again after a 429.
    Prepare { pull: PullId, attempt: u16 },
    /// Manifest and config are there.
    Prepared { pull: PullId, attempt: u16 },
    /// A layer is asked for, again after a 429.
    Ask { layer: InPull },
    /// Its first byte comes.
    Answered { layer: InPull },
    /// Its last byte is there.
    Received { layer: InPull },
    /// It lies on the disk.
    Stored { layer: InPull },
    /// It is unpacked.
    Unpacked { layer: InPull },
    /// What a cache or the seeds asked for is answered.
    Filling { tier: u16, layer: u32 },
    /// The same, asked for again after a 429.
    AskFill { tier: u16, layer: u32 },
    /// A lazy image or a volume is mounted.
    Mounted { pull: PullId },
    /// What a container reads first is asked for.
    Read { pull: PullId },
}

/// A layer's place in an attempt to pull an image.
#[derive(Debug, Clone, Copy)]
struct InPull {
    pull: PullId,
    attempt: u16,
    at: u16,
}

/// What a transfer is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Layer {
        layer: InPull,
        bytes: f64,
        fails: bool,
    },
    Fill {
        tier: u16,
        layer: u32,
    },
    Read {
        pull: PullId,
    },
}

/// How far a layer has come onto a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum OnNode {
    Absent,
    Coming,
    There,
}

#[derive(Debug)]
struct NodeState {
    disk: Disk,
    chance: Chance,
    /// How fast it is, against the others.
    speed: f64,
    queue: VecDeque<PullId>,
    running: u32,
    pulls_allowed: Allowance,
    flows: Vec<FlowId>,
    /// Layers that are being unpacked, of all images.
    unpacking: u32,
    /// Pulls that wait for a core.
    want_core: VecDeque<PullId>,
}

#[derive(Debug)]
struct Engine<'a> {
    scenario: &'a Scenario,
    workload: &'a Workload,
    options: Options,
    now: f64,
    steps: u64,
    agenda: Agenda<Event>,
    shares: Shares,
    purposes: Vec<Purpose>,
    supply: Supply,
    requests_allowed: Option<Allowance>,
    nodes: Vec<NodeState>,
    pulls: Vec<PullState>,
    layers: Vec<OnNode>,
    chains: Vec<bool>,
    /// Pulls of a node that wait for a layer which another of its pulls fetches.
    waiting: HashMap<(u32, u32), Vec<InPull>>,
    meters: Meters,
    /// Pulls that are not over, of the image whose turn it is.
    left_in_round: u32,
}

impl<'a> Engine<'a> {
    fn new(scenario: &'a Scenario, workload: &'a Workload, options: Options) -> Self {
        let nodes = scenario.nodes as usize;
        let mut shares = Shares::default();
        let nodes_state: Vec<NodeState> = (0..scenario.nodes)
            .map(|node| kubelet::node(scenario, &mut shares, node))
            .collect();
        let supply = Supply::new(scenario, &mut shares, workload.layers.len());
        let meters = Meters::new(&supply);
        Self {
            scenario,
            workload,
            options,
            now: 0.0,
            steps: 0,
            agenda: Agenda::new(),
            shares,
            purposes: Vec::new(),
            supply,
            requests_allowed: supply::requests_allowed(scenario),
            nodes: nodes_state,
            pulls: vec![PullState::new(); nodes * workload.images.len()],
            layers: kubelet::layers_on_nodes(nodes, &workload.present_layers),
            chains: workload.present_chains.repeat(nodes),
            waiting: HashMap::new(),
            meters,
            left_in_round: 0,
        }
    }

    fn run(mut self) -> Result<Outcome, ScenarioError> {
        self.first_pods();
        while self.step() {
            if self.now > MOST_SECONDS {
                return Err(ScenarioError::TooLong {
                    most_seconds: MOST_SECONDS,
                });
            }
        }
        Ok(self.outcome())
    }

    /// Does what comes next. False when nothing does.
    fn step(&mut self) -> bool {
        let Some(at) = self.next_moment() else {
            return false;
        };
        self.steps += 1;
        self.now = self.now.max(at);
        if let Some(flow) = self.shares.ended(self.now) {
            self.transferred(flow);
        } else if let Some(event) = self.agenda.take(self.now) {
            self.happen(event);
        }
        true
    }

    /// Returns when the next thing happens. Before time goes on, what changed at this moment is shared out.
    fn next_moment(&mut self) -> Option<f64> {
        let still_now = self.agenda.next().is_some_and(|at| at <= self.now);
        if still_now {
            return Some(self.now);
        }
        self.meters.sent(&self.shares, self.now);
        self.shares.settle(self.now);
        let ends = self.shares.next_end();
        let earliest = [ends, self.agenda.next()].into_iter().flatten();
        earliest.min_by(f64::total_cmp)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Pod { pull } => self.pod(pull),
            Event::Retry { pull } => self.pulling(pull),
            Event::Prepare { pull, attempt } => self.prepare(pull, attempt),
            Event::Prepared { pull, attempt } => self.prepared(pull, attempt),
            Event::Ask { layer } => self.ask(layer),
            Event::Answered { layer } => self.answered(layer),
            Event::Received { layer } => self.received(layer),
            Event::Stored { layer } => self.stored(layer),
            Event::Unpacked { layer } => self.unpacked(layer),
            Event::Filling { tier, layer } => self.filling(tier, layer),
            Event::AskFill { tier, layer } => self.ask_fill(tier, layer),
            Event::Mounted { pull } => self.mounted(pull),
            Event::Read { pull } => self.read(pull),
        }
    }

    fn transferred(&mut self, flow: FlowId) {
        let purpose = self.purposes[flow as usize];
        let held_up = self.shares.end(self.now, flow);
        match purpose {
            Purpose::Layer {
                layer,
                bytes,
                fails,
            } => {
                self.leaves_node(flow, layer, bytes);
                match fails {
                    true => self.attempt_failed(layer.pull, FailureCause::Download),
                    false => self.layer_transferred(layer, held_up),
                }
            }
            Purpose::Fill { tier, layer } => self.fill_transferred(tier, layer),
            Purpose::Read { pull } => self.read_transferred(pull, held_up),
        }
    }

    /// Notes what a transfer is for.
    fn purpose(&mut self, flow: FlowId, purpose: Purpose) {
        match self.purposes.get_mut(flow as usize) {
            Some(known) => *known = purpose,
            None => self.purposes.push(purpose),
        }
    }

    fn node_of(&self, pull: PullId) -> u32 {
        pull / self.workload.images.len() as u32
    }

    fn image_of(&self, pull: PullId) -> u32 {
        pull % self.workload.images.len() as u32
    }

    fn on_node(&mut self, node: u32, layer: u32) -> &mut OnNode {
        &mut self.layers[node as usize * self.workload.present_layers.len() + layer as usize]
    }

    fn has_chain(&mut self, node: u32, chain: u32) -> &mut bool {
        &mut self.chains[node as usize * self.workload.present_chains.len() + chain as usize]
    }

    fn progress(&mut self, layer: InPull) -> &mut LayerProgress {
        &mut self.pulls[layer.pull as usize].layers[usize::from(layer.at)]
    }

    /// Tells whether the attempt that a layer belongs to still goes on.
    fn goes_on(&self, pull: PullId, attempt: u16) -> bool {
        let state = &self.pulls[pull as usize];
        state.is_running && state.attempt == attempt
    }

    fn is_in_rounds(&self) -> bool {
        self.scenario.order == ImageOrder::OneByOne
    }

    fn is_lazy(&self) -> bool {
        self.scenario.delivery != Delivery::Pull
    }

    fn outcome(self) -> Outcome {
        let images = self.workload.images.len() as u32;
        let pulls = self.pulls.into_iter().enumerate();
        let pull = |(id, state): (usize, PullState)| {
            debug_assert_ne!(state.end, PullEnd::Unfinished);
            simulated(id as u32 / images, id as u32 % images, state)
        };
        Outcome {
            pulls: pulls.map(pull).collect(),
            resources: self.meters.uses(self.scenario, &self.supply),
            preparation_seconds: 0.0,
            steps: self.steps,
        }
    }
}

fn simulated(node: u32, image: u32, state: PullState) -> SimulatedPull {
    SimulatedPull {
        node,
        image,
        end: state.end,
        asked_at_seconds: state.asked_at,
        pulling_at_seconds: state.queued_at,
        begun_at_seconds: state.begun_at,
        ended_at_seconds: state.ended_at,
        ready_at_seconds: state.ready_at,
        received_bytes: state.received_bytes,
        layers_received: state.layers_received,
        spent: state.spent,
        start_spent: state.start_spent,
        failed_attempts: state.failed,
        layers: state.layers.iter().map(times).collect(),
    }
}

fn times(layer: &LayerProgress) -> LayerTimes {
    let known = |moment: f64| (!moment.is_nan()).then_some(moment);
    LayerTimes {
        asked_at_seconds: known(layer.asked_at),
        received_at_seconds: known(layer.received_at),
        stored_at_seconds: known(layer.stored_at),
        unpack_started_at_seconds: known(layer.unpack_started_at).filter(|_| !layer.was_unpacked),
        unpacked_at_seconds: known(layer.unpacked_at).filter(|_| !layer.was_unpacked),
        overhead_seconds: layer.overhead_seconds,
        is_disk_bound: layer.is_disk_bound,
    }
}
