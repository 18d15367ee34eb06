//! `pullstat manifests fetch` from outside: rows, exit codes, and archives that survive mistakes and kills.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use pullstudy_image::{
    Archive, Config, Descriptor, DiffId, Index, LayoutWriter, Manifest, MediaType, Reference, Tag,
    oci_spec,
};
use pullstudy_registry::{Server, ServerHandle, ServerOptions};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A server of `study/image` and `study/other`, and a folder for what is fetched from it.
struct Study {
    dir: TempDir,
    server: ServerHandle,
    _runtime: Runtime,
}

impl Study {
    fn new(tags: usize, latency: Duration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(dir.path().join("layout")).unwrap();
        let mut layout_tags = Vec::new();
        for number in 0..tags {
            let index = index(&writer, number);
            let reference = format!("ghcr.io/study/image:v{number}").parse();
            layout_tags.push(Tag::new(reference.unwrap(), index));
        }
        let single = image(&writer, "s390x", b"single").descriptor();
        let reference: Reference = "ghcr.io/study/other:1".parse().unwrap();
        layout_tags.push(Tag::new(reference, single));
        writer.put_tags(&layout_tags).unwrap();
        let runtime = Runtime::new().unwrap();
        let mut options = ServerOptions::default();
        options.latency = latency;
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = runtime.block_on(async {
            let bound = Server::bind(writer.layout().clone(), listen, options).await;
            bound.unwrap().spawn()
        });
        Self {
            dir,
            server,
            _runtime: runtime,
        }
    }

