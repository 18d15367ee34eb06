//! Every sizes file of the fixtures gives the plan that lies beside it.

use std::fs;
use std::path::{Path, PathBuf};

use pullstudy_crafter::{Codec, ImagePlan, Method, Plan, PlanOptions, PlanWarning, SizesFile};
use serde_json::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sizes/plans")
}

fn read(path: &Path) -> (SizesFile, PlanOptions) {
    let sizes = SizesFile::read(path).unwrap();
    let options = PlanOptions {
        seed: 1,
        repository: "localhost/test".parse().unwrap(),
        method: Method::Exact,
        base: None,
    };
    (sizes, options)
}

#[test]
fn every_fixture_gives_its_plan() {
    let mut files: Vec<PathBuf> = fs::read_dir(fixtures())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    assert!(files.len() >= 7, "{files:?}");
    for path in files {
        let expected = fs::read(path.with_extension("expected.json")).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let (sizes, options) = read(&path);
        let plan = Plan::new(&sizes, &options).unwrap();
        let name = path.display();
        assert_eq!(sizes.notes.len() as u64, expected["notes"], "{name}");
        assert_eq!(plan.warnings.len() as u64, expected["warnings"], "{name}");
        let skipped: Vec<_> = plan
            .skipped
            .iter()
            .map(|image| image.reference.tag().unwrap())
            .collect();
        assert_eq!(Value::from(skipped), expected["skipped"], "{name}");
        let images = expected["images"].as_array().unwrap();
        assert_eq!(plan.images.len(), images.len(), "{name}");
        for (image, expected) in plan.images.iter().zip(images) {
            compare(image, expected);
        }
    }
}

/// Compares what the expectation names; a total stands there under the size it counts.
fn compare(image: &ImagePlan, expected: &Value) {
    assert_eq!(image.tag(), expected["tag"]);
    for platform in &image.platforms {
        let sizes: Vec<u64> = platform
            .layers
            .iter()
            .map(|layer| layer.recipe.wire_bytes.unwrap())
            .collect();
        let found = [
            ("layers", Value::from(platform.layer_count())),
            ("wire_bytes", Value::from(platform.wire_bytes())),
            ("unpacked_bytes", Value::from(platform.unpacked_bytes())),
            ("layers_wire_bytes", Value::from(sizes)),
        ];
        for (key, found) in found {
            let expected = expected.get(key).unwrap_or(&found);
            assert_eq!(&found, expected, "{key} of {}", image.tag());
        }
    }
}

#[test]
fn the_published_method_takes_its_base_off_and_rounds_down() {
    let (sizes, options) = read(&fixtures().join("percentiles.yaml"));
    let plan = Plan::new(
        &sizes,
        &PlanOptions {
            method: Method::Published,
            ..options
        },
    )
    .unwrap();
    let image = &plan.images[0];
    assert_eq!(image.tag(), "9-layers-size-48702097-bytes");
    let layers = &image.platforms[0].layers;
    let zeros: Vec<u64> = layers[1..]
        .iter()
        .map(|layer| layer.recipe.unpacked_bytes)
        .collect();
    assert_eq!(zeros, [6_087_762; 8]);
    assert!(
        layers[1]
            .history
            .starts_with("/bin/sh -c head -c 6087762 /dev/zero > ")
    );
    let shared = &plan.images[37].platforms[0].layers[0];
    assert_eq!(
        layers[0].recipe, shared.recipe,
        "the base is one layer of all images"
    );
}

#[test]
fn the_history_names_the_files_that_are_there() {
    let (sizes, options) = read(&fixtures().join("percentiles.yaml"));
    let plan = Plan::new(
        &sizes,
        &PlanOptions {
            method: Method::Published,
            ..options
        },
    )
    .unwrap();
    for layer in &plan.images[19].platforms[0].layers[1..4] {
        let mut recipe = layer.recipe.clone();
        recipe.codec = Codec::None;
        let mut tar = Vec::new();
        recipe.write(&mut tar, &mut |_| ()).unwrap();
        let name = tar[..100].split(|byte| *byte == 0).next().unwrap();
        let expected = format!("> /{}", String::from_utf8_lossy(name));
        assert!(
            layer.history.ends_with(&expected),
            "{} has no {expected}",
            layer.history
        );
    }
}

#[test]
fn the_published_method_says_what_it_ignores() {
    let (sizes, options) = read(&fixtures().join("every-key.yaml"));
    let options = PlanOptions {
        method: Method::Published,
        ..options
    };
    let error = Plan::new(&sizes, &options).unwrap_err().to_string();
    assert!(
        error.contains("sizes[0] is 2097152 bytes, but the published method takes 5000000 off"),
        "{error}"
    );

    let text = "sizes: [{total: 6MB}]\nlayers: [{exact: 2}]\nratio: 2.6\nsplit: even";
    let sizes = SizesFile::parse("test.yaml", text).unwrap();
    let plan = Plan::new(&sizes, &options).unwrap();
    assert_eq!(
        plan.warnings,
        [PlanWarning::Ignored {
            keys: vec!["ratio", "split"]
        }]
    );
}
