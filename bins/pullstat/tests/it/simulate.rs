//! `simulate` from outside.

use std::path::Path;

use serde_json::Value;

use crate::events::{printed, pullstat, said};

fn cluster() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/simulate-cluster.yaml")
        .display()
        .to_string()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(&pullstat(arguments))).unwrap()
}

#[test]
fn strategies_stand_beside_the_scenario_as_it_is() {
    let all = json(&[
        "simulate",
        &cluster(),
        "--strategy",
        "peer-to-peer",
        "--strategy",
        "zstd+local-ssd",
        "--nodes",
        "512",
        "--machine",
        "n1-standard-16",
        "--format",
        "json",
    ]);
    let rows = all["rows"].as_array().unwrap();
    let names: Vec<&str> = rows
        .iter()
        .map(|row| row["strategy"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["as-is", "peer-to-peer", "zstd+local-ssd"]);
    let seconds = |row: &Value| row["median_seconds"].as_f64().unwrap();
    // 512 nodes share 5 GB/s: 5 GB each are 512 s at least.
    assert!(
        seconds(&rows[0]) >= 512.0 && seconds(&rows[1]) < 120.0,
        "{rows:?}"
    );
    let node_hours = rows[0]["gang_node_seconds"].as_f64().unwrap() / 3600.0;
    assert!((rows[0]["gang_cost_usd"].as_f64().unwrap() - node_hours * 0.76).abs() < 1e-6);
    assert!(
        !all["strategies"][1]["assumptions"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_sweep_finds_where_a_strategy_pays_and_draws_it() {
    let folder = tempfile::tempdir().unwrap();
    let plot = folder.path().join("sweep.svg").display().to_string();
    let all = json(&[
        "simulate",
        &cluster(),
        "--sweep",
        "nodes=4..1024",
        "--strategy",
        "peer-to-peer",
        "--strategy",
        "pull-through-cache",
        "--plot",
        &plot,
        "--format",
        "json",
    ]);
    assert_eq!(all["rows"].as_array().unwrap().len(), 27);
    assert!(
        all["break_even"][0]["cheaper_from_nodes"]
            .as_u64()
            .is_some_and(|nodes| nodes <= 128)
    );
    // One server of 10 Gbit/s is slower than a registry of 5 GB/s.
    assert_eq!(all["break_even"][1]["cheaper_from_nodes"], Value::Null);
    let svg = std::fs::read_to_string(plot).unwrap();
    assert!(svg.contains("peer-to-peer") && svg.contains("direct limit"));
}

#[test]
fn simulated_runs_are_read_like_real_ones() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let simulated = json(&[
        "simulate",
        &cluster(),
        "--out",
        &out,
        "--nodes",
        "20",
        "--format",
        "json",
    ]);
    let summary = json(&["summary", &out, "--format", "json"]);
    let row = &summary[0];
    assert_eq!(
        (row["count"].as_u64(), row["nodes"].as_u64()),
        (Some(20), Some(20))
    );
    let medians = [&simulated["rows"][0], row].map(|row| row["median_seconds"].as_f64().unwrap());
    assert!((medians[0] - medians[1]).abs() < 0.002, "{medians:?}");
    assert!(folder.path().join("as-is/20/trace.jsonl").exists());
    let again = tempfile::tempdir().unwrap();
    let other = again.path().display().to_string();
    pullstat(&["simulate", &cluster(), "--out", &other, "--nodes", "20"]);
    let file = "as-is/20/events-size-20-946684800.json";
    let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap();
    assert_eq!(read(folder.path()), read(again.path()));
}

#[test]
fn images_of_an_archive_share_layers_on_their_nodes() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tutorial/manifests");
    let archive = archive.to_str().unwrap();
    let survey = json(&["survey", archive, "--format", "json"]);
    let simulated = json(&[
        "simulate",
        "--manifests",
        archive,
        "--nodes",
        "8",
        "--format",
        "json",
    ]);
    let row = &simulated["rows"][0];
    assert_eq!(
        row["pulls"].as_u64(),
        survey["images"].as_u64().map(|images| 8 * images)
    );
    // Each node takes a layer once, whichever of its images came first.
    let sent = row["registry_bytes"].as_f64().unwrap();
    let unique = 8.0 * survey["unique_bytes"].as_f64().unwrap();
    assert!((sent / unique - 1.0).abs() < 1e-6, "{sent} of {unique}");
    let none = pullstat(&["simulate", "--manifests", archive, "--image", "no-such"]);
    assert!(said(&none).contains("no image of linux/amd64 is wanted there"));
}

#[test]
fn what_cannot_be_simulated_says_why() {
    let cluster = cluster();
    for (arguments, part) in [
        (vec![], "there is no image to pull: name a scenario file"),
        (
            vec!["--wire-bytes", "5GB", "--nodes", "0"],
            "0 nodes has nothing to say",
        ),
        (
            vec!["--wire-bytes", "5GB", "--layers", "0"],
            "an image has at least one",
        ),
        (
            vec![&cluster, "--strategy", "lazzy"],
            "did you mean \"lazy\"?",
        ),
        (
            vec![&cluster, "--strategy", "lazy+preload"],
            "contradict each other",
        ),
        (
            vec![&cluster, "--strategy", "zstd", "--strategy", "zstd"],
            "twice",
        ),
        (vec![&cluster, "--sweep", "4..8"], "nodes=4..4096"),
        (
            vec![&cluster, "--machine", "n1-standard-17"],
            "n1-standard-16",
        ),
        (vec![&cluster, "--plot", "x.svg"], "--sweep"),
        (vec!["none.yaml"], "none.yaml"),
    ] {
        let mut all = vec!["simulate"];
        all.extend(&arguments);
        let output = pullstat(&all);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(part),
            "{arguments:?}: {}",
            said(&output)
        );
    }
}
