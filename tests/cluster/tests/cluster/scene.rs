//! What the topics share: one cluster, Jobs, and what is known about their pods.

use std::sync::LazyLock;
use std::time::Duration;

use pullstudy_test_cluster::{Cluster, Settings, User, until};
use serde_json::{Value, json};

/// Started by the test that needs it first; each test has a namespace of its own.
pub(crate) static CLUSTER: LazyLock<Cluster> =
    LazyLock::new(|| Cluster::start(&Settings::default()).unwrap());

/// How long things may take on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A namespace for one test.
pub(crate) struct Namespace {
    cluster: &'static Cluster,
    pub(crate) name: String,
}

impl Namespace {
    pub(crate) fn new(name: &str) -> Self {
        Self::on(&CLUSTER, name)
    }

    pub(crate) fn on(cluster: &'static Cluster, name: &str) -> Self {
        cluster.kubectl(&["create", "namespace", name]).unwrap();
        let account = ["get", "serviceaccount", "default", "-n", name];
        until("the service account", PATIENCE, || {
            cluster.kubectl(&account).ok()
        })
        .unwrap();
        let name = name.to_owned();
        Self { cluster, name }
    }

    /// Creates an object, as the user whose requests are kept.
    pub(crate) fn create(&self, object: &Value) {
        let kubeconfig = self.cluster.kubeconfig_of(User::Study);
        let arguments = [
            "create",
            "-f",
            "-",
            "-n",
            &self.name,
            "--kubeconfig",
            kubeconfig.to_str().unwrap(),
        ];
        self.cluster
            .kubectl_with(&arguments, &object.to_string())
            .unwrap();
    }

    /// Returns the items of a kind, in no order.
    pub(crate) fn list(&self, kind: &str) -> Vec<Value> {
        let text = self
            .cluster
            .kubectl(&["get", kind, "-n", &self.name, "-o", "json"])
            .unwrap();
        let list: Value = serde_json::from_str(&text).unwrap();
        list["items"].as_array().unwrap().clone()
    }

    pub(crate) fn pod(&self, name: &str) -> Value {
        let pods = self.list("pods");
        pods.into_iter()
            .find(|pod| pod["metadata"]["name"] == name)
            .unwrap()
    }

    /// Waits until a Job has ended well; if it does not, what is in its namespace tells why.
    pub(crate) fn wait_for_job(&self, name: &str) {
        let ended = until("the Job's end", PATIENCE, || {
            let done = "jsonpath={.status.conditions[?(@.type=='Complete')].status}";
            // The API server may be away, which some tests are about.
            let status = self
                .cluster
                .kubectl(&["get", "job", name, "-n", &self.name, "-o", done]);
            status.is_ok_and(|status| status == "True").then_some(())
        });
        ended.unwrap_or_else(|overdue| panic!("{name}: {overdue}\n{}", self.told()));
    }

    /// Returns what a person would look at first.
    fn told(&self) -> String {
        let kinds = "jobs,pods,nodes,events";
        let told = self
            .cluster
            .kubectl(&["get", kinds, "-n", &self.name, "-o", "wide"]);
        told.unwrap_or_else(|error| error.to_string())
    }

    /// Waits until a pod has this phase, and returns it.
    pub(crate) fn wait_for_phase(&self, name: &str, phase: &str) -> Value {
        until(phase, PATIENCE, || {
            let pod = self.pod(name);
            (pod["status"]["phase"] == phase).then_some(pod)
        })
        .unwrap()
    }

    /// Returns the kubelets' events on a pod, as `reason: message`, sorted.
    pub(crate) fn events_of(&self, pod: &str) -> Vec<String> {
        let mut events: Vec<String> = self
            .list("events")
            .iter()
            .filter(|event| event["involvedObject"]["name"] == pod)
            .filter(|event| event["source"]["component"] == "kubelet")
            .map(|event| format!("{}: {}", text(&event["reason"]), text(&event["message"])))
            .collect();
        events.sort();
        events
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A Job with so many pods, no two on a node.
pub(crate) fn job(name: &str, pods: u32, image: &str) -> Value {
    let labels = json!({ "app": name });
    let apart = json!([{
        "labelSelector": { "matchLabels": labels },
        "topologyKey": "kubernetes.io/hostname",
    }]);
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": name },
        "spec": {
            "completionMode": "Indexed",
            "completions": pods,
            "parallelism": pods,
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "restartPolicy": "Never",
                    "affinity": { "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": apart } },
                    "containers": [{ "name": "main", "image": image, "command": ["true"] }],
                },
            },
        },
    })
}

/// A pod with one container.
pub(crate) fn pod(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name },
        "spec": {
            "restartPolicy": "Never",
            "containers": [{ "name": "main", "image": image }],
        },
    })
}
