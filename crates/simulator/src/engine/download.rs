//! Layers on their way to a node.

use super::pull::PullId;
use super::shares::{FlowId, HeldUp};
use super::{Engine, Event, InPull, OnNode, Purpose};

impl Engine<'_> {
    /// Asks for layers as long as there are free slots.
    pub(super) fn fetch_more(&mut self, pull: PullId) {
        let image = self.image_of(pull);
        let layers = self.workload.images[image as usize].len() as u16;
        let slots = self.scenario.node.parallel_downloads as u16;
        loop {
            let state = &mut self.pulls[pull as usize];
            if !state.is_running || state.downloading >= slots || state.next_download >= layers {
                return;
            }
            let layer = InPull {
                pull,
                attempt: state.attempt,
                at: state.next_download,
            };
            state.next_download += 1;
            self.fetch(layer);
        }
    }

    /// Gets one layer, unless it is there or on its way.
    fn fetch(&mut self, layer: InPull) {
        let (node, number) = (self.node_of(layer.pull), self.number(layer));
        let now = self.now;
        match *self.on_node(node, number) {
            OnNode::There => {}
            OnNode::Coming => {
                let progress = self.progress(layer);
                (progress.asked_at, progress.is_waiting) = (now, true);
                self.pulls[layer.pull as usize].downloading += 1;
                self.waiting.entry((node, number)).or_default().push(layer);
            }
            OnNode::Absent => {
                *self.on_node(node, number) = OnNode::Coming;
                self.pulls[layer.pull as usize].downloading += 1;
                self.progress(layer).asked_at = now;
                self.ask(layer);
            }
        }
    }

    /// Sends the request for a layer.
    pub(super) fn ask(&mut self, layer: InPull) {
        if !self.goes_on(layer.pull, layer.attempt) {
            return;
        }
        let node = self.node_of(layer.pull);
        let ranges = f64::from(self.scenario.node.ranges);
        match self.refused(self.supply.last(), ranges, node) {
            None => {
                let at = self.now + self.supply.latency(self.supply.last());
                self.agenda.put(at, Event::Answered { layer });
            }
            Some(wait) => {
                self.progress(layer).limited_seconds += wait;
                self.agenda.put(self.now + wait, Event::Ask { layer });
            }
        }
    }

    /// The first byte comes: from here on the layer shares links with all others.
    pub(super) fn answered(&mut self, layer: InPull) {
        if !self.goes_on(layer.pull, layer.attempt) {
            return;
        }
        let (node, number, now) = (self.node_of(layer.pull), self.number(layer), self.now);
        let idle_seconds = self.nodes[node as usize].disk.idle_seconds(now);
        let progress = self.progress(layer);
        (progress.answered_at, progress.disk_idle_seconds) = (now, idle_seconds);
        self.joins_swarm(node);
        self.want(self.supply.last(), number);
        let whole = self.workload.layers[number as usize].wire_bytes as f64;
        let (bytes, fails) = self.fate(node, whole);
        let source = self.supply.source(self.supply.last());
        let limit = self.workload.own_limit;
        let flow = self.shares.start(now, source, node, bytes, limit);
        self.nodes[node as usize].flows.push(flow);
        let purpose = Purpose::Layer {
            layer,
            bytes,
            fails,
        };
        self.purpose(flow, purpose);
    }

    /// How many of its bytes will come, and whether the download then breaks off.
    fn fate(&mut self, node: u32, bytes: f64) -> (f64, bool) {
        let probability = self.scenario.download_failure_probability;
        if probability == 0.0 {
            return (bytes, false);
        }
        let chance = &mut self.nodes[node as usize].chance;
        match chance.uniform() < probability {
            true => ((bytes * chance.uniform()).floor(), true),
            false => (bytes, false),
        }
    }

    /// A transfer is over, after so many bytes.
    pub(super) fn leaves_node(&mut self, flow: FlowId, layer: InPull, bytes: f64) {
        let node = self.node_of(layer.pull);
        let flows = &mut self.nodes[node as usize].flows;
        flows.retain(|&other| other != flow);
        self.pulls[layer.pull as usize].received_bytes += bytes.round() as u64;
    }

    /// All bytes have come, as far as links go.
    pub(super) fn layer_transferred(&mut self, layer: InPull, held_up: HeldUp) {
        let (number, now) = (self.number(layer), self.now);
        self.pulls[layer.pull as usize].layers_received += 1;
        let progress = self.progress(layer);
        progress.held_up = held_up;
        progress.transferred_at = now;
        self.arrives(layer, number);
    }

    /// The last byte is there, and memory has taken what the disk could not.
    pub(super) fn received(&mut self, layer: InPull) {
        if !self.goes_on(layer.pull, layer.attempt) {
            return;
        }
        let (node, number, now) = (self.node_of(layer.pull), self.number(layer), self.now);
        let bytes = self.workload.layers[number as usize].wire_bytes as f64;
        let progress = self.progress(layer);
        progress.received_at = now;
        let idle_seconds = progress.disk_idle_seconds;
        let disk = &mut self.nodes[node as usize].disk;
        let (from, to) = disk.write_behind(idle_seconds, now, bytes);
        self.meters.written(from, to, bytes);
        self.agenda.put(now.max(to), Event::Stored { layer });
    }

    /// The layer lies on the node: its slot is free, and who waited for it has it.
    pub(super) fn stored(&mut self, layer: InPull) {
        let (node, number) = (self.node_of(layer.pull), self.number(layer));
        *self.on_node(node, number) = OnNode::There;
        self.slot_is_free(layer);
        let waiting = self.waiting.remove(&(node, number)).unwrap_or_default();
        for other in waiting {
            self.slot_is_free(other);
        }
    }

    fn slot_is_free(&mut self, layer: InPull) {
        if !self.goes_on(layer.pull, layer.attempt) {
            return;
        }
        let now = self.now;
        self.progress(layer).stored_at = now;
        self.pulls[layer.pull as usize].downloading -= 1;
        self.fetch_more(layer.pull);
        self.unpack_more(layer.pull);
    }

    /// Ends all downloads of an attempt that failed; who waited for one of them fetches it himself.
    pub(super) fn give_up_downloads(&mut self, pull: PullId) {
        let node = self.node_of(pull);
        for flow in self.nodes[node as usize].flows.clone() {
            if let Purpose::Layer { layer, bytes, .. } = self.purposes[flow as usize]
                && layer.pull == pull
            {
                let to_go = self.shares.bytes_to_go(self.now, flow);
                self.shares.end(self.now, flow);
                self.leaves_node(flow, layer, bytes - to_go);
            }
        }
        let image = self.image_of(pull);
        for at in 0..self.pulls[pull as usize].next_download {
            let number = self.workload.place(image, at).layer;
            let progress = &self.pulls[pull as usize].layers[usize::from(at)];
            let is_coming = !progress.asked_at.is_nan() && progress.received_at.is_nan();
            if is_coming && !progress.is_waiting {
                self.let_go(node, number);
            }
        }
    }

    /// A layer does not come after all: the first of those who wait for it fetches it himself.
    fn let_go(&mut self, node: u32, number: u32) {
        *self.on_node(node, number) = OnNode::Absent;
        let mut waiting = self.waiting.remove(&(node, number)).unwrap_or_default();
        waiting.retain(|layer| self.goes_on(layer.pull, layer.attempt));
        if waiting.is_empty() {
            return;
        }
        let next = waiting.remove(0);
        *self.on_node(node, number) = OnNode::Coming;
        self.waiting.insert((node, number), waiting);
        self.progress(next).is_waiting = false;
        self.ask(next);
    }

    /// The number of a layer, whatever images it is in.
    pub(super) fn number(&self, layer: InPull) -> u32 {
        self.workload
            .place(self.image_of(layer.pull), layer.at)
            .layer
    }
}
