//! What kind of nodes pulled.

use std::collections::BTreeSet;

use pullstudy_events::{EventLogs, NodeFacts};

use super::observed::Observed;

/// What all nodes that say something of themselves have in common.
pub(super) struct SetUp {
    pub(super) runtime: Option<String>,
    pub(super) machine: Option<String>,
    /// Runtimes and machines, where there are several kinds.
    pub(super) mixed: Vec<String>,
}

impl SetUp {
    pub(super) fn of(observed: &Observed, logs: &EventLogs) -> Self {
        let names: BTreeSet<&str> = observed
            .observations
            .iter()
            .filter_map(|observation| observation.node.as_deref())
            .collect();
        let facts: Vec<&NodeFacts> = names.iter().filter_map(|name| logs.node(name)).collect();
        let runtimes: BTreeSet<&str> = facts.iter().map(|facts| facts.runtime.as_str()).collect();
        let machines: BTreeSet<&str> = facts
            .iter()
            .filter_map(|facts| facts.machine.as_deref())
            .collect();
        let mixed = [&runtimes, &machines]
            .into_iter()
            .filter(|kinds| kinds.len() > 1);
        let mixed = mixed.flatten().map(|&kind| kind.to_owned()).collect();
        Self {
            runtime: only(&runtimes),
            machine: only(&machines),
            mixed,
        }
    }
}

fn only(kinds: &BTreeSet<&str>) -> Option<String> {
    kinds
        .first()
        .filter(|_| kinds.len() == 1)
        .map(|&kind| kind.to_owned())
}
