//! Pulls by the CRI and by `ctr`: what they leave, and what is told of them.

use std::collections::BTreeSet;

use pullstudy_events::{Bound, Phase, PhaseRecord, PullOutcome, PullTrace, Stage};
use pullstudy_image::{Compression, LayoutWriter};
use pullstudy_runner::{ContainerdEngine, PullBy};

use super::runtime::{NOTHING, Runtime, references};
use crate::layouts::write_image;
use crate::scene::{Scene, layer, reasons};

const IMAGE: &str = "localhost/study/image";

/// Ends are sums of rounded numbers.
const ROUNDING: f64 = 1e-6;

/// Three layers of every codec, and an image that shares the first.
fn write(writer: &LayoutWriter) {
    let base = || layer(1, 3_000_000, Compression::Gzip);
    let image = [
        base(),
        layer(2, 5_000_000, Compression::Zstd),
        layer(3, 900_000, Compression::Gzip),
    ];
    write_image(writer, &format!("{IMAGE}:one"), &image);
    let other = [base(), layer(4, 700_000, Compression::Gzip)];
    write_image(writer, &format!("{IMAGE}:two"), &other);
}

fn rows(trace: &PullTrace, stage: Stage, phase: Phase) -> Vec<&PhaseRecord> {
    let rows = trace.phases.iter();
    rows.filter(|row| row.stage == stage && row.phase == phase)
        .collect()
}

fn check_trace(scene: &Scene, trace: &PullTrace) {
    let descriptor = scene.layout().images().unwrap().remove(0).descriptor;
    let image = scene.layout().all_images(&descriptor).unwrap().remove(0);
    assert_eq!(trace.pull.outcome, PullOutcome::Pulled);
    assert_eq!((trace.pull.layers, trace.pull.nodes), (3, Some(1)));
    assert_eq!(trace.pull.wire_bytes, image.manifest().wire_bytes());
    assert_eq!(rows(trace, Stage::Prepare, Phase::Manifest).len(), 1);
    assert_eq!(rows(trace, Stage::Prepare, Phase::Config).len(), 1);
    let expected: BTreeSet<_> = image.layers().iter().map(|layer| layer.digest()).collect();
    for (stage, phase) in [
        (Stage::Fetch, Phase::Download),
        (Stage::Unpack, Phase::Apply),
    ] {
        let rows = rows(trace, stage, phase);
        let digests = rows.iter().map(|row| row.layer.as_ref().unwrap().digest);
        assert_eq!(digests.collect::<BTreeSet<_>>(), expected, "{phase}");
        let bytes: u64 = rows.iter().map(|row| row.bytes).sum();
        assert_eq!(bytes, trace.pull.wire_bytes, "{phase}");
    }
    check_times(trace);
}

