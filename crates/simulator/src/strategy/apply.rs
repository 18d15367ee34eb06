//! What a strategy changes in a scenario.

use super::kind::{NearerRegistry, Part};
use crate::scenario::{Delivery, Image, Inflater, Layer, Scenario, UnpackOrder};

pub(super) fn apply(part: &Part, scenario: &mut Scenario) {
    match part {
        Part::NearerRegistry(registry) => move_registry(registry, scenario),
        Part::LocalSsd(disk) => {
            scenario.node.disk.bytes_per_second = disk.bytes_per_second;
            scenario.node.disk.burst_bytes_per_second = None;
            scenario.node.disk.burst_bytes = 0;
        }
        Part::Zstd(zstd) => recompress(zstd.wire_ratio, scenario),
        Part::Inflater(inflater) => {
            scenario.node.inflater = *inflater;
            scenario.node.inflate_bytes_per_second = None;
        }
        Part::PullThroughCache(cache) => scenario.cache = Some(cache.clone()),
        Part::PeerToPeer(peers) => scenario.peers = Some(peers.clone()),
        Part::Preload => scenario.preload = true,
        Part::SharedVolume(volume) => scenario.delivery = Delivery::Volume(volume.clone()),
        Part::Lazy(lazy) => scenario.delivery = Delivery::Lazy(lazy.clone()),
        Part::MergeLayers(merge) => merge_layers(merge.into, scenario),
        Part::ParallelUnpack(unpack) => {
            scenario.node.unpack_order = UnpackOrder::AsTheyCome;
            scenario.node.parallel_unpacks = unpack.layers;
        }
        Part::ParallelPulls(pulls) => scenario.kubelet.parallel_pulls = pulls.images,
        Part::RangedFetch(fetch) => scenario.node.ranges = fetch.ranges,
    }
}

fn move_registry(nearer: &NearerRegistry, scenario: &mut Scenario) {
    let registry = &mut scenario.registry;
    registry.latency_seconds = nearer.latency_seconds;
    if let Some(rate) = nearer.bytes_per_second {
        registry.bytes_per_second = rate;
    }
    if let Some(rate) = nearer.connection_bytes_per_second {
        registry.connection_bytes_per_second = rate;
    }
}

/// Layers get smaller on the wire and keep what they unpack to.
fn recompress(wire_ratio: f64, scenario: &mut Scenario) {
    let unpacked_per_wire = scenario.unpacked_per_wire;
    let change = |layer: &mut Layer| {
        let unpacked = layer.wire_bytes as f64 * unpacked_per_wire;
        layer.unpacked_bytes.get_or_insert(unpacked as u64);
        layer.wire_bytes = (layer.wire_bytes as f64 * wire_ratio).round() as u64;
    };
    scenario
        .images
        .iter_mut()
        .flat_map(|image| &mut image.layers)
        .for_each(change);
    scenario.node.inflater = Inflater::Zstd;
    scenario.node.inflate_bytes_per_second = None;
}

/// Neighbours become one layer until there are `into` of them; a layer that images share stays as it is.
fn merge_layers(into: u32, scenario: &mut Scenario) {
    let unpacked_per_wire = scenario.unpacked_per_wire;
    for image in &mut scenario.images {
        *image = merged(image, into as usize, unpacked_per_wire);
    }
}

fn merged(image: &Image, into: usize, unpacked_per_wire: f64) -> Image {
    let mut layers = image.layers.clone();
    while layers.len() > into {
        let Some(at) = smallest_pair(&layers) else {
            break;
        };
        let upper = layers.remove(at + 1);
        layers[at] = joined(&layers[at], &upper, unpacked_per_wire);
    }
    Image::new(image.image.clone(), layers)
}

/// The neighbours that are smallest together, of those that no other image has.
fn smallest_pair(layers: &[Layer]) -> Option<usize> {
    let is_own = |at: &usize| layers[*at].shared.is_none() && layers[at + 1].shared.is_none();
    let bytes = |at: &usize| {
        layers[*at]
            .wire_bytes
            .saturating_add(layers[at + 1].wire_bytes)
    };
    (0..layers.len().saturating_sub(1))
        .filter(is_own)
        .min_by_key(bytes)
}

fn joined(lower: &Layer, upper: &Layer, unpacked_per_wire: f64) -> Layer {
    let unpacked = |layer: &Layer| {
        let guessed = layer.wire_bytes as f64 * unpacked_per_wire;
        layer.unpacked_bytes.unwrap_or(guessed as u64)
    };
    Layer {
        wire_bytes: lower.wire_bytes.saturating_add(upper.wire_bytes),
        unpacked_bytes: Some(unpacked(lower).saturating_add(unpacked(upper))),
        files: lower.files.saturating_add(upper.files),
        shared: None,
    }
}