    fn at(&self, name: &str) -> String {
        format!("{}/study/{name}", self.server.address())
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pullstat"));
        command
            .args(["manifests", "fetch", "-o"])
            .arg(self.out())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the command with this exit code, and reads its rows.
    fn rows(&self, code: i32, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn image(writer: &LayoutWriter, architecture: &str, layer: &[u8]) -> Manifest {
    let blob = |media_type, bytes: &[u8]| {
        let digest = writer.put_blob(bytes).unwrap();
        Descriptor::new(media_type, digest, bytes.len() as u64)
    };
    let mut rootfs = oci_spec::image::RootFs::default();
    rootfs.set_diff_ids(vec![DiffId::of(layer).to_string()]);
    let mut config = oci_spec::image::ImageConfiguration::default();
    config
        .set_rootfs(rootfs)
        .set_architecture(architecture.into())
        .set_os("linux".into());
    let config = Config::new(config).unwrap();
    let config = blob(MediaType::ImageConfig, config.raw());
    let layer = blob(MediaType::ImageLayer, layer);
    let manifest = Manifest::new(&config, &[layer], &BTreeMap::new());
    writer.put_blob(manifest.raw()).unwrap();
    manifest
}

fn index(writer: &LayoutWriter, number: usize) -> Descriptor {
    let entries = ["amd64", "arm64"].map(|architecture| {
        let layer = format!("{architecture} {number}");
        let platform = format!("linux/{architecture}").parse().unwrap();
        let manifest = image(writer, architecture, layer.as_bytes());
        manifest.descriptor().with_platform(platform)
    });
    let index = Index::new(&entries);
    writer.put_blob(index.raw()).unwrap();
    index.descriptor()
}

fn outcomes(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["outcome"].as_str().unwrap())
        .collect()
}

/// Images in the archive, and what is missing there.
fn counted(out: &Path) -> (usize, usize) {
    let archive = Archive::open(out).unwrap();
    let (mut images, mut missing) = (0, 0);
    for repository in archive.repositories() {
        let repository = repository.unwrap();
        for tag in repository.tags() {
            let content = repository.read(tag);
            images += content.images.len();
            missing += content.missing.len();
        }
    }
    (images, missing)
}

#[test]
fn all_tags_are_rows_and_a_second_run_finds_them_there() {
    let study = Study::new(3, Duration::ZERO);
    let rows = study.rows(0, &["--all-tags", &study.at("image")]);
    assert_eq!(outcomes(&rows), ["fetched"; 3]);
    let keys: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
    let mut expected = [
        "repository",
        "tag",
        "digest",
        "media_type",
        "platforms",
        "layers",
        "wire_bytes",
        "outcome",
        "problem",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(rows[1]["tag"], "v1");
    assert_eq!(
        rows[1]["platforms"],
        serde_json::json!(["linux/amd64", "linux/arm64"])
    );
    assert_eq!(
        (&rows[1]["layers"], &rows[1]["wire_bytes"]),
        (&2.into(), &14.into())
    );
    assert_eq!(counted(&study.out()), (6, 0));

    let again = study.rows(0, &["--all-tags", &study.at("image")]);
    assert_eq!(outcomes(&again), ["present"; 3]);
}

#[test]
fn the_table_and_csv() {
    let study = Study::new(1, Duration::ZERO);
    let (image, other) = (study.at("image:v0"), study.at("other:1"));
    let output = study.run(&[&image, &other]);
    assert_eq!(said(&output), "2 tags after 7 requests\n");
    let address = study.server.address().to_string();
    let shown = |output: &Output| {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        text.replace(&address, "REGISTRY")
    };
    insta::assert_snapshot!("rows-table", squeezed(&shown(&output)));
    let output = study.run(&[&image, &other, "--format", "csv"]);
    insta::assert_snapshot!("rows-csv", squeezed(&shown(&output)));
}

/// Without what depends on the length of a port: several spaces, and the rule below the header.
fn squeezed(text: &str) -> String {
    let rule = |line: &&str| !line.starts_with("---");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<_> = text.lines().filter(rule).map(words).collect();
    lines.join("\n")
}

#[test]
fn a_tag_that_is_not_there_is_told_and_stops_no_other() {
    let study = Study::new(2, Duration::ZERO);
    let (there, gone) = (study.at("image:v1"), study.at("image:v11"));
    let output = study.run(&[&gone, &there, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcomes(&rows), ["failed", "fetched"]);
    assert_eq!(rows[0]["layers"], Value::Null);
    let message = said(&output);
    let warning = format!("warning: {gone}: tag v11 is not there; near: v1\n");
    assert!(message.contains(&warning), "{message}");
    assert!(message.contains("not complete: 1 of 2 tags"), "{message}");
    assert_eq!(counted(&study.out()), (2, 1));
}

#[test]
fn one_platform_of_those_there_are() {
    let study = Study::new(1, Duration::ZERO);
    let image = study.at("image:v0");
    let rows = study.rows(0, &[&image, "--platform", "linux/arm64"]);
    assert_eq!(rows[0]["platforms"], serde_json::json!(["linux/arm64"]));
    assert_eq!(counted(&study.out()), (1, 1));
    let rows = study.rows(1, &[&image, "--platform", "plan9/mips"]);
    let problem = rows[0]["problem"].as_str().unwrap();
    assert!(problem.contains("plan9/mips"), "{problem}");
}

#[test]
fn references_come_from_a_file_and_from_standard_input() {
    let study = Study::new(1, Duration::ZERO);
    let list = study.dir.path().join("list");
    let text = format!(
        "# the study\n{}\n\n{} # alone\n",
        study.at("image:v0"),
        study.at("other:1")
    );
    fs::write(&list, &text).unwrap();
    let rows = study.rows(0, &["--from", list.to_str().unwrap()]);
    assert_eq!(outcomes(&rows), ["fetched"; 2]);

    let mut child = study
        .command(&["--from", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcomes(&rows), ["present"; 2]);
}

#[test]
fn every_mistake_is_told_before_anything_is_sent() {
    let study = Study::new(1, Duration::ZERO);
    let list = study.dir.path().join("list");
    fs::write(
        &list,
        format!("{}\nUPPER/case\n\na b\n", study.at("image:v0")),
    )
    .unwrap();
    let output = study.run(&["a//b", "--from", list.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let message = said(&output);
    assert_eq!(message.lines().count(), 3, "{message}");
    assert!(message.contains("\"a//b\""), "{message}");
    for line in ["list, line 2: \"UPPER/case\"", "list, line 4: \"a b\""] {
        assert!(message.contains(line), "{message}");
    }
    fs::write(&list, "# nothing\n").unwrap();
    let absent = study.dir.path().join("absent");
    let both = ["--from", "-", "--username", "me", "--password-stdin"];
    let cases: [&[&str]; 6] = [
        &both,
        &["--from", list.to_str().unwrap()],
        &["--from", absent.to_str().unwrap()],
        &[],
        &["busybox", "--rate", "-1"],
        &["busybox", "--platform", "linux"],
    ];
    for arguments in cases {
        let output = study.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
    assert!(!study.out().exists());
}

#[test]
fn a_registry_that_is_not_there_is_one_sentence_a_tag() {
    let study = Study::new(0, Duration::ZERO);
    let Study { dir, server, .. } = &study;
    let gone = server.address();
    let out = dir.path().join("out");
    drop(study._runtime);
    let output = Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args(["manifests", "fetch", "--tries", "1"])
        .args([&format!("{gone}/a/b:1"), "-o"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = said(&output);
    assert!(
        message.contains(&format!("cannot connect to {gone}")),
        "{message}"
    );
}

#[test]
fn a_run_killed_again_and_again_is_completed_by_the_last() {
    let study = Study::new(10, Duration::from_millis(2));
    let repository = study.at("image");
    let blobs = study
        .out()
        .join(repository.replace(':', "_"))
        .join("_manifests/blobs/sha256");
    // An index, two manifests and two configs a tag.
    for (round, wanted) in [1, 8, 20, 21, 35, 44].into_iter().enumerate() {
        let mut child = study
            .command(&["--all-tags", &repository])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for_files(&blobs, wanted, &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        let archive = Archive::open(study.out()).unwrap();
        let repository = archive.repositories().next().unwrap();
        assert!(repository.is_ok(), "round {round}: {repository:?}");
    }
    let rows = study.rows(0, &["--all-tags", &repository]);
    assert_eq!(rows.len(), 10);
    assert!(rows.iter().all(|row| row["problem"].is_null()), "{rows:?}");
    assert_eq!(counted(&study.out()), (20, 0));
}

/// Returns when the folder has so many files, or the program has ended.
fn wait_for_files(folder: &Path, count: usize, child: &mut Child) {
    let files = || fs::read_dir(folder).map_or(0, Iterator::count);
    while files() < count && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
}

#[test]
fn help_has_an_example_and_the_exit_codes() {
    let output = Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .args(["manifests", "fetch", "--help"])
        .output()
        .unwrap();
    insta::assert_snapshot!("help", String::from_utf8(output.stdout).unwrap());
}
