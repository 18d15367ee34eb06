//! What is removed between pulls, and what of others stays.

use pullstudy_image::{Compression, LayoutWriter};
use pullstudy_runner::PullBy;

use super::runtime::{NOTHING, Runtime, references};
use crate::layouts::write_image;
use crate::scene::{Scene, layer};

const IMAGE: &str = "localhost/study/image";

/// Two images with one layer in common, and a second name for the first.
fn write(writer: &LayoutWriter) {
    let base = || layer(1, 300_000, Compression::Gzip);
    for (tag, own) in [("one", 2), ("two", 3), ("again", 2)] {
        let layers = [base(), layer(own, 200_000, Compression::Gzip)];
        write_image(writer, &format!("{IMAGE}:{tag}"), &layers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_image_needs_survives() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    runtime
        .study(PullBy::Cri, &references(&scene, &["two"]), "cache: keep")
        .await;
    let before = runtime.stored("k8s.io", "overlayfs");
    let report = runtime
        .study(PullBy::Cri, &references(&scene, &["one"]), "repeats: 2")
        .await;
    assert_eq!(runtime.stored("k8s.io", "overlayfs"), before);
    // One layer's blob, and its snapshot.
    let is_told =
        |note: &String| note.starts_with("2 blobs and snapshots") && note.contains("other images");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_of_the_image_survives() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    runtime
        .study(PullBy::Cri, &references(&scene, &["again"]), "cache: keep")
        .await;
    let before = runtime.stored("k8s.io", "overlayfs");
    assert_eq!(before[0].len(), 3, "tag, digest and id: {before:?}");
    runtime
        .study(PullBy::Cri, &references(&scene, &["one"]), "")
        .await;
    assert_eq!(runtime.stored("k8s.io", "overlayfs"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_there_before_is_removed_first() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let images = references(&scene, &["one"]);
    runtime.study(PullBy::Cri, &images, "cache: keep").await;
    let report = runtime.study(PullBy::Cri, &images, "").await;
    assert!(
        report.notes.iter().all(|note| !note.contains("cold")),
        "{:?}",
        report.notes
    );
    assert_eq!(runtime.stored("k8s.io", "overlayfs"), NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_namespace_has_is_told() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let images = references(&scene, &["one"]);
    runtime.study(PullBy::Cri, &images, "cache: keep").await;
    let report = runtime.study(PullBy::Ctr, &images, "repeats: 2").await;
    let is_told = |note: &String| note.contains("in the namespace k8s.io");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
    // containerd took the blobs from there.
    let traces = runtime.traces();
    let layers = traces[0].phases.iter().filter(|row| row.layer.is_some());
    assert!(layers.clone().all(|row| row.phase.as_str() == "apply"));
    assert_eq!(layers.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lease_holds_is_told() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let images = references(&scene, &["one"]);
    runtime.study(PullBy::Cri, &images, "cache: keep").await;
    let config = &runtime.stored("k8s.io", "overlayfs")[1][0].clone();
    runtime.ctr("k8s.io", &["leases", "create", "--id", "held"]);
    runtime.ctr(
        "k8s.io",
        &[
            "content",
            "label",
            config,
            "containerd.io/gc.root=2026-01-01T00:00:00Z",
        ],
    );
    let report = runtime.study(PullBy::Cri, &images, "").await;
    let is_told = |note: &String| note.contains("held by a container or a lease");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ctr_that_was_stopped_leaves_nothing() {
    let scene = Scene::new(|writer: &LayoutWriter| {
        let layers = [layer(1, 30_000_000, Compression::Gzip)];
        write_image(writer, &format!("{IMAGE}:one"), &layers);
    })
    .await;
    let runtime = Runtime::start();
    // Wherever in its work it is by then.
    for millis in [50, 100, 150, 200, 300] {
        let settings = format!("timeouts: {{image: {millis}ms}}");
        let images = references(&scene, &["one"]);
        runtime.study(PullBy::Ctr, &images, &settings).await;
        assert_eq!(runtime.stored("pullstudy", "overlayfs"), NOTHING);
        assert_eq!(runtime.ctr("pullstudy", &["leases", "ls", "-q"]), [""; 0]);
    }
}
