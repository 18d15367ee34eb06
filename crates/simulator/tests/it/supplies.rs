//! Caches, peers, volumes, lazy images.

use pullstudy_simulator::{Image, Outcome, PullEnd, Scenario, Strategy, simulate};

fn scenario(nodes: u32) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.nodes = nodes;
    scenario.images = vec![Image::of_equal_layers(
        "app:1",
        4,
        2_000_000_000,
        Some(2_000_000_000),
        0,
    )];
    scenario.registry.bytes_per_second = 500e6;
    scenario.node.hash_bytes_per_second = 1e12;
    scenario.node.inflate_bytes_per_second = Some(1e12);
    scenario.node.disk.bytes_per_second = 1e12;
    scenario
}

fn with(text: &str, nodes: u32) -> Outcome {
    let strategy: Strategy = text.parse().unwrap();
    simulate(&strategy.applied_to(&scenario(nodes))).unwrap()
}

fn median(outcome: &Outcome) -> f64 {
    let mut seconds: Vec<f64> = outcome
        .pulls
        .iter()
        .map(|pull| pull.ready_at_seconds - pull.asked_at_seconds)
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

#[test]
fn a_cache_is_filled_once_and_then_sends_by_itself() {
    // The registry fills it in 4 s; 100 nodes take 200 GB at 10 GB/s from it.
    let outcome = with("pull-through-cache:bytes_per_second=10GB", 100);
    assert!(
        (20.0..21.5).contains(&median(&outcome)),
        "{}",
        median(&outcome)
    );
    // A cache that is faster than the registry waits for it.
    let outcome = with("pull-through-cache:bytes_per_second=100GB", 10);
    assert!(
        (4.0..4.5).contains(&median(&outcome)),
        "{}",
        median(&outcome)
    );
}

#[test]
fn peers_grow_with_their_number() {
    let [few, many] = [10, 1000].map(|nodes| median(&with("peer-to-peer", nodes)));
    assert!(many < 1.5 * few, "{few} {many}");
    let direct = median(&simulate(&scenario(1000)).unwrap());
    assert!(direct > 100.0 * many, "{direct} {many}");
}

#[test]
fn peers_cannot_have_what_the_seeds_have_not() {
    // 2 GB at 100 MB/s into the seeds.
    let mut scenario = scenario(50);
    scenario.registry.bytes_per_second = 100e6;
    let strategy: Strategy = "peer-to-peer".parse().unwrap();
    let outcome = simulate(&strategy.applied_to(&scenario)).unwrap();
    assert!(median(&outcome) >= 20.0, "{}", median(&outcome));
}

#[test]
fn peers_behind_a_cache_ask_it_and_not_the_registry() {
    let outcome = with("pull-through-cache+peer-to-peer", 100);
    assert_eq!(outcome.resource("registry").unwrap().total.round(), 2e9);
    assert_eq!(outcome.resource("cache").unwrap().total.round(), 2e9);
}

#[test]
fn preloaded_images_are_there() {
    let direct = simulate(&scenario(4)).unwrap();
    let outcome = with("preload", 4);
    assert!(
        outcome
            .pulls
            .iter()
            .all(|pull| pull.end == PullEnd::Present)
    );
    assert_eq!(median(&outcome), 0.0);
    assert_eq!(outcome.preparation_seconds, direct.ended_at_seconds());
    assert_eq!(
        outcome.resource("registry").unwrap().total,
        direct.resource("registry").unwrap().total
    );
}

#[test]
fn a_volume_is_filled_by_one_node_and_read_by_all() {
    let alone = simulate(&scenario(1)).unwrap();
    // 100 nodes read 5 % of 2 GB each, at 1 GB/s together: 10 s, and 3 s to attach.
    let outcome = with(
        "shared-volume:bytes_per_second=1GB,attach_seconds=3,share=0.05",
        100,
    );
    assert_eq!(outcome.preparation_seconds, alone.ended_at_seconds());
    assert!(
        (13.0..13.5).contains(&median(&outcome)),
        "{}",
        median(&outcome)
    );
    let sent = outcome.resource("volume").unwrap().total;
    assert!((sent - 10e9).abs() < 100.0, "{sent}");
}

#[test]
fn a_lazy_image_starts_before_it_has_come() {
    let outcome = with("lazy:share=0.05,read_bytes=1MB", 1);
    let pull = &outcome.pulls[0];
    // Three requests and two for each of four layers, 20 ms each, and four mounts; then 100 reads of 1 MB, 20 ms and a
    // little more each.
    let mounted = 11.0 * 0.02 + 4.0 * 0.048;
    assert!(
        (pull.seconds() - mounted).abs() < 1e-9,
        "{}",
        pull.seconds()
    );
    let read = pull.ready_at_seconds - pull.ended_at_seconds;
    assert!((2.0..2.1).contains(&read), "{read}");
    assert_eq!(pull.received_bytes, 100_000_000);
}

#[test]
fn merged_layers_keep_their_bytes() {
    let strategy: Strategy = "merge-layers:into=2".parse().unwrap();
    let merged = strategy.applied_to(&scenario(1));
    let image = &merged.images[0];
    assert_eq!((image.layers.len(), image.wire_bytes()), (2, 2_000_000_000));
}

#[test]
fn zstd_is_smaller_on_the_wire_and_the_same_on_disk() {
    let strategy: Strategy = "zstd:wire_ratio=0.5".parse().unwrap();
    let recompressed = strategy.applied_to(&scenario(1));
    assert_eq!(recompressed.images[0].wire_bytes(), 1_000_000_000);
    let unpacked = |layer| recompressed.unpacked_bytes(layer);
    assert_eq!(
        recompressed.images[0]
            .layers
            .iter()
            .map(unpacked)
            .sum::<u64>(),
        2_000_000_000
    );
}
