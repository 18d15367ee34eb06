//! Pulls that succeed: what lands on the nodes, and what is recorded of it.

use std::num::NonZeroUsize;
use std::path::Path;

use pullstudy_events::{Phase, PhaseRecord, PullOutcome, PullTrace, Stage, Trace};
use pullstudy_image::{Compression, DiffId, Index, LayoutWriter, MediaType, Tag};
use pullstudy_runner::{Caveat, LocalOutcome, LocalPull, Progress, PullPolicy};

use crate::layouts::{put, write_image, write_manifest};
use crate::scene::{Scene, layer, read_events, reasons};
use crate::tars::{Tar, unpack};
use crate::trees::tree;

const IMAGE: &str = "localhost/study/image";

/// Five layers, of every codec, with a whiteout in the last.
fn write_mixed(writer: &LayoutWriter) {
    let layers = [
        layer(1, 300_000, Compression::Gzip),
        layer(2, 2_500_000, Compression::Zstd),
        layer(3, 10, Compression::None),
        layer(4, 700_000, Compression::Gzip),
        (upper(), Compression::Gzip),
    ];
    write_image(writer, &format!("{IMAGE}:mixed"), &layers);
}

/// A layer that takes away from the ones below it and adds to them.
fn upper() -> Vec<u8> {
    let tar = Tar::new().folder("data", 0o755).file("data/.wh.1", b"");
    tar.hard_link("data/again", "data/2").bytes()
}

fn rows(trace: &PullTrace, stage: Stage, phase: Phase) -> Vec<&PhaseRecord> {
    let rows = trace
        .phases
        .iter()
        .filter(|row| row.stage == stage && row.phase == phase);
    rows.collect()
}

