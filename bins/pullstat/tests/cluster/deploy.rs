//! Manifests of `pullstat deploy` on a real control plane: it takes them, and their rights are enough and no more.

use std::fs;
use std::path::PathBuf;

use pullstudy_test_cluster::Settings;
use serde_json::{Value, json};

use crate::scene::{Scene, pullstat, rows, succeeded};

const STUDY: &str = "images: {references: [a.example/pull-50ms:1]}\nnodes: 2\ncache: check\n";

/// The manifests of a command line; none holds a blank.
fn printed(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let output = pullstat(&["deploy"]).args(words).output().unwrap();
    String::from_utf8(succeeded(output).stdout).unwrap()
}

pub(crate) fn apply(scene: &Scene, line: &str) {
    let arguments = ["apply", "--validate=strict", "-f", "-"];
    let applied = scene.cluster.kubectl_with(&arguments, &printed(line));
    applied.unwrap_or_else(|error| panic!("{line}: {error:?}"));
}

pub(crate) fn rolled_out(scene: &Scene, namespace: &str, what: &str) {
    let arguments = ["rollout", "status", "--timeout=60s", "-n", namespace, what];
    let kubectl = |arguments: &[&str]| scene.cluster.kubectl(arguments);
    if let Err(error) = kubectl(&arguments) {
        let state = kubectl(&["get", "pods,events", "-n", namespace, "-o", "wide"]);
        panic!("{error}\n{}", state.unwrap_or_default());
    }
}

/// A kubeconfig with which one is an account of the namespace `pullstudy`.
fn kubeconfig_of(scene: &Scene, account: &str) -> PathBuf {
    let kubectl = |arguments: &[&str]| scene.cluster.kubectl(arguments).unwrap();
    let token = kubectl(&["create", "token", "-n", "pullstudy", account]);
    let text = kubectl(&["config", "view", "--raw", "-o", "json"]);
    let mut config: Value = serde_json::from_str(&text).unwrap();
    for user in config["users"].as_array_mut().unwrap() {
        user["user"] = json!({"token": token.trim()});
    }
    let path = scene.folder.path().join(format!("{account}.kubeconfig"));
    fs::write(&path, config.to_string()).unwrap();
    path
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn an_api_server_takes_every_manifest_and_its_pods_come_up() {
    let settings = Settings::default().nodes(2);
    let scene = Scene::of(&settings.api_server_argument("--allow-privileged=true"));
    apply(&scene, "collector --image a.example/pullstat:1 --ephemeral");
    apply(
        &scene,
        "collector --image a.example/pullstat:1 --name stored",
    );
    apply(&scene, "runner");
    apply(&scene, "preload a.example/pull-50ms:1 --stagger 10m");
    apply(&scene, "preload a.example/pull-50ms:2");
    apply(&scene, "cache-clean --image a.example/crictl:1");
    apply(
        &scene,
        "mirror --upstream docker.io --secret hub --ephemeral",
    );
    apply(&scene, "soci --image a.example/soci:1");
    for set in ["preload", "cache-clean", "mirror", "soci"] {
        rolled_out(&scene, "pullstudy", &format!("daemonset/{set}"));
    }
    apply(&scene, "soci --undo");
    rolled_out(&scene, "pullstudy", "daemonset/soci");
    rolled_out(&scene, "pullstudy", "deployment/collector");
    rolled_out(&scene, "pullstudy", "deployment/mirror-docker-io");
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn what_needs_no_privilege_runs_where_the_strictest_standard_is_enforced() {
    let scene = Scene::with_nodes(2);
    let kubectl = |arguments: &[&str]| scene.cluster.kubectl(arguments).unwrap();
    kubectl(&["create", "namespace", "strict"]);
    let standard = "pod-security.kubernetes.io/enforce=restricted";
    kubectl(&["label", "namespace", "strict", standard]);
    let there = "--namespace strict --existing-namespace";
    apply(&scene, &format!("preload a.example/pull-50ms:1 {there}"));
    apply(
        &scene,
        &format!("collector --image a.example/pullstat:1 --ephemeral {there}"),
    );
    apply(
        &scene,
        &format!("mirror --upstream ghcr.io --no-nodes --ephemeral {there}"),
    );
    for what in [
        "daemonset/preload",
        "deployment/collector",
        "deployment/mirror-ghcr-io",
    ] {
        rolled_out(&scene, "strict", what);
    }
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_study_needs_no_other_rights_than_those_that_are_printed() {
    let scene = Scene::with_nodes(2);
    let study = scene.study(&format!("{STUDY}kubernetes: {{namespace: mine}}"));
    apply(&scene, &format!("runner --study {}", study.display()));
    let bound = kubeconfig_of(&scene, "runner");
    let run = |study: &PathBuf, out: &str, kubeconfig: &PathBuf| {
        let mut command = pullstat(&["run", "--engine", "kubernetes", "--format", "json"]);
        command
            .arg(study)
            .arg("--out")
            .arg(scene.folder.path().join(out));
        command
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .output()
            .unwrap()
    };
    assert_eq!(rows(&succeeded(run(&study, "named", &bound))).len(), 1);
    let elsewhere = scene.study(STUDY);
    assert_eq!(run(&elsewhere, "refused", &bound).status.code(), Some(1));
    apply(&scene, "runner --name anywhere");
    let anywhere = kubeconfig_of(&scene, "anywhere");
    assert_eq!(
        rows(&succeeded(run(&elsewhere, "anywhere", &anywhere))).len(),
        1
    );
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn collecting_needs_no_other_rights_than_those_that_are_printed() {
    let scene = Scene::with_nodes(2);
    apply(&scene, "collector --image a.example/pullstat:1 --ephemeral");
    apply(
        &scene,
        "collector --image a.example/pullstat:1 --ephemeral --name one --watch-namespace pullstudy",
    );
    for (account, namespace, code) in [
        ("collector", None, 0),
        ("one", Some("pullstudy"), 0),
        ("one", None, 1),
    ] {
        let mut command = pullstat(&["collect", "--for", "1s"]);
        command
            .arg("--kubeconfig")
            .arg(kubeconfig_of(&scene, account));
        command
            .arg("--out")
            .arg(scene.folder.path().join(format!("{account}-{code}")));
        command.args(namespace.iter().flat_map(|name| ["--namespace", *name]));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{account}: {output:?}");
    }
}
