//! Box plots of pull times.

use proptest::prelude::*;
use pullstudy_report::{BoxPlot, BoxPlotError, PullTimes, Scale};

use crate::fixture;
use crate::svg::Picture;

fn times(label: &str, nodes: Option<u32>, seconds: &[f64]) -> PullTimes {
    PullTimes {
        label: label.to_owned(),
        nodes,
        seconds: seconds.to_vec(),
    }
}

fn quickstart() -> Vec<PullTimes> {
    vec![
        times("local/zeros:1", Some(4), &[0.12, 0.13, 0.15, 0.11]),
        times("local/random:1", Some(4), &[1.02, 1.11, 1.30, 1.06]),
    ]
}

#[test]
fn each_row_says_what_it_rests_on() {
    for scale in [Scale::Linear, Scale::Log] {
        let plot = BoxPlot::new("Pull times")
            .with_scale(scale)
            .with_note("One machine.");
        let picture = Picture::of(&plot.draw(&quickstart()).unwrap());
        let expected = [
            "Pull times",
            "of images under local/",
            "zeros:1",
            "4 nodes · n = 4 · median 0.125 s",
            "random:1",
            "4 nodes · n = 4 · median 1.08 s",
            "One machine.",
        ];
        for text in expected {
            assert!(
                picture.has_text(text),
                "{text:?} is not in {:?}",
                picture.texts
            );
        }
        let boxes = picture.of_class("box");
        assert_eq!(
            boxes.iter().map(|part| part.dots).collect::<Vec<_>>(),
            [4, 4]
        );
        assert!(picture.holds_its_rectangles());
    }
}

#[test]
fn boxes_stand_where_the_quartiles_are() {
    // Quartiles 2 and 4 of 1 to 5; the axis runs from 0 to 5.
    let rows = [times("app:1", None, &[3.0, 1.0, 5.0, 2.0, 4.0])];
    let picture = Picture::of(&BoxPlot::new("").draw(&rows).unwrap());
    let part = picture.of_class("box")[0];
    let (left, right) = part.extent.unwrap();
    let second = (right - left) / 2.0;
    let axis_left = left - 2.0 * second;
    assert!(
        (axis_left + 5.0 * second - 860.0).abs() < 0.5,
        "the axis ends at {axis_left}"
    );
    assert!(
        part.tooltip.contains("25 % 2.000000 s · 50 % 3.000000 s"),
        "{}",
        part.tooltip
    );
}

#[test]
fn node_counts_have_their_colours_and_a_legend() {
    let rows = [
        times("app:1", Some(16), &[3.0]),
        times("app:1", Some(4), &[1.0]),
        times("other:1", Some(4), &[2.0]),
    ];
    let picture = Picture::of(&BoxPlot::new("Pull times").draw(&rows).unwrap());
    assert!(picture.has_text("4 nodes") && picture.has_text("16 nodes"));
    // The second row belongs to the image named above it.
    assert_eq!(picture.of_class("label").len(), 2);
    let svg = BoxPlot::new("Pull times").draw(&rows).unwrap().to_svg();
    let (blue, orange) = ("stroke=\"#3b6fb6\"", "stroke=\"#e08214\"");
    assert!(svg.contains(blue) && svg.contains(orange));
}

#[test]
fn rows_of_an_image_stand_together_from_few_nodes_to_many() {
    let rows = [
        times("r.io/app:2", Some(16), &[3.0]),
        times("r.io/app:1", Some(4), &[1.0]),
        times("r.io/app:2", Some(4), &[2.0]),
    ];
    let picture = Picture::of(&BoxPlot::new("Pull times").draw(&rows).unwrap());
    assert!(picture.has_text("of tags of r.io/app"));
    let tooltips = picture.of_class("box").into_iter().map(|part| {
        let end = part.tooltip.find(" · n").expect("a row says how many");
        part.tooltip[..end].to_owned()
    });
    assert_eq!(
        tooltips.collect::<Vec<_>>(),
        [
            "r.io/app:2 · 4 nodes",
            "r.io/app:2 · 16 nodes",
            "r.io/app:1 · 4 nodes"
        ]
    );
}

#[test]
fn a_node_count_keeps_its_colour_from_figure_to_figure() {
    let rows = [
        times("app:1", Some(8), &[1.0]),
        times("app:1", Some(16), &[2.0]),
    ];
    let plot = BoxPlot::new("Pull times").with_node_counts([4, 8, 16]);
    let svg = plot.draw(&rows).unwrap().to_svg();
    let (blue, orange, green) = ("#3b6fb6", "#e08214", "#3a9a6b");
    assert!(!svg.contains(blue) && svg.contains(orange) && svg.contains(green));
}

