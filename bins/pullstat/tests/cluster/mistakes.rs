//! What a user gets wrong is said in a sentence, and nothing of others is touched.

use pullstudy_test_cluster::User;

use crate::scene::{Scene, said};

const STUDY: &str = "images: {references: [a.example/x:1]}\nnodes: 4\ncache: check\n";

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn rights_that_are_missing_are_named() {
    let scene = Scene::with_nodes(4);
    let study = scene.study(&format!("{STUDY}kubernetes: {{namespace: mine}}"));
    let output = scene.run_as(User::Guest, &study).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("namespaces") && said.contains("verbs"),
        "{said}"
    );
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn fewer_nodes_than_asked_are_refused_before_anything_is_made() {
    let scene = Scene::with_nodes(3);
    let output = scene.run(&scene.study(STUDY)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(
        said.contains("the study wants 4 nodes, and the cluster has 3"),
        "{said}"
    );
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_namespace_of_somebody_else_is_left_as_it_is() {
    let scene = Scene::with_nodes(4);
    scene
        .cluster
        .kubectl(&["create", "namespace", "theirs"])
        .unwrap();
    scene
        .cluster
        .kubectl(&["create", "configmap", "precious", "-n", "theirs"])
        .unwrap();
    let study = scene.study(&format!("{STUDY}kubernetes: {{namespace: theirs}}"));
    let output = scene.run(&study).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("is not this study's"),
        "{}",
        said(&output)
    );
    scene
        .cluster
        .kubectl(&["get", "configmap", "precious", "-n", "theirs"])
        .unwrap();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn cold_pulls_need_a_cleaner() {
    let scene = Scene::with_nodes(4);
    let output = scene
        .run(&scene.study(&STUDY.replace("check", "remove")))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("cleaner-image"), "{}", said(&output));
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_cleaner_runs_on_each_node_before_each_pull() {
    let scene = Scene::with_nodes(4);
    let text = STUDY.replace("check", "remove")
        + "repeats: 2\nkubernetes: {cleaner-image: a.example/crictl:1}";
    let steps = scene.rows(&scene.study(&text));
    assert!(
        steps.len() == 2 && steps.iter().all(|step| step["pulled"] == 4),
        "{steps:?}"
    );
    scene.assert_nothing_left();
}
