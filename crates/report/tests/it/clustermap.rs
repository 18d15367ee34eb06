//! Cluster maps: which images are named, what the cells show, and how large the picture gets.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use pullstudy_report::{Clustermap, ClustermapError, Figure};
use pullstudy_similarity::{Dendrogram, Linkage, Measure, Sets};

use crate::svg::Picture;

/// Images of which `family` say which base they have.
struct Images {
    sets: Sets,
    labels: Vec<String>,
    tree: Dendrogram,
}

impl Images {
    fn of(sets: Sets, labels: Vec<String>) -> Self {
        let tree = sets.cluster(Linkage::Average, Measure::Items, NonZeroUsize::MIN);
        Self {
            sets,
            labels,
            tree: tree.expect("few images are clustered"),
        }
    }

    fn made(count: u32) -> Self {
        let layers = |image: u32| [image % 7, 100 + image % 3, 1_000 + image / 2];
        let labels = (0..count).map(|image| format!("r.io/team/app-{image}:1"));
        Self::of(Sets::of((0..count).map(layers)), labels.collect())
    }

    fn draw(&self, order: &[usize]) -> Result<Figure, ClustermapError> {
        let map = Clustermap::new("Images", "similarity of layers");
        map.draw(&self.labels, &self.tree, order, |image| {
            self.sets.row(image, Measure::Items)
        })
    }

    fn picture(&self) -> Picture {
        let figure = self.draw(&self.tree.leaf_order());
        Picture::of(&figure.expect("the order is that of the tree"))
    }
}

fn three() -> Images {
    let labels = ["r.io/a:1", "r.io/b:1", "r.io/c:1"].map(str::to_owned);
    Images::of(Sets::of([[1, 2], [8, 9], [2, 3]]), labels.into())
}

#[test]
fn few_images_have_their_values_in_the_cells() {
    let picture = three().picture();
    let cells = picture.of_class("cell");
    let tooltips: Vec<&str> = cells.iter().map(|cell| cell.tooltip.as_str()).collect();
    assert_eq!(cells.len(), 9);
    // In the order of the tree.
    assert_eq!(tooltips[0], "r.io/b:1 · r.io/b:1 · 1.000000");
    assert_eq!(tooltips[5], "r.io/a:1 · r.io/c:1 · 0.333333");
    for text in ["Images", "similarity of layers", "0.33", "distance 1.00"] {
        assert!(picture.has_text(text), "{text} in {:?}", picture.texts);
    }
    // What all names share is said once.
    assert!(picture.has_text("of images under r.io/, tag 1"));
    assert_eq!(picture.texts.iter().filter(|text| *text == "b").count(), 2);
    assert!(picture.holds_its_rectangles());
}

#[test]
fn a_hundred_images_are_named_and_more_are_not() {
    for (count, named) in [(80, 80), (100, 100), (101, 0)] {
        let images = Images::made(count);
        let figure = images.draw(&images.tree.leaf_order()).unwrap();
        let picture = Picture::of(&figure);
        assert_eq!(picture.of_class("label").len(), named, "{count} images");
        assert_eq!(figure.description().contains("app-7"), named > 0);
        assert!(picture.holds_its_rectangles());
    }
}

#[test]
fn two_thousand_images_are_still_a_picture() {
    let images = Images::made(2_000);
    let figure = images.draw(&images.tree.leaf_order()).unwrap();
    let bytes = figure.to_svg().len();
    assert!(bytes < 2_000_000, "{bytes} bytes");
    let picture = Picture::of(&figure);
    let means = "2,000 images: a cell stands for up to 5 by 5 of them, and shows the mean over pairs of different ones.";
    assert!(picture.has_text(means), "{:?}", picture.texts);
}

#[test]
fn one_image_and_identical_images_have_a_map() {
    let one = Images::of(Sets::of([[1]]), vec!["app:1".to_owned()]);
    assert_eq!(one.picture().of_class("cell").len(), 1);
    let labels = vec!["app:1".to_owned(), "app:2".to_owned()];
    let same = Images::of(Sets::of([[1], [1]]), labels);
    assert!(same.picture().has_text("1.00"));
}

#[test]
fn what_does_not_fit_is_named() {
    let images = three();
    for order in [vec![0, 1, 2], vec![0, 1], vec![0, 0, 1], vec![1, 0, 7]] {
        let error = images.draw(&order).unwrap_err();
        assert_eq!(error, ClustermapError::TornOrder, "{order:?}");
    }
    let map = Clustermap::new("", "");
    let none = map.draw(&[], &images.tree, &[], |_| vec![]);
    assert_eq!(none.unwrap_err(), ClustermapError::NoImages);
    let two = map.draw(&images.labels[..2], &images.tree, &[0, 1], |_| vec![]);
    let (images_given, leaves) = (2, 3);
    assert_eq!(
        two.unwrap_err(),
        ClustermapError::OtherTree {
            images: images_given,
            leaves
        }
    );
    for row in [
        vec![1.0, 0.0],
        vec![1.0, f64::NAN, 0.0],
        vec![1.0, 0.0, 1.1],
    ] {
        let drawn = map.draw(&images.labels, &images.tree, &[1, 0, 2], |_| row.clone());
        assert_eq!(
            drawn.unwrap_err().to_string(),
            "the similarities of \"r.io/b:1\" with 3 images are not as many numbers from 0 to 1"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_names_and_sets_give_a_picture(
        made in prop::collection::vec(
            (any::<String>(), prop::collection::btree_set(0_u8..12, 0..6)), 1..30,
        ),
    ) {
        let (labels, sets): (Vec<String>, Vec<_>) = made.into_iter().unzip();
        prop_assert!(Images::of(Sets::of(sets), labels).picture().holds_its_rectangles());
    }
}
