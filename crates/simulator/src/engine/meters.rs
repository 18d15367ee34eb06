//! What the things do that many nodes use.

use super::shares::Shares;
use super::supply::Supply;
use crate::outcome::{ResourceUse, Timeline};
use crate::scenario::Scenario;

#[derive(Debug)]
pub(super) struct Meters {
    /// A time line for each source, by number.
    sent: Vec<Timeline>,
    sent_until: f64,
    written: Timeline,
    requests: Timeline,
    refused: Timeline,
    unpacking: Timeline,
}

impl Meters {
    pub(super) fn new(supply: &Supply) -> Self {
        Self {
            sent: vec![Timeline::default(); supply.sources().len()],
            sent_until: 0.0,
            written: Timeline::default(),
            requests: Timeline::default(),
            refused: Timeline::default(),
            unpacking: Timeline::default(),
        }
    }

    /// Notes what was sent since the last time, before anything is shared out anew.
    pub(super) fn sent(&mut self, shares: &Shares, now: f64) {
        let seconds = now - self.sent_until;
        if seconds <= 0.0 {
            return;
        }
        for (source, timeline) in self.sent.iter_mut().enumerate() {
            let rate = shares.rate(source as u16);
            if rate > 0.0 {
                timeline.add(self.sent_until, now, rate * seconds);
            }
        }
        self.sent_until = now;
    }

    pub(super) fn written(&mut self, from: f64, to: f64, bytes: f64) {
        self.written.add(from, to, bytes);
    }

    pub(super) fn requests(&mut self, now: f64, count: f64) {
        self.requests.add(now, now, count);
    }

    pub(super) fn refused(&mut self, now: f64, count: f64) {
        self.refused.add(now, now, count);
    }

    pub(super) fn unpacking(&mut self, from: f64, to: f64) {
        self.unpacking.add(from, to, to - from);
    }

    pub(super) fn uses(self, scenario: &Scenario, supply: &Supply) -> Vec<ResourceUse> {
        let mut sent = self.sent.into_iter();
        let sources = supply.sources().into_iter();
        let mut uses: Vec<ResourceUse> = sources
            .zip(&mut sent)
            .map(|((_, name, capacity), timeline)| resource(name, capacity, timeline))
            .collect();
        let nodes = f64::from(scenario.nodes);
        let disks = disk_capacity(scenario).map(|one| one * nodes);
        uses.push(resource("disks", disks, self.written));
        uses.push(resource(
            "requests",
            scenario.registry.requests_per_second,
            self.requests,
        ));
        uses.push(resource("refused requests", None, self.refused));
        uses.push(resource("unpacking", None, self.unpacking));
        uses
    }
}

fn disk_capacity(scenario: &Scenario) -> Option<f64> {
    let disk = &scenario.node.disk;
    let fastest = disk.burst_bytes_per_second.unwrap_or(disk.bytes_per_second);
    fastest.is_finite().then_some(fastest)
}

fn resource(name: &str, capacity: Option<f64>, timeline: Timeline) -> ResourceUse {
    ResourceUse {
        resource: name.to_owned(),
        capacity,
        total: timeline.total(),
        timeline,
    }
}
