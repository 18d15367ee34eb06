//! What a pull did and when, gathered from its tasks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use pullstudy_events::{Phase, PhaseRecord, PullRecord, PullTrace, Stage, TraceLayer};
use pullstudy_image::Image;

use crate::{Skipped, Span, Unpacked};

/// Takes the spans of one pull, over all its attempts.
#[derive(Debug)]
pub(crate) struct Recorder {
    start: Instant,
    observed: Mutex<Observed>,
}

/// All that was observed so far.
#[derive(Debug, Default)]
struct Observed {
    spans: HashMap<(Stage, Option<u32>, Phase), Span>,
    layers: Vec<TraceLayer>,
    unpacked_bytes: u64,
    skipped: Skipped,
    layers_reused: u32,
    attempts: u32,
}

impl Recorder {
    /// Starts the pull's clock.
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
            observed: Mutex::default(),
        }
    }

    pub(crate) fn started(&self) -> Instant {
        self.start
    }

    /// Adds a span of the preparation (no layer) or of a layer. An empty one is no row.
    pub(crate) fn add(&self, stage: Stage, layer: Option<u32>, phase: Phase, span: &Span) {
        if span.moments().is_some() {
            let mut observed = self.observed();
            let row = observed.spans.entry((stage, layer, phase));
            row.or_default().merge(span);
        }
    }

    /// Adds the time since `start` as busy.
    pub(crate) fn add_since(&self, start: Instant, phase: Phase, bytes: u64) {
        let mut span = Span::default();
        span.add(start, Instant::now(), bytes);
        self.add(Stage::Prepare, None, phase, &span);
    }

    /// Learns which layers the image has.
    pub(crate) fn set_image(&self, image: &Image) {
        let layers = image.layers().iter().enumerate();
        self.observed().layers = layers
            .map(|(index, layer)| TraceLayer {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                digest: layer.digest(),
                media_type: layer.descriptor.media_type.to_string(),
                wire_bytes: layer.wire_bytes(),
            })
            .collect();
    }

    /// Adds a layer that was unpacked.
    pub(crate) fn add_unpacked(&self, layer: u32, unpacked: &Unpacked) {
        for (phase, span) in [
            (Phase::Decompress, &unpacked.decompressing),
            (Phase::DiffId, &unpacked.hashing),
            (Phase::Write, &unpacked.writing),
        ] {
            self.add(Stage::Unpack, Some(layer), phase, span);
        }
        let mut observed = self.observed();
        observed.unpacked_bytes += unpacked.file_bytes;
        observed.skipped.add(&unpacked.skipped);
    }

    /// Counts a layer that lay on the node before, and is unpacked again. What an attempt finds of those before it
    /// does not count.
    pub(crate) fn add_reused(&self) {
        let mut observed = self.observed();
        if observed.attempts == 1 {
            observed.layers_reused += 1;
        }
    }

    /// Starts an attempt. What a failed one unpacked is forgotten: the next does it again.
    pub(crate) fn start_attempt(&self) {
        let mut observed = self.observed();
        observed.attempts += 1;
        observed.unpacked_bytes = 0;
        observed.skipped = Skipped::default();
    }

    /// Returns what could not be unpacked, and how many layers were unpacked from blobs that were there before.
    pub(crate) fn remarks(&self) -> (Skipped, u32) {
        let observed = self.observed();
        (observed.skipped, observed.layers_reused)
    }

    /// Ends the pull `elapsed` after its start.
    pub(crate) fn finish(
        &self,
        mut pull: PullRecord,
        elapsed: Duration,
        error: Option<String>,
    ) -> PullTrace {
        let observed = self.observed();
        pull.layers = u32::try_from(observed.layers.len()).unwrap_or(u32::MAX);
        pull.wire_bytes = observed.layers.iter().map(|layer| layer.wire_bytes).sum();
        pull.unpacked_bytes = observed.unpacked_bytes;
        let spans = observed.spans.iter();
        let mut rows: Vec<PhaseRecord> = spans
            .filter_map(|(key, span)| self.row(&pull.pull_id, &observed.layers, *key, span))
            .collect();
        rows.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
        PullTrace::finish(pull, rows, elapsed, error)
    }

    fn row(
        &self,
        pull_id: &str,
        layers: &[TraceLayer],
        (stage, layer, phase): (Stage, Option<u32>, Phase),
        span: &Span,
    ) -> Option<PhaseRecord> {
        let (first, last) = span.moments()?;
        let start = first.saturating_duration_since(self.start);
        let row = PhaseRecord::new(pull_id, stage, phase, start, last - first)
            .with_busy(span.busy())
            .with_bytes(span.bytes());
        Some(match layer {
            Some(index) => row.with_layer(layers.get(index as usize)?.clone()),
            None => row,
        })
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
