//! What goes wrong in clusters is recorded, and does not stop a study.

use std::collections::HashSet;
use std::time::Duration;

use pullstudy_test_cluster::{Part, Settings, until};
use serde_json::Value;

use crate::scene::{Scene, rows, said, succeeded};

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn an_image_that_does_not_exist_is_a_failure_among_the_results() {
    let scene = Scene::with_nodes(4);
    let study = scene.study(
        "images: {references: [a.example/fault-missing:1, a.example/good:1]}\nnodes: 4\ncache: check\norder: as-written",
    );
    let steps = scene.rows(&study);
    assert_eq!(
        (&steps[0]["failed"], &steps[0]["pulled"]),
        (&Value::from(4), &Value::from(0))
    );
    assert_eq!(
        (&steps[1]["failed"], &steps[1]["pulled"]),
        (&Value::from(0), &Value::from(4))
    );
    let failed: Vec<Value> = scene
        .pulls()
        .into_iter()
        .filter(|pull| pull["outcome"] == "failed")
        .collect();
    assert_eq!(failed.len(), 4);
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_study_that_is_to_stop_on_failure_stops() {
    let scene = Scene::with_nodes(2);
    let study = scene.study(
        "images: {references: [a.example/fault-missing:1, a.example/good:1]}\nnodes: 2\ncache: check\norder: as-written\n\
         stop-on-failure: true",
    );
    let output = scene.run(&study).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(rows(&output).len(), 1);
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn what_lost_events_would_have_told_statuses_tell_and_are_marked() {
    let scene = Scene::with_nodes(3);
    let study = scene.study(
        "images: {references: [a.example/silent:1]}\nnodes: 3\ncache: check\ntimeouts: {late-events: 2s}",
    );
    let output = succeeded(scene.run(&study).output().unwrap());
    assert!(
        said(&output).contains("did not come within 2 s"),
        "{}",
        said(&output)
    );
    let pulls = scene.pulls();
    assert_eq!(pulls.len(), 3);
    for pull in pulls {
        assert_eq!(pull["outcome"], "pulled", "{pull}");
        // A status tells that the image is there, and not how long it took.
        assert_eq!(pull["pull_seconds"], Value::Null, "{pull}");
    }
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_pull_without_end_is_given_up_in_time() {
    let scene = Scene::with_nodes(2);
    let study = scene.study(
        "images: {references: [a.example/stuck:1, a.example/good:1]}\nnodes: 2\ncache: check\norder: as-written\n\
         timeouts: {image: 6s, late-events: 1s}",
    );
    let output = succeeded(scene.run(&study).output().unwrap());
    let steps = rows(&output);
    assert_eq!(
        (&steps[0]["unfinished"], &steps[1]["pulled"]),
        (&Value::from(2), &Value::from(2))
    );
    assert!(said(&output).contains("were given up"), "{}", said(&output));
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_node_that_dies_is_a_pod_that_is_lost() {
    let settings = Settings::default()
        .nodes(3)
        .node_death(Duration::from_secs(8))
        .api_server_argument("--default-unreachable-toleration-seconds=2")
        .api_server_argument("--default-not-ready-toleration-seconds=2");
    let scene = Scene::of(&settings);
    let study = scene.study(
        "images: {references: [a.example/stuck:1]}\nnodes: 3\ncache: check\ntimeouts: {image: 60s, late-events: 1s, removal: 40s}",
    );
    let mut command = scene.run(&study);
    let running = std::thread::scope(|scope| {
        let run = scope.spawn(|| command.output().unwrap());
        let node = until("a pod on a node", Duration::from_secs(60), || {
            let pods = scene.cluster.kubectl(&[
                "get",
                "pods",
                "-A",
                "-o",
                "jsonpath={.items[0].spec.nodeName}",
            ]);
            pods.ok().filter(|node| !node.is_empty())
        });
        scene.cluster.silence_node(&node.unwrap()).unwrap();
        run.join().unwrap()
    });
    let output = succeeded(running);
    let steps = rows(&output);
    assert_eq!(steps[0]["unfinished"], 3, "{steps:?}");
    let said = said(&output);
    assert!(
        said.contains("1 of 3 pods for a.example/stuck:1 were gone before they had it"),
        "{said}"
    );
    assert!(
        said.contains("2 of 3 pods had not got a.example/stuck:1"),
        "{said}"
    );
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_study_goes_on_when_the_api_server_comes_back() {
    let scene = Scene::with_nodes(4);
    let study = scene.study(
        "images: {references: [a.example/pull-5s:1, a.example/pull-5s:2]}\nnodes: 4\ncache: check\norder: as-written",
    );
    let mut command = scene.run(&study);
    let output = std::thread::scope(|scope| {
        let run = scope.spawn(|| command.output().unwrap());
        let pulling = || {
            let pods = scene.cluster.kubectl(&["get", "pods", "-A", "-o", "name"]);
            pods.ok().filter(|pods| pods.lines().count() == 4)
        };
        until("pods", Duration::from_secs(60), pulling).unwrap();
        scene.cluster.kill(Part::ApiServer);
        scene.cluster.start_part(Part::ApiServer).unwrap();
        run.join().unwrap()
    });
    let steps = rows(&succeeded(output));
    assert!(steps.iter().all(|step| step["pulled"] == 4), "{steps:?}");
    assert_eq!(scene.pulls().len(), 8);
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_quota_that_is_too_small_is_told() {
    let scene = Scene::with_nodes(4);
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shared, labels: {pullstudy.dev/study: any}}\n---\n\
         apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: small, namespace: shared}\nspec: {hard: {pods: '2'}}\n";
    scene
        .cluster
        .kubectl_with(&["apply", "-f", "-"], namespace)
        .unwrap();
    let study = scene.study(
        "images: {references: [a.example/stuck:1]}\nnodes: 4\ncache: check\nkubernetes: {namespace: shared}\n\
         timeouts: {scheduling: 5s, image: 10s, late-events: 1s}",
    );
    let output = succeeded(scene.run(&study).output().unwrap());
    let steps = rows(&output);
    assert_eq!(
        (&steps[0]["unfinished"], &steps[0]["unaccounted"]),
        (&Value::from(2), &Value::from(2)),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("exceeded quota"),
        "{}",
        said(&output)
    );
    // A namespace that is for all studies stays, and nothing of this one is in it.
    let left = scene
        .cluster
        .kubectl(&["get", "jobs,pods", "-n", "shared", "-o", "name"])
        .unwrap();
    assert_eq!(left.trim(), "");
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_pod_that_has_ended_keeps_its_node_from_a_second() {
    let scene = Scene::with_nodes(2);
    let quota = |pods: u32| {
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: shared, labels: {{pullstudy.dev/study: any}}}}\n---\n\
             apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: small, namespace: shared}}\nspec: {{hard: {{pods: '{pods}'}}}}\n"
        )
    };
    let allow = |pods| {
        let applied = scene
            .cluster
            .kubectl_with(&["apply", "-f", "-"], &quota(pods));
        applied.unwrap();
    };
    let pods = |what: &str| {
        let path = format!("jsonpath={{.items[*]{what}}}");
        let found = scene
            .cluster
            .kubectl(&["get", "pods", "-n", "shared", "-o", &path]);
        found.ok().filter(|found| !found.is_empty())
    };
    let soon = Duration::from_secs(60);
    allow(1);
    let study = scene.study(
        "images: {references: [a.example/pull-50ms:1]}\nnodes: 2\ncache: check\nkubernetes: {namespace: shared}",
    );
    let mut command = scene.run(&study);
    let output = std::thread::scope(|scope| {
        let run = scope.spawn(|| command.output().unwrap());
        until("a pod that has ended", soon, || {
            pods(".status.containerStatuses[0].state.terminated.exitCode")
        })
        .unwrap();
        let used = pods(".spec.nodeName").unwrap();
        let free = if used == "node-0000" {
            "node-0001"
        } else {
            "node-0000"
        };
        scene.cluster.kubectl(&["cordon", free]).unwrap();
        allow(2);
        until("a pod without a node", soon, || {
            pods(".status.conditions[?(@.reason=='Unschedulable')].status")
        })
        .unwrap();
        scene.cluster.kubectl(&["uncordon", free]).unwrap();
        run.join().unwrap()
    });
    assert!(!said(&output).contains("several pods"), "{}", said(&output));
    let pulls = scene.pulls();
    let nodes: HashSet<String> = pulls.iter().map(|pull| pull["node"].to_string()).collect();
    assert_eq!((pulls.len(), nodes.len()), (2, 2), "{pulls:?}");
}
