//! The published study's own files, through to the figures.

use std::path::PathBuf;

use serde_json::Value;

use crate::scene::{Scene, pullstat, rows, succeeded};

const IGNORED: &str = "needs a control plane: cargo xtask test --cluster";

/// The study's file, unchanged.
fn study_file(name: &str) -> PathBuf {
    let data = std::env::var_os("PULLSTUDY_DATA").map(PathBuf::from);
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = data.unwrap_or(here).join("pulling/studies").join(name);
    assert!(
        path.exists(),
        "{} is not there: set PULLSTUDY_DATA ({IGNORED})",
        path.display()
    );
    path
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn run1_on_4_8_and_16_nodes_from_its_own_file_to_summary() {
    let scene = Scene::with_nodes(16);
    let mut command = scene.run(&study_file("run1.json"));
    let steps = rows(&succeeded(
        command.args(["--nodes", "4,8,16"]).output().unwrap(),
    ));
    assert_eq!(steps.len(), 18);
    for step in &steps {
        assert_eq!(step["pulled"], step["nodes"], "{step}");
    }
    let summary = pullstat(&["summary", "--format", "json"])
        .arg(scene.out())
        .output();
    let summary = rows(&succeeded(summary.unwrap()));
    assert_eq!(summary.len(), 18);
    for row in &summary {
        assert_eq!(
            (&row["experiment"], &row["count"]),
            (&Value::from("run1"), &row["nodes"]),
            "{row}"
        );
        assert!(row["median_seconds"].as_f64().unwrap() > 0.0);
    }
    // One pod a node: as many nodes as pulls, for each image and size of cluster.
    let pulls = scene.pulls();
    assert_eq!(pulls.len(), 6 * (4 + 8 + 16));
    let mut places: Vec<String> = pulls
        .iter()
        .map(|pull| format!("{} {} {}", pull["nodes"], pull["image"], pull["node"]))
        .collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), pulls.len());
    scene.assert_nothing_left();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn the_streaming_study_has_its_numbers_of_nodes_in_its_file() {
    let scene = Scene::with_nodes(4);
    let output = scene
        .run(&study_file("streaming.json"))
        .args(["--nodes", "4"])
        .output()
        .unwrap();
    let steps = rows(&succeeded(output));
    assert_eq!(steps.len(), 4);
    assert!(steps.iter().all(|step| step["pulled"] == 4), "{steps:?}");
}
