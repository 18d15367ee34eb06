//! Seconds of a pull by phase.

use std::time::Duration;

use proptest::prelude::*;
use pullstudy_events::{Bound, CriticalPath, Phase, PhaseRecord, Stage};

use crate::schedule::{LayerWork, prepare, pull, row};

fn assert_seconds(path: &CriticalPath, phase: Phase, expected: f64) {
    let actual = path.seconds(phase);
    assert!(
        (actual - expected).abs() < 1e-9,
        "{phase} is {actual}, not {expected}: {path:?}"
    );
}

/// Worked by hand: two slots, three layers.
///
/// ```text
/// resolve, manifest, config  0.00 .. 0.75 (0.25 each)
/// fetch 0                    0.75 .. 1.75      unpack 0  1.75 .. 2.25
/// fetch 1                    0.75 .. 2.75      unpack 1  2.75 .. 3.25
/// fetch 2  (waits to 1.75)   1.75 .. 3.75      unpack 2  3.75 .. 4.50
/// end of the pull            4.625
/// ```
///
/// Back from the end: 0.125 after the last unpack; unpack 2; fetch 2; its slot came free at the end of
/// fetch 0; config, manifest, resolve.
fn three_layers() -> Vec<PhaseRecord> {
    vec![
        prepare(Phase::Resolve, 0, 250),
        prepare(Phase::Manifest, 250, 500),
        prepare(Phase::Config, 500, 750),
        row(Stage::Fetch, Phase::Download, 0, (750, 1750), 1000),
        row(Stage::Fetch, Phase::Download, 1, (750, 2750), 2000),
        row(Stage::Fetch, Phase::Wait, 2, (750, 1750), 1000),
        row(Stage::Fetch, Phase::Download, 2, (1750, 3700), 1500),
        row(Stage::Fetch, Phase::Verify, 2, (1800, 3750), 250),
        row(Stage::Fetch, Phase::Write, 2, (1800, 3750), 125),
        row(Stage::Unpack, Phase::Write, 0, (1750, 2250), 500),
        row(Stage::Unpack, Phase::Write, 1, (2750, 3250), 500),
        row(Stage::Unpack, Phase::Decompress, 2, (3750, 4500), 250),
        row(Stage::Unpack, Phase::DiffId, 2, (3750, 4500), 250),
        row(Stage::Unpack, Phase::Write, 2, (3750, 4500), 250),
    ]
}

#[test]
fn the_worked_example_comes_out() {
    let path = CriticalPath::of(4.625, &three_layers());
    for phase in [
        Phase::Resolve,
        Phase::Manifest,
        Phase::Config,
        Phase::Decompress,
        Phase::DiffId,
    ] {
        assert_seconds(&path, phase, 0.25);
    }
    assert_seconds(&path, Phase::Download, 2.5);
    assert_seconds(&path, Phase::Verify, 0.25);
    assert_seconds(&path, Phase::Write, 0.375);
    assert_seconds(&path, Phase::Wait, 0.0);
    assert!((path.other_seconds - 0.25).abs() < 1e-9, "{path:?}");
    assert_eq!(path.bound_by(), Some(Bound::Wire));
    assert!((path.share(Bound::FileSystem) - 0.375 / 4.625).abs() < 1e-12);
}

#[test]
fn a_slow_unpack_takes_the_path_from_the_downloads() {
    let work = LayerWork {
        download: 100,
        verify: 0,
        store: 0,
        decompress: 10,
        diff_id: 400,
        write: 0,
    };
    let (rows, end) = pull(50, &[work; 4], 3);
    let path = CriticalPath::of(end as f64 / 1000.0, &rows);
    assert_seconds(&path, Phase::Download, 0.1);
    assert_seconds(&path, Phase::DiffId, 1.6);
    assert_eq!(path.bound_by(), Some(Bound::Hashing));
}

#[test]
fn a_queue_outside_the_pull_is_wait() {
    // The only layer waits for a slot that other pulls of the node hold.
    let rows = [
        prepare(Phase::Resolve, 0, 250),
        row(Stage::Fetch, Phase::Wait, 0, (250, 1000), 750),
        row(Stage::Fetch, Phase::Download, 0, (1125, 2000), 875),
    ];
    let path = CriticalPath::of(2.0, &rows);
    assert_seconds(&path, Phase::Wait, 0.75);
    assert!((path.other_seconds - 0.125).abs() < 1e-9, "{path:?}");
    assert_eq!(path.bound_by(), Some(Bound::Wire));
}

#[test]
fn phases_on_several_threads_share_the_wall_time() {
    let rows = [
        row(Stage::Unpack, Phase::Decompress, 0, (0, 1000), 1000),
        row(Stage::Unpack, Phase::DiffId, 0, (0, 1000), 500),
        row(Stage::Unpack, Phase::Write, 0, (0, 1000), 500),
    ];
    let path = CriticalPath::of(1.0, &rows);
    assert_seconds(&path, Phase::Decompress, 0.5);
    assert_seconds(&path, Phase::DiffId, 0.25);
    assert_seconds(&path, Phase::Write, 0.25);
}

