//! A large cluster: every pod accounted for, by few requests and in little memory.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::scene::{Running, Scene};

/// The most that the runner may have in memory, in KiB.
const MOST_KIB: u64 = 150 << 10;

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn six_images_on_256_nodes() {
    let scene = Scene::with_nodes(256);
    let images: Vec<String> = (0..6)
        .map(|number| format!("a.example/x:{number}"))
        .collect();
    let study = scene.study(&format!(
        "images: {{references: [{}]}}\nnodes: 256\ncache: check",
        images.join(", ")
    ));
    let before = scene.cluster.requests().unwrap().len();
    let start = Instant::now();
    let mut running = Running::start(&mut scene.run(&study));
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak(running.0.id()));
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(status.success(), "{}", running.kill());
    let seconds = start.elapsed().as_secs_f64();
    let requests = scene.cluster.requests().unwrap();
    let beyond = requests[before..]
        .iter()
        .filter(|request| request.verb != "watch")
        .count();
    let line = format!(
        "256 nodes x 6 images: {seconds:.0} s, {beyond} requests beyond the watches, {peak_kib} KiB"
    );
    std::fs::write(std::env::temp_dir().join("pullstat-256-nodes.txt"), line).unwrap();

    let pulls = scene.pulls();
    let pods: HashSet<String> = pulls
        .iter()
        .map(|pull| pull["pod_uid"].to_string())
        .collect();
    assert_eq!((pulls.len(), pods.len()), (256 * 6, 256 * 6));
    let places: HashSet<String> = pulls
        .iter()
        .map(|pull| format!("{} {}", pull["image"], pull["node"]))
        .collect();
    assert_eq!(places.len(), 256 * 6);
    assert!(pulls.iter().all(|pull| pull["outcome"] == "pulled"));
    assert!(peak_kib < MOST_KIB, "{peak_kib} KiB");
    assert!(
        (beyond as f64) <= seconds,
        "{beyond} requests in {seconds:.0} s"
    );
    scene.assert_nothing_left();
}

/// Returns the most memory that a process had so far, in KiB (proc(5), VmHWM).
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kib.unwrap_or(0)
}
