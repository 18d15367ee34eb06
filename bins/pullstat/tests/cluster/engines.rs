//! The same study on all three engines: a folder, containerd, and a real kubelet with that containerd.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use pullstudy_crafter::{
    BuildIdentity, BuildOptions, LayoutSink, Method, Plan, PlanOptions, SizesFile, build,
};
use pullstudy_image::Layout;
use pullstudy_registry::{Server, ServerOptions};
use pullstudy_test_cluster::{Cluster, Settings};
use serde_json::Value;

use crate::scene::{pullstat, rows, succeeded};

const SIZES: &str = "sizes: [{total: 12MB}]\nlayers: [{exact: 3}]\nratio: 2.6\n";

/// Crafts an image of exact size into a layout, and returns repository and tag.
fn craft(layout: &Path) -> String {
    let sizes = SizesFile::parse("sizes", SIZES).unwrap();
    let options = PlanOptions {
        seed: 7,
        repository: "localhost/study/engines".parse().unwrap(),
        method: Method::Exact,
        base: None,
    };
    let plan = Plan::new(&sizes, &options).unwrap();
    let sink = LayoutSink::open(layout, &BuildIdentity::of(&["engines"]), 7).unwrap();
    let jobs = NonZeroUsize::MIN;
    let built = build(&plan, &sink, BuildOptions { jobs }, &|_| {}).unwrap();
    sink.complete().unwrap();
    let image = &built[0].reference;
    format!("{}:{}", image.repository(), image.tag_or_latest())
}

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
    let layout = folder.path().join("layout");
    let image = craft(&layout);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let layout = Layout::open(&layout).unwrap();
        let server = Server::bind(layout, ([127, 0, 0, 1], 0).into(), ServerOptions::default());
        server.await.unwrap().spawn()
    });
    let image = format!("{}/{image}", server.address());
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
            &image,
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
