//! Nodes come, fall silent, and come back.

use pullstudy_test_cluster::until;
use serde_json::Value;

use crate::scene::{CLUSTER, PATIENCE};

fn ready(node: &str) -> String {
    let status = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
    CLUSTER
        .kubectl(&["get", "node", node, "-o", status])
        .unwrap()
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn nodes_are_ready_and_say_what_they_are() {
    let nodes = CLUSTER.kubectl(&["get", "nodes", "-o", "json"]).unwrap();
    let nodes: Value = serde_json::from_str(&nodes).unwrap();
    assert!(nodes["items"].as_array().unwrap().len() >= 4);
    let node = &nodes["items"][0];
    assert_eq!(node["metadata"]["name"], "node-0000");
    let labels = &node["metadata"]["labels"];
    assert_eq!(labels["node.kubernetes.io/instance-type"], "n1-standard-16");
    assert_eq!(labels["topology.kubernetes.io/zone"], "us-central1-a");
    let info = &node["status"]["nodeInfo"];
    assert_eq!(info["containerRuntimeVersion"], "containerd://1.7.22");
    assert_eq!(info["kubeletVersion"], "v1.35.4");
    assert_eq!(ready("node-0000"), "True");
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_node_that_falls_silent_counts_as_dead_until_it_comes_back() {
    // A node of its own: no other test's pod must be there.
    let number = 1_000_000;
    CLUSTER.add_nodes(number..number + 1).unwrap();
    let node = format!("node-{number}");
    CLUSTER.kubectl(&["cordon", &node]).unwrap();
    CLUSTER.silence_node(&node).unwrap();
    until("its death", PATIENCE, || {
        (ready(&node) == "Unknown").then_some(())
    })
    .unwrap();
    CLUSTER.revive_node(&node).unwrap();
    until("its return", PATIENCE, || {
        (ready(&node) == "True").then_some(())
    })
    .unwrap();
    CLUSTER.kubectl(&["delete", "node", &node]).unwrap();
}
