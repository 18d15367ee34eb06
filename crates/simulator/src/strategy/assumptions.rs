//! What a strategy takes for granted, in words.

use super::kind::Part;
use crate::scenario::{Delivery, Lazy, Scenario};

/// One sentence an assumption, about the scenario that the strategy is laid over already.
pub(super) fn of(part: &Part, scenario: &Scenario) -> Vec<String> {
    match part {
        Part::NearerRegistry(registry) => vec![format!(
            "the registry answers after {} s; what it sends in all is as before unless given",
            registry.latency_seconds
        )],
        Part::LocalSsd(disk) => vec![
            format!("images lie on a disk that writes {} for ever", rate(disk.bytes_per_second)),
            "formatting and attaching the disk takes no time".to_owned(),
        ],
        Part::Zstd(zstd) => vec![
            format!("zstd layers have {} of the wire bytes of today's", zstd.wire_ratio),
            format!("one core inflates zstd to {}", rate(scenario.inflate_bytes_per_second())),
            "every runtime in the cluster reads zstd".to_owned(),
        ],
        Part::Inflater(_) => vec![format!(
            "one core inflates to {}; the program is installed on every node",
            rate(scenario.inflate_bytes_per_second())
        )],
        Part::PullThroughCache(cache) => vec![
            format!(
                "one cache sends {} to all nodes and takes {} from the registry",
                rate(cache.bytes_per_second),
                rate(cache.link_bytes_per_second)
            ),
            "it is empty at first, asks once for each layer, and passes bytes on as they come".to_owned(),
            "its own disk is fast enough".to_owned(),
        ],
        Part::PeerToPeer(peers) => vec![
            format!(
                "every node sends {} from its first byte on, the seeds {}",
                rate(peers.upload_bytes_per_second),
                rate(peers.seed_bytes_per_second)
            ),
            "peers always find somebody who has a piece that they want; only the last piece's way through the swarm is \
             added"
                .to_owned(),
            "sending takes nothing from a node's own link, disk and cores".to_owned(),
        ],
        Part::Preload => vec![
            "the images are known before the pods come, and stay on the nodes".to_owned(),
            "nodes do other work while they preload: its time is told apart and not paid for".to_owned(),
            "a node that joins later has nothing preloaded".to_owned(),
        ],
        Part::SharedVolume(volume) => vec![
            format!(
                "one node fills the volume before; all read {} of it together, {} each needs at start",
                rate(volume.bytes_per_second),
                percent(volume.share)
            ),
            format!("attaching it takes {} s a node, whatever their number", volume.attach_seconds),
            format!("reading the rest of an image later goes at {} a node at best", rate_of_volume(scenario)),
        ],
        Part::Lazy(lazy) => lazy_assumptions(lazy, scenario),
        Part::MergeLayers(merge) => vec![
            format!("images are rebuilt with {} layers at most; layers that images share stay", merge.into),
            "bytes stay as they are: what one layer overwrites of another is not saved".to_owned(),
        ],
        Part::ParallelUnpack(unpack) => vec![format!(
            "the runtime unpacks {} layers at once, each on a core of its own; they share the disk",
            unpack.layers
        )],
        Part::ParallelPulls(pulls) => vec![format!(
            "kubelets pull {} images at once (serializeImagePulls: false, maxParallelImagePulls)",
            pulls.images
        )],
        Part::RangedFetch(fetch) => vec![format!(
            "the runtime asks for each layer in {} ranges at once, and the registry answers ranges",
            fetch.ranges
        )],
    }
}

fn lazy_assumptions(lazy: &Lazy, scenario: &Scenario) -> Vec<String> {
    let rest: u64 = scenario
        .images
        .iter()
        .map(crate::Image::wire_bytes)
        .fold(0, u64::saturating_add);
    let rest = rest as f64 * (1.0 - lazy.share);
    let latency = scenario.registry.latency_seconds.max(1e-9);
    let reader = f64::from(lazy.parallel_reads) * lazy.read_bytes as f64 / latency;
    let at = reader.min(scenario.node.link_bytes_per_second);
    vec![
        format!(
            "containers need {} of an image before they are ready",
            percent(lazy.share)
        ),
        format!(
            "they fetch it in reads of {:.3} MB, {} at once, each waiting for its answer",
            lazy.read_bytes as f64 / 1e6,
            lazy.parallel_reads
        ),
        "images are converted before, with an index for each layer; nothing is fetched ahead"
            .to_owned(),
        format!(
            "reading all the rest later costs a node {:.0} s more at best",
            rest / at
        ),
    ]
}

fn rate_of_volume(scenario: &Scenario) -> String {
    match &scenario.delivery {
        Delivery::Volume(volume) => {
            rate(volume.bytes_per_second / f64::from(scenario.nodes.max(1)))
        }
        Delivery::Pull | Delivery::Lazy(_) => rate(scenario.node.link_bytes_per_second),
    }
}

fn rate(bytes_per_second: f64) -> String {
    match bytes_per_second {
        rate if rate.is_infinite() => "without limit".to_owned(),
        rate if rate >= 1e9 => format!("{:.3} GB/s", rate / 1e9),
        rate if rate >= 1e6 => format!("{:.1} MB/s", rate / 1e6),
        rate => format!("{:.1} kB/s", rate / 1e3),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
