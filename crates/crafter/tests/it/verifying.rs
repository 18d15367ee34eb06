//! Verification finds every kind of damage, all of it at once.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pullstudy_crafter::{ANNOTATION_UNPACKED_BYTES, ANNOTATION_WIRE_BYTES, Check};
use pullstudy_image::{Config, Descriptor, Digest, Image, LayoutWriter, Manifest, MediaType, Tag};

use crate::crafted::{craft, images, mismatches, report};

fn blob(dir: &Path, digest: &Digest) -> PathBuf {
    dir.join("blobs/sha256").join(digest.hex())
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// What was found: layer and check, sorted.
fn found(dir: &Path) -> Vec<(Option<usize>, Check)> {
    let mut found: Vec<_> = mismatches(dir)
        .iter()
        .map(|mismatch| (mismatch.layer, mismatch.check))
        .collect();
    found.sort();
    found
}

fn crafted(text: &str) -> (tempfile::TempDir, Image) {
    let dir = tempfile::tempdir().unwrap();
    craft(dir.path(), text, 1);
    let image = images(dir.path()).remove(0);
    (dir, image)
}

const THREE: &str = "sizes: [{total: 300kB}]\nlayers: [{exact: 3}]\nratio: 2";

/// Writes the image anew with other layers, diff_ids or annotations, as if it had been made so.
fn rewrite(
    dir: &Path,
    layers: &[Descriptor],
    config: &Config,
    annotations: &BTreeMap<String, String>,
) {
    let writer = LayoutWriter::create(dir).unwrap();
    let digest = writer.put_blob(config.raw()).unwrap();
    let config = Descriptor::new(MediaType::ImageConfig, digest, config.raw().len() as u64);
    let manifest = Manifest::new(&config, layers, annotations);
    writer.put_blob(manifest.raw()).unwrap();
    let reference = writer.layout().images().unwrap()[0]
        .name
        .as_ref()
        .unwrap()
        .parse()
        .unwrap();
    writer
        .put_tags(&[Tag::new(reference, manifest.descriptor())])
        .unwrap();
}

/// Returns the image's config with other diff_ids.
fn with_diff_ids(image: &Image, change: impl FnOnce(&mut Vec<String>)) -> Config {
    let mut value = image.config().spec().clone();
    let mut rootfs = value.rootfs().clone();
    let mut diff_ids = rootfs.diff_ids().clone();
    change(&mut diff_ids);
    rootfs.set_diff_ids(diff_ids);
    value.set_rootfs(rootfs);
    Config::new(value).unwrap()
}

fn annotations(image: &Image) -> BTreeMap<String, String> {
    image
        .manifest()
        .spec()
        .annotations()
        .clone()
        .unwrap()
        .into_iter()
        .collect()
}

#[test]
fn a_flipped_byte_is_found() {
    let (dir, image) = crafted(THREE);
    edit(&blob(dir.path(), &image.layers()[1].digest()), |bytes| {
        bytes[40_000] ^= 0x40
    });
    let found = found(dir.path());
    assert!(found.contains(&(Some(2), Check::Digest)), "{found:?}");
    assert!(
        found
            .iter()
            .all(|(layer, _)| layer.is_none_or(|layer| layer == 2)),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|(_, check)| matches!(check, Check::Tar | Check::DiffId)),
        "{found:?}"
    );
}

#[test]
fn a_short_layer_is_found() {
    let (dir, image) = crafted(THREE);
    edit(&blob(dir.path(), &image.layers()[0].digest()), |bytes| {
        bytes.truncate(50_000)
    });
    assert_eq!(
        found(dir.path()),
        [
            (None, Check::WireBytes),
            (Some(1), Check::Digest),
            (Some(1), Check::Size),
            (Some(1), Check::Tar)
        ]
    );
}

#[test]
fn a_missing_layer_is_found() {
    let (dir, image) = crafted(THREE);
    fs::remove_file(blob(dir.path(), &image.layers()[2].digest())).unwrap();
    let found = found(dir.path());
    assert!(found.contains(&(Some(3), Check::Layer)), "{found:?}");
}

