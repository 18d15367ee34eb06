//! Surveys of archives, good ones and odd ones.

use std::fs;
use std::path::Path;

use pullstudy_crafter::{Amount, SizesFile};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::events::{printed, pullstat, said};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A digest of one letter.
fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn layer(letter: char, size: impl Into<Value>) -> Value {
    json!({"mediaType": LAYER, "digest": digest(letter), "size": size.into()})
}

fn manifest(layers: &[Value]) -> Value {
    let config = json!({"mediaType": CONFIG, "digest": digest('0'), "size": 2});
    json!({"schemaVersion": 2, "config": config, "layers": layers})
}

/// Writes a file of the study's form for a repository.
fn put(root: &Path, repository: &str, text: &str) {
    let folder = root.join(repository);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("manifests-config-layers.json"), text).unwrap();
}

fn put_manifests(root: &Path, repository: &str, manifests: Value) {
    let tags: Vec<_> = manifests.as_object().unwrap().keys().cloned().collect();
    let file = json!({"tags": tags, "manifests": manifests, "configs": {}});
    put(root, repository, &file.to_string());
}

fn survey(root: &TempDir, options: &[&str]) -> Value {
    let path = root.path().to_str().unwrap();
    let mut arguments = vec!["survey", path, "--format", "json"];
    arguments.extend(options);
    let output = pullstat(&arguments);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_str(&printed(&output)).unwrap()
}

fn left_out(survey: &Value, kind: &str) -> u64 {
    let rows = survey["left_out"].as_array().unwrap().iter();
    let mut of_kind = rows.filter(|row| row["kind"] == kind);
    of_kind
        .next()
        .map_or(0, |row| row["count"].as_u64().unwrap())
}

#[test]
fn a_survey_counts_rows_layers_and_images() {
    let root = tempfile::tempdir().unwrap();
    let images = json!({
        "1": manifest(&[layer('a', 100), layer('b', 300), layer('b', 300)]),
        "2": manifest(&[layer('a', 100), layer('c', 500)]),
    });
    put_manifests(root.path(), "org/image", images);
    let survey = survey(&root, &[]);
    for (key, expected) in [
        ("images", 2),
        ("repositories", 1),
        ("layers", 5),
        ("unique_layers", 3),
        ("total_bytes", 1300),
        ("unique_bytes", 900),
    ] {
        assert_eq!(survey[key], expected, "{key}");
    }
    assert_eq!(survey["image_bytes"]["p50"], 650.0);
    assert_eq!(survey["image_bytes"]["sd"], 50.0);
    let most = &survey["most_shared"][0];
    assert_eq!(
        (&most["digest"], &most["images"], &most["rows"]),
        (&json!(digest('a')), &json!(2), &json!(2))
    );
    assert_eq!(
        survey["most_shared"][1],
        json!({"digest": digest('b'), "size_bytes": 300, "rows": 2, "images": 1})
    );
}

#[test]
fn the_keys_of_the_contract_are_there() {
    let root = tempfile::tempdir().unwrap();
    put_manifests(
        root.path(),
        "org/image",
        json!({"1": manifest(&[layer('a', 100)])}),
    );
    let survey = survey(&root, &[]);
    let contract = "images repositories layers unique_layers image_bytes layer_bytes layers_per_image most_shared";
    for key in contract.split(' ') {
        assert!(!survey[key].is_null(), "{key}");
    }
    for key in [
        "n", "mean", "sd", "p25", "p50", "p75", "p95", "p96_25", "p97_5", "p98_75", "p100",
    ] {
        assert!(survey["layer_bytes"][key].is_number(), "{key}");
    }
}

#[test]
fn nothing_odd_is_dropped_in_silence() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "org/broken", r#"{"manifests": {"#);
    put(
        root.path(),
        "org/empty",
        r#"{"tags": [], "manifests": {}, "configs": {}}"#,
    );
    let index = json!({"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest('e'), "size": 3}]});
    let many: Vec<_> = (0..10_000).map(|_| layer('a', 7)).collect();
    let images = json!({
        "deep": manifest(&many),
        "index": index,
        "negative": manifest(&[layer('a', -1)]),
        "huge": manifest(&[layer('a', 9_223_372_036_854_775_808_u64)]),
        "too-many-bytes": manifest(&[layer('a', i64::MAX), layer('b', i64::MAX), layer('c', i64::MAX)]),
        "schema-1": {"schemaVersion": 1, "fsLayers": [{"blobSum": digest('a')}]},
        "text": "<html>",
        "../../etc/passwd": manifest(&[layer('a', 7)]),
        "null": null,
    });
    put_manifests(root.path(), "org/odd", images);
    let survey = survey(&root, &[]);
    assert_eq!(survey["images"], 2);
    assert_eq!(survey["layers"], 10_001);
    assert_eq!(survey["layers_per_image"]["p100"], 10_000.0);
    for (kind, count) in [
        ("unreadable-repository", 1),
        ("no-tags", 1),
        ("index-not-followed", 1),
        ("size-out-of-range", 2),
        ("schema-1", 1),
        ("unknown-document", 2),
        ("no-manifest", 1),
    ] {
        assert_eq!(left_out(&survey, kind), count, "{kind}");
    }
    let rows = survey["left_out"].as_array().unwrap();
    let unknown = rows
        .iter()
        .find(|row| row["kind"] == "unknown-document")
        .unwrap();
    let names = unknown["names"].as_array().unwrap();
    assert!(
        names[0]
            .as_str()
            .unwrap()
            .starts_with("org/odd:negative: not a valid image manifest"),
        "{names:?}"
    );
    let oddities = survey["oddities"].as_array().unwrap();
    let untyped = oddities
        .iter()
        .find(|row| row["kind"] == "no-media-type")
        .unwrap();
    assert_eq!(untyped["images"], 2);
}

#[test]
fn an_image_that_is_there_twice_counts_once() {
    let root = tempfile::tempdir().unwrap();
    put_manifests(
        root.path(),
        "ghcr.io/org/image",
        json!({"1": manifest(&[layer('a', 100)])}),
    );
    let folder = root.path().join("ghcr.io/org/image/_manifests");
    fs::create_dir_all(&folder).unwrap();
    let header = r#"{"record":"repository","format_version":1,"repository":"ghcr.io/org/image"}"#;
    let text = manifest(&[layer('a', 100)]).to_string();
    let digest = pullstudy_image::Digest::of(text.as_bytes());
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(digest.hex()), text).unwrap();
    let tag = json!({"record": "tag", "tag": "1", "digest": digest.to_string()});
    fs::write(folder.join("tags.jsonl"), format!("{header}\n{tag}\n")).unwrap();
    let survey = survey(&root, &[]);
    assert_eq!(
        (&survey["images"], left_out(&survey, "repeated")),
        (&json!(1), 1)
    );
}