fn check_times(trace: &PullTrace) {
    for row in &trace.phases {
        assert!(row.end_seconds() <= trace.pull.seconds + 0.01, "{row:?}");
        assert!(row.busy_seconds <= row.duration_seconds + 1e-9, "{row:?}");
    }
    let mut applied = rows(trace, Stage::Unpack, Phase::Apply);
    applied.sort_by_key(|row| row.layer.as_ref().unwrap().index);
    for pair in applied.windows(2) {
        assert!(
            pair[0].end_seconds() <= pair[1].start_seconds + ROUNDING,
            "{pair:?}"
        );
    }
    for row in applied {
        let index = row.layer.as_ref().unwrap().index;
        let fetched = rows(trace, Stage::Fetch, Phase::Download);
        let fetched = fetched
            .iter()
            .find(|row| row.layer.as_ref().unwrap().index == index);
        assert!(
            fetched.unwrap().end_seconds() <= row.start_seconds + ROUNDING,
            "layer {index}"
        );
        assert!(row.duration_seconds > 0.0);
    }
    let path = trace.pull.critical_path.unwrap();
    assert!((path.total_seconds() - trace.pull.seconds).abs() < 1e-6);
    assert!(path.apply_seconds > 0.0 && path.write_seconds == 0.0);
    assert!(matches!(
        trace.pull.bound_by,
        Some(Bound::Wire | Bound::Unpack)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_gives_the_same_rows() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let images = references(&scene, &["one"]);
    for (by, namespace, snapshotter) in [
        (PullBy::Cri, "k8s.io", "overlayfs"),
        (PullBy::Ctr, "pullstudy", "overlayfs"),
        (PullBy::Ctr, "pullstudy", "native"),
    ] {
        let mut options = runtime.options(by);
        options.snapshotter = Some(snapshotter.to_owned());
        let mut engine = ContainerdEngine::new(options);
        let report = runtime
            .run(&mut engine, &images, "repeats: 2")
            .await
            .unwrap();
        assert_eq!((report.pulled, report.failed), (2, 0), "{:?}", report.notes);
        let traces = runtime.traces();
        assert_eq!(traces.len(), 2);
        traces.iter().for_each(|trace| check_trace(&scene, trace));
        let cold = report.notes.iter().all(|note| !note.contains("cold"));
        assert!(cold, "{:?}", report.notes);
        let events = runtime.events(1);
        for pod in ["pull-0-0", "pull-1-0"] {
            assert_eq!(reasons(&events, pod), ["Scheduled", "Pulling", "Pulled"]);
        }
        if namespace == "k8s.io" {
            assert_eq!(runtime.stored(namespace, snapshotter), NOTHING);
        } else {
            assert_eq!(
                runtime.ctr(namespace, &["namespaces", "ls", "-q"]),
                ["k8s.io"]
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_is_what_the_runtime_stores() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let descriptor = scene.layout().images().unwrap().remove(0).descriptor;
    let image = scene.layout().all_images(&descriptor).unwrap().remove(0);
    let manifest = image.manifest();
    let stored = manifest.wire_bytes() + manifest.config().size_bytes + manifest.raw().len() as u64;
    for by in [PullBy::Cri, PullBy::Ctr] {
        runtime.study(by, &references(&scene, &["one"]), "").await;
        let events = runtime.events(1);
        let message = events[2].message.as_deref().unwrap();
        assert!(
            message.contains(&format!("Image size: {stored} bytes.")),
            "{message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_kept_is_not_fetched_again() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let images = references(&scene, &["one"]);
    runtime
        .study(PullBy::Cri, &images, "repeats: 2\ncache: keep")
        .await;
    let traces = runtime.traces();
    assert_eq!(rows(&traces[0], Stage::Fetch, Phase::Download).len(), 3);
    assert!(
        traces[1]
            .phases
            .iter()
            .all(|row| row.stage == Stage::Prepare)
    );
    assert_eq!(traces[1].pull.layers, 3);

    let report = runtime.study(PullBy::Cri, &images, "cache: check").await;
    let is_told = |note: &String| note.contains("3 of 3 layers") && note.contains("not cold");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);

    let settings = "cache: check\npull-policy: if-not-present";
    let report = runtime.study(PullBy::Cri, &images, settings).await;
    assert_eq!(report.steps[0].present, 1);
    assert_eq!(
        reasons(&runtime.events(1), "pull-0-0"),
        ["Scheduled", "Pulled"]
    );
    assert!(runtime.traces().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_another_image_is_there_and_that_is_told() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    runtime
        .study(PullBy::Cri, &references(&scene, &["two"]), "cache: keep")
        .await;
    let report = runtime
        .study(PullBy::Cri, &references(&scene, &["one"]), "")
        .await;
    let traces = runtime.traces();
    assert_eq!(rows(&traces[0], Stage::Fetch, Phase::Download).len(), 2);
    assert_eq!(rows(&traces[0], Stage::Unpack, Phase::Apply).len(), 2);
    let is_told = |note: &String| note.contains("1 of 3 layers") && note.contains("not cold");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_does_not_exist_is_a_recorded_failure() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    for by in [PullBy::Cri, PullBy::Ctr] {
        let report = runtime
            .study(by, &references(&scene, &["none", "two"]), "")
            .await;
        assert_eq!((report.pulled, report.failed), (1, 1));
        let traces = runtime.traces();
        assert_eq!(traces[0].pull.outcome, PullOutcome::Failed);
        let error = traces[0].pull.error.as_deref().unwrap();
        assert!(error.contains("not found"), "{error}");
        let events = runtime.events(1);
        let expected = [
            "Scheduled",
            "Pulling",
            "Failed",
            "Failed",
            "BackOff",
            "Failed",
        ];
        assert_eq!(reasons(&events, "pull-0-0"), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_how_long_applying_took_alone() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let mut options = runtime.options(PullBy::Cri);
    options.logs = vec![runtime.log()];
    let mut engine = ContainerdEngine::new(options);
    let images = references(&scene, &["one"]);
    runtime.run(&mut engine, &images, "").await.unwrap();
    let traces = runtime.traces();
    let applied = rows(&traces[0], Stage::Unpack, Phase::Apply);
    assert_eq!(applied.len(), 3);
    for row in applied {
        assert!(row.busy_seconds < row.duration_seconds, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sockets_are_two_nodes_that_pull_at_once() {
    let scene = Scene::new(write).await;
    let (first, second) = (Runtime::start(), Runtime::start());
    let mut options = first.options(PullBy::Cri);
    options.addresses.push(second.address());
    let mut engine = ContainerdEngine::new(options);
    let images = references(&scene, &["one"]);
    let report = first
        .run(&mut engine, &images, "nodes: [1, 2]")
        .await
        .unwrap();
    assert_eq!(report.pulled, 3);
    let traces = first.traces();
    let mut nodes: Vec<_> = traces[1..]
        .iter()
        .map(|trace| trace.pull.node.clone().unwrap())
        .collect();
    nodes.sort();
    assert_eq!(nodes, ["node-0", "node-1"]);
    let facts = std::fs::read_dir(first.path().join("out/study/2")).unwrap();
    let facts = facts.map(|entry| entry.unwrap().path()).find(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("nodes")
    });
    let facts = std::fs::read_to_string(facts.unwrap()).unwrap();
    assert_eq!(facts.matches("containerd://1.").count(), 2, "{facts}");
}