#[test]
fn swapped_diff_ids_are_found() {
    let (dir, image) = crafted(THREE);
    let config = with_diff_ids(&image, |diff_ids| diff_ids.swap(0, 2));
    rewrite(
        dir.path(),
        image.manifest().layers(),
        &config,
        &annotations(&image),
    );
    assert_eq!(
        found(dir.path()),
        [(Some(1), Check::DiffId), (Some(3), Check::DiffId)]
    );
}

#[test]
fn a_layer_that_stands_twice_is_found() {
    let (dir, image) = crafted(THREE);
    let mut layers = image.manifest().layers().to_vec();
    layers[2] = layers[1].clone();
    let config = with_diff_ids(&image, |diff_ids| diff_ids[2] = diff_ids[1].clone());
    rewrite(dir.path(), &layers, &config, &annotations(&image));
    let found = found(dir.path());
    assert!(found.contains(&(Some(3), Check::UniqueDigest)), "{found:?}");
    assert!(found.contains(&(Some(3), Check::UniqueDiffId)), "{found:?}");
}

#[test]
fn wrong_annotations_are_found() {
    let (dir, image) = crafted(THREE);
    let mut said = annotations(&image);
    said.insert(ANNOTATION_WIRE_BYTES.into(), "299999".into());
    let mut layers = image.manifest().layers().to_vec();
    layers[0]
        .annotations
        .insert(ANNOTATION_UNPACKED_BYTES.into(), "1".into());
    rewrite(dir.path(), &layers, image.config(), &said);
    assert_eq!(
        found(dir.path()),
        [(None, Check::WireBytes), (Some(1), Check::UnpackedBytes)]
    );
}

#[test]
fn damaged_documents_are_found() {
    let (dir, image) = crafted(THREE);
    edit(
        &blob(dir.path(), &image.manifest().config().digest),
        |bytes| bytes.push(b' '),
    );
    assert_eq!(
        found(dir.path()),
        [(None, Check::ConfigDigest), (None, Check::ConfigSize)]
    );
    edit(&blob(dir.path(), &image.manifest().digest()), |bytes| {
        bytes.truncate(100)
    });
    assert_eq!(
        found(dir.path()),
        [
            (None, Check::ManifestDigest),
            (None, Check::ManifestSize),
            (None, Check::Manifest)
        ]
    );
}

#[test]
fn all_damage_is_reported_at_once_with_its_place() {
    let text =
        "sizes: [{total: 300kB}, {total: 400kB}, {total: 500kB}]\nlayers: [{exact: 3}]\nratio: 2";
    let (dir, _) = crafted(text);
    let all = images(dir.path());
    edit(&blob(dir.path(), &all[0].layers()[1].digest()), |bytes| {
        bytes[40_000] ^= 1
    });
    edit(&blob(dir.path(), &all[1].layers()[2].digest()), |bytes| {
        bytes.truncate(9)
    });
    fs::remove_file(blob(dir.path(), &all[2].manifest().config().digest)).unwrap();
    let report = report(dir.path());
    let places: Vec<(&str, Option<usize>)> = report
        .mismatches
        .iter()
        .map(|mismatch| (mismatch.image.as_str(), mismatch.layer))
        .collect();
    let expected = |size: u32| format!("localhost/test:3-layers-size-{size}-bytes");
    assert!(
        places.contains(&(&expected(300_000), Some(2))),
        "{places:?}"
    );
    assert!(
        places.contains(&(&expected(400_000), Some(3))),
        "{places:?}"
    );
    assert!(places.contains(&(&expected(500_000), None)), "{places:?}");
    assert_eq!(report.images.len(), 3);
    assert!(report.images.iter().all(|image| image.mismatches > 0));
}

#[test]
fn images_of_others_may_share_layers() {
    let (dir, image) = crafted(THREE);
    let mut layers = image.manifest().layers().to_vec();
    for layer in &mut layers {
        layer.annotations.clear();
    }
    layers[2] = layers[1].clone();
    let config = with_diff_ids(&image, |diff_ids| diff_ids[2] = diff_ids[1].clone());
    let mut value = config.spec().clone();
    value.set_config(None);
    rewrite(
        dir.path(),
        &layers,
        &Config::new(value).unwrap(),
        &BTreeMap::new(),
    );
    assert_eq!(found(dir.path()), []);
}
