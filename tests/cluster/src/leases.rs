//! The leases of the nodes: by renewing them kwok says which nodes are its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::kubectl::{Kubectl, RunKubectlError};

/// When the lease of each node was renewed last, as RFC 3339 in UTC with microseconds: of two, the later is the greater.
pub(crate) type Renewals = BTreeMap<String, String>;

/// The labels of nodes that kwok keeps its hands off are named in `kwok.yaml`, too.
const OF_KWOK: &str = "!pullstudy.dev/silent,!pullstudy.dev/real";

/// Returns when the leases of kwok's nodes were renewed; a node without one has an empty time.
pub(crate) fn renewals(kubectl: &Kubectl) -> Result<Renewals, RunKubectlError> {
    let names = "jsonpath={.items[*].metadata.name}";
    let nodes = kubectl.run(&["get", "nodes", "-l", OF_KWOK, "-o", names], "")?;
    let times = "jsonpath={range .items[*]}{.metadata.name} {.spec.renewTime}{\"\\n\"}{end}";
    let leases = kubectl.run(&["get", "leases", "-n", "kube-node-lease", "-o", times], "")?;
    Ok(of_nodes(&nodes, &leases))
}

fn of_nodes(nodes: &str, leases: &str) -> Renewals {
    let times: BTreeMap<&str, &str> = leases
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let nodes: BTreeSet<&str> = nodes.split_whitespace().collect();
    let renewed = |node: &str| times.get(node).copied().unwrap_or_default().to_owned();
    nodes
        .into_iter()
        .map(|node| (node.to_owned(), renewed(node)))
        .collect()
}

/// Tells whether all leases of `now` were renewed since `before`: one that was not there yet, too.
pub(crate) fn all_renewed(now: &Renewals, before: &Renewals) -> bool {
    let is_newer =
        |(node, time): (&String, &String)| before.get(node).map_or("", String::as_str) < time;
    now.iter().all(is_newer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: &str = "2026-11-23T22:46:34.694160Z";
    const LATE: &str = "2026-11-23T22:46:44.776034Z";

    #[test]
    fn all_nodes_must_have_renewed_their_leases() {
        let before = of_nodes("a b", &format!("a {EARLY}\nb {EARLY}\n"));
        let one = of_nodes("a b", &format!("a {LATE}\nb {EARLY}\n"));
        let both = of_nodes("a b", &format!("a {LATE}\nb {LATE}\n"));
        assert!(!all_renewed(&before, &before));
        assert!(!all_renewed(&one, &before));
        assert!(all_renewed(&both, &before));
    }

    #[test]
    fn a_node_without_a_lease_is_waited_for_and_a_lease_without_a_node_is_not() {
        let none = of_nodes("a", "");
        let other = of_nodes("a", &format!("gone {EARLY}\n"));
        let taken = of_nodes("a", &format!("a {EARLY}\n"));
        assert!(!all_renewed(&other, &none));
        assert!(all_renewed(&taken, &none));
        assert!(all_renewed(&Renewals::new(), &taken));
    }
}
