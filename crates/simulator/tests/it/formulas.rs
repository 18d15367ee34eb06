//! Scenarios so plain that a formula tells their outcome.

use pullstudy_simulator::{
    Constraint, Image, ImageOrder, Layer, Scenario, SimulatedPull, UnpackOrder, simulate,
};

fn scenario(images: Vec<Image>) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.images = images;
    scenario.registry.latency_seconds = 0.0;
    scenario.node.layer_seconds = 0.0;
    scenario.node.file_seconds = 0.0;
    scenario.node.hash_bytes_per_second = 1e15;
    scenario.node.inflate_bytes_per_second = Some(1e15);
    scenario.node.disk.bytes_per_second = 1e15;
    scenario.node.link_bytes_per_second = 100e6;
    scenario
}

fn image(layers: &[(u64, u64)]) -> Image {
    let layer = |&(wire_bytes, unpacked_bytes): &(u64, u64)| Layer {
        wire_bytes,
        unpacked_bytes: Some(unpacked_bytes),
        ..Layer::default()
    };
    Image::new("app:1", layers.iter().map(layer).collect())
}

fn only(scenario: &Scenario) -> SimulatedPull {
    let mut outcome = simulate(scenario).unwrap();
    assert_eq!(outcome.pulls.len(), 1);
    outcome.pulls.remove(0)
}

fn close(left: f64, right: f64) {
    assert!(
        (left - right).abs() < 1e-5 * right.abs().max(1e-3),
        "{left} is not {right}"
    );
}

#[test]
fn one_layer_is_latency_transfer_and_the_slower_of_inflating_and_disk() {
    let mut scenario = scenario(vec![image(&[(1_000_000_000, 3_000_000_000)])]);
    scenario.registry.latency_seconds = 0.5;
    scenario.node.layer_seconds = 2.0;
    scenario.node.inflate_bytes_per_second = Some(200e6);
    scenario.node.disk.bytes_per_second = 250e6;
    let pull = only(&scenario);
    // Three requests before, one for the layer; 1 GB at 100 MB/s; 2 s; 3 GB at 200 MB/s, as the disk takes more.
    close(pull.seconds(), 4.0 * 0.5 + 10.0 + 2.0 + 15.0);
    close(pull.spent.seconds(Constraint::Latency), 2.0);
    close(pull.spent.seconds(Constraint::Link), 10.0);
    close(pull.spent.seconds(Constraint::LayerOverhead), 2.0);
    close(pull.spent.seconds(Constraint::Inflating), 15.0);

    scenario.node.disk.bytes_per_second = 150e6;
    let pull = only(&scenario);
    close(pull.seconds(), 4.0 * 0.5 + 10.0 + 2.0 + 20.0);
    close(pull.spent.seconds(Constraint::Disk), 20.0);
}

#[test]
fn layers_share_the_link_whatever_their_order() {
    let pull = only(&scenario(vec![image(&[
        (300_000_000, 0),
        (100_000_000, 0),
        (200_000_000, 0),
    ])]));
    close(pull.seconds(), 6.0);
}

#[test]
fn only_so_many_layers_come_at_once() {
    // A connection does 10 MB/s: with three slots, four layers of 10 MB take two seconds.
    let mut scenario = scenario(vec![image(&[(10_000_000, 0); 4])]);
    scenario.registry.connection_bytes_per_second = 10e6;
    close(only(&scenario).seconds(), 2.0);
    scenario.node.parallel_downloads = 4;
    close(only(&scenario).seconds(), 1.0);
    scenario.node.parallel_downloads = 1;
    close(only(&scenario).seconds(), 4.0);
    // Two ranges are two connections.
    scenario.node.ranges = 2;
    close(only(&scenario).seconds(), 2.0);
}

#[test]
fn layers_are_unpacked_in_order_or_as_they_come() {
    // The lowest layer comes last: until then nothing can be unpacked in order.
    let mut scenario = scenario(vec![image(&[
        (100_000_000, 100_000_000),
        (10_000_000, 100_000_000),
    ])]);
    scenario.node.inflate_bytes_per_second = Some(100e6);
    scenario.registry.connection_bytes_per_second = 50e6;
    close(only(&scenario).seconds(), 2.0 + 1.0 + 1.0);
    scenario.node.unpack_order = UnpackOrder::AsTheyCome;
    close(only(&scenario).seconds(), 2.0 + 1.0);
}

#[test]
fn many_nodes_share_the_registry() {
    let mut scenario = scenario(vec![image(&[(100_000_000, 0)])]);
    scenario.nodes = 50;
    scenario.registry.bytes_per_second = 1e9;
    let outcome = simulate(&scenario).unwrap();
    for pull in &outcome.pulls {
        close(pull.seconds(), 5.0);
        assert_eq!(pull.spent.most(), Some(Constraint::Registry));
    }
}

#[test]
fn a_node_that_comes_later_shares_from_then_on() {
    // 100 MB at 100 MB/s for the first half second alone, then half of it each.
    let mut scenario = scenario(vec![image(&[(100_000_000, 0)]), image(&[(100_000_000, 0)])]);
    scenario.images[1].image = "app:2".to_owned();
    scenario.kubelet.parallel_pulls = 2;
    let outcome = simulate(&scenario).unwrap();
    // Both come at once on one node: the link is shared, and both end together.
    close(outcome.pulls[0].seconds(), 2.0);
    close(outcome.pulls[1].seconds(), 2.0);
}

#[test]
fn the_studys_disk_breaks_the_line_at_seven_gigabytes() {
    let seconds = |bytes: u64| {
        let mut scenario = scenario(vec![image(&[(1, bytes)])]);
        scenario.node.disk.bytes_per_second = 131e6;
        scenario.node.disk.burst_bytes_per_second = Some(335e6);
        scenario.node.disk.burst_bytes = 7_000_000_000;
        only(&scenario).seconds()
    };
    close(seconds(6_000_000_000), 6000.0 / 335.0);
    close(seconds(19_000_000_000), 7000.0 / 335.0 + 12_000.0 / 131.0);
}

#[test]
fn a_layer_takes_a_core() {
    let images =
        (0..4).map(|at| Image::new(format!("app:{at}"), image(&[(1, 100_000_000)]).layers));
    let mut scenario = scenario(images.collect());
    scenario.node.inflate_bytes_per_second = Some(100e6);
    scenario.kubelet.parallel_pulls = 4;
    close(simulate(&scenario).unwrap().ended_at_seconds(), 1.0);
    scenario.node.cores = 2;
    close(simulate(&scenario).unwrap().ended_at_seconds(), 2.0);
}

#[test]
fn one_image_waits_for_another_or_not() {
    let two = || {
        vec![
            image(&[(100_000_000, 0)]),
            Image::new("app:2", image(&[(200_000_000, 0)]).layers),
        ]
    };
    let mut serial = scenario(two());
    let outcome = simulate(&serial).unwrap();
    close(outcome.pulls[1].seconds(), 3.0);
    close(outcome.pulls[1].pull_seconds(), 2.0);
    close(outcome.pulls[1].spent.seconds(Constraint::Queue), 1.0);
    serial.order = ImageOrder::OneByOne;
    let outcome = simulate(&serial).unwrap();
    close(outcome.pulls[1].seconds(), 2.0);
    close(outcome.pulls[1].asked_at_seconds, 1.0);
}
