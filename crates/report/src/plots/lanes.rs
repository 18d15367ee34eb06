//! A pull's rows, turned into bars: what stands in which lane of a waterfall, in seconds.

use std::collections::BTreeMap;

use pullstudy_events::{CriticalPath, Phase, PhaseRecord, PullTrace, Stage};

use crate::units::{grouped, human_bytes, percent};

/// What lies between the phases of a stage, and what no row explains.
const OTHER: &str = "other";

/// What a bar shows; `None` is `other`.
pub(super) type Shown = Option<Phase>;

/// One line of the waterfall.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lane {
    pub(super) label: String,
    pub(super) bars: Vec<Bar>,
}

/// A piece of a lane.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub(super) shown: Shown,
    pub(super) start_seconds: f64,
    pub(super) length_seconds: f64,
    pub(super) tooltip: String,
    /// Written inside the bar where there is room.
    pub(super) label: Option<String>,
    /// Whether the layer's unpacking begins here.
    pub(super) begins_unpack: bool,
}

impl Bar {
    fn new(shown: Shown, start_seconds: f64, length_seconds: f64, tooltip: String) -> Self {
        let (label, begins_unpack) = (None, false);
        Self {
            shown,
            start_seconds,
            length_seconds,
            tooltip,
            label,
            begins_unpack,
        }
    }

    /// The whole span of a row.
    fn span(row: &PhaseRecord) -> Self {
        Self::new(
            Some(row.phase),
            row.start_seconds,
            row.duration_seconds,
            tooltip(row),
        )
    }
}

/// Returns the name of what a bar shows.
pub(super) fn name(shown: Shown) -> &'static str {
    shown.map_or(OTHER, Phase::as_str)
}

/// Returns a lane for each request before the layers, in the order of time, then one for each layer.
pub(super) fn lanes(trace: &PullTrace) -> Vec<Lane> {
    let mut requests = Vec::new();
    let mut layers: BTreeMap<u32, Vec<&PhaseRecord>> = BTreeMap::new();
    for row in trace.phases.iter().filter(|row| is_usable(row)) {
        match &row.layer {
            Some(layer) => layers.entry(layer.index).or_default().push(row),
            None => requests.push(row),
        }
    }
    requests.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
    let requests = requests.into_iter().map(|row| Lane {
        label: row.phase.to_string(),
        bars: vec![Bar::span(row)],
    });
    requests
        .chain(layers.into_values().map(|rows| layer_lane(&rows)))
        .collect()
}

fn is_usable(row: &PhaseRecord) -> bool {
    let is_length = |seconds: f64| seconds.is_finite() && seconds >= 0.0;
    [row.start_seconds, row.duration_seconds, row.busy_seconds]
        .into_iter()
        .all(is_length)
}

/// Returns the critical path as one lane: a bar a phase, one behind the other.
pub(super) fn path_lane(path: &CriticalPath) -> Lane {
    let phases = Phase::ALL
        .iter()
        .map(|&phase| (Some(phase), path.seconds(phase)));
    let total = path.total_seconds();
    let mut start_seconds = 0.0;
    let mut bars = Vec::new();
    for (shown, length_seconds) in phases.chain([(None, path.other_seconds)]) {
        if length_seconds > 0.0 {
            let label = format!("{} {}", name(shown), percent(length_seconds / total));
            let tooltip = format!("critical path · {label} · {length_seconds:.6} s");
            let bar = Bar::new(shown, start_seconds, length_seconds, tooltip);
            bars.push(Bar {
                label: Some(label),
                ..bar
            });
            start_seconds += length_seconds;
        }
    }
    Lane {
        label: "critical path".to_owned(),
        bars,
    }
}

fn layer_lane(rows: &[&PhaseRecord]) -> Lane {
    let mut bars: Vec<Bar> = Vec::new();
    for stage in [Stage::Fetch, Stage::Unpack] {
        let of_stage = rows.iter().copied().filter(|row| row.stage == stage);
        let (waits, work): (Vec<_>, Vec<_>) = of_stage.partition(|row| row.phase == Phase::Wait);
        bars.extend(waits.into_iter().map(Bar::span));
        bars.extend(stage_bars(work));
    }
    let layer = rows.iter().find_map(|row| row.layer.as_ref());
    let label = layer.map_or_else(String::new, |layer| {
        format!("layer {} · {}", layer.index, human_bytes(layer.wire_bytes))
    });
    Lane { label, bars }
}

/// Sets the phases of one stage side by side, each as long as it was busy, from the stage's start.
fn stage_bars(mut rows: Vec<&PhaseRecord>) -> Vec<Bar> {
    let start = rows
        .iter()
        .map(|row| row.start_seconds)
        .fold(f64::INFINITY, f64::min);
    let end = rows.iter().map(|row| row.end_seconds()).fold(0.0, f64::max);
    let busy: f64 = rows.iter().map(|row| row.busy_seconds).sum();
    // Phases on several threads add up to more than the wall time.
    let scale = if busy > end - start {
        (end - start) / busy
    } else {
        1.0
    };
    rows.sort_by_key(|row| row.phase);
    let mut start_seconds = start;
    let mut bars = Vec::new();
    for row in rows {
        let length_seconds = row.busy_seconds * scale;
        let begins_unpack = row.stage == Stage::Unpack && bars.is_empty();
        let bar = Bar::new(Some(row.phase), start_seconds, length_seconds, tooltip(row));
        bars.push(Bar {
            begins_unpack,
            ..bar
        });
        start_seconds += length_seconds;
    }
    let pause = end - start_seconds;
    // Less is what rounding leaves, and no clock can tell.
    if pause > 1e-6 {
        let tooltip = format!("{OTHER} · {pause:.6} s between the phases");
        bars.push(Bar::new(None, start_seconds, pause, tooltip));
    }
    bars
}

/// How fast bytes went through a phase, while it was busy.
fn speed(bytes: u64, busy_seconds: f64) -> String {
    let a_second = bytes as f64 / busy_seconds;
    // What took no time to speak of has no speed.
    if busy_seconds >= 1e-6 && a_second >= 1.0 {
        format!(" at {}/s", human_bytes(a_second.round() as u64))
    } else {
        String::new()
    }
}

fn tooltip(row: &PhaseRecord) -> String {
    let PhaseRecord {
        phase,
        start_seconds,
        duration_seconds,
        busy_seconds,
        bytes,
        ..
    } = row;
    let layer = row.layer.as_ref().map_or_else(String::new, |layer| {
        format!("layer {} · {} · ", layer.index, layer.digest)
    });
    let bytes = if *bytes > 0 {
        format!(
            " · {} bytes{}",
            grouped(*bytes),
            speed(*bytes, *busy_seconds)
        )
    } else {
        String::new()
    };
    format!(
        "{layer}{phase} · busy {busy_seconds:.6} s of {duration_seconds:.6} s, \
         from {start_seconds:.6} s{bytes}"
    )
}