#[test]
fn a_layer_on_the_node_already_has_no_fetch() {
    let rows = [
        prepare(Phase::Manifest, 0, 500),
        row(Stage::Unpack, Phase::Write, 3, (500, 1000), 500),
    ];
    let path = CriticalPath::of(1.0, &rows);
    assert_seconds(&path, Phase::Manifest, 0.5);
    assert_seconds(&path, Phase::Write, 0.5);
}

#[test]
fn nothing_known_is_other_and_binds_nothing() {
    let path = CriticalPath::of(2.0, &[]);
    assert_eq!(path.other_seconds, 2.0);
    assert_eq!(path.bound_by(), None);
    assert_eq!(
        CriticalPath::of(0.0, &three_layers()),
        CriticalPath::default()
    );
    assert_eq!(
        CriticalPath::of(f64::NAN, &three_layers()),
        CriticalPath::default()
    );
    assert_eq!(CriticalPath::default().share(Bound::Wire), 0.0);
}

#[test]
fn rows_that_are_no_times_are_left_out() {
    let mut rows = three_layers();
    for (position, seconds) in [(0, f64::NAN), (1, -1.0), (2, f64::INFINITY)] {
        rows[position].start_seconds = seconds;
    }
    let path = CriticalPath::of(4.625, &rows);
    assert_seconds(&path, Phase::Download, 2.5);
    assert!((path.other_seconds - 1.0).abs() < 1e-9, "{path:?}");
}

#[test]
fn what_runs_past_the_end_is_cut() {
    let path = CriticalPath::of(
        1.0,
        &[row(Stage::Fetch, Phase::Download, 0, (500, 2500), 2000)],
    );
    assert_seconds(&path, Phase::Download, 0.5);
    assert!((path.other_seconds - 0.5).abs() < 1e-9, "{path:?}");
}

fn work() -> impl Strategy<Value = LayerWork> {
    prop::array::uniform6(0_u64..500).prop_map(
        |[download, verify, store, decompress, diff_id, write]| LayerWork {
            // Work that takes no time at all could be done in several orders.
            download: download + 1,
            verify,
            store,
            decompress: decompress + 1,
            diff_id,
            write,
        },
    )
}

fn any_row() -> impl Strategy<Value = PhaseRecord> {
    let stages = prop::sample::select(vec![Stage::Prepare, Stage::Fetch, Stage::Unpack]);
    let phases = prop::sample::select(Phase::ALL);
    (
        stages,
        phases,
        0..4_usize,
        0..3000_u64,
        0..2000_u64,
        0..2500_u64,
    )
        .prop_map(|(stage, phase, index, start, span, busy)| {
            row(stage, phase, index, (start, start + span), busy)
        })
}

proptest! {
    #[test]
    fn a_pull_without_pauses_is_explained_to_the_last_millisecond(
        layers in prop::collection::vec(work(), 1..12),
        slots in 1..5_usize,
    ) {
        let (rows, end) = pull(40, &layers, slots);
        let path = CriticalPath::of(end as f64 / 1000.0, &rows);
        prop_assert!(path.other_seconds.abs() + path.wait_seconds.abs() < 1e-6, "{:?}", path);
        prop_assert!(path.bound_by().is_some());
    }

    #[test]
    fn the_seconds_add_up_to_the_pull(
        rows in prop::collection::vec(any_row(), 0..40),
        end in 1..5000_u64,
    ) {
        let seconds = end as f64 / 1000.0;
        let path = CriticalPath::of(seconds, &rows);
        prop_assert!((path.total_seconds() - seconds).abs() < 1e-9, "{:?}", path);
        prop_assert!(Phase::ALL.iter().all(|&phase| path.seconds(phase) >= 0.0), "{:?}", path);
        // Rounding may leave a trace below zero of what was subtracted from itself.
        prop_assert!(path.other_seconds > -1e-9, "{:?}", path);
        let shares: f64 = Bound::ALL.iter().map(|&bound| path.share(bound)).sum();
        prop_assert!(shares <= 1.0 + 1e-9, "{}", shares);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        layers in prop::collection::vec(work(), 1..8),
        slots in 1..4_usize,
        turn in 0..64_usize,
    ) {
        let (rows, end) = pull(40, &layers, slots);
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        turned.reverse();
        let (a, b) = (CriticalPath::of(end as f64 / 1e3, &rows), CriticalPath::of(end as f64 / 1e3, &turned));
        for &phase in Phase::ALL {
            prop_assert!((a.seconds(phase) - b.seconds(phase)).abs() < 1e-9, "{}: {:?} {:?}", phase, a, b);
        }
    }

    #[test]
    fn a_longer_download_never_shortens_the_wires_part_of_a_single_layer(
        work in work(),
        more in 1..1000_u64,
    ) {
        let longer = LayerWork { download: work.download + more, ..work };
        let wire = |work: LayerWork| {
            let (rows, end) = pull(40, &[work], 1);
            CriticalPath::of(end as f64 / 1000.0, &rows).share(Bound::Wire)
        };
        prop_assert!(wire(longer) >= wire(work));
    }
}

#[test]
fn busy_is_cut_to_the_span() {
    let ms = Duration::from_millis;
    let row =
        PhaseRecord::new("8a1f", Stage::Fetch, Phase::Verify, ms(0), ms(10)).with_busy(ms(20));
    assert_eq!(row.busy_seconds, 0.01);
}
