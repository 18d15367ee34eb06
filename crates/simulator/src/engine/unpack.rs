//! Layers become files.

use super::pull::PullId;
use super::{Engine, Event, InPull, OnNode};
use crate::scenario::UnpackOrder;

impl Engine<'_> {
    /// Unpacks what has come, as far as the runtime's order lets it; ends the pull when nothing is left.
    pub(super) fn unpack_more(&mut self, pull: PullId) {
        // An attempt that stood in line for a core may be over, and the next have no manifest yet.
        let state = &self.pulls[pull as usize];
        if !state.is_running || state.prepared_at.is_nan() {
            return;
        }
        match self.scenario.node.unpack_order {
            UnpackOrder::InOrder => self.unpack_in_order(pull),
            UnpackOrder::AsTheyCome => self.unpack_as_they_come(pull),
        }
        let layers = self.pulls[pull as usize].layers.len();
        if usize::from(self.pulls[pull as usize].unpacked) == layers {
            self.pulled(pull);
        }
    }

    fn unpack_in_order(&mut self, pull: PullId) {
        while self.pulls[pull as usize].unpacking == 0 {
            let at = self.pulls[pull as usize].next_unpack;
            if usize::from(at) == self.pulls[pull as usize].layers.len()
                || !self.try_unpack(pull, at)
            {
                return;
            }
            self.pulls[pull as usize].next_unpack += 1;
        }
    }

    fn unpack_as_they_come(&mut self, pull: PullId) {
        let most = self.scenario.node.parallel_unpacks as u16;
        let layers = self.pulls[pull as usize].layers.len() as u16;
        for at in 0..layers {
            if self.pulls[pull as usize].unpacking >= most {
                return;
            }
            let is_new = self.pulls[pull as usize].layers[usize::from(at)]
                .unpack_started_at
                .is_nan();
            if is_new {
                self.try_unpack(pull, at);
            }
        }
    }

    /// Starts on a layer if it is there. What is unpacked already takes no time.
    fn try_unpack(&mut self, pull: PullId, at: u16) -> bool {
        let (node, place) = (
            self.node_of(pull),
            self.workload.place(self.image_of(pull), at),
        );
        let layer = InPull {
            pull,
            attempt: self.pulls[pull as usize].attempt,
            at,
        };
        if *self.has_chain(node, place.chain) {
            let now = self.now;
            let progress = self.progress(layer);
            (progress.unpack_started_at, progress.unpacked_at) = (now, now);
            progress.was_unpacked = true;
            self.pulls[pull as usize].unpacked += 1;
            return true;
        }
        if *self.on_node(node, place.layer) != OnNode::There {
            return false;
        }
        let has_core = self.nodes[node as usize].unpacking < self.scenario.node.cores;
        match has_core {
            true => self.unpack(layer, node, place.layer),
            false => self.nodes[node as usize].want_core.push_back(pull),
        }
        has_core
    }

    fn unpack(&mut self, layer: InPull, node: u32, number: u32) {
        let facts = self.workload.layers[number as usize];
        let scenario = self.scenario;
        let speed = self.nodes[node as usize].speed;
        let bytes = facts.unpacked_bytes as f64;
        let files = facts.files as f64 * scenario.node.file_seconds;
        let overhead = (scenario.node.layer_seconds + files) / speed;
        let core = scenario
            .inflate_bytes_per_second()
            .min(scenario.node.hash_bytes_per_second);
        let starts = self.now + overhead;
        let inflated = starts + bytes / (core * speed);
        let (from, to) = self.nodes[node as usize].disk.write(starts, bytes);
        self.meters.written(from, to, bytes);
        let done = inflated.max(to);
        self.meters.unpacking(self.now, done);
        let now = self.now;
        let progress = self.progress(layer);
        progress.unpack_started_at = now;
        progress.overhead_seconds = overhead;
        progress.is_disk_bound = to > inflated;
        self.pulls[layer.pull as usize].unpacking += 1;
        self.nodes[node as usize].unpacking += 1;
        self.agenda.put(done, Event::Unpacked { layer });
    }

    /// A layer is unpacked.
    pub(super) fn unpacked(&mut self, layer: InPull) {
        let place = self.workload.place(self.image_of(layer.pull), layer.at);
        let node = self.node_of(layer.pull);
        *self.has_chain(node, place.chain) = true;
        self.nodes[node as usize].unpacking -= 1;
        if self.goes_on(layer.pull, layer.attempt) {
            self.layer_unpacked(layer);
        }
        self.core_is_free(node);
    }

    fn layer_unpacked(&mut self, layer: InPull) {
        let now = self.now;
        self.progress(layer).unpacked_at = now;
        let state = &mut self.pulls[layer.pull as usize];
        state.unpacking -= 1;
        state.unpacked += 1;
        self.unpack_more(layer.pull);
    }

    /// Whoever waited for a core goes on, the first first.
    fn core_is_free(&mut self, node: u32) {
        while self.nodes[node as usize].unpacking < self.scenario.node.cores {
            let Some(pull) = self.nodes[node as usize].want_core.pop_front() else {
                return;
            };
            self.unpack_more(pull);
        }
    }
}
