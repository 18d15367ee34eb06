//! What of the study's images each node had to fetch, by the manifests of the images that were really pulled.

use std::collections::BTreeMap;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_events::{EventLogs, FoundLogs, ImageLayers, Layout, NewLayers, Pull, ReadOptions};
use pullstudy_image::{Archive, Platform};

use crate::logs::check;

/// The one layer that all images of the run have, at the bottom: its bytes as they are sent.
const SHARED_LAYER_BYTES: u64 = 2_220_027;

/// Layers of each image that the clusters pulled.
const LAYERS: u64 = 9;

/// What the message counts beside layers: a config of some 3,000 bytes, and a manifest of some 2,200.
const DOCUMENT_BYTES: std::ops::Range<u64> = 5_000..5_500;

pub(crate) fn every_pull_of_run1_has_its_layers(data: &Path) -> Result<(), Failed> {
    let found = FoundLogs::find(&[data.join("pulling/run1")], &Layout::default())?;
    let mut pulls = EventLogs::read(found, &ReadOptions::default()).pulls();
    let archive = Archive::open(data.join("manifests/chonks-run1/pulled"))?;
    let platform: Platform = "linux/amd64".parse()?;
    let images = ImageLayers::of_archive(&archive, &platform)?;

    let new = images.new_layers(&pulls);
    let rows: Vec<(&Pull, NewLayers)> = of_the_study(&pulls, &new)?;
    check(rows.len() == 168, || format!("{} pulls", rows.len()))?;
    for (pull, new) in &rows {
        check_row(pull, new)?;
    }
    check_nodes(&rows)?;
    // What a node had does not depend on the order in which pulls are told.
    pulls.reverse();
    let mut backwards = images.new_layers(&pulls);
    backwards.reverse();
    check(backwards == new, || "the order matters".to_owned())
}

fn of_the_study<'a>(
    pulls: &'a [Pull],
    new: &[Option<NewLayers>],
) -> Result<Vec<(&'a Pull, NewLayers)>, Failed> {
    let mut rows = Vec::new();
    for (pull, new) in pulls.iter().zip(new) {
        let image = pull.image.as_deref().unwrap_or_default();
        let is_own = image.contains("converged-computing");
        check(is_own == new.is_some(), || format!("{image}: {new:?}"))?;
        rows.extend(new.map(|new| (pull, new)));
    }
    Ok(rows)
}

fn check_row(pull: &Pull, new: &NewLayers) -> Result<(), Failed> {
    let documents = pull
        .image_size_bytes
        .and_then(|bytes| bytes.checked_sub(new.wire_bytes));
    let is_right = new.layers == LAYERS
        && new.new_layer_bytes <= new.wire_bytes
        && documents.is_some_and(|bytes| DOCUMENT_BYTES.contains(&bytes));
    check(is_right, || format!("{:?}: {new:?}", pull.image))
}

/// Of what had come to the node before, an image lacks all of it, the one layer that all share, or nothing. Pods were not
/// spread evenly: of 28 nodes, 22 pulled, and on some several pods pulled one image.
fn check_nodes(rows: &[(&Pull, NewLayers)]) -> Result<(), Failed> {
    let mut nodes: BTreeMap<Option<&str>, Vec<(&Pull, NewLayers)>> = BTreeMap::new();
    for &(pull, new) in rows {
        nodes
            .entry(pull.node.as_deref())
            .or_default()
            .push((pull, new));
    }
    check(nodes.len() == 22, || format!("{} nodes", nodes.len()))?;
    for (node, rows) in nodes {
        for (pull, new) in &rows {
            let there = new.wire_bytes - new.new_layer_bytes;
            check(there == bytes_there(pull, new, &rows), || {
                format!("{node:?} had {there} bytes of {:?}", pull.image)
            })?;
        }
        let first = rows.iter().min_by_key(|(pull, _)| pull.pulling_at);
        let is_all_new = |(_, new): &(&Pull, NewLayers)| new.new_layer_bytes == new.wire_bytes;
        check(first.is_some_and(is_all_new), || format!("{node:?}"))?;
    }
    Ok(())
}

fn bytes_there(pull: &Pull, new: &NewLayers, of_node: &[(&Pull, NewLayers)]) -> u64 {
    let has_ended = |(other, _): &&(&Pull, NewLayers)| other.pulled_at <= pull.pulling_at;
    let before: Vec<_> = of_node.iter().filter(has_ended).collect();
    if before.iter().any(|(other, _)| other.image == pull.image) {
        new.wire_bytes
    } else if before.is_empty() {
        0
    } else {
        SHARED_LAYER_BYTES
    }
}
