//! From an image to a container that is ready: what it reads first, and what was done before.

use super::pull::PullId;
use super::shares::HeldUp;
use super::{Engine, Event, Purpose, simulate};
use crate::outcome::{Constraint, Outcome, PullEnd, Spent};
use crate::scenario::{Delivery, Scenario, ScenarioError};

/// Returns the seconds that one node takes to pull everything, which is what fills a volume; 0 without one.
pub(super) fn volume_filled(scenario: &Scenario) -> Result<f64, ScenarioError> {
    if !matches!(scenario.delivery, Delivery::Volume(_)) {
        return Ok(0.0);
    }
    let filling = Scenario {
        nodes: 1,
        delivery: Delivery::Pull,
        preload: false,
        present: Vec::new(),
        ..scenario.clone()
    };
    simulate(&filling).map(|outcome| outcome.ended_at_seconds())
}

/// Turns pulls into what pods see that come after them: images that are there.
pub(super) fn preloaded(outcome: &mut Outcome) {
    let done = outcome.ended_at_seconds();
    outcome.preparation_seconds += done;
    for pull in &mut outcome.pulls {
        if pull.end == PullEnd::Failed {
            continue;
        }
        let run_seconds = pull.ready_at_seconds - pull.ended_at_seconds;
        pull.end = PullEnd::Present;
        pull.asked_at_seconds = done;
        pull.pulling_at_seconds = done;
        pull.begun_at_seconds = done;
        pull.ended_at_seconds = done;
        pull.ready_at_seconds = done + run_seconds;
        pull.spent = Spent::default();
        pull.start_spent = Spent::default();
        pull.failed_attempts.clear();
    }
}

impl Engine<'_> {
    /// Mounts an image of which little is there.
    pub(super) fn mount(&mut self, pull: PullId) {
        let layers = self.pulls[pull as usize].layers.len() as f64;
        let node = self.node_of(pull);
        let speed = self.nodes[node as usize].speed;
        let (latency, overhead) = match &self.scenario.delivery {
            Delivery::Pull => (0.0, 0.0),
            Delivery::Lazy(lazy) => {
                let requests = f64::from(lazy.requests_per_layer) * layers;
                self.meters.requests(self.now, requests);
                let latency = self.supply.latency(self.supply.last());
                (
                    requests * latency,
                    layers * self.scenario.node.layer_seconds / speed,
                )
            }
            Delivery::Volume(volume) => (0.0, volume.attach_seconds),
        };
        let state = &mut self.pulls[pull as usize];
        state.spent.add(Constraint::Latency, latency);
        state.spent.add(Constraint::LayerOverhead, overhead);
        self.agenda
            .put(self.now + latency + overhead, Event::Mounted { pull });
    }

    /// A lazy image or a volume is mounted: for the kubelet, the image is pulled.
    pub(super) fn mounted(&mut self, pull: PullId) {
        self.pulled(pull);
    }

    /// The container starts.
    pub(super) fn start_container(&mut self, pull: PullId) {
        let latency = match &self.scenario.delivery {
            Delivery::Pull => return self.ready(pull),
            Delivery::Lazy(_) => self.supply.latency(self.supply.last()),
            Delivery::Volume(volume) => volume.latency_seconds,
        };
        self.agenda.put(self.now + latency, Event::Read { pull });
    }

    /// A container reads what it needs first.
    pub(super) fn read(&mut self, pull: PullId) {
        let node = self.node_of(pull);
        let number = self.workload.first_reads[self.image_of(pull) as usize];
        let source = self
            .supply
            .volume()
            .unwrap_or_else(|| self.supply.source(self.supply.last()));
        if self.supply.volume().is_none() {
            self.joins_swarm(node);
            self.want(self.supply.last(), number);
        }
        let bytes = self.workload.layers[number as usize].wire_bytes as f64;
        let limit = self.reader_limit();
        let flow = self.shares.start(self.now, source, node, bytes, limit);
        self.purpose(flow, Purpose::Read { pull });
    }

    /// Bytes a second of a reader who waits for each read before he asks for the next.
    fn reader_limit(&self) -> f64 {
        let connection = self.scenario.registry.connection_bytes_per_second;
        match &self.scenario.delivery {
            Delivery::Pull => f64::INFINITY,
            Delivery::Lazy(lazy) => {
                let bytes = lazy.read_bytes as f64;
                let way = self.supply.latency(self.supply.last()) + bytes / connection;
                // Stored bytes are inflated as they are read.
                let inflated = self.scenario.unpacked_per_wire * bytes;
                let seconds = way + inflated / self.scenario.inflate_bytes_per_second();
                f64::from(lazy.parallel_reads) * bytes / seconds.max(1e-12)
            }
            Delivery::Volume(volume) => {
                let bytes = volume.read_bytes as f64;
                f64::from(volume.parallel_reads) * bytes / volume.latency_seconds.max(1e-12)
            }
        }
    }

    /// What it reads first has come, as far as links go.
    pub(super) fn read_transferred(&mut self, pull: PullId, held_up: HeldUp) {
        let source = match self.supply.volume() {
            Some(_) => Constraint::Volume,
            None => self.supply.constraints(self.workload).source,
        };
        let spent = &mut self.pulls[pull as usize].start_spent;
        spent.add(source, held_up.source_seconds);
        spent.add(Constraint::Link, held_up.link_seconds);
        // Each read waits for the one before.
        spent.add(Constraint::Connection, held_up.own_seconds);
        let number = self.workload.first_reads[self.image_of(pull) as usize];
        let bytes = self.workload.layers[number as usize].wire_bytes;
        self.pulls[pull as usize].received_bytes += bytes;
        match self.supply.volume() {
            Some(_) => self.ready_after_read(pull),
            None => self.read_arrives(pull, number),
        }
    }

    /// All that it reads first is there.
    pub(super) fn ready_after_read(&mut self, pull: PullId) {
        self.pulls[pull as usize].ready_at = self.now;
        self.ready(pull);
    }

    fn ready(&mut self, pull: PullId) {
        let ready_at = self.now + self.scenario.run_seconds;
        self.pulls[pull as usize].ready_at = ready_at;
        self.container_over(self.image_of(pull));
    }
}
