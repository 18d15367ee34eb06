//! What makes a study impossible, each in one sentence with what to do.

use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use pullstudy_image::LayoutWriter;
use pullstudy_runner::{
    ContainerdEngine, ContainerdError, ContainerdOptions, PullBy, RunProgress, RunStudyError,
};

use super::runtime::{Runtime, plan, references};
use crate::scene::Scene;
use crate::tars::{chain, failure};

/// Begins a study that cannot be, and returns why.
async fn problem(options: ContainerdOptions, settings: &str) -> (ContainerdError, String) {
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&["127.0.0.1:1/study/image:one".parse().unwrap()], settings);
    let mut engine = ContainerdEngine::new(options);
    let ran = pullstudy_runner::run_study(&plan, &mut engine, out.path(), &mut |_| {}).await;
    let error = failure(ran);
    let text = chain(&error);
    match error {
        RunStudyError::Engine { source, .. } => (source, text),
        other => panic!("{other:?}"),
    }
}

fn at(addresses: &[PathBuf]) -> ContainerdOptions {
    let mut options = ContainerdOptions::default();
    options.addresses = addresses.to_vec();
    options
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_told() {
    let (error, text) = problem(at(&["/nowhere/c.sock".into()]), "").await;
    assert!(matches!(error, ContainerdError::NoSocket { .. }));
    assert_eq!(
        text,
        "the engine containerd cannot begin: there is no socket /nowhere/c.sock; start containerd, or name its socket \
         with --address (it is grpc.address in containerd's config.toml)"
    );
}

#[tokio::test]
async fn a_socket_that_nothing_answers_at_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.sock");
    drop(UnixListener::bind(&path).unwrap());
    let (error, text) = problem(at(&[path]), "").await;
    assert!(matches!(error, ContainerdError::Silent { .. }), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_than_containerd_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let (error, text) = problem(at(&[path]), "").await;
    assert!(
        matches!(error, ContainerdError::NotContainerd { .. }),
        "{text}"
    );
    assert!(
        text.contains("is not containerd; name containerd's own socket"),
        "{text}"
    );
}

#[tokio::test]
async fn more_nodes_than_sockets_are_told() {
    let addresses: Vec<PathBuf> = vec!["/a.sock".into(), "/b.sock".into()];
    let (error, text) = problem(at(&addresses), "nodes: [2, 4]").await;
    assert!(matches!(
        error,
        ContainerdError::TooFewNodes {
            wanted: 4,
            addresses: 2
        }
    ));
    assert!(
        text.contains("wants 4 nodes, but there are 2 sockets"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_containerd_lacks_is_told() {
    let runtime = Runtime::without_cri();
    let (error, text) = problem(runtime.options(PullBy::Cri), "").await;
    assert!(matches!(error, ContainerdError::NoCri { .. }), "{text}");
    assert!(text.contains("pull with --by ctr"), "{text}");

    let mut options = runtime.options(PullBy::Ctr);
    options.snapshotter = Some("stargz".to_owned());
    let (error, text) = problem(options, "").await;
    assert!(
        matches!(error, ContainerdError::NoSnapshotter { .. }),
        "{text}"
    );
    assert!(
        text.contains("has no snapshotter stargz; those that work there are native, overlayfs"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_a_containerd_is_told() {
    let runtime = Runtime::start();
    let strategy = "strategies: [{name: native, snapshotter: native}]";
    let (error, text) = problem(runtime.options(PullBy::Cri), strategy).await;
    assert!(
        matches!(error, ContainerdError::SnapshotterIsSet { .. }),
        "{text}"
    );

    let mut options = runtime.options(PullBy::Cri);
    options.addresses.push(
        runtime
            .path()
            .join("../")
            .join(runtime.path().file_name().unwrap())
            .join("containerd.sock"),
    );
    let (error, text) = problem(options, "nodes: 2").await;
    assert!(matches!(error, ContainerdError::Twice { .. }), "{text}");

    let mut options = runtime.options(PullBy::Cri);
    options.logs = vec!["/nowhere/containerd.log".into()];
    let (error, text) = problem(options, "").await;
    assert!(matches!(error, ContainerdError::Log { .. }), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_containerd_that_goes_away_ends_the_study_and_not_its_results() {
    let scene = Scene::new(|writer: &LayoutWriter| {
        let layers = [crate::scene::layer(
            1,
            1_000,
            pullstudy_image::Compression::Gzip,
        )];
        crate::layouts::write_image(writer, "localhost/study/image:one", &layers);
    })
    .await;
    let runtime = Runtime::start();
    let out = tempfile::tempdir().unwrap();
    let plan = plan(&references(&scene, &["one"]), "repeats: 2");
    let mut engine = ContainerdEngine::new(runtime.options(PullBy::Cri));
    let mut runtime = Some(runtime);
    let mut stop = |progress: RunProgress<'_>| {
        if let RunProgress::StepDone { .. } = progress {
            drop(runtime.take());
        }
    };
    let ran = pullstudy_runner::run_study(&plan, &mut engine, out.path(), &mut stop).await;
    let text = chain(&failure(ran));
    assert!(
        text.contains("containerd cannot remove what a step left"),
        "{text}"
    );
    let journal = std::fs::read_to_string(out.path().join("journal.jsonl")).unwrap();
    assert!(journal.contains("repeat=0"), "{journal}");
}
