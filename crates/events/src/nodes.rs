//! Facts about nodes, as `kubectl get nodes -o json` prints them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::pull::ImageSizeKind;

/// Which container runtime each node has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NodeRuntimes {
    by_node: HashMap<String, ImageSizeKind>,
}

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

impl NodeRuntimes {
    /// Adds the nodes of a list.
    pub(crate) fn add_list(&mut self, text: &[u8]) -> Result<(), serde_json::Error> {
        let list: NodeList = serde_json::from_slice(text)?;
        for node in list.items {
            let kind = size_kind(&node.status.node_info.container_runtime_version);
            self.by_node.insert(node.metadata.name, kind);
        }
        Ok(())
    }

    /// Returns what a node's kubelet counts as the size of an image.
    pub(crate) fn size_kind(&self, node: Option<&str>) -> ImageSizeKind {
        let known = node.and_then(|node| self.by_node.get(node));
        known.copied().unwrap_or_default()
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
        let mut runtimes = NodeRuntimes::default();
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
}
