//! A made-up pull: layers fetched through a few slots and unpacked in order, with no pause anywhere.

use std::time::Duration;

use pullstudy_events::{Phase, PhaseRecord, Stage, TraceLayer};
use pullstudy_image::Digest;

pub(crate) const PULL: &str = "8a1f";

/// Milliseconds that one layer needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerWork {
    pub(crate) download: u64,
    pub(crate) verify: u64,
    pub(crate) store: u64,
    pub(crate) decompress: u64,
    pub(crate) diff_id: u64,
    pub(crate) write: u64,
}

impl LayerWork {
    fn fetch(self) -> u64 {
        self.download + self.verify + self.store
    }

    fn unpack(self) -> u64 {
        self.decompress + self.diff_id + self.write
    }
}

pub(crate) fn layer(index: usize) -> TraceLayer {
    TraceLayer {
        index: u32::try_from(index).expect("a test has few layers"),
        digest: Digest::of(&index.to_be_bytes()),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        wire_bytes: 1_000_000,
    }
}

/// A row of layer `index` from `start` to `end`, `busy` of it at work; all in milliseconds.
pub(crate) fn row(
    stage: Stage,
    phase: Phase,
    index: usize,
    (start, end): (u64, u64),
    busy: u64,
) -> PhaseRecord {
    let ms = Duration::from_millis;
    PhaseRecord::new(PULL, stage, phase, ms(start), ms(end - start))
        .with_layer(layer(index))
        .with_busy(ms(busy))
}

pub(crate) fn prepare(phase: Phase, start: u64, end: u64) -> PhaseRecord {
    let ms = Duration::from_millis;
    PhaseRecord::new(PULL, Stage::Prepare, phase, ms(start), ms(end - start))
}

/// Returns the rows and the end of the pull in milliseconds.
pub(crate) fn pull(resolve: u64, layers: &[LayerWork], slots: usize) -> (Vec<PhaseRecord>, u64) {
    let mut rows = vec![prepare(Phase::Resolve, 0, resolve)];
    let mut slot_free = vec![resolve; slots];
    let mut unpacked = resolve;
    for (index, &work) in layers.iter().enumerate() {
        let slot = slot_free.iter_mut().min().expect("there is a slot");
        let fetch = (*slot, *slot + work.fetch());
        *slot = fetch.1;
        let unpack_start = unpacked.max(fetch.1);
        let unpack = (unpack_start, unpack_start + work.unpack());
        unpacked = unpack.1;
        rows.extend([
            row(
                Stage::Fetch,
                Phase::Wait,
                index,
                (resolve, fetch.0),
                fetch.0 - resolve,
            ),
            row(Stage::Fetch, Phase::Download, index, fetch, work.download),
            row(Stage::Fetch, Phase::Verify, index, fetch, work.verify),
            row(Stage::Fetch, Phase::Write, index, fetch, work.store),
            row(
                Stage::Unpack,
                Phase::Wait,
                index,
                (fetch.1, unpack.0),
                unpack.0 - fetch.1,
            ),
            row(
                Stage::Unpack,
                Phase::Decompress,
                index,
                unpack,
                work.decompress,
            ),
            row(Stage::Unpack, Phase::DiffId, index, unpack, work.diff_id),
            row(Stage::Unpack, Phase::Write, index, unpack, work.write),
        ]);
    }
    (rows, unpacked)
}
