//! Intervals, time lost, and lines of costs.

use proptest::prelude::*;
use pullstudy_report::{
    CostLines, CostLinesError, CostOption, IntervalRow, Intervals, IntervalsError, LostTime,
    LostTimeError, LostTimeRow,
};

use crate::svg::Picture;

fn interval(label: &str, low: f64, estimate: f64, high: f64) -> IntervalRow {
    IntervalRow {
        label: label.to_owned(),
        estimate,
        low,
        high,
        count: 64,
        baseline_count: 1_024,
    }
}

#[test]
fn intervals_say_what_is_shown_and_what_is_not() {
    let rows = [
        interval("peer-to-peer", -52.5, -41.0, -30.0),
        interval("compressed", -3.0, 1.5, 6.0),
        interval("mirror", 2.0, 9.0, 12.0),
    ];
    let figure = Intervals::of_seconds("Strategies")
        .with_baseline("as-is")
        .draw(&rows)
        .unwrap();
    let picture = Picture::of(&figure);
    for text in [
        "against as-is",
        "less than as-is",
        "more than as-is",
        "no difference shown from as-is",
        "n = 64 against 1,024",
        "−41.0 s (−52.5 to −30.0)",
        "1.50 s (−3.00 to 6.00)",
        "−60",
    ] {
        assert!(picture.has_text(text), "{text} in {:?}", picture.texts);
    }
    let tooltip = &picture.of_class("interval")[0].tooltip;
    assert_eq!(
        tooltip,
        "peer-to-peer · -41.000000 s · 95 % interval: -52.500000 to -30.000000 s · n = 64, as-is: n = 1024"
    );
    assert!(picture.holds_its_rectangles());
}

#[test]
fn ratios_have_their_line_at_one() {
    let rows = [interval("zstd", 0.71, 0.8, 0.92)];
    let picture = Picture::of(&Intervals::of_ratios("Ratios").draw(&rows).unwrap());
    assert!(picture.has_text("0.80 (0.71 to 0.92)") && picture.has_text("ratio, log scale"));
    assert!(picture.has_text("1"), "{:?}", picture.texts);
}

#[test]
fn what_is_no_interval_is_named() {
    let draw = |rows: &[IntervalRow]| Intervals::of_ratios("").draw(rows).unwrap_err();
    assert_eq!(draw(&[]), IntervalsError::NoRows);
    for row in [
        interval("a", 0.5, 2.0, 1.0),
        interval("a", 0.0, 0.5, 1.0),
        interval("a", f64::NAN, 0.5, 1.0),
    ] {
        assert!(matches!(draw(&[row]), IntervalsError::OutOfRange { .. }));
    }
}

fn lost(class: &str, node_seconds: f64) -> LostTimeRow {
    LostTimeRow {
        class: class.to_owned(),
        node_seconds,
        failures: 3,
        nodes: Some(1),
    }
}

#[test]
fn the_worst_class_comes_first() {
    let rows = [
        lost("timeout", 12.0),
        lost("too many requests", 340.0),
        lost("disk", 0.0),
    ];
    let picture = Picture::of(&LostTime::new("Lost").draw(&rows).unwrap());
    let tooltips: Vec<_> = picture
        .of_class("row")
        .iter()
        .map(|part| part.tooltip.as_str())
        .collect();
    assert_eq!(
        tooltips,
        [
            "too many requests · 340.000000 node-seconds · 3 failures on 1 node",
            "timeout · 12.000000 node-seconds · 3 failures on 1 node",
            "disk · 0.000000 node-seconds · 3 failures on 1 node",
        ]
    );
    assert!(picture.holds_its_rectangles());
    let draw = |rows: &[LostTimeRow]| LostTime::new("").draw(rows).unwrap_err();
    assert_eq!(draw(&[]), LostTimeError::NoRows);
    assert_eq!(
        draw(&[lost("disk", -1.0)]).to_string(),
        "-1 node-seconds of \"disk\" cannot be drawn: they must be from 0 to 1e15"
    );
}

