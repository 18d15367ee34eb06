//! A runner that is killed goes on where it was, and leaves nothing behind.

use std::time::Duration;

use crate::scene::{Running, Scene, rows, succeeded};

/// Moments at which the runner is killed, in milliseconds after its start: spread over all that it does, by a fixed
/// sequence (the golden ratio's multiples are spread evenly, however many are taken).
fn moments() -> impl Iterator<Item = Duration> {
    (1..=20_u32).map(|kill| {
        let fraction = (f64::from(kill) * 0.618_033_988_749_895).fract();
        Duration::from_secs_f64(0.2 + fraction * 6.0)
    })
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_runner_killed_20_times_ends_complete_and_leaves_nothing() {
    let scene = Scene::with_nodes(8);
    let images: Vec<String> = (0..60)
        .map(|number| format!("a.example/x:{number}"))
        .collect();
    let study = scene.study(&format!(
        "images: {{references: [{}]}}\nnodes: 8\ncache: check\norder: {{seed: 3}}",
        images.join(", ")
    ));
    let mut killed = 0;
    for moment in moments() {
        let mut running = Running::start(&mut scene.run(&study));
        // No wait for something: the moment of the kill is what is tested.
        std::thread::sleep(moment);
        let had_ended = running.0.try_wait().unwrap().is_some();
        running.kill();
        killed += u32::from(!had_ended);
    }
    assert_eq!(
        killed, 20,
        "the study ended before the last kill: give it more images"
    );
    let steps = rows(&succeeded(scene.run(&study).output().unwrap()));
    assert_eq!(steps.len(), 60);
    assert!(steps.iter().all(|step| step["pulled"] == 8), "{steps:?}");
    let pulls = scene.pulls();
    let mut pods: Vec<String> = pulls
        .iter()
        .map(|pull| pull["pod_uid"].to_string())
        .collect();
    pods.sort();
    pods.dedup();
    assert_eq!((pulls.len(), pods.len()), (60 * 8, 60 * 8));
    scene.assert_nothing_left();
    // A study that is done is done.
    let again = rows(&succeeded(scene.run(&study).output().unwrap()));
    assert_eq!(again, steps);
    scene.assert_nothing_left();
}
