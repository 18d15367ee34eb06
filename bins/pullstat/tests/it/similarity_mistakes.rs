//! What `pullstat similarity` refuses, and what it tells of archives that are not whole.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::events::{printed, pullstat, said};
use crate::similarity::archive;

/// Runs the command over two images, and returns its exit code and what it said.
fn said_of(arguments: &[&str]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let images: [(&str, &str, &[_]); 2] = [
        ("r.io/app", "1", &[("a", 1)]),
        ("r.io/app", "10", &[("b", 1)]),
    ];
    archive(dir.path(), &images);
    let folder = dir.path().to_str().unwrap();
    let output = pullstat(&[&["similarity", folder], arguments].concat());
    (output.status.code(), said(&output))
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    for (arguments, words) in [
        (&["--threshold", "0"][..], "above 0, at most 1"),
        (&["--threshold", "1.5"], "above 0, at most 1"),
        (&["--cut-height=-1"], "--cut-height"),
        (&["--cut-count", "0"], "--cut-count"),
        (
            &["--on", "command", "--weight", "bytes"],
            "commands have no size",
        ),
        (&["--on", "diff-id", "--to-pull"], "leave --on out"),
        (&["--order", "least-early"], "--to-pull"),
        (&["--image", "none"], "there is no such image"),
        (&["--image", "app"], "2 images have that in their names"),
        (&["--base", "none"], "--base none"),
        (&["--to-pull", "--start", "none"], "--start none"),
        (
            &["--plot", "plot.gif"],
            "--plot plot.gif says no kind of picture",
        ),
        (
            &["--histogram", "none/h.svg"],
            "--histogram none/h.svg: there is no folder none",
        ),
    ] {
        let (code, said) = said_of(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_name_that_is_the_start_of_another_is_a_name() {
    assert_eq!(said_of(&["--image", "r.io/app:1"]).0, Some(0));
}

#[test]
fn an_archive_without_images_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let output = pullstat(&["similarity", folder]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    archive(dir.path(), &[("r.io/app", "1", &[])]);
    let output = pullstat(&["similarity", folder, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = pullstat(&["similarity", folder, "--platform", "plan9/mips"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("no image of the archive counts"));
}

/// Writes images of two layers each, one of which two images share, as the published study keeps them.
fn many_images(folder: &Path, count: usize) {
    let digest = |number: usize| format!("sha256:{number:064x}");
    let layer = |number: usize| json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 10, "digest": digest(number) });
    let manifest = |image: usize| {
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "size": 2, "digest": digest(image) },
            "layers": [layer(image / 2), layer(10_000 + image)],
        })
    };
    let by_tag = |of: &dyn Fn(usize) -> Value| -> Value {
        let tags = (0..count).map(|image| (format!("{image}"), of(image)));
        tags.collect::<serde_json::Map<_, _>>().into()
    };
    let file = json!({ "manifests": by_tag(&manifest), "configs": by_tag(&|_| json!({})) });
    let folder = folder.join("owner/app");
    fs::create_dir_all(&folder).unwrap();
    let file = serde_json::to_vec(&file).unwrap();
    fs::write(folder.join("manifests-config-layers.json"), file).unwrap();
}

#[test]
fn more_images_than_a_matrix_is_made_of_are_compared_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    many_images(dir.path(), 2_002);
    let folder = dir.path().to_str().unwrap();
    let run = |more: &[&str]| pullstat(&[&["similarity", folder], more].concat());
    let output = run(&["--format", "json"]);
    assert!(said(&output).contains("--threshold"), "{}", said(&output));
    let found: Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(
        (&found["images"], &found["matrix"]),
        (&json!(2_002), &json!(null))
    );
    // 1,001 pairs have one of three layers in common.
    let mean = found["mean"].as_f64().unwrap();
    assert!((mean - (1.0 / 3.0) / 2_001.0).abs() < 1e-12, "{mean}");
    assert_eq!(found["order"].as_array().unwrap().len(), 2_002);
    let pairs = printed(&run(&["--threshold", "0.3", "--format", "csv"]));
    assert_eq!(pairs.lines().count(), 1 + 1_001);
    for refused in [&["--format", "csv"][..], &["--measure", "containment"]] {
        assert_eq!(run(refused).status.code(), Some(2), "{refused:?}");
    }
}
