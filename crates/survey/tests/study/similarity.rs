//! The study's similarities: its means and deviations, its matrices, and what is to be pulled of its images.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_image::Archive;
use pullstudy_similarity::{Measure, SimilarityMatrix};
use pullstudy_survey::{Basis, Collection, CollectionOptions, Method, PlatformBase};
use serde_json::Value;

/// What the files call what images are compared by.
const KINDS: [(&str, Basis); 2] = [("digests", Basis::Digest), ("content", Basis::Command)];

/// Calls `check` with every set of images, by both methods, which agree on what its images are.
fn for_each_set(
    data: &Path,
    expected: &str,
    check: impl Fn(&Collection, &Value),
) -> Result<(), Failed> {
    let text = fs::read(data.join("expected").join(expected))?;
    let expected: Value = serde_json::from_slice(&text)?;
    let sets = expected["sets"].as_object().ok_or("no set is listed")?;
    for (name, expected) in sets {
        let archive = Archive::open(data.join("manifests/similarity").join(name))?;
        for method in [Method::Corrected, Method::Published] {
            let mut options = CollectionOptions::default();
            options.method = method;
            check(&Collection::read(&archive, &options), expected);
        }
    }
    Ok(())
}

fn matrix(collection: &Collection, basis: Basis) -> SimilarityMatrix {
    let compared = collection.sets(basis).expect("no set is too heavy");
    assert!(compared.left_out.is_empty());
    compared.sets.matrix(Measure::Items, NonZeroUsize::MIN)
}

fn assert_close(actual: Option<f64>, expected: &Value) {
    let (actual, expected) = (actual.expect("there is a figure"), expected.as_f64());
    let expected = expected.expect("a figure is expected");
    assert!(
        (actual - expected).abs() <= 1e-9,
        "{actual}, not {expected}"
    );
}

pub(crate) fn figures(data: &Path) -> Result<(), Failed> {
    for_each_set(data, "similarity.json", |collection, expected| {
        for (basis, figures) in [
            (Basis::Digest, &expected["digest_similarity"]),
            (Basis::Command, &expected["content"]["similarity"]),
        ] {
            let matrix = matrix(collection, basis);
            for (key, actual) in [
                ("original_mean_with_diagonal", matrix.mean_with_diagonal()),
                (
                    "original_std_population_with_diagonal",
                    matrix.sd_with_diagonal(),
                ),
                ("correct_mean_distinct_pairs", matrix.mean()),
                ("correct_std_population_distinct_pairs", matrix.sd()),
            ] {
                assert_close(actual, &figures[key]);
            }
        }
    })
}

pub(crate) fn matrices(data: &Path) -> Result<(), Failed> {
    for_each_set(data, "similarity-matrices.json", |collection, expected| {
        for (kind, basis) in KINDS {
            let matrix = matrix(collection, basis);
            let names = expected[kind]["images"]
                .as_array()
                .expect("images are listed");
            let images: Vec<usize> = names.iter().map(|name| place(collection, name)).collect();
            for (row, &a) in images.iter().enumerate() {
                for (column, &b) in images.iter().enumerate() {
                    let expected = &expected[kind]["matrix"][row][column];
                    assert_close(Some(matrix.get(a, b)), expected);
                }
            }
        }
    })
}

fn place(collection: &Collection, name: &Value) -> usize {
    let name = name.as_str().expect("an image has a name");
    let mut images = 0..collection.len();
    let place = images.find(|&image| collection.name(image) == name);
    place.unwrap_or_else(|| panic!("{name} is not in the collection"))
}

/// 115 of 258 layers, 33 of 120, 50 of 56: whatever the order.
pub(crate) fn pulls(data: &Path) -> Result<(), Failed> {
    for_each_set(data, "similarity.json", |collection, expected| {
        let sets = collection
            .sets(Basis::Digest)
            .expect("no set is too heavy")
            .sets;
        let orders = [
            (0..collection.len()).collect(),
            sets.order_least_early(Measure::Weights, &[]),
        ];
        for order in orders {
            let additions = sets.additions(order);
            let rows: usize = (0..collection.len())
                .map(|image| collection.layers_of(image).len())
                .sum();
            let bytes: u64 = (0..collection.len())
                .map(|image| collection.wire_bytes(image))
                .sum();
            assert_eq!(expected["layers"], rows);
            assert_eq!(expected["unique_digests"], additions.new_items());
            assert_eq!(expected["total_bytes"], bytes);
            assert_eq!(
                expected["unique_bytes"].as_u64().map(u128::from),
                Some(additions.new_weight())
            );
        }
    })
}

/// Seven images share a base that was built anew for three others; the other two sets were built on one each.
pub(crate) fn shared_bases(data: &Path) -> Result<(), Failed> {
    for_each_set(data, "similarity.json", |collection, expected| {
        let images: Vec<usize> = (0..collection.len()).collect();
        let platforms = PlatformBase::of(collection, &images, None);
        assert_eq!(platforms.len(), 1);
        let shared = &platforms[0].shared;
        let unique = expected["unique_bytes"].as_u64().map(u128::from);
        assert_eq!(Some(shared.unique_bytes), unique);
        assert_eq!(shared.images_with_base, images.len());
        let was_rebuilt = expected["layers"] == 258;
        assert_eq!(shared.saved_bytes() > 1_800_000_000, was_rebuilt);
        assert_eq!(shared.saved_bytes() > 0, was_rebuilt);
    })
}
