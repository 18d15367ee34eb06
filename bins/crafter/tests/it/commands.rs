//! What the commands print, and what they make.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::program::Workplace;

const SIZES: &str = "\
uri: ghcr.io/study/images
sizes: [{total: 300kB}, {total: 20MB}]
layers: [{exact: 3}]
max_layer: 1MB
seed: 42
";

/// The keys that are a contract.
const KEYS: [&str; 13] = [
    "reference",
    "tag",
    "layers",
    "wire_bytes",
    "unpacked_bytes",
    "tar_bytes",
    "config_bytes",
    "manifest_bytes",
    "digest",
    "seed",
    "compression",
    "seconds",
    "skipped",
];

#[test]
fn a_plan_says_what_would_be_built_and_what_not() {
    let workplace = Workplace::new(SIZES);
    let rows = workplace.rows(&["plan", "sizes.yaml"]);
    for key in KEYS {
        assert!(rows.iter().all(|row| row.get(key).is_some()), "{key}");
    }
    assert_eq!(
        rows[0]["reference"],
        "ghcr.io/study/images:3-layers-size-300000-bytes"
    );
    assert_eq!(rows[0]["wire_bytes"], 300_000);
    assert_eq!(
        (&rows[0]["digest"], &rows[0]["skipped"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        rows[1]["skipped"],
        "its largest layer has 6666667 bytes, more than max_layer (1000000)"
    );
    assert!(!workplace.path("crafted").exists());
}

#[test]
fn a_build_gives_the_same_rows_with_what_only_building_tells() {
    let workplace = Workplace::new(SIZES);
    let planned = workplace.rows(&["plan", "sizes.yaml"]);
    let built = workplace.rows(&["build", "sizes.yaml", "-o", "out"]);
    assert_eq!(built.len(), planned.len());
    for (built, planned) in built.iter().zip(&planned) {
        for key in KEYS {
            let expected = &planned[key];
            assert!(
                expected.is_null() || expected == &built[key],
                "{key}: {expected} became {}",
                built[key]
            );
        }
    }
    assert!(built[0]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(built[0]["seed"], 42);
    let verified = workplace.run(&["verify", "out"]);
    assert_eq!(verified.code, 0, "{}", verified.messages);
    assert!(
        verified
            .results
            .starts_with("1 image with 3 layers, 300,000 wire bytes"),
        "{}",
        verified.results
    );
}

#[test]
fn rows_are_also_a_table_and_csv() {
    let workplace = Workplace::new(SIZES);
    let table = workplace.run(&["plan", "sizes.yaml"]).results;
    insta::assert_snapshot!("plan-table", table);
    let csv = workplace
        .run(&["plan", "sizes.yaml", "--format", "csv"])
        .results;
    assert!(
        csv.lines().next().unwrap().starts_with(&KEYS.join(",")),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 3);
}

#[test]
fn a_random_seed_is_told_and_can_be_repeated() {
    let workplace = Workplace::new("sizes: [{total: 100kB}]\nlayers: [{exact: 2}]");
    let first = workplace.rows(&["build", "sizes.yaml", "-o", "one"]);
    let seed = first[0]["seed"].to_string();
    let again = workplace.rows(&["build", "sizes.yaml", "-o", "two", "--seed", &seed]);
    assert_eq!(first[0]["digest"], again[0]["digest"]);
    let other = workplace.rows(&["build", "sizes.yaml", "-o", "two"]);
    assert_ne!(
        first[0]["digest"], other[0]["digest"],
        "a complete build does not lend its seed"
    );

    let ran = workplace.run(&["plan", "sizes.yaml"]);
    assert!(
        ran.messages
            .contains("the images belong to localhost/crafted"),
        "{}",
        ran.messages
    );
    assert!(
        ran.messages.contains("chosen at random: pass --seed"),
        "{}",
        ran.messages
    );
}

#[test]
fn flags_replace_what_the_file_says() {
    let workplace = Workplace::new(SIZES);
    let rows = workplace.rows(&[
        "plan",
        "sizes.yaml",
        "--uri",
        "127.0.0.1:5000/mine",
        "--seed",
        "7",
        "--only",
        "*-300000-*",
    ]);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0]["reference"],
        "127.0.0.1:5000/mine:3-layers-size-300000-bytes"
    );
    assert_eq!(rows[0]["seed"], 7);
}

#[test]
fn published_images_are_built_and_weighed() {
    let workplace = Workplace::new(
        "uri: localhost/x\nsizes: [{percentile: 25}]\nlayers: [{exact: 9}]\nseed: 1",
    );
    let rows = workplace.rows(&["build", "sizes.yaml", "-o", "out", "--method", "published"]);
    assert_eq!(rows[0]["tag"], "9-layers-size-48702097-bytes");
    let wire_bytes = rows[0]["wire_bytes"].as_u64().unwrap();
    assert!(
        (40_000..60_000).contains(&wire_bytes),
        "zeros shrink about a thousandfold: {wire_bytes}"
    );
    assert_eq!(workplace.run(&["verify", "out"]).code, 0);
}

#[test]
fn several_platforms_are_several_rows_under_one_index() {
    let workplace = Workplace::new(
        "uri: localhost/x\nsizes: [{total: 200kB}]\nlayers: [{exact: 2}]\nplatforms: [linux/amd64, linux/arm64]",
    );
    let rows = workplace.rows(&["build", "sizes.yaml", "-o", "out"]);
    assert_eq!(
        (&rows[0]["platform"], &rows[1]["platform"]),
        (&"linux/amd64".into(), &"linux/arm64".into())
    );
    assert_eq!(rows[0]["index_digest"], rows[1]["index_digest"]);
    assert_ne!(rows[0]["digest"], rows[1]["digest"]);
}

#[test]
fn a_base_layout_is_found_beside_the_sizes_file() {
    let workplace =
        Workplace::new("uri: localhost/base\nsizes: [{total: 100kB}]\nlayers: [{exact: 2}]");
    workplace.rows(&["build", "sizes.yaml", "-o", "base"]);
    workplace.write(
        "on.yaml",
        "uri: localhost/on\nsizes: [{total: 400kB}]\nlayers: [{exact: 4}]\nbase: oci:base",
    );
    let rows = workplace.rows(&["build", "on.yaml", "-o", "out"]);
    assert_eq!(
        (&rows[0]["layers"], &rows[0]["wire_bytes"]),
        (&4.into(), &400_000.into())
    );
    assert_eq!(workplace.run(&["verify", "out"]).code, 0);
}

#[test]
fn mismatches_are_rows_and_exit_code_1() {
    let workplace = Workplace::new(SIZES);
    workplace.rows(&["build", "sizes.yaml", "-o", "out"]);
    assert_eq!(workplace.rows(&["verify", "out"]), Vec::<Value>::new());
    let blobs = std::fs::read_dir(workplace.path("out/blobs/sha256")).unwrap();
    for blob in blobs.map(|blob| blob.unwrap().path()) {
        let mut bytes = std::fs::read(&blob).unwrap();
        if bytes.len() > 50_000 {
            bytes[30_000] ^= 1;
            std::fs::write(&blob, bytes).unwrap();
        }
    }
    let ran = workplace.run(&["verify", "out", "--format", "json"]);
    assert_eq!(ran.code, 1);
    let rows: Vec<Value> = serde_json::from_str(&ran.results).unwrap();
    let layers: Vec<_> = rows
        .iter()
        .filter(|row| row["check"] == "digest")
        .map(|row| &row["layer"])
        .collect();
    assert_eq!(layers, [&Value::from(1), &Value::from(2), &Value::from(3)]);
    assert!(
        ran.messages
            .ends_with("values of 1 image did not match what is said\n"),
        "{}",
        ran.messages
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let workplace = Workplace::new(
        "uri: localhost/x\nsizes: [{total: 9MB}]\nlayers: [{min: 1, max: 1000}]\nseed: 1",
    );
    let mut child = workplace
        .command(&["plan", "sizes.yaml", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut results = child.stdout.take().unwrap();
    results.read_exact(&mut [0; 10]).unwrap();
    drop(results);
    let output = child.wait_with_output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{messages}");
    assert!(!messages.contains("crafter:"), "{messages}");
}
