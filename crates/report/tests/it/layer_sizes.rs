//! Histograms of layer sizes.

use proptest::prelude::*;
use pullstudy_report::{LayerSizes, LayerSizesError};

use crate::svg::Picture;

#[test]
fn rows_and_unique_layers_are_counted_apart() {
    let rows = [32, 32, 32, 3_738_655, 30_439_933, 0];
    let figure = LayerSizes::new("Layer sizes")
        .with_note("Three images.")
        .draw(&rows, &[32, 3_738_655, 30_439_933])
        .unwrap();
    let picture = Picture::of(&figure);
    let expected = [
        "6 layers of images",
        "3 unique layers",
        "Median: 32 B over all layers of images, 3.74 MB over unique layers.",
        "Not shown, for want of a place on a log axis: layers of 0 bytes (1 of images, 0 unique).",
        "Three images.",
        "100 kB",
    ];
    for text in expected {
        assert!(picture.has_text(text), "{text:?} in {:?}", picture.texts);
    }
    let bars = picture.of_class("bar");
    assert_eq!(bars.len(), 3);
    assert_eq!(
        bars[0].tooltip,
        "32 B to 56 B · 3 layers of images · 1 unique layers"
    );
    assert!(picture.holds_its_rectangles());
}

#[test]
fn layers_without_bytes_are_no_picture() {
    for sizes in [&[][..], &[0, 0]] {
        let error = LayerSizes::new("").draw(sizes, sizes).unwrap_err();
        assert_eq!(error, LayerSizesError::NoLayers);
    }
}

proptest! {
    #[test]
    fn every_layer_is_in_one_bar(
        rows in prop::collection::vec(prop_oneof![0_u64..2_000, any::<u64>()], 1..60),
    ) {
        prop_assume!(rows.iter().any(|&size| size > 0));
        let picture = Picture::of(&LayerSizes::new("").draw(&rows, &[]).unwrap());
        let counted = picture.of_class("bar").into_iter().map(|bar| {
            let count = bar.tooltip.split(" · ").nth(1).unwrap();
            count.split(' ').next().unwrap().parse::<usize>().unwrap()
        });
        prop_assert_eq!(counted.sum::<usize>(), rows.iter().filter(|&&size| size > 0).count());
        prop_assert!(picture.holds_its_rectangles());
    }
}
