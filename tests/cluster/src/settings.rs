//! What kind of cluster a test wants.

use std::path::PathBuf;
use std::time::Duration;

/// What kind of cluster to start. The default has four nodes.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) nodes: u32,
    pub(crate) folder: Option<PathBuf>,
    node_death: Option<Duration>,
    pub(crate) api_server_arguments: Vec<String>,
    pub(crate) patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            nodes: 4,
            folder: None,
            node_death: None,
            api_server_arguments: Vec::new(),
            patience: Duration::from_secs(120),
        }
    }
}

impl Settings {
    /// Sets the number of nodes.
    #[must_use]
    pub fn nodes(mut self, nodes: u32) -> Self {
        self.nodes = nodes;
        self
    }

    /// Keeps everything in `folder`, also afterwards: logs, keys, etcd's data. Otherwise all goes with the cluster.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets how long the control plane waits for a node that is silent before it counts as dead: 40 s unless told
    /// otherwise, as in a real cluster, and longer for more than a hundred nodes.
    #[must_use]
    pub fn node_death(mut self, after: Duration) -> Self {
        self.node_death = Some(after);
        self
    }

    /// Each node renews its lease four times in this span: a thousand of them, every ten seconds, would keep the machine
    /// busy with nothing else.
    pub(crate) fn node_death_seconds(&self) -> u64 {
        let usual = u64::from(self.nodes.max(100)) * 40 / 100;
        self.node_death.map_or(usual, |after| after.as_secs())
    }

    /// Adds an argument for kube-apiserver, such as `--event-ttl=30s` or `--etcd-compaction-interval=5s`.
    #[must_use]
    pub fn api_server_argument(mut self, argument: impl Into<String>) -> Self {
        self.api_server_arguments.push(argument.into());
        self
    }

    /// Sets for how long to wait for each part to be ready: 120 s unless told otherwise.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_nodes_renew_their_leases_less_often() {
        assert_eq!(Settings::default().node_death_seconds(), 40);
        assert_eq!(Settings::default().nodes(1000).node_death_seconds(), 400);
        let told = Settings::default()
            .nodes(1000)
            .node_death(Duration::from_secs(8));
        assert_eq!(told.node_death_seconds(), 8);
    }
}
