//! Figures as PNG.

use proptest::prelude::*;
use pullstudy_report::{BoxPlot, Figure, PngError, PullTimes};

fn figure(title: &str) -> Figure {
    let times = PullTimes {
        label: "app:1".to_owned(),
        nodes: Some(4),
        seconds: vec![1.0, 2.0, 4.0],
    };
    BoxPlot::new(title)
        .draw(&[times])
        .expect("the pull times are positive")
}

/// Width and height, which the format has at a fixed place.
fn size(file: &[u8]) -> (u32, u32) {
    assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number =
        |at: usize| u32::from_be_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
    (number(16), number(20))
}

#[test]
fn a_scale_multiplies_the_pixels() {
    let figure = figure("Pull times");
    let once = size(&figure.to_png(1.0).unwrap());
    let (width, height) = size(&figure.to_png(2.0).unwrap());
    assert_eq!(once.0, 900);
    assert_eq!((width, height.div_ceil(2)), (2 * once.0, once.1));
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let drawn = || figure("Pull times").to_png(1.0).unwrap();
    assert_eq!(drawn(), drawn());
}

#[test]
fn a_title_is_to_be_seen() {
    let figures = ["Pull times", "", "$1 a pull"].map(|title| figure(title).to_png(1.0).unwrap());
    assert!(figures[0] != figures[1] && figures[1] != figures[2]);
}

#[test]
fn scales_without_a_picture_are_refused() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-6, 1e6] {
        let error = figure("Pull times").to_png(scale).unwrap_err();
        assert!(matches!(error, PngError::Scale { .. }), "{scale}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn any_title_gives_a_picture(title in any::<String>()) {
        prop_assert_eq!(size(&figure(&title).to_png(0.5).unwrap()).0, 450);
    }
}
