//! Totals are met to the byte, whatever is asked for.

use proptest::prelude::*;
use pullstudy_crafter::{BuiltImage, build};
use pullstudy_image::{Compression, NullSink};

use crate::crafted::{craft, images, jobs, mismatches, plan};

fn build_nowhere(text: &str) -> Vec<BuiltImage> {
    build(&plan(text, 7), &NullSink, jobs(2), &|_| ()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn wire_totals_are_exact(
        total in 200_000..3_000_000_u64,
        layers in 1..12_u64,
        ratio in prop::sample::select(vec!["1", "1.7", "2.6"]),
        compression in prop::sample::select(vec!["gzip", "zstd"]),
        split in prop::sample::select(vec!["even", "{largest: 0.9}"]),
    ) {
        let text = format!(
            "sizes: [{{total: {total}}}]\nlayers: [{{exact: {layers}}}]\nratio: {ratio}\ncompression: {compression}\nsplit: {split}"
        );
        let built = &build_nowhere(&text)[0].platforms[0];
        prop_assert_eq!(built.wire_bytes, total);
        prop_assert_eq!(built.layers as u64, layers);
        let asked: f64 = ratio.parse().unwrap();
        prop_assert!((built.ratio() / asked - 1.0).abs() < 0.01, "{} for {}", built.ratio(), asked);
    }

    #[test]
    fn unpacked_totals_are_exact(
        total in 200_000..3_000_000_u64,
        layers in 1..12_u64,
        files in 1..40_u64,
        sizes in prop::sample::select(vec!["even", "lognormal"]),
        compression in prop::sample::select(vec!["gzip", "zstd", "none"]),
    ) {
        let ratio = if compression == "none" { "1" } else { "2" };
        let text = format!(
            "sizes: [{{total: {total}}}]\nlayers: [{{exact: {layers}}}]\nmeasure: unpacked\nratio: {ratio}\n\
             compression: {compression}\nfiles: {{per_layer: {files}, sizes: {sizes}}}"
        );
        let built = &build_nowhere(&text)[0].platforms[0];
        prop_assert_eq!(built.unpacked_bytes, total);
    }
}

#[test]
fn listed_layers_have_their_sizes() {
    let dir = tempfile::tempdir().unwrap();
    craft(
        dir.path(),
        "sizes: [{layers_bytes: [300kB, 73kB, 362kB]}]",
        1,
    );
    let image = &images(dir.path())[0];
    let sizes: Vec<u64> = image
        .layers()
        .iter()
        .map(|layer| layer.wire_bytes())
        .collect();
    assert_eq!(sizes, [300_000, 73_000, 362_000]);
}

#[test]
fn layers_listed_by_one_name_are_one_layer() {
    let dir = tempfile::tempdir().unwrap();
    craft(
        dir.path(),
        "sizes:\n\
         - layers_bytes: [{size: 30kB, shared: base}, {size: 9kB, shared: python}, 7kB]\n\
         - layers_bytes: [{size: 30kB, shared: base}, 36kB]\n\
         - layers_bytes: [{size: 30kB, shared: base}, {size: 9kB, shared: python}, 7001]",
        1,
    );
    let images = images(dir.path());
    let digest = |image: usize, layer: usize| images[image].layers()[layer].digest();
    assert_eq!(digest(0, 0), digest(1, 0));
    assert_eq!(digest(0, 0), digest(2, 0));
    assert_eq!(digest(0, 1), digest(2, 1));
    assert_ne!(digest(0, 2), digest(2, 2));
    assert_ne!(digest(0, 1), digest(1, 1));
}

#[test]
fn every_compression_is_stored_as_it_says() {
    for (name, compression) in [
        ("gzip", Compression::Gzip),
        ("zstd", Compression::Zstd),
        ("none", Compression::None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let text =
            format!("sizes: [{{total: 500kB}}]\nlayers: [{{exact: 2}}]\ncompression: {name}");
        craft(dir.path(), &text, 1);
        let image = &images(dir.path())[0];
        assert!(
            image
                .layers()
                .iter()
                .all(|layer| layer.compression == compression),
            "{name}"
        );
        assert_eq!(image.manifest().wire_bytes(), 500_000, "{name}");
    }
}

#[test]
fn several_platforms_make_an_index_of_exact_images() {
    let dir = tempfile::tempdir().unwrap();
    let text = "sizes: [{total: 400kB}]\nlayers: [{exact: 3}]\nplatforms: [linux/amd64, linux/arm64]\nratio: 2";
    let built = craft(dir.path(), text, 1);
    assert!(built[0].descriptor.is_index());
    assert!(
        built[0]
            .platforms
            .iter()
            .all(|platform| platform.wire_bytes == 400_000)
    );
    assert_ne!(
        built[0].platforms[0].manifest,
        built[0].platforms[1].manifest
    );
    assert_eq!(mismatches(dir.path()), []);
}

#[test]
fn published_images_are_zeros_and_say_what_they_weigh() {
    use pullstudy_crafter::{Method, Plan, PlanOptions, SizesFile};

    let sizes = SizesFile::parse(
        "test.yaml",
        "sizes: [{total: 6MB}, {total: 7MB}]\nlayers: [{exact: 4}]",
    )
    .unwrap();
    let repository = "localhost/test".parse().unwrap();
    let options = PlanOptions {
        seed: 1,
        repository,
        method: Method::Published,
        base: None,
    };
    let plan = Plan::new(&sizes, &options).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let built = crate::crafted::build_into(dir.path(), &plan, 2);
    assert_eq!(mismatches(dir.path()), []);
    let program = plan.images[0].platforms[0].layers[0].recipe.unpacked_bytes;
    assert_eq!(built[0].platforms[0].unpacked_bytes, program + 3 * 333_333);
    assert!(
        built[0].platforms[0].wire_bytes < 10_000,
        "{}",
        built[0].platforms[0].wire_bytes
    );
    let layers = |image: usize| images(dir.path())[image].layers().to_vec();
    assert_eq!(layers(0)[0], layers(1)[0], "the base is shared");
}