#[test]
fn a_folder_without_images_is_told() {
    let root = tempfile::tempdir().unwrap();
    let output = pullstat(&["survey", root.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    let reason = "is no archive of manifests: pullstat manifests fetch makes one";
    assert!(said.contains(reason), "{said}");
    put_manifests(root.path(), "org/image", json!({"1": null}));
    let survey = survey(&root, &[]);
    assert_eq!(
        (&survey["images"], &survey["image_bytes"]),
        (&json!(0), &Value::Null)
    );
}

#[test]
fn sizes_that_do_not_add_up_leave_one_image_out() {
    let root = tempfile::tempdir().unwrap();
    let large = |letter| layer(letter, i64::MAX);
    let images = json!({
        "1": manifest(&[large('a')]),
        "2": manifest(&[layer('a', 1), large('b'), large('c')]),
        "3": manifest(&[large('b')]),
    });
    put_manifests(root.path(), "org/image", images);
    let survey = survey(&root, &[]);
    assert_eq!(
        (&survey["images"], &survey["unique_layers"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(left_out(&survey, "size-out-of-range"), 1);
    let similarity = pullstat(&["similarity", root.path().to_str().unwrap()]);
    assert!(similarity.status.success(), "{}", said(&similarity));
}

#[test]
fn a_digest_of_two_sizes_is_told() {
    let root = tempfile::tempdir().unwrap();
    let images = json!({"1": manifest(&[layer('a', 10)]), "2": manifest(&[layer('a', 20)])});
    put_manifests(root.path(), "org/image", images);
    let survey = survey(&root, &[]);
    assert_eq!(survey["total_bytes"], 20);
    let oddities = survey["oddities"].as_array().unwrap();
    assert!(oddities.contains(&json!({"kind": "other-sizes", "images": 1})));
}

#[test]
fn one_image_of_a_repository_is_chosen() {
    let root = tempfile::tempdir().unwrap();
    let images = json!({"1": manifest(&[layer('a', 100)]), "latest": manifest(&[layer('b', 7)])});
    put_manifests(root.path(), "org/image", images);
    let survey = survey(&root, &["--one-per-repository"]);
    assert_eq!(
        (&survey["images"], &survey["total_bytes"]),
        (&json!(1), &json!(7))
    );
    assert_eq!(left_out(&survey, "not-chosen"), 1);
}

#[test]
fn a_survey_becomes_a_sizes_file_that_can_be_crafted() {
    let root = tempfile::tempdir().unwrap();
    let images = json!({
        "1": manifest(&[layer('a', 300_000), layer('b', 32)]),
        "2": manifest(&[layer('a', 300_000), layer('c', 9_000_000)]),
        "3": manifest(&[layer('d', 5_000_000_000_u64)]),
    });
    put_manifests(root.path(), "org/image", images);
    let sizes = root.path().join("sizes.yaml");
    let path = sizes.to_str().unwrap();
    survey(&root, &["--as-sizes", path]);
    let read = SizesFile::read(&sizes).unwrap();
    assert_eq!(
        read.entries.last().unwrap().amount,
        Amount::Total(5_000_000_000)
    );
    survey(&root, &["--as-sizes", path, "--typical", "3"]);
    let read = SizesFile::read(&sizes).unwrap();
    let Amount::Layers(layers) = &read.entries[0].amount else {
        panic!("{:?}", read.entries)
    };
    assert_eq!((layers[0].bytes, layers[1].bytes), (300_000, 2048));
    assert_eq!(layers[0].shared.as_deref(), Some("aaaaaaaaaaaa-1"));
    assert_eq!(read.entries.len(), 3);
}
