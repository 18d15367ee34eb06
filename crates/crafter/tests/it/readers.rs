//! Readers that this project did not write agree about what was crafted.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::crafted::{craft, images};

fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; install it with `cargo xtask setup`"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    output
}

fn skopeo_inspect(dir: &Path, tag: &str, flags: &[&str]) -> Vec<u8> {
    let image = format!("oci:{}:{tag}", dir.display());
    run("skopeo", &[&["inspect"], flags, &[&image]].concat()).stdout
}

fn file_bytes(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let size = |entry: fs::DirEntry| {
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        if metadata.is_dir() {
            file_bytes(&entry.path())
        } else {
            metadata.len()
        }
    };
    entries.map(size).sum()
}

#[test]
fn skopeo_sees_the_same_digests_and_sizes() {
    for compression in ["gzip", "zstd", "none"] {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "sizes: [{{total: 700kB}}]\nlayers: [{{exact: 3}}]\ncompression: {compression}"
        );
        craft(dir.path(), &text, 1);
        let (tag, image) = ("3-layers-size-700000-bytes", &images(dir.path())[0]);
        let inspected: Value =
            serde_json::from_slice(&skopeo_inspect(dir.path(), tag, &[])).unwrap();
        assert_eq!(inspected["Digest"], image.manifest().digest().to_string());
        let digests: Vec<String> = image
            .layers()
            .iter()
            .map(|layer| layer.digest().to_string())
            .collect();
        assert_eq!(inspected["Layers"], Value::from(digests));
        assert_eq!(
            skopeo_inspect(dir.path(), tag, &["--raw"]),
            image.manifest().raw()
        );
    }
}

#[test]
fn skopeo_copies_an_image_and_checks_every_byte() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    craft(
        dir.path(),
        "sizes: [{total: 900kB}]\nlayers: [{exact: 4}]\nratio: 2.6",
        1,
    );
    let source = format!("oci:{}:4-layers-size-900000-bytes", dir.path().display());
    let target = format!("oci:{}:copy", copy.path().join("layout").display());
    run(
        "skopeo",
        &["copy", "--insecure-policy", "--quiet", &source, &target],
    );
    let copied = &images(&copy.path().join("layout"))[0];
    assert_eq!(
        copied.manifest().digest(),
        images(dir.path())[0].manifest().digest()
    );
}

#[test]
fn umoci_unpacks_every_file_to_its_last_byte() {
    for (compression, ratio) in [("gzip", "1"), ("gzip", "2.6"), ("none", "1")] {
        let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = format!(
            "sizes: [{{total: 600kB}}]\nlayers: [{{exact: 3}}]\ncompression: {compression}\nratio: {ratio}\n\
             files: {{per_layer: 5, sizes: lognormal}}"
        );
        let built = craft(dir.path(), &text, 1);
        let image = format!("{}:3-layers-size-600000-bytes", dir.path().display());
        let bundle = out.path().join("bundle");
        run(
            "umoci",
            &[
                "unpack",
                "--rootless",
                "--image",
                &image,
                bundle.to_str().unwrap(),
            ],
        );
        assert_eq!(
            file_bytes(&bundle.join("rootfs")),
            built[0].platforms[0].unpacked_bytes,
            "{compression}"
        );
    }
}
