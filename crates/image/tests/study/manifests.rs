//! The study's own manifests and configs, read as archives.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_image::{
    Archive, ArchiveForm, ArchivedDocument, ArchivedImage, ArchivedRepository, MissingPart,
    RepositoryOutline, StepsWanted, TagContent,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Expected {
    manifest_kinds: BTreeMap<String, usize>,
    correct: Correct,
    files: BTreeMap<String, File>,
}

#[derive(Deserialize)]
struct Correct {
    layers: usize,
    unique_uris_without_tags: usize,
    unique_uris_with_tags: usize,
    unique_digests: usize,
    total_bytes: u64,
    unique_bytes: u64,
}

#[derive(Deserialize)]
struct File {
    tags: usize,
    manifests: usize,
    configs: usize,
    correct_images: usize,
    correct_layers: usize,
}

fn expected(data: &Path) -> Result<Expected, Failed> {
    let text = fs::read(data.join("expected/registry-sample.json"))?;
    Ok(serde_json::from_slice(&text)?)
}

fn repositories(folder: &Path) -> Result<Vec<ArchivedRepository>, Failed> {
    let archive = Archive::open(folder)?;
    Ok(archive.repositories().collect::<Result<_, _>>()?)
}

fn contents(repository: &ArchivedRepository) -> impl Iterator<Item = TagContent> {
    repository.tags().iter().map(|tag| repository.read(tag))
}

/// The kind of a document, in the words of the expected values.
fn kind(document: &ArchivedDocument) -> String {
    let stored = document.stored();
    let shape = match document {
        ArchivedDocument::Manifest(_) => "layers",
        ArchivedDocument::Index(_) => "manifests",
        ArchivedDocument::Schema1(_) => "fsLayers",
        _ => "other",
    };
    let media_type = stored.media_type.as_deref().unwrap_or("None");
    let version = stored.schema_version.unwrap_or_default();
    format!("{media_type} / schema {version} / {shape}")
}

fn check<T: PartialEq + std::fmt::Debug>(what: &str, actual: T, expected: T) -> Result<(), Failed> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("{what}: {actual:?}, expected {expected:?}").into())
}

pub(crate) fn registry_sample(data: &Path) -> Result<(), Failed> {
    let expected = expected(data)?;
    let mut kinds = BTreeMap::new();
    let (mut layers, mut images, mut with_images, mut sum) = (0, 0, 0, 0);
    let mut sizes = BTreeMap::new();
    for repository in repositories(&data.join("manifests/registry"))? {
        let before = images;
        for content in contents(&repository) {
            if let Some(root) = &content.root {
                *kinds.entry(kind(root)).or_insert(0) += 1;
            }
            for image in &content.images {
                images += 1;
                layers += image.manifest.layers.len();
                sum += image.manifest.wire_bytes();
                let own = image.manifest.layers.iter();
                sizes.extend(own.map(|layer| (layer.digest, layer.size_bytes)));
            }
        }
        with_images += usize::from(images > before);
    }
    check("kinds", kinds, expected.manifest_kinds)?;
    let correct = expected.correct;
    check("layers", layers, correct.layers)?;
    check("images", images, correct.unique_uris_with_tags)?;
    check(
        "repositories",
        with_images,
        correct.unique_uris_without_tags,
    )?;
    check("total bytes", sum, correct.total_bytes)?;
    check("digests", sizes.len(), correct.unique_digests)?;
    check("unique bytes", sizes.values().sum(), correct.unique_bytes)
}

pub(crate) fn every_repository(data: &Path) -> Result<(), Failed> {
    let mut expected = expected(data)?.files;
    for repository in repositories(&data.join("manifests/registry"))? {
        let name = repository.name().to_owned();
        let Some(file) = expected.remove(&name) else {
            return Err(format!("{name} is not among the expected").into());
        };
        check("form", repository.form(), ArchiveForm::Published)?;
        check(&name, repository.listed_tags().len(), file.tags)?;
        let contents: Vec<_> = contents(&repository).collect();
        let manifests = contents.iter().filter(|content| content.root.is_some());
        check(&name, manifests.count(), file.manifests)?;
        let configs = contents.iter().filter(|content| has_config(content));
        check(&name, configs.count(), file.configs)?;
        let images: Vec<_> = contents
            .iter()
            .flat_map(|content| &content.images)
            .collect();
        check(&name, images.len(), file.correct_images)?;
        let layers = images.iter().map(|image| image.manifest.layers.len());
        check(&name, layers.sum(), file.correct_layers)?;
    }
    check(
        "repositories left over",
        expected.into_keys().collect(),
        Vec::<String>::new(),
    )
}

