//! Images on a base that was made elsewhere.

use std::path::Path;
use std::sync::Arc;

use pullstudy_crafter::{Base, BaseError, Method, Plan, PlanOptions, SizesFile};
use pullstudy_image::{Layout, Platform};

use crate::crafted::{build_into, craft, images, mismatches, plan_on};

/// Crafts a base of two layers and 150,000 wire bytes, and measures it.
fn base(dir: &Path, platforms: &[&str]) -> Result<Base, BaseError> {
    craft(
        dir,
        "sizes: [{total: 150kB}]\nlayers: [{exact: 2}]\nratio: 2\ncompression: zstd",
        9,
    );
    let layout = Layout::open(dir).unwrap();
    let entry = layout.images().unwrap().remove(0);
    let all = layout.all_images(&entry.descriptor).unwrap();
    let platforms: Vec<Platform> = platforms.iter().map(|text| text.parse().unwrap()).collect();
    Base::measure("./base", Arc::new(layout), &all, &platforms)
}

fn refusal(text: &str, base: Base) -> String {
    let sizes = SizesFile::parse("test.yaml", text).unwrap();
    let repository = "localhost/test".parse().unwrap();
    let options = PlanOptions {
        seed: 1,
        repository,
        method: Method::Exact,
        base: Some(base),
    };
    Plan::new(&sizes, &options).unwrap_err().to_string()
}

#[test]
fn base_layers_come_first_and_count() {
    let (base_dir, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let base = base(base_dir.path(), &["linux/amd64"]).unwrap();
    let text = "sizes: [{total: 400kB}, {total: 500kB}]\nlayers: [{exact: 5}]\nbase: ./base";
    let built = build_into(dir.path(), &plan_on(text, 1, Some(base)), 2);
    assert_eq!(mismatches(dir.path()), []);
    assert_eq!(
        (
            built[0].platforms[0].wire_bytes,
            built[1].platforms[0].wire_bytes
        ),
        (400_000, 500_000)
    );

    let (base_image, image) = (&images(base_dir.path())[0], &images(dir.path())[1]);
    let hashes = |image: &pullstudy_image::Image, range: std::ops::Range<usize>| -> Vec<_> {
        image.layers()[range]
            .iter()
            .map(|layer| (layer.digest(), layer.diff_id, layer.compression))
            .collect()
    };
    assert_eq!(hashes(image, 0..2), hashes(base_image, 0..2));
    assert_eq!(image.layers().len(), 5);
    let entrypoint = |image: &pullstudy_image::Image| {
        image
            .config()
            .spec()
            .config()
            .as_ref()
            .unwrap()
            .entrypoint()
            .clone()
    };
    assert_eq!(
        entrypoint(image),
        entrypoint(base_image),
        "what the base runs is kept"
    );
    assert_eq!(image.config().spec().history().as_ref().unwrap().len(), 5);
}

#[test]
fn unpacked_totals_count_the_base() {
    let (base_dir, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let base = base(base_dir.path(), &["linux/amd64"]).unwrap();
    let text =
        "sizes: [{total: 700kB}]\nlayers: [{exact: 4}]\nbase: ./base\nmeasure: unpacked\nratio: 2";
    let built = build_into(dir.path(), &plan_on(text, 1, Some(base)), 2);
    assert_eq!(built[0].platforms[0].unpacked_bytes, 700_000);
    assert_eq!(mismatches(dir.path()), []);
}

#[test]
fn a_base_that_is_too_large_or_has_too_many_layers_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let base = base(dir.path(), &["linux/amd64"]).unwrap();
    let error = refusal(
        "sizes: [{total: 400kB}]\nlayers: [{exact: 2}]\nbase: ./base",
        base.clone(),
    );
    assert_eq!(
        error,
        "test.yaml, line 2: layers[0] asks for 2 layers, but the base alone has 2: ask for at least 3"
    );
    let error = refusal(
        "sizes: [{total: 100kB}]\nlayers: [{exact: 3}]\nbase: ./base",
        base.clone(),
    );
    assert!(
        error.contains("sizes[0] asks for 100000 wire bytes, but the base alone has 150000"),
        "{error}"
    );
    let error = refusal("sizes: [{layers_bytes: [1MB]}]\nbase: ./base", base);
    assert!(
        error.contains("sizes[0].layers_bytes cannot be together with a base"),
        "{error}"
    );
}

#[test]
fn a_base_without_a_platform_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let error = base(dir.path(), &["linux/amd64", "linux/arm64"])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no image for linux/arm64, only for linux/amd64"),
        "{error}"
    );
}

#[test]
fn a_damaged_base_is_refused_before_anything_is_planned() {
    let dir = tempfile::tempdir().unwrap();
    let path = {
        let _ = base(dir.path(), &["linux/amd64"]).unwrap();
        let digest = images(dir.path())[0].layers()[1].digest();
        dir.path().join("blobs/sha256").join(digest.hex())
    };
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let layout = Layout::open(dir.path()).unwrap();
    let all = images(dir.path());
    let error =
        Base::measure("./base", Arc::new(layout), &all, &[Platform::linux_amd64()]).unwrap_err();
    assert!(matches!(error, BaseError::Damaged { .. }), "{error}");
}
