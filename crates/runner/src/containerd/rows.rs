//! What was seen of a pull, to the rows of its trace.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime};

use pullstudy_events::{Phase, Stage};

use super::stored_image::StoredImage;
use super::timeline::Timeline;
use super::watch::{Observed, What};
use crate::Span;
use crate::recorder::Recorder;

/// All that is known of a pull that has ended.
pub(super) struct Evidence<'a> {
    pub(super) image: &'a StoredImage,
    pub(super) observed: &'a Observed,
    /// When each of its blobs was committed; containerd's clock.
    pub(super) committed: &'a HashMap<String, SystemTime>,
    /// Digests and chain ids that were there before the pull.
    pub(super) before: &'a HashSet<String>,
    /// How long each layer took to be applied, where the log tells, by digest.
    pub(super) applied: &'a HashMap<String, Duration>,
    pub(super) timeline: Timeline,
}

/// A stretch of time.
type Stretch = (Instant, Instant);

impl Evidence<'_> {
    /// Writes down all rows.
    pub(super) fn record(&self, recorder: &Recorder) {
        recorder.set_image(&self.image.image);
        self.record_preparation(recorder);
        let fetched = self.fetched();
        let unpacked = self.unpacked(&fetched);
        let mut seen = HashSet::new();
        for (index, layer) in self.image.image.layers().iter().enumerate() {
            // A layer that an image has twice is fetched once.
            let fetched = fetched[index].filter(|_| seen.insert(layer.digest()));
            if let Some((start, end)) = fetched {
                let mut span = Span::default();
                span.add(start, end, layer.wire_bytes());
                recorder.add(Stage::Fetch, number(index), Phase::Download, &span);
            }
            let Some((start, end)) = unpacked[index] else {
                continue;
            };
            let logged = self.applied.get(&layer.digest().to_string());
            let busy = logged.copied().unwrap_or(end - start).min(end - start);
            let span = Span::of_part(start, end, busy, layer.wire_bytes());
            recorder.add(Stage::Unpack, number(index), Phase::Apply, &span);
        }
        for (index, (start, end)) in waits(&fetched, &unpacked) {
            let mut span = Span::default();
            span.add(start, end, 0);
            recorder.add(Stage::Unpack, number(index), Phase::Wait, &span);
        }
    }

    /// Until the first document is asked for by its digest, containerd is busy learning that digest.
    fn record_preparation(&self, recorder: &Recorder) {
        let documents = &self.image.documents;
        for (position, (digest, bytes)) in documents.iter().enumerate() {
            let Some((start, end)) = self.fetch(digest) else {
                continue;
            };
            let mut span = Span::default();
            if position == 0 {
                span.add(self.timeline.start, start, 0);
                recorder.add(Stage::Prepare, None, Phase::Resolve, &span);
            }
            let mut span = Span::default();
            span.add(start, end, *bytes);
            recorder.add(Stage::Prepare, None, Phase::Manifest, &span);
        }
        let config = self.image.image.manifest().config();
        if let Some((start, end)) = self.fetch(&config.digest.to_string()) {
            let mut span = Span::default();
            span.add(start, end, config.size_bytes);
            recorder.add(Stage::Prepare, None, Phase::Config, &span);
        }
    }

    fn fetched(&self) -> Vec<Option<Stretch>> {
        let layers = self.image.image.layers().iter();
        layers
            .map(|layer| self.fetch(&layer.digest().to_string()))
            .collect()
    }

    /// Returns when a blob was fetched; none if it was there before.
    fn fetch(&self, digest: &str) -> Option<Stretch> {
        if self.before.contains(digest) {
            return None;
        }
        let end = self.timeline.moment(*self.committed.get(digest)?);
        let seen = self.observed.ingests.get(digest);
        let start = match seen {
            Some(started_at) => self.timeline.moment(*started_at),
            None => self.last_look_before(end),
        };
        Some((start.min(end), end))
    }

    /// A fetch that no look has seen began after the last look before its end.
    fn last_look_before(&self, end: Instant) -> Instant {
        let Timeline {
            start, started_at, ..
        } = self.timeline;
        let looks = self.observed.looks.iter();
        let looks = looks.map(|look| start + look.duration_since(started_at).unwrap_or_default());
        looks.filter(|look| *look <= end).max().unwrap_or(start)
    }

    /// Returns for each layer when it was begun to be applied and when its snapshot was done.
    ///
    /// The snapshot is made before that: the CRI makes it while the layer is still being fetched.
    fn unpacked(&self, fetched: &[Option<Stretch>]) -> Vec<Option<Stretch>> {
        let layers = self.image.chain_ids.iter().zip(fetched);
        let unpack = |(chain_id, fetched): (&String, &Option<Stretch>)| {
            let (prepared, end) = self.snapshot(chain_id)?;
            let came = fetched.map_or(prepared, |(_, came)| came);
            Some((prepared.max(came).min(end), end))
        };
        layers.map(unpack).collect()
    }

    fn snapshot(&self, wanted: &str) -> Option<Stretch> {
        let happened = || self.observed.happened.iter();
        let (end, key) = happened().find_map(|happened| match &happened.what {
            What::Committed { key, chain_id } if chain_id == wanted => Some((happened.at, key)),
            _ => None,
        })?;
        let is_its_start = |what: &What| matches!(what, What::Prepared { key: own } if own == key);
        let start = happened().rfind(|happened| is_its_start(&happened.what))?;
        Some((self.timeline.moment(start.at), self.timeline.moment(end)))
    }
}

/// Returns which layers were there before it was their turn: a layer below them was being unpacked, or containerd waited
/// for all layers before it unpacked any.
fn waits(fetched: &[Option<Stretch>], unpacked: &[Option<Stretch>]) -> Vec<(usize, Stretch)> {
    let last_fetch = fetched.iter().flatten().map(|(_, end)| *end).max();
    let first_unpack = unpacked.iter().flatten().map(|(start, _)| *start).min();
    let all_fetched_first = last_fetch <= first_unpack;
    let mut waits = Vec::new();
    let mut below_done: Option<Instant> = None;
    for (index, (fetch, unpack)) in fetched.iter().zip(unpacked).enumerate() {
        let Some((begun, done)) = unpack else {
            continue;
        };
        if let Some((_, came)) = fetch {
            let is_behind = below_done.is_some_and(|done| done > *came);
            if came < begun && (is_behind || all_fetched_first) {
                waits.push((index, (*came, *begun)));
            }
        }
        below_done = below_done.max(Some(*done));
    }
    waits
}

fn number(index: usize) -> Option<u32> {
    u32::try_from(index).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_waits_for_the_layers_below_it_or_for_all() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let stretch = |from, to| Some((at(from), at(to)));
        // Unpacked as they come: the second was there at 2, and the first was done at 4.
        let fetched = [stretch(0, 1), stretch(0, 2), stretch(0, 9)];
        let unpacked = [stretch(1, 4), stretch(4, 6), stretch(9, 10)];
        assert_eq!(waits(&fetched, &unpacked), [(1, (at(2), at(4)))]);
        // Unpacked when all are there.
        let unpacked = [stretch(9, 10), stretch(10, 11), stretch(11, 12)];
        let expected = [
            (0, (at(1), at(9))),
            (1, (at(2), at(10))),
            (2, (at(9), at(11))),
        ];
        assert_eq!(waits(&fetched, &unpacked), expected);
        assert_eq!(waits(&[None], &[stretch(0, 1)]), []);
    }
}