fn has_config(content: &TagContent) -> bool {
    content.unplaced_config.is_some() || content.images.iter().any(|image| image.config.is_some())
}

/// Every document of every file, as plain JSON, is what the archive gives for its tag; what it does not give, it misses.
pub(crate) fn nothing_is_lost(data: &Path) -> Result<(), Failed> {
    for repository in repositories(&data.join("manifests"))? {
        let plain: Value = serde_json::from_slice(&fs::read(repository.path())?)?;
        let mut seen = HashSet::new();
        for tag in repository.tags() {
            let (name, content) = (tag.name(), repository.read(tag));
            let what = format!("{} {name}", repository.name());
            let root = content.root.as_ref().map(ArchivedDocument::stored);
            let root = root.map(|stored| serde_json::from_slice(&stored.raw));
            check(
                &what,
                root.transpose()?.as_ref(),
                plain["manifests"].get(&name),
            )?;
            check(&what, config(&content), plain["configs"].get(&name))?;
            check(&what, missing(&content), expected_missing(&content))?;
            seen.insert(name);
        }
        for part in ["manifests", "configs"] {
            let tags = plain[part].as_object().ok_or("no object")?;
            if let Some(lost) = tags.keys().find(|tag| !seen.contains(*tag)) {
                return Err(format!("{lost} of {} is lost", repository.name()).into());
            }
        }
    }
    Ok(())
}

fn config(content: &TagContent) -> Option<&Value> {
    let placed = || content.images.first()?.config.as_ref();
    let config = content.unplaced_config.as_ref().or_else(placed);
    config.map(|config| config.json())
}

fn missing(content: &TagContent) -> Vec<MissingPart> {
    content.missing.iter().map(|missing| missing.part).collect()
}

fn expected_missing(content: &TagContent) -> Vec<MissingPart> {
    match &content.root {
        None => vec![MissingPart::Manifest],
        Some(ArchivedDocument::Index(index)) => vec![MissingPart::Manifest; index.manifests.len()],
        Some(ArchivedDocument::Manifest(_)) if content.images[0].config.is_none() => {
            vec![MissingPart::Config]
        }
        Some(_) => Vec::new(),
    }
}

/// 109 and 19 old Windows images name no architecture; all else is there, under whatever name.
pub(crate) fn configs_are_understood(data: &Path) -> Result<(), Failed> {
    let (mut without_platform, mut images) = (0, 0);
    for repository in repositories(&data.join("manifests"))? {
        for content in contents(&repository) {
            for image in content.images {
                let ArchivedImage {
                    manifest, config, ..
                } = &image;
                let Some(config) = config else { continue };
                images += 1;
                without_platform += usize::from(image.platform().is_none());
                let diff_ids = config.diff_ids().ok_or("no diff_ids")?.len();
                check(repository.name(), diff_ids, manifest.layers.len())?;
            }
        }
    }
    check("images", images, 2548)?;
    check("images without a platform", without_platform, 109 + 19)
}

pub(crate) fn outlines(data: &Path) -> Result<(), Failed> {
    let archive = Archive::open(data.join("manifests"))?;
    let mut outlines = Vec::new();
    archive.outlines(StepsWanted::All, NonZeroUsize::MIN, |outline| {
        outlines.push(outline)
    });
    let repositories = archive.repositories();
    assert_eq!(outlines.len(), repositories.len());
    for (outline, repository) in outlines.into_iter().zip(repositories) {
        assert_eq!(
            outline?,
            RepositoryOutline::of(&repository?, StepsWanted::All)
        );
    }
    Ok(())
}
