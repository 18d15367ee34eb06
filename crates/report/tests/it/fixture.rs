//! Made-up pulls: three downloads at a time, layers unpacked in order, as containerd does by default.

use std::time::{Duration, SystemTime};

use pullstudy_events::{Phase, PhaseRecord, PullRecord, PullTrace, Stage, TraceLayer};
use pullstudy_image::Digest;

/// What a node can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speed {
    /// Bytes a second over the wire, for each of three downloads at once.
    pub(crate) wire: u64,
    /// Bytes a second hashed.
    pub(crate) hash: u64,
    /// Bytes a second of tar inflated.
    pub(crate) inflate: u64,
    /// Bytes a second written.
    pub(crate) disk: u64,
}

struct Clock {
    rows: Vec<PhaseRecord>,
    slots: [Duration; 3],
    unpacked: Duration,
}

fn time(bytes: u64, per_second: u64) -> Duration {
    Duration::from_micros(bytes * 1_000_000 / per_second)
}

fn layer(index: u32, wire_bytes: u64) -> TraceLayer {
    TraceLayer {
        index,
        digest: Digest::of(&index.to_be_bytes()),
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        wire_bytes,
    }
}

impl Clock {
    /// Adds rows that take turns between `start` and `end`, and a wait before them.
    fn stage(
        &mut self,
        (stage, layer): (Stage, &TraceLayer),
        (waited_from, start, end): (Duration, Duration, Duration),
        busy: [(Phase, Duration, u64); 3],
    ) {
        let row = |phase, from: Duration, to: Duration| {
            PhaseRecord::new("8a1f", stage, phase, from, to - from).with_layer(layer.clone())
        };
        if waited_from < start {
            self.rows.push(row(Phase::Wait, waited_from, start));
        }
        for (phase, busy, bytes) in busy {
            self.rows
                .push(row(phase, start, end).with_busy(busy).with_bytes(bytes));
        }
    }

    fn layer(&mut self, layer: &TraceLayer, unpacked_bytes: u64, speed: Speed, begin: Duration) {
        let slot = self.slots.iter_mut().min().expect("there are three");
        let wire_bytes = layer.wire_bytes;
        // Layers of equal size do not end together in life.
        let jitter = Duration::from_millis(u64::from(layer.index * 37 % 50));
        let fetch = [
            (
                Phase::Download,
                time(wire_bytes, speed.wire) + jitter,
                wire_bytes,
            ),
            (Phase::Verify, time(wire_bytes, speed.hash), wire_bytes),
            (Phase::Write, time(wire_bytes, speed.disk), wire_bytes),
        ];
        let fetch_start = *slot;
        let pause = Duration::from_millis(4);
        let fetched = fetch_start + fetch.iter().map(|part| part.1).sum::<Duration>() + pause;
        *slot = fetched;
        self.stage((Stage::Fetch, layer), (begin, fetch_start, fetched), fetch);
        let unpack = [
            (
                Phase::Decompress,
                time(unpacked_bytes, speed.inflate),
                unpacked_bytes,
            ),
            (
                Phase::DiffId,
                time(unpacked_bytes, speed.hash),
                unpacked_bytes,
            ),
            (
                Phase::Write,
                time(unpacked_bytes, speed.disk),
                unpacked_bytes,
            ),
        ];
        let unpack_start = fetched.max(self.unpacked);
        self.unpacked = unpack_start + unpack.iter().map(|part| part.1).sum::<Duration>() + pause;
        self.stage(
            (Stage::Unpack, layer),
            (fetched, unpack_start, self.unpacked),
            unpack,
        );
    }
}

/// A pull of layers with these wire bytes, unpacking to `ratio_tenths` tenths of them.
pub(crate) fn pull(image: &str, layer_bytes: &[u64], ratio_tenths: u64, speed: Speed) -> PullTrace {
    let ms = Duration::from_millis;
    let request = |phase, from, to| PhaseRecord::new("8a1f", Stage::Prepare, phase, from, to);
    let rows = vec![
        request(Phase::Resolve, ms(0), ms(21)).with_bytes(0),
        request(Phase::Manifest, ms(21), ms(24)).with_bytes(1_934),
        request(Phase::Config, ms(45), ms(22)).with_bytes(2_417),
    ];
    let begin = ms(67);
    let mut clock = Clock {
        rows,
        slots: [begin; 3],
        unpacked: begin,
    };
    for (index, &bytes) in (0..).zip(layer_bytes) {
        clock.layer(
            &layer(index, bytes),
            bytes * ratio_tenths / 10,
            speed,
            begin,
        );
    }
    let started_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_221_230);
    let mut pull = PullRecord::new("8a1f", image, started_at);
    pull.node = Some("node-1".to_owned());
    pull.nodes = Some(4);
    pull.layers = u32::try_from(layer_bytes.len()).expect("a test has few layers");
    pull.wire_bytes = layer_bytes.iter().sum();
    pull.unpacked_bytes = pull.wire_bytes * ratio_tenths / 10;
    let elapsed = clock.unpacked + ms(6);
    PullTrace::finish(pull, clock.rows, elapsed, None)
}

/// The image of the study's 25th percentile, incompressible, on a gigabit that four nodes share.
pub(crate) fn wire_bound() -> PullTrace {
    let speed = Speed {
        wire: 10_400_000,
        hash: 500_000_000,
        inflate: 900_000_000,
        disk: 400_000_000,
    };
    pull(
        "127.0.0.1:34567/quickstart/random:9-layers-size-53702097-bytes",
        &[5_966_899; 9],
        10,
        speed,
    )
}

/// A machine-learning image on a fast network and a slow disk.
pub(crate) fn disk_bound() -> PullTrace {
    let speed = Speed {
        wire: 400_000_000,
        hash: 1_900_000_000,
        inflate: 350_000_000,
        disk: 120_000_000,
    };
    let layers = [
        30_000_000,
        7_300_000,
        362_200_000,
        2_000_000,
        118_000_000,
        412,
        55_000_000,
    ];
    pull("ghcr.io/pullstudy/pytorch:2.4", &layers, 26, speed)
}

/// A pull that ended after three layers.
pub(crate) fn failed() -> PullTrace {
    let whole = wire_bound();
    let is_early = |row: &PhaseRecord| row.layer.as_ref().is_none_or(|layer| layer.index < 3);
    let rows = whole.phases.into_iter().filter(is_early).collect();
    let error = "blob sha256:2c26b46b68ff from 127.0.0.1:34567/quickstart/random has digest \
                 sha256:fcde2b2edba5 <expected & compared>";
    PullTrace::finish(
        whole.pull,
        rows,
        Duration::from_millis(800),
        Some(error.to_owned()),
    )
}
