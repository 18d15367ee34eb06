//! Nodes as kubelets would register them.

use std::ops::Range;

use serde_json::{Value, json};

/// Returns the name of the node of this number.
pub(crate) fn name(number: u32) -> String {
    format!("node-{number:04}")
}

/// Returns a list of nodes for `kubectl create`, their status included.
pub(crate) fn list(numbers: Range<u32>) -> Value {
    let items: Vec<Value> = numbers.map(node).collect();
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

fn node(number: u32) -> Value {
    let name = name(number);
    let zone = ["a", "b", "c"][number as usize % 3];
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "n1-standard-16",
                "topology.kubernetes.io/region": "us-central1",
                "topology.kubernetes.io/zone": format!("us-central1-{zone}"),
            },
        },
        "spec": { "providerID": format!("kwok://{name}") },
        "status": status(&name, number),
    })
}

fn status(name: &str, number: u32) -> Value {
    let [high, low] = [number / 250, number % 250 + 1];
    json!({
        "addresses": [
            { "type": "InternalIP", "address": format!("10.64.{high}.{low}") },
            { "type": "Hostname", "address": name },
        ],
        "allocatable": {
            "cpu": "15890m", "memory": "57Gi", "pods": "110", "ephemeral-storage": "47093746742",
        },
        "capacity": {
            "cpu": "16", "memory": "60Gi", "pods": "110", "ephemeral-storage": "98831908Ki",
        },
        "conditions": [
            { "type": "Ready", "status": "True", "reason": "KubeletReady" },
            { "type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory" },
            { "type": "DiskPressure", "status": "False", "reason": "KubeletHasNoDiskPressure" },
            { "type": "PIDPressure", "status": "False", "reason": "KubeletHasSufficientPID" },
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "containerd://1.7.22",
            "kernelVersion": "6.1.100+",
            "kubeProxyVersion": "",
            "kubeletVersion": super::KUBERNETES_VERSION,
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "Container-Optimized OS from Google",
            "systemUUID": "",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_have_names_and_addresses_of_their_own() {
        let list = list(998..1002);
        let items = list["items"].as_array().expect("a list");
        let names: Vec<_> = items.iter().map(|node| &node["metadata"]["name"]).collect();
        assert_eq!(names, ["node-0998", "node-0999", "node-1000", "node-1001"]);
        let address = &items[2]["status"]["addresses"][0]["address"];
        assert_eq!(address, "10.64.4.1");
    }
}
