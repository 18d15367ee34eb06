//! The study's own crawl and sets of images, surveyed.

use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_image::Archive;
use pullstudy_survey::{Collection, CollectionOptions, ImageChoice, LeftOutKind, Method, Survey};

use crate::expected::{self, Set};

fn collection(folder: &Path, method: Method, choice: ImageChoice) -> Result<Collection, Failed> {
    let mut options = CollectionOptions::default();
    (options.method, options.choice) = (method, choice);
    Ok(Collection::read(&Archive::open(folder)?, &options))
}

fn check(collection: &Collection, expected: &Set) {
    let survey = Survey::of(collection, 1);
    assert_eq!(survey.layers, expected.layers);
    assert_eq!(survey.images, expected.unique_uris_with_tags);
    assert_eq!(survey.repositories, expected.unique_uris_without_tags);
    assert_eq!(survey.unique_layers, expected.unique_digests);
    assert_eq!(survey.total_bytes, expected.total_bytes);
    assert_eq!(survey.unique_bytes, expected.unique_bytes);
    check_sizes(&survey, expected);
    check_most_frequent(collection, expected);
    let rows = (0..collection.len()).flat_map(|image| collection.layers_of(image));
    let large = rows.filter(|&&layer| collection.layer(layer).size_bytes > 1_000_000);
    assert_eq!(large.count(), expected.layers_over_1000000_bytes);
}

fn check_sizes(survey: &Survey, expected: &Set) {
    let layer_bytes = survey.layer_bytes.as_ref().unwrap();
    close(layer_bytes.mean, expected.layer_size_mean);
    close(layer_bytes.sd, expected.layer_size_std_population);
    for (distribution, expected) in [
        (&survey.layer_bytes, &expected.layer_size_percentiles),
        (
            &survey.unique_layer_bytes,
            &expected.unique_layer_size_percentiles,
        ),
        (&survey.image_bytes, &expected.image_size_percentiles),
        (
            &survey.layers_per_image,
            &expected.layers_per_image_percentiles,
        ),
    ] {
        assert_eq!(expected.len(), 21);
        for (percent, &value) in expected {
            let actual = distribution
                .as_ref()
                .unwrap()
                .percentile(percent.parse().unwrap());
            close(actual.unwrap(), value);
        }
    }
}

/// The study counts rows; among layers of as many rows any may be named.
fn check_most_frequent(collection: &Collection, expected: &Set) {
    let survey = Survey::of(collection, usize::MAX);
    let expected = &expected.most_frequent_digest;
    let most = survey
        .most_shared
        .iter()
        .map(|layer| layer.rows)
        .max()
        .unwrap();
    assert_eq!(most, expected.count);
    let mut layers = survey.most_shared.iter();
    let named = layers
        .find(|layer| layer.digest.to_string() == expected.digest)
        .unwrap();
    assert_eq!(
        (named.rows, named.size_bytes),
        (expected.count, expected.size)
    );
    assert!(named.images <= named.rows);
}

fn close(actual: f64, expected: f64) {
    let error = (actual - expected).abs() / expected.abs().max(1.0);
    assert!(error < 1e-9, "{actual} is not {expected}");
}

pub(crate) fn registry_sample(data: &Path) -> Result<(), Failed> {
    let collection = collection(
        &data.join("manifests/registry"),
        Method::Corrected,
        ImageChoice::All,
    )?;
    check(&collection, &expected::sample(data)?.correct);
    Ok(())
}

pub(crate) fn published_sample(data: &Path) -> Result<(), Failed> {
    let collection = collection(
        &data.join("manifests/registry"),
        Method::Published,
        ImageChoice::All,
    )?;
    let expected = expected::sample(data)?.original;
    check(&collection, &expected);
    for (words, kind) in [
        ("no config for tag", LeftOutKind::NoConfig),
        ("no layers or schema 1", LeftOutKind::NoLayers),
        ("no mediaType", LeftOutKind::NoMediaType),
        ("docker manifest list", LeftOutKind::DockerManifestList),
    ] {
        assert_eq!(
            collection.left_out().count(kind),
            expected.skipped[words],
            "{words}"
        );
    }
    Ok(())
}

pub(crate) fn one_a_repository(data: &Path) -> Result<(), Failed> {
    let folder = data.join("manifests/registry");
    let collection = collection(&folder, Method::Published, ImageChoice::OnePerRepository)?;
    check(
        &collection,
        &expected::sample(data)?.one_image_per_repository_original,
    );
    Ok(())
}

pub(crate) fn three_sets(data: &Path) -> Result<(), Failed> {
    for (name, expected) in expected::sets(data)?.sets {
        let folder = data.join("manifests/similarity").join(name);
        for method in [Method::Corrected, Method::Published] {
            check(&collection(&folder, method, ImageChoice::All)?, &expected);
        }
    }
    Ok(())
}
