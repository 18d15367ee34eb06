//! The same study on all three engines: a folder, containerd, and a real kubelet with that containerd.

use std::path::Path;
use std::process::Command;

use pullstudy_test_cluster::{Cluster, Settings};
use serde_json::Value;

use crate::crafted::Crafted;
use crate::scene::{pullstat, rows, succeeded};

/// Runs the study on an engine, and returns its only pull.
fn pull(folder: &Path, engine: &str, arguments: &[&str]) -> Value {
    let out = folder.join(engine);
    let mut command = pullstat(&["run", "--format", "json", "--engine", engine]);
    command
        .arg(folder.join("s.yaml"))
        .arg("--out")
        .arg(&out)
        .args(arguments);
    let steps = rows(&succeeded(command.output().unwrap()));
    assert_eq!(
        (steps.len(), &steps[0]["pulled"]),
        (1, &Value::from(1)),
        "{engine}: {steps:?}"
    );
    let pulls = pullstat(&["pulls", "--format", "json"])
        .arg(&out)
        .output()
        .unwrap();
    let mut pulls = rows(&succeeded(pulls));
    assert_eq!(pulls.len(), 1, "{engine}");
    pulls.remove(0)
}

#[test]
#[ignore = "needs a control plane and root: cargo xtask test --cluster"]
fn one_study_gives_rows_that_can_be_laid_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let crafted = Crafted::serve(7);
    let image = &crafted.image;
    let study = format!(
        "images: {{references: ['{image}']}}\nnodes: 1\ncache: check\nkubernetes: {{hold-image: 'pullstudy.test/pause:1', node-selector: {{pullstudy.dev/real: 'true'}}}}\n"
    );
    std::fs::write(folder.path().join("s.yaml"), study).unwrap();
    let cluster = Cluster::start(&Settings::default().nodes(1)).unwrap();
    let real = cluster.add_real_node().unwrap();
    let (kubeconfig, socket) = (cluster.kubeconfig(), real.containerd_socket());

    let local = pull(folder.path(), "local", &[]);
    let kubernetes = pull(
        folder.path(),
        "kubernetes",
        &["--kubeconfig", kubeconfig.to_str().unwrap()],
    );
    // The kubelet's pull is to leave nothing for containerd's.
    let removed = Command::new("ctr")
        .args([
            "--address",
            socket.to_str().unwrap(),
            "--namespace",
            "k8s.io",
            "images",
            "rm",
            "--sync",
            image,
        ])
        .output();
    succeeded(removed.unwrap());
    let containerd = pull(
        folder.path(),
        "containerd",
        &["--address", socket.to_str().unwrap()],
    );

    for pull in [&local, &kubernetes, &containerd] {
        assert_eq!(
            (&pull["experiment"], &pull["nodes"], &pull["image"]),
            (
                &Value::from("s"),
                &Value::from(1),
                &Value::from(image.as_str())
            )
        );
        assert!(
            pull["including_waiting_seconds"].as_f64().unwrap() > 0.0,
            "{pull}"
        );
        // What the kubelet counts is what we count: layers, config and manifest as stored.
        assert_eq!(
            pull["image_size_bytes"], local["image_size_bytes"],
            "{pull}"
        );
    }
    assert_eq!(kubernetes["node"], real.name());
}
