//! Scenario files, and what cannot be simulated.

use pullstudy_simulator::{Delivery, Scenario, simulate};

fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

const WHOLE: &str = "
format_version: 1
nodes: 16
images:
  - {image: app:1, layers: 9, wire_bytes: 3GB, unpacked_bytes: 8GB, files: 50000}
  - image: app:2
    layers:
      - {wire_bytes: 30MB, unpacked_bytes: 78MB, files: 3000, shared: base}
      - {wire_bytes: 1.5GiB}
order: one-by-one
registry: {bytes_per_second: 1.25GB, connection_bytes_per_second: unlimited, latency_seconds: 0.03,
  requests_per_second: 1000, burst_requests: 2000, retry_after_seconds: 5}
cache: {bytes_per_second: 2GB}
node:
  link_bytes_per_second: 1.25GB
  parallel_downloads: 3
  inflater: pigz
  unpack_order: as-they-come
  disk: {bytes_per_second: 131MB, burst_bytes_per_second: 335MB, burst_bytes: 7GB}
kubelet: {parallel_pulls: 4, start_spread_seconds: 2}
lazy: {share: 0.1}
seed: 7
";

#[test]
fn a_whole_file_is_read() {
    let scenario = Scenario::from_yaml("cluster.yaml", WHOLE).unwrap();
    assert_eq!((scenario.nodes, scenario.seed), (16, 7));
    assert_eq!(scenario.images[1].layers[1].wire_bytes, 1_610_612_736);
    assert_eq!(scenario.registry.connection_bytes_per_second, f64::INFINITY);
    assert_eq!(scenario.node.disk.burst_bytes, 7_000_000_000);
    assert!(matches!(scenario.delivery, Delivery::Lazy(ref lazy) if lazy.share == 0.1));
    assert!(simulate(&scenario).is_ok());
}

#[test]
fn what_cannot_be_read_says_where() {
    for (text, part) in [
        ("nodse: 16", "nodse"),
        ("nodes: many", "line 1"),
        (
            "format_version: 2",
            "format_version 2; this program reads 1",
        ),
        (
            "images: [{image: a, layers: 3}]",
            "image \"a\" has no wire_bytes",
        ),
        (
            "images: [{image: a, layers: 0, wire_bytes: 3}]",
            "has 0 layers",
        ),
        (
            "images: [{image: a, layers: [], wire_bytes: 3}]",
            "lists its layers",
        ),
        (
            "images: [{image: a, layers: 99999, wire_bytes: 3}]",
            "at most 10000 layers",
        ),
        (
            "images: [{image: a, layers: 3, wire_bytes: -3}]",
            "-3 is negative",
        ),
        ("registry: {bytes_per_second: 5 bananas}", "is no unit"),
        (
            "{lazy: {}, volume: {}}",
            "lazy and volume contradict each other",
        ),
        ("node: {inflater: gzip}", "go-gzip"),
    ] {
        let error = words(&Scenario::from_yaml("cluster.yaml", text).unwrap_err());
        assert!(
            error.contains(part) && error.contains("cluster.yaml"),
            "{text}: {error}"
        );
    }
}

#[test]
fn what_cannot_be_simulated_says_why() {
    let images = "images: [{image: a, layers: 1, wire_bytes: 1MB}]";
    for (text, part) in [
        ("nodes: 0", "0 nodes has nothing to say"),
        ("nodes: 99999999", "99999999 nodes are too many"),
        (
            "registry: {bytes_per_second: 0}",
            "registry.bytes_per_second is 0: give a positive number",
        ),
        (
            "registry: {bytes_per_second: -1}",
            "registry.bytes_per_second is -1",
        ),
        (
            "registry: {latency_seconds: -0.1}",
            "registry.latency_seconds is -0.1: it lies between 0",
        ),
        (
            "registry: {latency_seconds: .nan}",
            "registry.latency_seconds is NaN",
        ),
        (
            "node: {link_bytes_per_second: unlimited}",
            "node.link_bytes_per_second is unlimited",
        ),
        (
            "node: {disk: {burst_bytes_per_second: 1MB}}",
            "a burst is faster",
        ),
        (
            "node: {parallel_downloads: 0}",
            "node.parallel_downloads is 0",
        ),
        (
            "download_failure_probability: 1",
            "it lies between 0 and 0.99",
        ),
        ("lazy: {share: 1.5}", "lazy.share is 1.5"),
        ("peers: {piece_bytes: 0}", "peers.piece_bytes is 0"),
    ] {
        let scenario = Scenario::from_yaml("cluster.yaml", &format!("{images}\n{text}")).unwrap();
        let error = simulate(&scenario).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let slow = format!("{images}\nregistry: {{bytes_per_second: 0.000001}}");
    let scenario = Scenario::from_yaml("cluster.yaml", &slow).unwrap();
    let error = simulate(&scenario).unwrap_err().to_string();
    assert!(error.contains("some rate is far too low"), "{error}");
    let error = simulate(&Scenario::default()).unwrap_err().to_string();
    assert!(error.contains("no image to pull"), "{error}");
}

#[test]
fn a_shared_layer_is_one_layer() {
    let text = "images: [{image: a, layers: [{wire_bytes: 1, shared: base}, {wire_bytes: 2, shared: base}]}]";
    let scenario = Scenario::from_yaml("cluster.yaml", text).unwrap();
    let error = simulate(&scenario).unwrap_err().to_string();
    assert!(
        error.contains("shared layer \"base\" has 1 bytes in one place and 2 in another"),
        "{error}"
    );
}
