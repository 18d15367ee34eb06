//! What images begin with, and what one base for all of them would save.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pullstudy_survey::{LayerStack, SharedBase};

fn size_bytes(layer: u32) -> u64 {
    u64::from(layer) * 10
}

fn stacks<'a>(images: &'a [(&'a str, Vec<u32>)]) -> Vec<LayerStack<'a>> {
    let stack = |(repository, layers): &'a (&'a str, Vec<u32>)| LayerStack {
        repository,
        layers,
        steps: layers,
    };
    images.iter().map(stack).collect()
}

#[test]
fn tags_of_one_repository_make_no_base() {
    let images = [("app", vec![1, 2, 3]), ("app", vec![1, 2, 4])];
    let shared = SharedBase::largest(&stacks(&images), size_bytes);
    assert_eq!((shared.images_with_base, shared.bases), (0, 0));
    assert_eq!((shared.base.len(), shared.saved_bytes()), (0, 0));
}

#[test]
fn the_same_image_elsewhere_makes_no_base() {
    let images = [
        ("app", vec![1, 2, 3]),
        ("mirror/app", vec![1, 2, 3]),
        ("other", vec![1, 9]),
    ];
    let shared = SharedBase::largest(&stacks(&images), size_bytes);
    assert_eq!((&*shared.base, shared.images_on_base), (&[1][..], 3));
}

#[test]
fn the_largest_base_is_put_under_all_that_have_one() {
    let images = [
        ("a", vec![1, 2, 10]),
        ("b", vec![1, 2, 11]),
        ("c", vec![5, 12]),
        ("d", vec![5, 13]),
        // Nothing else here is built like this one.
        ("alone", vec![90]),
    ];
    let shared = SharedBase::largest(&stacks(&images), size_bytes);
    assert_eq!((shared.images, shared.images_with_base), (5, 4));
    assert_eq!((shared.bases, shared.bases_bytes), (2, 80));
    assert_eq!((&*shared.base, shared.base_bytes), (&[5][..], 50));
    assert_eq!(shared.images_on_base, 2);
    assert_eq!(shared.unique_bytes, 80 + 460 + 900);
    assert_eq!(shared.saved_bytes(), 30);
    // The smaller one would save more, if it had what the others need.
    let small = SharedBase::on(&stacks(&images), &[1, 2], size_bytes);
    assert_eq!(small.saved_bytes(), 50);
}

#[test]
fn a_base_that_continues_another_is_one_too() {
    let images = [
        ("a", vec![1, 10]),
        ("b", vec![1, 2, 11]),
        ("c", vec![1, 2, 12]),
    ];
    let shared = SharedBase::largest(&stacks(&images), size_bytes);
    assert_eq!((shared.bases, shared.images_on_base), (2, 2));
    // Layer 1 is in both: there is nothing to save.
    assert_eq!(shared.saved_bytes(), 0);
}

#[test]
fn a_layer_that_is_also_above_a_base_is_pulled_all_the_same() {
    let images = [
        ("a", vec![1, 10]),
        ("b", vec![1, 11]),
        ("c", vec![5, 12]),
        ("d", vec![5, 1]),
    ];
    let shared = SharedBase::largest(&stacks(&images), size_bytes);
    assert_eq!((&*shared.base, shared.saved_bytes()), (&[5][..], 0));
}

#[test]
fn a_base_built_twice_is_one_base_by_its_steps() {
    // Layers 1 and 3 were made by the same step, and so were 2 and 4.
    let steps = [[1, 2, 10], [1, 2, 11]];
    let stacks = [("a", [1, 2, 10]), ("b", [3, 4, 11])];
    let stacks = [0, 1].map(|at| LayerStack {
        repository: stacks[at].0,
        layers: &stacks[at].1,
        steps: &steps[at],
    });
    let shared = SharedBase::largest(&stacks, size_bytes);
    assert_eq!((shared.images_with_base, shared.bases), (2, 2));
    assert_eq!((&*shared.base, shared.images_on_base), (&[3, 4][..], 1));
    assert_eq!(shared.saved_bytes(), 30);
}

fn images() -> impl Strategy<Value = Vec<(&'static str, Vec<u32>)>> {
    let repository = prop::sample::select(vec!["a", "b", "c", "d"]);
    let layers = prop::collection::vec(1_u32..6, 0..6);
    prop::collection::vec((repository, layers), 0..12)
}

proptest! {
    #[test]
    fn a_base_saves_no_more_than_the_other_bases_weigh(images in images(), chosen in 0_usize..12) {
        let stacks = stacks(&images);
        let largest = SharedBase::largest(&stacks, size_bytes);
        let all: BTreeSet<u32> = images.iter().flat_map(|(_, layers)| layers).copied().collect();
        let unique: u64 = all.into_iter().map(size_bytes).sum();
        prop_assert_eq!(largest.unique_bytes, u128::from(unique));
        prop_assert!(largest.saved_bytes() <= largest.bases_bytes - largest.base_bytes);
        prop_assert!(largest.images_with_base >= largest.images_on_base || largest.base.is_empty());
        if let Some((_, base)) = images.get(chosen) {
            let on = SharedBase::on(&stacks, base, size_bytes);
            prop_assert!(on.saved_bytes() <= on.unique_bytes);
            prop_assert!(on.unique_bytes_with_one_base <= on.unique_bytes);
        }
    }
}
