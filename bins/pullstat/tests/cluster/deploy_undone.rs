//! What `pullstat deploy` prints can be applied twice, and be taken back.

use pullstudy_test_cluster::Cluster;
use serde_json::Value;

use crate::scene::{Scene, pullstat, succeeded};

/// A digest of nothing that exists: fake nodes do not mind.
const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Every helper, and the rarer shapes of each.
const HELPERS: [&[&str]; 10] = [
    &["preload", "registry.test/a:1", "registry.test/b:1"],
    &["preload", "registry.test/a:1", "--stagger", "10m"],
    &["cache-clean", "--image", "registry.test/crictl:1.35"],
    &["collector", "--image", "registry.test/pullstat:0.1"],
    &["mirror", "--upstream", "docker.io", "--upstream", "ghcr.io"],
    &["soci", "--image", "registry.test/soci:0.11"],
    &[
        "soci",
        "--url",
        "https://registry.test/soci.tar.gz",
        "--sha256",
        SHA256,
    ],
    &["soci", "--undo"],
    &["runner"],
    &["runner", "--study-namespace", "a-study"],
];

fn manifests(words: &[&str]) -> String {
    let output = pullstat(&["deploy"]).args(words).output().unwrap();
    String::from_utf8(succeeded(output).stdout).unwrap()
}

/// Applies, which fails on unknown fields, applies once more, which changes nothing, and deletes.
fn check(cluster: &Cluster, words: &[&str]) {
    let manifests = manifests(words);
    let apply = ["apply", "--validate=strict", "-f", "-"];
    cluster.kubectl_with(&apply, &manifests).unwrap();
    let again = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    let said = cluster.kubectl_with(&again, &manifests).unwrap();
    let is_unchanged = |line: &str| line.contains(" unchanged");
    assert!(said.lines().all(is_unchanged), "{words:?}: {said}");
    if manifests.contains("DaemonSet") {
        wait_for_daemon_sets(cluster, words);
    }
    let delete = ["delete", "--wait", "-f", "-"];
    cluster.kubectl_with(&delete, &manifests).unwrap();
}

/// Waits until each has a ready pod on both nodes.
fn wait_for_daemon_sets(cluster: &Cluster, words: &[&str]) {
    let list = ["get", "daemonsets", "-A", "-o", "json"];
    let patience = std::time::Duration::from_secs(120);
    pullstudy_test_cluster::until(&words.join(" "), patience, || {
        let list: Value = serde_json::from_str(&cluster.kubectl(&list).unwrap()).unwrap();
        let sets = list["items"].as_array().unwrap();
        let ready = |set: &Value| set["status"]["numberReady"] == 2;
        (!sets.is_empty() && sets.iter().all(ready)).then_some(())
    })
    .unwrap();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn manifests_change_nothing_when_applied_again_and_can_be_taken_back() {
    let scene = Scene::with_nodes(2);
    for words in HELPERS {
        check(&scene.cluster, words);
    }
}
