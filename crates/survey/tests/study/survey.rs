//! The study's own crawl and sets of images, surveyed.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_image::Archive;
use pullstudy_survey::{Collection, CollectionOptions, ImageChoice, LeftOutKind, Method};

use crate::expected::{self, Set};

fn collection(folder: &Path, method: Method, choice: ImageChoice) -> Result<Collection, Failed> {
    let mut options = CollectionOptions::default();
    (options.method, options.choice) = (method, choice);
    Ok(Collection::read(&Archive::open(folder)?, &options))
}

fn check(collection: &Collection, expected: &Set) {
    let rows = || (0..collection.len()).flat_map(|image| collection.layers_of(image));
    assert_eq!(rows().count() as u64, expected.layers);
    assert_eq!(collection.len(), expected.unique_uris_with_tags);
    let repositories: HashSet<_> = (0..collection.len())
        .map(|image| collection.repository(image))
        .collect();
    assert_eq!(repositories.len(), expected.unique_uris_without_tags);
    let unique: BTreeSet<u32> = rows().copied().collect();
    assert_eq!(unique.len(), expected.unique_digests);
    assert_eq!(collection.layers().len(), expected.unique_digests);
    let bytes = |layer: &u32| collection.layer(*layer).size_bytes;
    assert_eq!(rows().map(bytes).sum::<u64>(), expected.total_bytes);
    assert_eq!(unique.iter().map(bytes).sum::<u64>(), expected.unique_bytes);
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
