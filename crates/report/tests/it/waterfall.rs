//! Waterfalls of pulls.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use pullstudy_events::{Phase, PhaseRecord, PullRecord, PullTrace, Stage};
use pullstudy_report::Waterfall;

use crate::fixture::{self, disk_bound, wire_bound};
use crate::svg::Picture;

fn picture(trace: &PullTrace) -> Picture {
    Picture::of(&Waterfall::new().draw(trace))
}

/// Bars whose tooltip names a phase of a layer.
fn bars_of(picture: &Picture, layer: u32, phase: Phase) -> usize {
    let (layer, phase) = (format!("layer {layer} · "), format!(" · {phase} · "));
    let is_of = |tooltip: &str| tooltip.starts_with(&layer) && tooltip.contains(&phase);
    picture
        .of_class("bar")
        .iter()
        .filter(|part| is_of(&part.tooltip))
        .count()
}

#[test]
fn the_title_says_which_pull_and_what_bound_it() {
    let picture = picture(&wire_bound());
    let expected = [
        "127.0.0.1:34567/quickstart/random:9-layers-size-53702097-bytes",
        "node-1 · 2.04 s · 9 layers, 53.7 MB on the wire, 53.7 MB unpacked · bound by wire (92 %)",
        "seconds since the start of the pull",
        "critical path",
    ];
    for text in expected {
        assert!(
            picture.has_text(text),
            "{text:?} is not in {:?}",
            picture.texts
        );
    }
}

#[test]
fn every_row_of_the_trace_has_its_bar() {
    for trace in [wire_bound(), disk_bound()] {
        let picture = picture(&trace);
        assert!(picture.holds_its_rectangles());
        for request in [Phase::Resolve, Phase::Manifest, Phase::Config] {
            assert!(picture.has_text(request.as_str()), "{request} has no lane");
        }
        for layer in 0..trace.pull.layers {
            let rows = |phase| {
                let is_of = |row: &&PhaseRecord| {
                    row.phase == phase && row.layer.as_ref().is_some_and(|l| l.index == layer)
                };
                trace.phases.iter().filter(is_of).count()
            };
            for &phase in &Phase::ALL[3..] {
                assert_eq!(
                    bars_of(&picture, layer, phase),
                    rows(phase),
                    "layer {layer}, {phase}"
                );
            }
        }
    }
}

#[test]
fn the_critical_path_is_as_long_as_the_pull() {
    let picture = picture(&disk_bound());
    let bars = picture.of_class("bar");
    let path: Vec<_> = bars
        .iter()
        .filter(|bar| bar.tooltip.starts_with("critical path"))
        .collect();
    let (first, last) = (
        path[0].extent.unwrap(),
        path[path.len() - 1].extent.unwrap(),
    );
    assert!((last.1 - 940.0).abs() < 1.5, "it ends at {}", last.1);
    assert!(bars.iter().all(|bar| bar.extent.unwrap().0 >= first.0));
    assert!(picture.has_text("write 71 %"), "{:?}", picture.texts);
}

#[test]
fn a_failed_pull_says_so_and_why() {
    let picture = picture(&fixture::failed());
    let has = |start: &str| picture.texts.iter().any(|text| text.starts_with(start));
    assert!(has("node-1 · failed after 0.800 s"), "{:?}", picture.texts);
    assert!(
        has("Error: blob sha256:2c26b46b68ff from"),
        "{:?}",
        picture.texts
    );
    assert!(
        picture
            .texts
            .iter()
            .any(|text| text.contains("<expected & compared>"))
    );
}

#[test]
fn the_note_is_below() {
    let figure = Waterfall::new()
        .with_note("The nodes share one machine.")
        .draw(&wire_bound());
    assert_eq!(
        Picture::of(&figure).texts.last().unwrap(),
        "The nodes share one machine."
    );
}

#[test]
fn the_same_pull_gives_the_same_bytes() {
    let draw = || Waterfall::new().draw(&wire_bound()).to_svg();
    assert_eq!(draw(), draw());
}

fn any_row() -> impl Strategy<Value = PhaseRecord> {
    let stages = prop::sample::select(vec![Stage::Prepare, Stage::Fetch, Stage::Unpack]);
    let phases = prop::sample::select(Phase::ALL);
    let seconds = prop_oneof![
        0.0..10.0_f64,
        Just(f64::NAN),
        Just(-1.0),
        Just(f64::INFINITY)
    ];
    (
        stages,
        phases,
        0..4_usize,
        [seconds.clone(), seconds.clone(), seconds],
    )
        .prop_map(|(stage, phase, layer, [start, duration, busy])| {
            let mut row = PhaseRecord::new("a", stage, phase, Duration::ZERO, Duration::ZERO);
            row.layer = wire_bound()
                .phases
                .iter()
                .filter_map(|row| row.layer.clone())
                .nth(layer);
            row.start_seconds = start;
            row.duration_seconds = duration;
            row.busy_seconds = busy;
            row
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_record_gives_a_picture(
        rows in prop::collection::vec(any_row(), 0..20),
        image in any::<String>(),
        error in any::<Option<String>>(),
        millis in 0..5000_u64,
    ) {
        let pull = PullRecord::new("a", image, SystemTime::UNIX_EPOCH);
        let mut trace = PullTrace::finish(pull, rows, Duration::from_millis(millis), error);
        prop_assert!(picture(&trace).holds_its_rectangles());
        trace.pull.seconds = f64::NAN;
        trace.pull.critical_path = None;
        prop_assert!(picture(&trace).holds_its_rectangles());
    }
}