fn trace(pull: &LocalPull) -> &PullTrace {
    pull.trace.as_ref().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_have_the_same_tree_and_it_is_the_image_s() {
    let scene = Scene::new(write_mixed).await;
    let mut study = scene.study(&["mixed"], 2);
    study.keep_nodes = true;
    let report = study.run(|_| {}).await.unwrap();

    assert_eq!(report.pulls.len(), 2);
    let tars = [
        layer(1, 300_000, Compression::None).0,
        layer(2, 2_500_000, Compression::None).0,
        layer(3, 10, Compression::None).0,
        layer(4, 700_000, Compression::None).0,
        upper(),
    ];
    let expected = tree(unpack(scene.path(), &tars).path());
    for node in 0..2 {
        assert_eq!(scene.snapshots(node).len(), 1);
        assert_eq!(tree(&scene.snapshots(node)[0]), expected, "node {node}");
        // Manifest, config and five layers.
        assert_eq!(scene.count(node, "content/blobs/sha256"), 7);
        assert_eq!(scene.count(node, "content/ingest"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_accounts_for_every_layer_and_byte() {
    let scene = Scene::new(write_mixed).await;
    let report = scene.study(&["mixed"], 1).run(|_| {}).await.unwrap();
    let image = scene.layout().images().unwrap().remove(0).descriptor;
    let image = scene.layout().all_images(&image).unwrap().remove(0);
    let trace = trace(&report.pulls[0]);

    assert_eq!(trace.pull.outcome, PullOutcome::Pulled);
    assert_eq!(trace.pull.wire_bytes, image.manifest().wire_bytes());
    assert_eq!(
        trace.pull.unpacked_bytes,
        300_000 + 2_500_000 + 10 + 700_000
    );
    assert_eq!((trace.pull.layers, trace.pull.nodes), (5, Some(1)));
    for phase in [Phase::Download, Phase::Verify, Phase::Write] {
        let fetched = rows(trace, Stage::Fetch, phase);
        assert_eq!(fetched.len(), 5, "{phase}");
        let bytes: u64 = fetched.iter().map(|row| row.bytes).sum();
        assert_eq!(bytes, trace.pull.wire_bytes, "{phase}");
    }
    for phase in [Phase::Decompress, Phase::DiffId, Phase::Write] {
        assert_eq!(rows(trace, Stage::Unpack, phase).len(), 5, "{phase}");
    }
    for phase in [Phase::Resolve, Phase::Manifest, Phase::Config] {
        assert_eq!(rows(trace, Stage::Prepare, phase).len(), 1, "{phase}");
    }
    let manifest = rows(trace, Stage::Prepare, Phase::Manifest)[0];
    assert_eq!(manifest.bytes, image.manifest().raw().len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_times_of_a_trace_fit_together() {
    let scene = Scene::new(write_mixed).await;
    let report = scene.study(&["mixed"], 2).run(|_| {}).await.unwrap();
    for pull in &report.pulls {
        let trace = trace(pull);
        for row in &trace.phases {
            assert!(row.busy_seconds <= row.duration_seconds + 1e-9, "{row:?}");
            assert!(row.end_seconds() <= trace.pull.seconds + 1e-6, "{row:?}");
        }
        let path = trace.pull.critical_path.unwrap();
        assert!(
            (path.total_seconds() - trace.pull.seconds).abs() < 1e-6,
            "{path:?}"
        );
        assert!(trace.pull.bound_by.is_some());
        // Layers are unpacked one after the other, the lower first.
        let mut unpacked = rows(trace, Stage::Unpack, Phase::Write);
        unpacked.sort_by_key(|row| row.layer.as_ref().unwrap().index);
        for pair in unpacked.windows(2) {
            assert!(
                pair[0].end_seconds() <= pair[1].start_seconds + 1e-9,
                "{pair:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_hold_what_the_report_says() {
    let scene = Scene::new(write_mixed).await;
    let mut study = scene.study(&["mixed"], 2);
    let report = study.run(|_| {}).await.unwrap();

    let read = Trace::read(&report.trace_file).unwrap();
    assert_eq!(
        (read.pulls.len(), read.torn_lines, read.unfinished.len()),
        (2, 0, 0)
    );
    for (read, reported) in read.pulls.iter().zip(&report.pulls) {
        assert_eq!(read.phases, trace(reported).phases);
        assert_eq!(read.pull.node, Some(reported.node.clone()));
    }
    let events = read_events(&report.events_file);
    for pod in ["pull-0-0", "pull-0-1"] {
        let expected = ["Scheduled", "Pulling", "Pulled", "Created", "Started"];
        assert_eq!(reasons(&events, pod), expected);
    }
    let folder = report.events_file.parent().unwrap();
    assert!(folder.ends_with("test/2"), "{}", folder.display());

    // A second study adds to the trace, and keeps the events of the first.
    study.experiment = "again".into();
    let again = study.run(|_| {}).await.unwrap();
    assert_eq!(Trace::read(&again.trace_file).unwrap().pulls.len(), 4);
    assert!(report.events_file.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_is_containerd_s_and_the_message_the_kubelet_s() {
    let scene = Scene::new(write_mixed).await;
    let report = scene.study(&["mixed"], 1).run(|_| {}).await.unwrap();
    let LocalOutcome::Pulled { image_size_bytes } = report.pulls[0].outcome else {
        panic!("{:?}", report.pulls[0].outcome);
    };
    let entry = scene.layout().images().unwrap().remove(0).descriptor;
    let manifest = scene
        .layout()
        .all_images(&entry)
        .unwrap()
        .remove(0)
        .manifest()
        .clone();
    let documents = entry.size_bytes + manifest.config().size_bytes;
    assert_eq!(image_size_bytes, documents + manifest.wire_bytes());

    let events = read_events(&report.events_file);
    let pulled = events
        .iter()
        .find(|event| event.reason == "Pulled")
        .unwrap();
    let message = pulled.message.as_deref().unwrap();
    let start = format!(
        "Successfully pulled image \"{}\" in ",
        scene.reference("mixed")
    );
    assert!(message.starts_with(&start), "{message}");
    let end = format!(" including waiting). Image size: {image_size_bytes} bytes.");
    assert!(message.ends_with(&end), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_an_image_has_twice_is_fetched_once() {
    let twice = layer(7, 50_000, Compression::Gzip);
    let scene = Scene::new(|writer| {
        let layers = [
            twice.clone(),
            layer(8, 10, Compression::Gzip),
            twice.clone(),
        ];
        write_image(writer, &format!("{IMAGE}:twice"), &layers);
    })
    .await;
    let report = scene.study(&["twice"], 1).run(|_| {}).await.unwrap();
    let trace = trace(&report.pulls[0]);
    assert_eq!(rows(trace, Stage::Fetch, Phase::Download).len(), 2);
    assert_eq!(rows(trace, Stage::Unpack, Phase::Write).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_come_in_order_and_no_more_at_a_time_than_there_are_slots() {
    let scene = Scene::new(write_mixed).await;
    for slots in [1, 3, 5] {
        let mut study = scene.study(&["mixed"], 1);
        study.options.downloads = NonZeroUsize::new(slots).unwrap();
        let report = study.run(|_| {}).await.unwrap();
        let trace = trace(&report.pulls[0]);
        let layer = |row: &PhaseRecord| row.layer.as_ref().unwrap().index as usize;

        let mut waited: Vec<usize> = rows(trace, Stage::Fetch, Phase::Wait)
            .into_iter()
            .map(layer)
            .collect();
        waited.sort_unstable();
        assert_eq!(waited, (slots..5).collect::<Vec<_>>(), "{slots} slots");
        for row in rows(trace, Stage::Fetch, Phase::Download) {
            let before = rows(trace, Stage::Fetch, Phase::Write)
                .into_iter()
                .filter(|write| {
                    layer(write) < layer(row) && write.end_seconds() <= row.start_seconds + 1e-9
                });
            assert!(
                before.count() + slots > layer(row),
                "{slots} slots: {row:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_has_the_image_follows_its_policy() {
    let scene = Scene::new(write_mixed).await;
    let mut study = scene.study(&["mixed", "mixed"], 1);
    study.keep_nodes = true;

    let report = study.run(|_| {}).await.unwrap();
    let second = trace(&report.pulls[1]);
    assert_eq!(second.phases.len(), 1, "{:?}", second.phases);
    assert_eq!(second.phases[0].phase, Phase::Resolve);
    assert_eq!(report.pulls[1].layers_reused, 0);

    study.options.policy = PullPolicy::IfNotPresent;
    let report = study.run(|_| {}).await.unwrap();
    assert!(
        report
            .pulls
            .iter()
            .all(|pull| matches!(pull.outcome, LocalOutcome::Present))
    );
    assert!(
        report
            .pulls
            .iter()
            .all(|pull| pull.trace.is_none() && pull.attempts == 0)
    );
    let events = read_events(&report.events_file);
    assert_eq!(
        reasons(&events, "pull-0-0"),
        ["Scheduled", "Pulled", "Created", "Started"]
    );
    let message = events[1].message.as_deref().unwrap();
    assert!(message.ends_with("already present on machine"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_layer_is_not_fetched_again_and_the_reader_is_told_of_its_unpacking() {
    let shared = layer(1, 400_000, Compression::Gzip);
    let scene = Scene::new(|writer| {
        for (tag, seed) in [("one", 2), ("two", 3)] {
            let layers = [shared.clone(), layer(seed, 1_000, Compression::Gzip)];
            write_image(writer, &format!("{IMAGE}:{tag}"), &layers);
        }
    })
    .await;
    let mut study = scene.study(&["one", "two"], 1);
    study.keep_nodes = true;
    let report = study.run(|_| {}).await.unwrap();
    let second = trace(&report.pulls[1]);
    assert_eq!(rows(second, Stage::Fetch, Phase::Download).len(), 1);
    assert_eq!(rows(second, Stage::Unpack, Phase::Write).len(), 2);
    assert!(
        report
            .caveats
            .contains(&Caveat::UnpackedAgain { layers: 1 }),
        "{:?}",
        report.caveats
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_emptied_between_images_and_leave_nothing() {
    let scene = Scene::new(|writer| {
        write_mixed(writer);
        write_image(
            writer,
            &format!("{IMAGE}:other"),
            &[layer(1, 300_000, Compression::Gzip)],
        );
    })
    .await;
    let study = scene.study(&["mixed", "other"], 2);
    let mut steps = Vec::new();
    let node = scene.node(0);
    let report = study
        .run(|step| {
            steps.push(match step {
                Progress::ImageStarted {
                    position, images, ..
                } => format!("{position}/{images}"),
                Progress::PullEnded { .. } => "ended".to_owned(),
                _ => format!("node there: {}", node.exists()),
            });
        })
        .await
        .unwrap();
    let image = |position| {
        [
            &format!("{position}/2")[..],
            "ended",
            "ended",
            "node there: false",
        ]
        .map(str::to_owned)
    };
    assert_eq!(steps, [image(0), image(1)].concat());
    // The layer of the second image was on the node with the first, and came again.
    assert!(report.pulls.iter().all(|pull| pull.layers_reused == 0));
    assert!(!scene.path().join("out/nodes").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_study_left_is_cleared() {
    let scene = Scene::new(write_mixed).await;
    let mut study = scene.study(&["mixed"], 1);
    study.keep_nodes = true;
    study.run(|_| {}).await.unwrap();
    std::fs::write(scene.node(0).join("content/ingest/9"), b"half").unwrap();
    std::fs::create_dir(scene.node(0).join("snapshots/9.partial")).unwrap();
    std::fs::write(scene.path().join("out/trace.jsonl"), b"{\"torn").unwrap();
    study.run(|_| {}).await.unwrap();
    assert_eq!(scene.count(0, "content/ingest"), 0);
    assert_eq!(scene.snapshots(0).len(), 1);
    assert_eq!(
        Trace::read(scene.path().join("out/trace.jsonl"))
            .unwrap()
            .pulls
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_gives_the_image_for_the_platform_and_counts_in_its_size() {
    let scene = Scene::new(|writer| {
        let images = [("linux/arm64", 1), ("linux/amd64", 2)].map(|(platform, seed)| {
            let layers = [layer(seed, 5_000, Compression::Gzip)];
            let manifest = write_manifest(writer, &layers, &[DiffId::of(&layers[0].0)]);
            manifest
                .descriptor()
                .with_platform(platform.parse().unwrap())
        });
        let index = Index::new(&images);
        let index = put(writer, MediaType::ImageIndex, index.raw());
        let reference = format!("{IMAGE}:index").parse().unwrap();
        writer.put_tags(&[Tag::new(reference, index)]).unwrap();
    })
    .await;
    let mut study = scene.study(&["index"], 1);
    study.keep_nodes = true;
    let report = study.run(|_| {}).await.unwrap();
    let LocalOutcome::Pulled { image_size_bytes } = report.pulls[0].outcome else {
        panic!("{:?}", report.pulls[0].outcome);
    };
    assert!(tree(&scene.snapshots(0)[0]).contains_key(Path::new("data/2")));
    let blobs = std::fs::read_dir(scene.node(0).join("content/blobs/sha256")).unwrap();
    let stored: u64 = blobs
        .map(|blob| blob.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(image_size_bytes, stored);

    study.options.platform = "linux/s390x".parse().unwrap();
    let report = study.run(|_| {}).await.unwrap();
    let LocalOutcome::Failed { error } = &report.pulls[0].outcome else {
        panic!("{:?}", report.pulls[0].outcome);
    };
    assert!(
        error.to_string().ends_with("has no image for linux/s390x"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_is_told_what_the_nodes_share() {
    let scene = Scene::new(write_mixed).await;
    let report = scene.study(&["mixed"], 3).run(|_| {}).await.unwrap();
    let told: Vec<String> = report.caveats.iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("3 nodes share the "), "{told:?}");
    assert!(told[1].starts_with("the registry 127.0.0.1:"), "{told:?}");
    let report = scene.study(&["mixed"], 1).run(|_| {}).await.unwrap();
    assert!(
        !report
            .caveats
            .iter()
            .any(|caveat| matches!(caveat, Caveat::SharedMachine { .. }))
    );
}
