//! `pullstat collect` loses nothing that the cluster still has.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use pullstudy_test_cluster::{Part, Settings, until};
use serde_json::Value;

use crate::scene::{Running, Scene, pullstat};

fn collect(scene: &Scene, folder: &Path) -> Running {
    let mut command = pullstat(&["collect", "--out"]);
    command
        .arg(folder)
        .arg("--kubeconfig")
        .arg(scene.cluster.kubeconfig());
    Running::start(&mut command)
}

fn run_pods(scene: &Scene, name: &str) {
    let job = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, namespace: default}}\nspec:\n  parallelism: 4\n  completions: 4\n  \
         template:\n    spec:\n      restartPolicy: Never\n      containers: [{{name: app, image: 'a.example/{name}:1'}}]\n"
    );
    scene
        .cluster
        .kubectl_with(&["apply", "-f", "-"], &job)
        .unwrap();
    let wait = [
        "wait",
        "--for=condition=complete",
        "--timeout=60s",
        "-n",
        "default",
        &format!("job/{name}"),
    ];
    scene.cluster.kubectl(&wait).unwrap();
}

/// The events that the API server has, by uid and version.
fn held(scene: &Scene) -> HashSet<(String, String)> {
    let list = scene
        .cluster
        .kubectl(&["get", "events", "-A", "-o", "json"])
        .unwrap();
    let list: Value = serde_json::from_str(&list).unwrap();
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(identity)
        .collect()
}

fn identity(event: &Value) -> (String, String) {
    let metadata = &event["metadata"];
    (
        metadata["uid"].to_string(),
        metadata["resourceVersion"].to_string(),
    )
}

/// The events that were written, by uid and version.
fn written(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap_or_default();
    let whole = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    whole.map(|event| identity(&event)).collect()
}

fn assert_complete(scene: &Scene, folder: &Path) {
    let complete = until("all events in the file", Duration::from_secs(30), || {
        let written: HashSet<_> = written(folder).into_iter().collect();
        held(scene).is_subset(&written).then_some(())
    });
    complete.unwrap();
    let all = written(folder);
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(all.len(), distinct.len(), "an event was written twice");
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_collector_that_is_killed_loses_nothing_that_the_server_holds() {
    let scene = Scene::with_nodes(4);
    let folder = scene.folder.path().join("collected");
    for round in 0..5 {
        let mut collector = collect(&scene, &folder);
        if round % 2 == 0 {
            until("the first line", Duration::from_secs(20), || {
                (!written(&folder).is_empty()).then_some(())
            })
            .unwrap();
        }
        collector.kill();
        run_pods(&scene, &format!("x{round}"));
    }
    let _collector = collect(&scene, &folder);
    assert_complete(&scene, &folder);
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_collector_outlives_its_server_and_versions_that_are_gone() {
    let settings = Settings::default()
        .nodes(4)
        .api_server_argument("--etcd-compaction-interval=5s");
    let scene = Scene::of(&settings);
    let folder = scene.folder.path().join("collected");
    let _collector = collect(&scene, &folder);
    run_pods(&scene, "before");
    scene.cluster.kill(Part::ApiServer);
    scene.cluster.start_part(Part::ApiServer).unwrap();
    run_pods(&scene, "after");
    assert_complete(&scene, &folder);
}
