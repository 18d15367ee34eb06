//! Pulls and studies that fail: what is said, and what is left.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pullstudy_events::{PullOutcome, Trace};
use pullstudy_image::{Compression, DiffId, Layout, LayoutWriter, Tag};
use pullstudy_runner::{LocalOutcome, LocalReport, Progress, PullError, StudyError, UnpackError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::layouts::{write_image, write_manifest};
use crate::scene::{Scene, layer, read_events, reasons};
use crate::tars::{chain, failure};

const IMAGE: &str = "localhost/study/image";

fn write_two_layers(writer: &LayoutWriter) {
    let layers = [
        layer(1, 200_000, Compression::Gzip),
        layer(2, 900_000, Compression::Gzip),
    ];
    write_image(writer, &format!("{IMAGE}:one"), &layers);
}

/// Returns where the second layer's blob lies.
fn second_layer(layout: &Layout) -> std::path::PathBuf {
    let entry = layout.images().unwrap().remove(0).descriptor;
    let image = layout.all_images(&entry).unwrap().remove(0);
    layout.blob_path(&image.layers()[1].digest())
}

fn error(report: &LocalReport) -> &PullError {
    match &report.pulls[0].outcome {
        LocalOutcome::Failed { error } => error,
        other => panic!("{other:?}"),
    }
}

/// Pulls `one` onto a node that is kept, and checks what a failure leaves: records of it, and nothing half-made.
async fn fail(scene: &Scene) -> LocalReport {
    let mut study = scene.study(&["one"], 1);
    study.keep_nodes = true;
    let report = study.run(|_| {}).await.unwrap();

    let error = chain(error(&report));
    let read = Trace::read(&report.trace_file).unwrap();
    assert_eq!(read.pulls[0].pull.outcome, PullOutcome::Failed);
    assert_eq!(read.pulls[0].pull.error.as_deref(), Some(&*error));
    let events = read_events(&report.events_file);
    let expected = [
        "Scheduled",
        "Pulling",
        "Failed",
        "Failed",
        "BackOff",
        "Failed",
    ];
    assert_eq!(reasons(&events, "pull-0-0"), expected);
    let said = format!(
        "Failed to pull image \"{}\": {error}",
        scene.reference("one")
    );
    assert_eq!(events[2].message.as_deref(), Some(&*said));

    assert_eq!(scene.count(0, "content/ingest"), 0);
    assert_eq!(scene.snapshots(0), [] as [std::path::PathBuf; 0]);
    assert_eq!(scene.count(0, "images"), 0);
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_is_not_there() {
    let scene = Scene::new(|_| {}).await;
    let report = fail(&scene).await;
    assert!(matches!(error(&report), PullError::Resolve { .. }));
    assert!(
        chain(error(&report)).contains("does not exist"),
        "{}",
        chain(error(&report))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_not_there() {
    let scene = Scene::new(write_two_layers).await;
    fs::remove_file(second_layer(&scene.layout())).unwrap();
    let report = fail(&scene).await;
    assert!(
        matches!(error(&report), PullError::Fetch { .. }),
        "{:?}",
        error(&report)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_with_other_bytes() {
    let scene = Scene::new(write_two_layers).await;
    let path = second_layer(&scene.layout());
    let mut blob = fs::read(&path).unwrap();
    let middle = blob.len() / 2;
    blob[middle] ^= 1;
    fs::write(&path, blob).unwrap();
    let report = fail(&scene).await;
    let PullError::Digest {
        expected, actual, ..
    } = error(&report)
    else {
        panic!("{:?}", error(&report));
    };
    assert_ne!(expected, actual);
    let blob = scene
        .node(0)
        .join("content/blobs/sha256")
        .join(expected.hex());
    assert!(!blob.exists(), "a blob with wrong bytes is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_that_lies_about_a_layer() {
    let wrong = DiffId::of(b"another tar");
    let scene = Scene::new(|writer| {
        let layers = [
            layer(1, 1_000, Compression::Gzip),
            layer(2, 1_000, Compression::Zstd),
        ];
        let manifest = write_manifest(writer, &layers, &[DiffId::of(&layers[0].0), wrong]);
        let reference = format!("{IMAGE}:one").parse().unwrap();
        writer
            .put_tags(&[Tag::new(reference, manifest.descriptor())])
            .unwrap();
    })
    .await;
    let report = fail(&scene).await;
    let PullError::Unpack {
        source: UnpackError::DiffId { expected, .. },
        ..
    } = error(&report)
    else {
        panic!("{:?}", error(&report));
    };
    assert_eq!(*expected, wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_no_tar() {
    let scene = Scene::new(|writer| {
        write_image(
            writer,
            &format!("{IMAGE}:one"),
            &[(vec![b'?'; 5_000], Compression::Gzip)],
        );
    })
    .await;
    let report = fail(&scene).await;
    assert!(
        chain(error(&report)).contains("it is not a tar"),
        "{}",
        chain(error(&report))
    );
}

/// Forwards connections to a registry, and cuts the first ones after so many bytes of answers.
async fn flaky_proxy(upstream: SocketAddr, cut_bytes: u64, cuts: usize) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let left = Arc::new(AtomicUsize::new(cuts));
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(forward(client, upstream, cut_bytes, left.clone()));
        }
    });
    address
}

async fn forward(client: TcpStream, upstream: SocketAddr, cut_bytes: u64, left: Arc<AtomicUsize>) {
    let server = TcpStream::connect(upstream).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking =
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut answered = (&mut from_server).take(cut_bytes);
    // Errors are what this is for.
    let copied = tokio::io::copy(&mut answered, &mut to_client)
        .await
        .unwrap_or(0);
    let one_less = |left: usize| left.checked_sub(1);
    let cuts = copied == cut_bytes
        && left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
            .is_ok();
    if !cuts {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    }
    asking.abort();
    let _ = to_client.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_tried_again_and_what_came_is_not_fetched_twice() {
    let scene = Scene::new(write_two_layers).await;
    let proxy = flaky_proxy(scene.address(), 500_000, 1).await;
    let mut study = scene.study(&["one"], 1);
    study.keep_nodes = true;
    study.images = vec![format!("{proxy}/study/image:one").parse().unwrap()];
    study.options.downloads = NonZeroUsize::MIN;
    study.options.attempts = NonZeroUsize::new(3).unwrap();
    let report = study.run(|_| {}).await.unwrap();

    let pull = &report.pulls[0];
    assert!(
        matches!(pull.outcome, LocalOutcome::Pulled { .. }),
        "{:?}",
        pull.outcome
    );
    assert_eq!((pull.attempts, pull.layers_reused), (2, 0));
    let events = read_events(&report.events_file);
    let expected = [
        "Scheduled",
        "Pulling",
        "Failed",
        "Failed",
        "BackOff",
        "Failed",
        "Pulling",
        "Pulled",
        "Created",
        "Started",
    ];
    assert_eq!(reasons(&events, "pull-0-0"), expected);
    let pulling: Vec<_> = events
        .iter()
        .filter(|event| event.reason == "Pulling")
        .collect();
    assert_eq!((pulling[0].count, pulling[1].count), (Some(1), Some(2)));
    assert_eq!(scene.snapshots(0).len(), 1);
    assert_eq!(scene.count(0, "content/ingest"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_always_breaks_fails_at_last() {
    let scene = Scene::new(write_two_layers).await;
    let proxy = flaky_proxy(scene.address(), 100_000, usize::MAX).await;
    let mut study = scene.study(&["one"], 1);
    study.images = vec![format!("{proxy}/study/image:one").parse().unwrap()];
    study.options.attempts = NonZeroUsize::new(2).unwrap();
    let report = study.run(|_| {}).await.unwrap();
    assert_eq!(report.pulls[0].attempts, 2);
    assert!(
        matches!(error(&report), PullError::Fetch { .. }),
        "{:?}",
        error(&report)
    );
    assert!(!scene.path().join("out/nodes").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_image_that_fails_does_not_keep_the_next_from_coming() {
    let scene = Scene::new(write_two_layers).await;
    let report = scene
        .study(&["absent", "one"], 2)
        .run(|_| {})
        .await
        .unwrap();
    let ended: Vec<bool> = report
        .pulls
        .iter()
        .map(|pull| matches!(pull.outcome, LocalOutcome::Pulled { .. }))
        .collect();
    assert_eq!(ended, [false, false, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_other_things_is_not_emptied() {
    let scene = Scene::new(write_two_layers).await;
    fs::create_dir_all(scene.node(0)).unwrap();
    fs::write(scene.node(0).join("thesis.tex"), b"precious").unwrap();
    let error = failure(scene.study(&["one"], 1).run(|_| {}).await);
    assert!(
        chain(&error).contains("choose a new folder"),
        "{}",
        chain(&error)
    );
    assert_eq!(
        fs::read(scene.node(0).join("thesis.tex")).unwrap(),
        b"precious"
    );
}

#[tokio::test]
async fn a_study_without_sense_is_refused_before_anything_is_made() {
    let scene = Scene::new(|_| {}).await;
    let none = failure(scene.study(&[], 1).run(|_| {}).await);
    assert!(matches!(none, StudyError::NoImages { .. }), "{none}");
    let nowhere = failure(scene.study(&["one"], 0).run(|_| {}).await);
    assert!(matches!(nowhere, StudyError::NoNodes { .. }), "{nowhere}");
    let mut unnamed = scene.study(&["one"], 1);
    unnamed.experiment = "../elsewhere".into();
    let unnamed = failure(unnamed.run(|_| {}).await);
    assert!(
        matches!(unnamed, StudyError::Experiment { .. }),
        "{unnamed}"
    );
    assert!(!scene.path().join("out").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_cannot_be_written_are_an_error() {
    let scene = Scene::new(write_two_layers).await;
    fs::write(
        scene.path().join("out"),
        b"a file where the folder should be",
    )
    .unwrap();
    let error = failure(scene.study(&["one"], 1).run(|_| {}).await);
    assert!(matches!(error, StudyError::Out { .. }), "{error}");
    assert!(chain(&error).contains("trace.jsonl"), "{}", chain(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_studies_do_not_write_to_one_folder() {
    let scene = Scene::new(write_two_layers).await;
    let study = scene.study(&["one"], 1);
    let mut second = None;
    let handle = tokio::runtime::Handle::current();
    let first = study.run(|step| {
        if matches!(step, Progress::ImageStarted { .. }) {
            let run = study.run(|_| {});
            second = Some(tokio::task::block_in_place(|| handle.block_on(run)));
        }
    });
    assert!(first.await.is_ok());
    let error = failure(second.unwrap());
    assert!(matches!(error, StudyError::Busy { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_a_killed_study_are_emptied_whatever_their_number() {
    let scene = Scene::new(write_two_layers).await;
    let mut large = scene.study(&["one"], 3);
    large.keep_nodes = true;
    large.run(|_| {}).await.unwrap();
    assert!(scene.node(2).exists());
    scene.study(&["one"], 1).run(|_| {}).await.unwrap();
    assert!(!scene.node(2).exists());
}
