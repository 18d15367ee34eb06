//! Lines of spreads by number of nodes.

use proptest::prelude::*;
use pullstudy_report::{Scale, SpreadLines, SpreadLinesError, SpreadPoint};

use crate::svg::Picture;

fn point(label: &str, event: &str, nodes: u32, seconds: f64) -> SpreadPoint {
    SpreadPoint {
        label: label.to_owned(),
        event: event.to_owned(),
        nodes,
        seconds,
        expected_seconds: None,
    }
}

fn study() -> Vec<SpreadPoint> {
    let mut points = Vec::new();
    for event in ["scheduled", "pulling", "pulled", "created", "started"] {
        for (label, seconds) in [("r.io/app:1", 3.0), ("r.io/app:2", 7.0)] {
            // The larger cluster first: points may come in any order.
            points.push(point(label, event, 16, seconds * 2.0));
            points.push(point(label, event, 4, seconds));
        }
    }
    points
}

fn svg(points: &[SpreadPoint]) -> String {
    SpreadLines::new("Spread")
        .draw(points)
        .expect("the spreads are from 0 up")
        .to_svg()
}

#[test]
fn each_kind_of_event_has_a_panel_and_each_image_a_line() {
    for scale in [Scale::Linear, Scale::Log] {
        let lines = SpreadLines::new("Spread by nodes")
            .with_scale(scale)
            .with_note("One machine.");
        let picture = Picture::of(&lines.draw(&study()).unwrap());
        let expected = [
            "Spread by nodes",
            "seconds from the first event of a kind to the last, of tags of r.io/app",
            "1",
            "2",
            "scheduled",
            "started",
            "4",
            "16",
            "One machine.",
        ];
        for text in expected {
            assert!(picture.has_text(text), "{text:?}: {:?}", picture.texts);
        }
        let drawn = picture.of_class("line");
        assert_eq!(drawn.len(), 10);
        assert!(drawn.iter().all(|line| line.dots == 2));
        assert_eq!(
            drawn[3].tooltip,
            "r.io/app:2 · pulling · 4 nodes: 7.000000 s · 16 nodes: 14.000000 s"
        );
        assert!(picture.holds_its_rectangles());
    }
}

#[test]
fn what_was_expected_is_dashed_in_the_colour_of_its_image() {
    let plain = svg(&study());
    assert!(!plain.contains("stroke-dasharray") && !plain.contains("Dashed"));
    let mut points = study();
    for point in &mut points {
        point.expected_seconds = Some(1.0);
    }
    let dashed = svg(&points);
    assert_eq!(dashed.matches("stroke-dasharray").count(), 10);
    assert!(dashed.contains("Dashed: ") && dashed.contains("(expected 1.000000 s)"));
}

#[test]
fn zero_stands_below_a_log_axis() {
    let points = [
        point("app:1", "pulling", 4, 0.0),
        point("app:1", "pulling", 8, 2.0),
    ];
    let draw = |points: &[SpreadPoint]| {
        let lines = SpreadLines::new("Spread").with_scale(Scale::Log);
        Picture::of(&lines.draw(points).unwrap())
    };
    let picture = draw(&points);
    assert!(picture.has_text("0 has no place on a log axis: it stands below the others."));
    assert!(picture.has_text("0") && picture.has_text("2"));
    // Where all are 0 there is no log axis to be had.
    assert!(draw(&points[..1]).has_text("0.0"));
}

#[test]
fn more_images_than_colours_are_owned_up_to() {
    let points: Vec<SpreadPoint> = (0..9)
        .map(|image| point(&format!("app:{image}"), "pulled", 4, 1.0))
        .collect();
    assert!(svg(&points).contains("choose fewer images to tell all apart"));
    assert!(svg(&points).contains("1 other image<"));
    assert!(!svg(&points[..8]).contains("choose fewer images to tell all apart"));
}

#[test]
fn what_cannot_be_drawn_is_named() {
    let draw = |points: &[SpreadPoint]| SpreadLines::new("").draw(points).unwrap_err();
    assert_eq!(draw(&[]), SpreadLinesError::NoPoints);
    assert_eq!(
        draw(&[point("app:1", "pulled", 4, -1.0)]).to_string(),
        "a spread of -1 s of pulled of \"app:1\" cannot be drawn: it must be 0 or above"
    );
    let mut unexpected = point("app:1", "pulled", 4, 1.0);
    unexpected.expected_seconds = Some(f64::NAN);
    assert!(matches!(
        draw(&[unexpected]),
        SpreadLinesError::OutOfRange { .. }
    ));
}

proptest! {
    #[test]
    fn any_names_and_any_spreads_give_a_picture(
        names in prop::collection::vec((any::<String>(), any::<String>()), 1..12),
        seconds in prop::collection::vec((any::<u32>(), 0.0..1e6_f64), 1..6),
        is_log: bool,
    ) {
        let scale = if is_log { Scale::Log } else { Scale::Linear };
        let points: Vec<SpreadPoint> = names
            .iter()
            .flat_map(|(label, event)| seconds.iter().map(|&(n, s)| point(label, event, n, s)))
            .collect();
        let figure = SpreadLines::new("Spread").with_scale(scale).draw(&points).unwrap();
        prop_assert!(Picture::of(&figure).holds_its_rectangles());
    }
}
