//! Facts about nodes, as `kubectl get nodes -o json` prints them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::pull::ImageSizeKind;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeFacts {
    /// Its container runtime with its version: `containerd://1.7.22`.
    pub runtime: String,
    /// Its machine type, if a cloud labelled it: `n1-standard-16`.
    pub machine: Option<String>,
}

/// What each node says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Nodes {
    by_node: HashMap<String, NodeFacts>,
}

/// Where clouds say which machine a node is, the present label first.
const MACHINE_LABELS: [&str; 2] = [
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
];

#[derive(Deserialize)]
struct NodeList {
    items: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    metadata: NodeMeta,
    status: NodeStatus,
}

#[derive(Deserialize)]
struct NodeMeta {
    name: String,
    #[serde(default)]
    labels: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeStatus {
    node_info: NodeInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    container_runtime_version: String,
}

impl Nodes {
    /// Adds the nodes of a list.
    pub(crate) fn add_list(&mut self, text: &[u8]) -> Result<(), serde_json::Error> {
        let list: NodeList = serde_json::from_slice(text)?;
        for node in list.items {
            let mut labels = node.metadata.labels;
            let facts = NodeFacts {
                runtime: node.status.node_info.container_runtime_version,
                machine: MACHINE_LABELS
                    .iter()
                    .find_map(|&label| labels.remove(label)),
            };
            self.by_node.insert(node.metadata.name, facts);
        }
        Ok(())
    }

    /// Returns what a node's kubelet counts as the size of an image.
    pub(crate) fn size_kind(&self, node: Option<&str>) -> ImageSizeKind {
        let known = node.and_then(|node| self.facts(node));
        known
            .map(|facts| size_kind(&facts.runtime))
            .unwrap_or_default()
    }

    /// Returns what a node says of itself.
    pub(crate) fn facts(&self, node: &str) -> Option<&NodeFacts> {
        self.by_node.get(node)
    }
}

/// Reads `containerd://1.7.22`.
fn size_kind(runtime_version: &str) -> ImageSizeKind {
    match runtime_version
        .split_once("://")
        .map(|(runtime, _)| runtime)
    {
        Some("containerd") => ImageSizeKind::Compressed,
        Some("cri-o") => ImageSizeKind::Unpacked,
        _ => ImageSizeKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_says_what_a_size_counts() {
        let node = |name, runtime| serde_json::json!({"metadata": {"name": name}, "status": {"nodeInfo": {"containerRuntimeVersion": runtime}}});
        let items = [
            node("a", "containerd://1.7.22"),
            node("b", "cri-o://1.30.1"),
            node("c", "docker://26.1"),
        ];
        let mut runtimes = Nodes::default();
        runtimes
            .add_list(
                serde_json::json!({"kind": "List", "items": items})
                    .to_string()
                    .as_bytes(),
            )
            .unwrap();
        let kinds =
            [Some("a"), Some("b"), Some("c"), Some("d"), None].map(|node| runtimes.size_kind(node));
        use ImageSizeKind::{Compressed, Unknown, Unpacked};
        assert_eq!(kinds, [Compressed, Unpacked, Unknown, Unknown, Unknown]);
        assert!(runtimes.add_list(b"{}").is_err());
    }

    #[test]
    fn the_machine_is_what_a_label_says() {
        let item = |name, labels| {
            let status =
                serde_json::json!({"nodeInfo": {"containerRuntimeVersion": "containerd://1.7.22"}});
            serde_json::json!({"metadata": {"name": name, "labels": labels}, "status": status})
        };
        let items = [
            item(
                "a",
                serde_json::json!({"beta.kubernetes.io/instance-type": "old", MACHINE_LABELS[0]: "n1-standard-16"}),
            ),
            item(
                "b",
                serde_json::json!({"beta.kubernetes.io/instance-type": "old"}),
            ),
            item("c", serde_json::json!({})),
        ];
        let mut nodes = Nodes::default();
        let list = serde_json::json!({ "items": items });
        nodes.add_list(list.to_string().as_bytes()).unwrap();
        let machine = |node| nodes.facts(node).unwrap().machine.as_deref();
        assert_eq!(
            ["a", "b", "c"].map(machine),
            [Some("n1-standard-16"), Some("old"), None]
        );
        assert_eq!(nodes.facts("a").unwrap().runtime, "containerd://1.7.22");
    }
}
