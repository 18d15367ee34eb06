//! `pullstat practices`: figures, rows and lists over Dockerfiles, and what it says of those it cannot read.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::events::{json, printed, pullstat, rows, said};

/// Two owners, of whom `big` has most, and a file that is none.
fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("big/a/Dockerfile", "FROM ubuntu\nRUN make\nWORKDIR /\n");
    write("big/b/Dockerfile", "FROM ubuntu:latest AS x\nFROM x\n");
    write(
        "small/a/Dockerfile",
        "ARG V=3\nFROM alpine:$V\nFROM $OTHER\n",
    );
    write("small/a/Dockerfile.in", "FROM a\n{% if b %}\n");
    dir
}

fn folder(dir: &TempDir) -> &str {
    dir.path().to_str().unwrap()
}

#[test]
fn totals_with_and_without_the_largest_owner() {
    let dir = tree();
    let totals = json(&["practices", folder(&dir)]);
    for (key, value) in [
        ("files", json!(4)),
        ("read", json!(3)),
        ("unread", json!(1)),
        ("unread_reasons", json!({ "syntax": 1 })),
        ("owners", json!(2)),
        ("largest_owner", json!({ "owner": "big", "files": 2 })),
        ("stages", json!(5)),
        ("layers", json!(2)),
        (
            "bases",
            json!({ "images": 2, "uses": 3, "official_uses": 3, "unknown_uses": 1 }),
        ),
    ] {
        assert_eq!(totals[key], value, "{key}");
    }
    let multi_stage = json!({
        "practice": "multi_stage", "files": 2, "of": 3, "share": 2.0 / 3.0,
        "without_largest_owner_files": 1, "without_largest_owner_of": 1, "without_largest_owner_share": 1.0,
    });
    assert_eq!(totals["practices"][0], multi_stage);
    let unread = &totals["unread_files"][0];
    assert!(
        unread["file"]
            .as_str()
            .unwrap()
            .ends_with("small/a/Dockerfile.in")
    );
    assert_eq!(unread["problem"], "line 2: unknown instruction '{%'");
}

#[test]
fn a_table_says_what_it_rests_on() {
    let dir = tree();
    let output = pullstat(&["practices", folder(&dir)]);
    let table = printed(&output);
    assert!(table.contains("3 of 4 files read"), "{table}");
    assert!(table.contains("not read, syntax: 1"), "{table}");
    assert!(
        table.contains("the largest, big, has 2 files (67 %)"),
        "{table}"
    );
    assert!(
        said(&output).contains("Dockerfile.in: line 2"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_row_a_file_in_every_format() {
    let dir = tree();
    let files = rows(&["practices", folder(&dir), "--per-file"]);
    assert_eq!(files.len(), 4);
    let first = &files[0];
    assert_eq!(first["owner"], "big");
    assert_eq!(first["bases"], json!(["docker.io/library/ubuntu"]));
    assert_eq!(
        (&first["no_tag"], &first["apt_update"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        (&first["workdir_on_made"], &first["multi_stage"]),
        (&json!(true), &json!(false))
    );
    let unread = &files[3];
    assert_eq!(
        (&unread["outcome"], &unread["stages"]),
        (&json!("syntax"), &Value::Null)
    );
    let csv = printed(&pullstat(&[
        "practices",
        folder(&dir),
        "--per-file",
        "--format",
        "csv",
    ]));
    let keys = csv.lines().next().unwrap().split(',');
    assert_eq!(keys.collect::<Vec<_>>(), keys_of(first));
    printed(&pullstat(&["practices", folder(&dir), "--per-file"]));
}

/// CSV has the keys of JSON, in their order.
fn keys_of(row: &Value) -> Vec<&str> {
    let keys = row.as_object().unwrap().keys();
    let keys: std::collections::BTreeSet<_> = keys.map(String::as_str).collect();
    let documented = "file owner outcome problem utf8 stages layers bases copies_from apt_installs apt_updates \
        apt_lists_removed apt_cleaned workdirs workdirs_on_existing onbuild multi_stage copy_from copy_from_image \
        from_scratch unresolved_base official_base only_official_bases tag_latest no_tag digest only_digests \
        apt_install apt_update_and_lists_removed apt_update_and_cleaned apt_update apt_without_recommended \
        workdir_on_existing workdir_on_made";
    let documented: Vec<_> = documented.split_whitespace().collect();
    assert_eq!(
        documented
            .iter()
            .copied()
            .collect::<std::collections::BTreeSet<_>>(),
        keys
    );
    documented
}

#[test]
fn bases_are_what_fetch_takes() {
    let dir = tree();
    let output = pullstat(&["practices", folder(&dir), "--bases"]);
    let list = printed(&output);
    assert_eq!(
        list,
        "docker.io/library/ubuntu:latest\ndocker.io/library/alpine:3\n"
    );
    assert!(
        said(&output)
            .contains("left out $OTHER, 1 use: OTHER has no value in the file before that")
    );
    let bases = rows(&["practices", folder(&dir), "--bases"]);
    assert_eq!(
        (&bases[0]["uses"], &bases[0]["files"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        (&bases[2]["reference"], &bases[2]["variable"]),
        (&Value::Null, &json!("OTHER"))
    );
}

#[test]
fn mistakes_are_one_sentence() {
    let dir = tree();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    for (arguments, expected) in [
        (vec![path(&empty)], "there is no Dockerfile in"),
        (
            vec![path(&dir.path().join("nowhere"))],
            "failed to look for Dockerfiles in",
        ),
        (
            vec![path(dir.path()), "--owner-depth=0".to_owned()],
            "--owner-depth",
        ),
        (
            vec![
                path(dir.path()),
                "--bases".to_owned(),
                "--per-file".to_owned(),
            ],
            "--per-file",
        ),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = pullstat(&[&["practices"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
}

#[test]
fn figures_over_nothing_are_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Dockerfile"), "RUN make").unwrap();
    let output = pullstat(&["practices", folder(&dir), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("1 Dockerfile could be read"),
        "{}",
        said(&output)
    );
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("no_from")
    );
}

#[test]
fn help_and_table_as_people_read_them() {
    insta::assert_snapshot!(
        "practices-help",
        printed(&pullstat(&["practices", "--help"]))
    );
    let dir = tree();
    insta::assert_snapshot!(
        "practices",
        printed(&pullstat(&["practices", folder(&dir)]))
    );
}
