//! Measured pulls as a model takes them.

use std::collections::BTreeMap;

use pullstudy_costmodel::Observation;
use pullstudy_events::{Clock, ImageLayers, ImageSizeKind, Pull, PullOutcome};

use super::size_in_tag;
use super::sizes_file::KnownSizes;

/// Pulls that can be fitted, and how many cannot.
pub(super) struct Observed {
    pub(super) observations: Vec<Observation>,
    /// Pulls that succeeded and tell no seconds, or 0.
    pub(super) without_seconds: usize,
    /// Distinct experiments.
    pub(super) experiments: Vec<String>,
}

impl Observed {
    pub(super) fn of(
        pulls: &[Pull],
        clock: Clock,
        known: &KnownSizes,
        layers: Option<&ImageLayers>,
    ) -> Self {
        let pulled = pulls
            .iter()
            .filter(|pull| pull.outcome == PullOutcome::Pulled);
        let all: Vec<&Pull> = pulled.collect();
        let observations: Vec<Observation> = all
            .iter()
            .zip(downloads(&all))
            .filter_map(|(pull, download)| {
                Some(observation(pull, clock, known, layers)?.in_download(download))
            })
            .collect();
        let mut experiments: Vec<String> = observations
            .iter()
            .map(|observation| observation.run.clone())
            .collect();
        experiments.sort_unstable();
        experiments.dedup();
        Self {
            without_seconds: all.len() - observations.len(),
            observations,
            experiments,
        }
    }
}

fn observation(
    pull: &Pull,
    clock: Clock,
    known: &KnownSizes,
    layers: Option<&ImageLayers>,
) -> Option<Observation> {
    let seconds = pull.seconds(clock).filter(|&seconds| seconds > 0.0)?;
    let image = pull.image.as_deref()?;
    let mut observation = Observation::new(image, seconds);
    observation.node = pull.node.as_deref().map(str::to_owned);
    observation.run = pull
        .place
        .experiment
        .as_deref()
        .unwrap_or_default()
        .to_owned();
    observation.nodes = pull.place.nodes;
    observation.unpacked_bytes = size_in_tag::unpacked_bytes(image);
    match layers.and_then(|layers| layers.sizes(image)) {
        Some(totals) => {
            observation.wire_bytes = Some(totals.wire_bytes);
            observation.layers = Some(totals.layers);
        }
        None => take_message(&mut observation, pull),
    }
    if let Some(sizes) = known.of(image) {
        observation.wire_bytes = sizes.wire_bytes.or(observation.wire_bytes);
        observation.unpacked_bytes = sizes.unpacked_bytes.or(observation.unpacked_bytes);
        observation.layers = sizes.layers.or(observation.layers);
        observation.files = sizes.files;
        observation.zstd_bytes = sizes.zstd_bytes();
    }
    Some(observation)
}

/// What a kubelet calls the image's size is what a registry sends, but for CRI-O's, which is unpacked.
fn take_message(observation: &mut Observation, pull: &Pull) {
    match pull.image_size_kind {
        ImageSizeKind::Unpacked => observation.unpacked_bytes = pull.image_size_bytes,
        _ => observation.wire_bytes = pull.image_size_bytes,
    }
}

/// Numbers the downloads of each image by each node in a run: pulls that overlap wait for the same one, and one that begins
/// later is another, after the image was removed.
fn downloads(pulls: &[&Pull]) -> Vec<u32> {
    let mut by_node: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, pull) in pulls.iter().enumerate() {
        let place = (&pull.place.experiment, pull.place.nodes);
        let key = (place, &pull.node, &pull.image);
        by_node.entry(key).or_default().push(at);
    }
    let mut numbers = vec![0; pulls.len()];
    for mut same in by_node.into_values() {
        same.sort_by_key(|&at| pulls[at].pulling_at);
        let (mut number, mut until) = (0, None);
        for at in same {
            let (begin, end) = (pulls[at].pulling_at, pulls[at].pulled_at);
            // Events tell whole seconds: what begins in the second of the end may have waited, too.
            if begin.zip(until).is_some_and(|(begin, until)| begin > until) {
                number += 1;
            }
            numbers[at] = number;
            until = until.max(end);
        }
    }
    numbers
}