fn option(label: &str, fixed_usd: f64, usd_per_start: f64) -> CostOption {
    CostOption {
        label: label.to_owned(),
        fixed_usd,
        usd_per_start,
    }
}

#[test]
fn options_cross_where_another_is_the_cheapest() {
    let options = [
        option("as-is", 0.0, 0.5),
        option("cache", 50.0, 0.1),
        // Is never the cheapest.
        option("both", 60.0, 0.3),
        option("preloaded", 100.0, 0.0),
    ];
    let lines = CostLines::new("Costs").with_unit("starts a month");
    let picture = Picture::of(&lines.draw(&options, 600).unwrap());
    let crossings: Vec<_> = picture
        .of_class("crossing")
        .iter()
        .map(|part| part.tooltip.as_str())
        .collect();
    assert_eq!(
        crossings,
        [
            "From 125 starts a month on cache is the cheapest, at USD 62.50",
            "From 500 starts a month on preloaded is the cheapest, at USD 100.00",
        ]
    );
    assert_eq!(picture.of_class("line").len(), 4);
    let until = Picture::of(&lines.draw(&options, 100).unwrap());
    assert!(until.of_class("crossing").is_empty());
    let none = lines.draw(&[], 100).unwrap_err();
    assert_eq!(none, CostLinesError::NoOptions { starts: 100 });
    let bad = lines.draw(&[option("x", f64::NAN, 0.0)], 100).unwrap_err();
    assert!(matches!(bad, CostLinesError::OutOfRange { .. }));
}

proptest! {
    #[test]
    fn any_interval_is_a_picture_or_an_error(
        label in any::<String>(),
        numbers in prop::collection::vec(any::<[f64; 3]>(), 0..6),
        small in prop::collection::vec([-1e3..1e3_f64, -1e3..1e3, -1e3..1e3], 1..6),
    ) {
        for numbers in [numbers, small] {
            let rows = numbers.into_iter().map(|mut three| {
                three.sort_by(f64::total_cmp);
                interval(&label, three[0], three[1], three[2])
            });
            let rows: Vec<_> = rows.collect();
            for plot in [Intervals::of_seconds(&*label), Intervals::of_ratios(&*label)] {
                if let Ok(figure) = plot.draw(&rows) {
                    prop_assert!(Picture::of(&figure).holds_its_rectangles());
                }
            }
        }
    }

    #[test]
    fn any_time_lost_is_a_picture(
        rows in prop::collection::vec((any::<String>(), 0.0..1e15_f64, any::<u64>()), 1..20),
    ) {
        let rows: Vec<_> = rows.into_iter().map(|(class, node_seconds, failures)| LostTimeRow {
            class, node_seconds, failures, nodes: None,
        }).collect();
        let figure = LostTime::new("Lost").draw(&rows).unwrap();
        prop_assert!(Picture::of(&figure).holds_its_rectangles());
    }

    #[test]
    fn the_cheapest_option_changes_where_it_is_said(
        costs in prop::collection::vec((0.0..1e4_f64, 0.0..10.0_f64), 1..8),
        starts in 1..100_000_u64,
    ) {
        let options: Vec<_> = costs.iter().map(|&(fixed, each)| option("x", fixed, each)).collect();
        let figure = CostLines::new("Costs").draw(&options, starts).unwrap();
        let picture = Picture::of(&figure);
        let cheapest = |starts: f64| {
            let all = costs.iter().map(|(fixed, each)| fixed + each * starts);
            all.fold(f64::INFINITY, f64::min)
        };
        // Along the cheapest option costs bend at crossings alone.
        let bend = cheapest(0.0) + cheapest(starts as f64) - 2.0 * cheapest(starts as f64 / 2.0);
        if picture.of_class("crossing").is_empty() {
            prop_assert!(bend.abs() < 1e-6 * cheapest(starts as f64).max(1.0));
        }
    }
}
