//! `pullstat advise`: rows, totals, what is taken for granted, and mistakes.

use pullstudy_image::{ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
use serde_json::json;
use tempfile::TempDir;

use super::events::{json as json_of, printed, pullstat, said};

const UPDATE: &str = "RUN /bin/sh -c apt-get update # buildkit";

/// Three images that copy something, and run the same command behind it: 40, 41 and 42 MB.
fn archive() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let writer = ArchiveWriter::create(dir.path()).unwrap();
    for number in 0..3_u64 {
        let layer = |name: String, size| {
            Descriptor::new(MediaType::ImageLayerGzip, Digest::of(name.as_bytes()), size)
        };
        let layers = [
            layer("base".to_owned(), 30_000_000),
            layer(format!("app{number}"), 2_000_000),
            layer(format!("update{number}"), 40_000_000 + number * 1_000_000),
        ];
        let history = [
            "ADD rootfs.tar / # buildkit",
            "COPY app /app # buildkit",
            UPDATE,
        ];
        let config = json!({
            "os": "linux",
            "architecture": "amd64",
            "history": history.map(|command| json!({ "created_by": command })),
        });
        let config = config.to_string().into_bytes();
        let described = Descriptor::new(
            MediaType::ImageConfig,
            Digest::of(&config),
            config.len() as u64,
        );
        let manifest = Manifest::new(&described, &layers, &Default::default());
        let name = format!("example.org/app{number}").parse().unwrap();
        let repository = writer.repository(&name).unwrap();
        repository
            .put_document(&Digest::of(&config), &config)
            .unwrap();
        repository
            .put_document(&manifest.digest(), manifest.raw())
            .unwrap();
        let mut record = TagRecord::new("1");
        record.digest = Some(manifest.digest());
        repository.put_record(record).unwrap();
    }
    dir
}

fn folder(dir: &TempDir) -> &str {
    dir.path().to_str().unwrap()
}

#[test]
fn one_object_with_totals_and_advice() {
    let dir = archive();
    let advised = json_of(&["advise", folder(&dir)]);
    for (key, value) in [
        ("images", json!(3)),
        ("saved_bytes", json!(81_000_000)),
        ("saved_bytes_exact", json!(0)),
        ("squashed_bytes", json!(219_000_000)),
        ("unadvised_bytes", json!(0)),
        ("without_commands", json!(0)),
        ("layer_seconds", json!(0.05)),
    ] {
        assert_eq!(advised[key], value, "{key}");
    }
    assert_eq!(advised["now"]["pulled_bytes"], 159_000_000);
    assert_eq!(advised["then"]["pulled_bytes"], 78_000_000);
    assert_eq!(advised["kinds"][0]["code"], "reorder");
    assert!(advised["assumptions"].as_array().unwrap().len() > 5);
    let advice = &advised["advice"][0];
    assert_eq!(advice["certainty"], "upper_bound");
    assert_eq!(advice["command"], UPDATE);
    assert_eq!(
        advice["images"],
        json!([
            "example.org/app0:1",
            "example.org/app1:1",
            "example.org/app2:1"
        ])
    );
    assert_eq!(advice["layers"][0], Digest::of(b"update2").to_string());
}

#[test]
fn a_table_says_what_is_taken_for_granted() {
    let dir = archive();
    let table = printed(&pullstat(&["advise", folder(&dir), "--downloads", "2"]));
    assert!(table.contains("159 MB → 78.0 MB (-51 %)"), "{table}");
    assert!(
        table.contains("critical path: 2 downloads of one speed"),
        "{table}"
    );
    let short = printed(&pullstat(&["advise", folder(&dir), "--top", "0"]));
    assert!(
        short.contains("reorder: 1 more; all 1 make 81.0 MB less, +3.00 MB on critical paths"),
        "{short}"
    );
}

#[test]
fn rows_have_the_same_keys_as_csv_and_json() {
    let dir = archive();
    let csv = printed(&pullstat(&["advise", folder(&dir), "--format", "csv"]));
    let keys = "code,certainty,images,layers,command,bytes_now,bytes_then,saved_bytes,layers_now,layers_then,\
        saved_layer_seconds,critical_bytes_now,critical_bytes_then,saved_critical_bytes,remedy";
    assert_eq!(csv.lines().next(), Some(keys));
    assert_eq!(csv.lines().count(), 2);
    let advised = json_of(&["advise", folder(&dir), "--layer-seconds", "0"]);
    let row = advised["advice"][0].as_object().unwrap();
    assert!(keys.split(',').all(|key| row.contains_key(key)));
    assert_eq!(row.len(), keys.split(',').count());
}

#[test]
fn mistakes_are_one_sentence() {
    let dir = archive();
    for option in ["--layer-seconds=-1", "--layer-seconds=nan", "--downloads=0"] {
        let output = pullstat(&["advise", folder(&dir), option]);
        assert_eq!(output.status.code(), Some(2), "{option}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_does_not_count_is_told() {
    let dir = archive();
    let odd = dir.path().join("example.org/odd/_manifests");
    std::fs::create_dir_all(&odd).unwrap();
    std::fs::write(odd.join("tags.jsonl"), "{").unwrap();
    let output = pullstat(&["advise", folder(&dir), "--format", "json"]);
    assert!(
        said(&output).contains("not counted: repositories that cannot be read (1)"),
        "{}",
        said(&output)
    );
    let advised: serde_json::Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(advised["left_out"][0]["kind"], "unreadable-repository");
    let elsewhere = pullstat(&["advise", folder(&dir), "--platform", "linux/s390x"]);
    assert!(
        said(&elsewhere).contains("no image of the archive counts"),
        "{}",
        said(&elsewhere)
    );
}

#[test]
fn help_and_table_as_people_read_them() {
    insta::assert_snapshot!("advise-help", printed(&pullstat(&["advise", "--help"])));
    let dir = archive();
    insta::assert_snapshot!("advise", printed(&pullstat(&["advise", folder(&dir)])));
}