#[test]
fn forty_images_on_six_clusters_are_set_close_together() {
    let rows: Vec<PullTimes> = (0..240)
        .map(|row| {
            times(
                &format!("app:{}", row / 6),
                Some(4 << (row % 6)),
                &[1.0, 2.0],
            )
        })
        .collect();
    let figure = BoxPlot::new("Pull times").draw(&rows).unwrap();
    let picture = Picture::of(&figure);
    assert_eq!(picture.of_class("box").len(), 240);
    assert!(picture.holds_its_rectangles());
    // So high a figure has its axis labelled at both ends.
    let tick = |text: &&String| *text == "2.0";
    assert_eq!(picture.texts.iter().filter(tick).count(), 2);
}

#[test]
fn traces_are_grouped_by_image_and_nodes() {
    let (wire, disk) = (fixture::wire_bound(), fixture::disk_bound());
    let mut on_16 = wire.clone();
    on_16.pull.nodes = Some(16);
    let traces = [
        wire.clone(),
        disk.clone(),
        fixture::failed(),
        on_16,
        wire.clone(),
    ];
    let rows = PullTimes::of_traces(&traces);
    let expected = [
        times(
            &wire.pull.image,
            Some(4),
            &[wire.pull.seconds, wire.pull.seconds],
        ),
        times(&wire.pull.image, Some(16), &[wire.pull.seconds]),
        times(&disk.pull.image, Some(4), &[disk.pull.seconds]),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn what_cannot_be_drawn_is_named() {
    let draw = |scale, seconds: &[f64]| {
        BoxPlot::new("")
            .with_scale(scale)
            .draw(&[times("app:1", None, seconds)])
            .unwrap_err()
    };
    assert_eq!(
        BoxPlot::new("").draw(&[]).unwrap_err(),
        BoxPlotError::NoRows
    );
    assert!(matches!(
        draw(Scale::Linear, &[]),
        BoxPlotError::Sample { .. }
    ));
    assert!(matches!(
        draw(Scale::Linear, &[f64::NAN]),
        BoxPlotError::Sample { .. }
    ));
    assert_eq!(
        draw(Scale::Log, &[1.0, 0.0]).to_string(),
        "a pull time of 0 s of \"app:1\" cannot be drawn: it must be above 0 on a log axis"
    );
    assert_eq!(
        draw(Scale::Linear, &[-1.0]).to_string(),
        "a pull time of -1 s of \"app:1\" cannot be drawn: it must be 0 or above"
    );
}

#[test]
fn pulls_of_no_time_have_an_axis_too() {
    let rows = [times("app:1", Some(1), &[0.0])];
    let picture = Picture::of(&BoxPlot::new("").draw(&rows).unwrap());
    assert!(
        picture.has_text("1 node · n = 1 · median 0 s"),
        "{:?}",
        picture.texts
    );
}

#[test]
fn a_hundred_thousand_pulls_stay_small() {
    let row = |image: u32, count: u32| {
        let seconds = (0..count).map(|pull| 1.0 + f64::from(pull * 7_919 % 10_007) / 100.0);
        times(
            &format!("r.io/app-{image}:1"),
            Some(256),
            &seconds.collect::<Vec<_>>(),
        )
    };
    for (images, pulls) in [(1, 100_000), (34, 2_942), (500, 200), (2_000, 50)] {
        let rows: Vec<PullTimes> = (0..images).map(|image| row(image, pulls)).collect();
        let figure = BoxPlot::new("Pull times").draw(&rows).unwrap();
        let bytes = figure.to_inline_svg("f").len();
        let most = 450_000 + 1_800 * images as usize;
        assert!(bytes < most, "{images} images: {bytes} bytes");
    }
    let picture = Picture::of(&BoxPlot::new("").draw(&[row(0, 100_000)]).unwrap());
    assert_eq!(picture.of_class("box")[0].dots, 60);
    assert!(picture.has_text("256 nodes · n = 100,000 · median 51.0 s"));
    let texts = picture.texts.join(" ");
    let said = "Dots: every single pull; of rows with many, the 30 shortest and 30 longest outside the whiskers at most \
                (60 of 100,000 drawn).";
    assert!(texts.ends_with(said), "{texts}");
}

proptest! {
    #[test]
    fn any_label_and_any_times_give_a_picture(
        label in any::<String>(),
        title in any::<String>(),
        seconds in prop::collection::vec(1e-6..1e6_f64, 1..30),
        is_log: bool,
    ) {
        let scale = if is_log { Scale::Log } else { Scale::Linear };
        let rows = [times(&label, Some(4), &seconds), times("app:1", None, &seconds)];
        let figure = BoxPlot::new(title).with_scale(scale).draw(&rows).unwrap();
        prop_assert!(Picture::of(&figure).holds_its_rectangles());
    }
}
