//! Containers that are started from what was pulled, and timed to their end.

use pullstudy_image::LayoutWriter;
use pullstudy_runner::{ContainerdEngine, PullBy, RunProgress, run_study};

use super::programs::{EXIT_0, EXIT_3, PAUSE, write_program};
use super::runtime::{Runtime, plan, references};
use crate::scene::{Scene, reasons};

fn write(writer: &LayoutWriter) {
    for (tag, code) in [("good", EXIT_0), ("bad", EXIT_3), ("pause", PAUSE)] {
        write_program(writer, &format!("localhost/study/image:{tag}"), code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_timed_to_its_end() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::with_sandboxes(&scene.reference("pause"));
    for by in [PullBy::Ctr, PullBy::Cri] {
        let images = references(&scene, &["good"]);
        let report = runtime.study(by, &images, "run: {}").await;
        let traces = runtime.traces();
        let Some(container) = traces[0].pull.container else {
            panic!("{by:?}: {:?}", report.notes);
        };
        let pulled = traces[0].pull.seconds;
        let [created, started, exited] = [
            container.created_seconds,
            container.started_seconds,
            container.exited_seconds,
        ]
        .map(Option::unwrap);
        assert!(
            pulled <= created && created <= started && started <= exited,
            "{container:?}"
        );
        assert_eq!(container.exit_code, Some(0));
        let expected = ["Scheduled", "Pulling", "Pulled", "Created", "Started"];
        assert_eq!(reasons(&runtime.events(1), "pull-0-0"), expected);
        let namespace = if by == PullBy::Cri {
            "k8s.io"
        } else {
            "default"
        };
        assert!(
            runtime
                .ctr(namespace, &["containers", "ls", "-q"])
                .is_empty()
        );
    }
    // The image of the sandboxes stays: it is the runtime's own.
    let [images, ..] = runtime.stored("k8s.io", "overlayfs");
    assert!(
        images.contains(&scene.reference("pause").to_string()),
        "{images:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_fails_is_told() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::with_sandboxes(&scene.reference("pause"));
    for by in [PullBy::Cri, PullBy::Ctr] {
        let report = runtime
            .study(by, &references(&scene, &["bad"]), "run: {}")
            .await;
        assert_eq!(report.pulled, 1);
        assert_eq!(
            runtime.traces()[0].pull.container.unwrap().exit_code,
            Some(3)
        );
        let is_told = |note: &String| note.contains("did not run as it should");
        assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_does_not_end_is_removed() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::with_sandboxes(&scene.reference("pause"));
    for by in [PullBy::Ctr, PullBy::Cri] {
        let settings = "run: {}\ntimeouts: {image: 2s}";
        let report = runtime
            .study(by, &references(&scene, &["pause"]), settings)
            .await;
        let is_told = |note: &String| note.contains("it runs on after");
        assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
        for namespace in ["k8s.io", "pullstudy"] {
            assert!(
                runtime
                    .ctr(namespace, &["containers", "ls", "-q"])
                    .is_empty()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sandbox_images_are_pulled_all_the_same() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::start();
    let report = runtime
        .study(PullBy::Cri, &references(&scene, &["good"]), "run: {}")
        .await;
    assert_eq!(report.pulled, 1);
    let is_told = |note: &String| note.contains("look at sandbox_image");
    assert!(report.notes.iter().any(is_told), "{:?}", report.notes);
    assert_eq!(runtime.traces()[0].pull.container, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_that_ended_early_left_running_is_removed_by_the_next() {
    let scene = Scene::new(write).await;
    let runtime = Runtime::with_sandboxes(&scene.reference("pause"));
    for (by, namespace) in [(PullBy::Cri, "k8s.io"), (PullBy::Ctr, "pullstudy")] {
        let out = tempfile::tempdir().unwrap();
        let images = references(&scene, &["pause"]);
        let plan = plan(&images, "run: {}\ntimeouts: {image: 3s}");
        let listed = || runtime.ctr(namespace, &["tasks", "ls", "-q"]);
        let mut engine = ContainerdEngine::new(runtime.options(by));
        let mut ignore = |_: RunProgress<'_>| {};
        let run = run_study(&plan, &mut engine, out.path(), &mut ignore);
        let is_running = async {
            // The sandbox is a task, too.
            let tasks = if by == PullBy::Cri { 2 } else { 1 };
            while listed().len() < tasks {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = run => panic!("it has ended"),
            () = is_running => {}
        }
        assert!(!listed().is_empty());
        let mut engine = ContainerdEngine::new(runtime.options(by));
        let report = run_study(&plan, &mut engine, out.path(), &mut |_| {}).await;
        assert_eq!(report.unwrap().pulled, 1);
        assert!(listed().is_empty());
    }
}
