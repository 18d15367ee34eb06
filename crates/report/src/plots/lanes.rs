//! A pull's rows, turned into bars: what stands in which lane of a waterfall, in seconds.

use std::collections::BTreeMap;

use pullstudy_events::{CriticalPath, Phase, PhaseRecord, PullTrace, Stage};

use crate::units::{grouped, human_bytes, human_seconds, percent};

/// What lies between the phases of a stage, and what no row explains.
pub(super) const OTHER: &str = "other";

/// What a bar shows; `None` is [`OTHER`].
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
}

/// Returns the name of what a bar shows.
pub(super) fn name(shown: Shown) -> &'static str {
    shown.map_or(OTHER, Phase::as_str)
}

/// Returns a lane for each request before the layers, in the order of time, then one for each layer.
pub(super) fn lanes(trace: &PullTrace) -> Vec<Lane> {
    let is_length = |seconds: f64| seconds.is_finite() && seconds >= 0.0;
    let is_usable = |row: &&PhaseRecord| {
        [row.start_seconds, row.duration_seconds, row.busy_seconds]
            .into_iter()
            .all(is_length)
    };
    let mut before_layers = Vec::new();
    let mut layers: BTreeMap<u32, Vec<&PhaseRecord>> = BTreeMap::new();
    for row in trace.phases.iter().filter(is_usable) {
        match &row.layer {
            Some(layer) => layers.entry(layer.index).or_default().push(row),
            None => before_layers.push(row),
        }
    }
    before_layers.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
    let requests = before_layers.into_iter().map(request_lane);
    requests
        .chain(layers.into_values().map(|rows| layer_lane(&rows)))
        .collect()
}

/// Returns the critical path as one lane: a bar a phase, one behind the other.
pub(super) fn path_lane(path: &CriticalPath) -> Lane {
    let phases = Phase::ALL
        .iter()
        .map(|&phase| (Some(phase), path.seconds(phase)));
    let total = path.total_seconds();
    let mut start_seconds = 0.0;
    let mut bars = Vec::new();
    for (shown, seconds) in phases.chain([(None, path.other_seconds)]) {
        if seconds > 0.0 {
            let (name, share) = (name(shown), percent(seconds / total));
            let tooltip = format!("critical path · {name}: {seconds} s, {share} of the pull");
            bars.push(Bar {
                shown,
                start_seconds,
                length_seconds: seconds,
                tooltip,
            });
            start_seconds += seconds;
        }
    }
    Lane {
        label: "critical path".to_owned(),
        bars,
    }
}

fn request_lane(row: &PhaseRecord) -> Lane {
    Lane {
        label: row.phase.to_string(),
        bars: vec![Bar {
            shown: Some(row.phase),
            start_seconds: row.start_seconds,
            length_seconds: row.duration_seconds,
            tooltip: tooltip(row),
        }],
    }
}

fn layer_lane(rows: &[&PhaseRecord]) -> Lane {
    let mut bars: Vec<Bar> = Vec::new();
    for stage in [Stage::Fetch, Stage::Unpack] {
        let of_stage = || rows.iter().copied().filter(move |row| row.stage == stage);
        bars.extend(
            of_stage()
                .filter(|row| row.phase == Phase::Wait)
                .map(|row| Bar {
                    shown: Some(Phase::Wait),
                    start_seconds: row.start_seconds,
                    length_seconds: row.duration_seconds,
                    tooltip: tooltip(row),
                }),
        );
        let work: Vec<_> = of_stage().filter(|row| row.phase != Phase::Wait).collect();
        bars.extend(stage_bars(&work));
    }
    let layer = rows.iter().find_map(|row| row.layer.as_ref());
    let label = layer.map_or_else(String::new, |layer| {
        format!("layer {} · {}", layer.index, human_bytes(layer.wire_bytes))
    });
    Lane { label, bars }
}

/// Sets the phases of one stage side by side, each as long as it was busy, from the stage's start.
fn stage_bars(rows: &[&PhaseRecord]) -> Vec<Bar> {
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
    let mut order: Vec<&PhaseRecord> = rows.to_vec();
    order.sort_by_key(|row| row.phase);
    let mut start_seconds = start;
    let mut bars = Vec::new();
    for row in order {
        let length_seconds = row.busy_seconds * scale;
        bars.push(Bar {
            shown: Some(row.phase),
            start_seconds,
            length_seconds,
            tooltip: tooltip(row),
        });
        start_seconds += length_seconds;
    }
    let pause = end - start_seconds;
    if pause > 0.0 {
        let tooltip = format!("{OTHER}: {} s between the phases", human_seconds(pause));
        bars.push(Bar {
            shown: None,
            start_seconds,
            length_seconds: pause,
            tooltip,
        });
    }
    bars
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
        format!(" · {} bytes", grouped(*bytes))
    } else {
        String::new()
    };
    format!(
        "{layer}{phase}: busy {busy_seconds} s of {duration_seconds} s from {start_seconds} s{bytes}"
    )
}
