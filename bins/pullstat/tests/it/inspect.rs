//! `pullstat inspect` from outside: what it says of images that `crafter`'s library made, of registries and archives, and exit codes.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use pullstudy_crafter::{
    BuildIdentity, BuildOptions, LayoutSink, Method, Plan, PlanOptions, SizesFile, build,
};
use pullstudy_image::{
    Compression, Descriptor, DiffId, Index, Layout, LayoutWriter, Manifest, MediaType, Platform,
    Tag,
};
use pullstudy_registry::{Server, ServerOptions};
use pullstudy_runner::RootFilesystem;
use serde_json::{Value, json};
use tempfile::TempDir;

/// One entry of a layer: what it is, its path, its target or content.
#[derive(Clone, Debug)]
enum Entry {
    File(String, Vec<u8>),
    Folder(String),
    Symlink(String, String),
    HardLink(String, String),
}

impl Entry {
    fn file(path: &str, bytes: usize) -> Self {
        Self::File(path.to_owned(), vec![7; bytes])
    }
}

fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    for entry in entries {
        let (kind, path, target, content): (_, _, &str, &[u8]) = match entry {
            Entry::File(path, content) => (b'0', path, "", content),
            Entry::Folder(path) => (b'5', path, "", b""),
            Entry::Symlink(path, target) => (b'2', path, target, b""),
            Entry::HardLink(path, target) => (b'1', path, target, b""),
        };
        append(&mut tar, kind, path, target, content);
    }
    tar.extend([0; 1024]);
    tar
}

/// Writes a header of POSIX's ustar and the content.
fn append(tar: &mut Vec<u8>, kind: u8, path: &str, target: &str, content: &[u8]) {
    let mut header = [0; 512];
    header[..path.len()].copy_from_slice(path.as_bytes());
    let mode = if kind == b'5' {
        b"0000755\0"
    } else {
        b"0000644\0"
    };
    header[100..108].copy_from_slice(mode);
    header[108..116].copy_from_slice(b"0000000\0");
    header[116..124].copy_from_slice(b"0000000\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[148..156].copy_from_slice(b"        ");
    header[156] = kind;
    header[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar.extend(header);
    tar.extend(content);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

/// A layout with images in it.
struct Images {
    folder: TempDir,
    writer: LayoutWriter,
    tags: Vec<Tag>,
}

impl Images {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(folder.path().join("made")).unwrap();
        Self {
            folder,
            writer,
            tags: Vec::new(),
        }
    }

    fn put(&self, media_type: MediaType, bytes: &[u8]) -> Descriptor {
        let digest = self.writer.put_blob(bytes).unwrap();
        Descriptor::new(media_type, digest, bytes.len() as u64)
    }

    fn image(&self, architecture: &str, tars: &[Vec<u8>]) -> Descriptor {
        let diff_ids: Vec<DiffId> = tars.iter().map(|tar| DiffId::of(tar)).collect();
        let steps: Vec<Value> = (1..=tars.len())
            .map(|number| json!({"created_by": format!("RUN step {number}")}))
            .collect();
        let config = json!({
            "os": "linux", "architecture": architecture, "history": steps,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "config": {},
        });
        let config = self.put(MediaType::ImageConfig, config.to_string().as_bytes());
        let layers: Vec<Descriptor> = tars
            .iter()
            .map(|tar| self.put(MediaType::ImageLayer, tar))
            .collect();
        let manifest = Manifest::new(&config, &layers, &Default::default());
        let platform: Platform = format!("linux/{architecture}").parse().unwrap();
        self.put(MediaType::ImageManifest, manifest.raw())
            .with_platform(platform)
    }

    fn tag(&mut self, tag: &str, descriptor: Descriptor) -> &mut Self {
        let reference = format!("ghcr.io/study/made:{tag}").parse().unwrap();
        self.tags.push(Tag::new(reference, descriptor));
        self.writer.put_tags(&self.tags).unwrap();
        self
    }

    /// The image of the examples: a file of 12,345 bytes that a later layer removes.
    fn wasteful() -> Self {
        let mut images = Self::new();
        let layers = [
            tar(&[
                Entry::file("etc/motd", 6),
                Entry::file("var/archive", 12_345),
            ]),
            tar(&[Entry::file("var/.wh.archive", 0)]),
        ];
        let image = images.image("amd64", &layers);
        images.tag("1", image);
        images
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("made")
    }

    fn layout(&self) -> &Layout {
        self.writer.layout()
    }
}

fn pullstat(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pullstat"))
        .arg("inspect")
        .args(arguments)
        .current_dir(folder)
        .env("DOCKER_CONFIG", folder)
        .output()
        .unwrap()
}

fn inspected(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = pullstat(folder, &[arguments, &["--format", "json"]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = pullstat(folder, arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{told}");
    told
}

#[test]
fn wasted_bytes_are_told_to_the_byte() {
    let images = Images::wasteful();
    let rows = inspected(images.folder.path(), &["./made", "--deep"]);
    let image = &rows[0];
    assert_eq!(image["wasted_bytes"], 12_345);
    assert_eq!(image["surviving_bytes"], 6);
    assert_eq!(image["unpacked_bytes"], 12_351);
    assert_eq!(image["reference"], "ghcr.io/study/made:1");
    assert_eq!(image["layer_rows"][1]["command"], "RUN step 2");
    let wasted = json!([{
        "path": "var/archive", "wasted_bytes": 12_345, "copies": 1, "cause": "deleted", "layer": 1, "lost_in_layer": 2,
    }]);
    assert_eq!(image["wasted_paths"], wasted);
}

#[test]
fn without_deep_what_is_not_known_is_null() {
    let images = Images::wasteful();
    let image = &inspected(images.folder.path(), &["./made"])[0];
    for key in ["unpacked_bytes", "tar_bytes", "wasted_bytes", "files"] {
        assert_eq!(image[key], Value::Null, "{key}");
    }
    // Two headers and 12,345 bytes in 25 blocks, 6 in one, and two blocks at the end; then a header, and the end.
    assert_eq!(image["wire_bytes"], (2 + 25 + 1 + 2) * 512 + 3 * 512);
}

#[test]
fn what_crafter_makes_is_told_as_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = "sizes: [{total: 300kB}]\nlayers: [{exact: 3}]\ncompression: zstd\nratio: 2.0\n";
    let sizes = SizesFile::parse("sizes", text).unwrap();
    let options = PlanOptions {
        seed: 1,
        repository: "ghcr.io/study/crafted".parse().unwrap(),
        method: Method::Exact,
        base: None,
    };
    let plan = Plan::new(&sizes, &options).unwrap();
    let identity = BuildIdentity::of(&[text]);
    let sink = LayoutSink::open(folder.path().join("crafted"), &identity, 1).unwrap();
    let jobs = std::num::NonZeroUsize::MIN;
    let built = build(&plan, &sink, BuildOptions { jobs }, &|_| {}).unwrap();
    sink.complete().unwrap();
    let rows = inspected(folder.path(), &["crafted", "--deep"]);
    let (told, made) = (&rows[0], &built[0].platforms[0]);
    assert_eq!(
        (&told["layers"], &told["wire_bytes"]),
        (&json!(3), &json!(300_000))
    );
    assert_eq!(told["unpacked_bytes"], made.unpacked_bytes);
    assert_eq!(told["tar_bytes"], made.tar_bytes);
    assert_eq!(told["surviving_bytes"], made.unpacked_bytes);
    assert_eq!(told["needs_runtimes"][0]["runtime"], "containerd");
}

#[test]
fn a_folder_need_not_start_like_a_path() {
    let images = Images::wasteful();
    let output = pullstat(images.folder.path(), &["made"]);
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.starts_with("reading the folder ./made; the image of that name in a registry is "),
        "{told}"
    );
    let rows = inspected(images.folder.path(), &["made:1"]);
    assert_eq!(rows.len(), 1);
}

#[test]
fn findings_are_denied_by_code_and_by_severity() {
    let images = Images::wasteful();
    let folder = images.folder.path();
    let told = refused(folder, &["./made", "--deny", "not-lazy"], 1);
    assert_eq!(told, "pullstat: denied: not-lazy (1)\n");
    assert!(
        pullstat(folder, &["./made", "--deny", "warning"])
            .status
            .success()
    );
    refused(folder, &["./made", "--deny", "info"], 1);
    let told = refused(folder, &["./made", "--deny", "not-there"], 2);
    assert!(told.contains("there are: schema-1, "), "{told}");
    assert!(
        told.contains("or a severity: info, warning, error"),
        "{told}"
    );
}

#[test]
fn what_only_layers_tell_is_not_denied_without_reading_them() {
    let images = Images::wasteful();
    let folder = images.folder.path();
    for code in ["wasted-bytes", "damaged-layer", "missing-layer"] {
        let told = refused(folder, &["./made", "--deny", code], 2);
        assert!(
            told.contains(&format!("pass --deep with --deny {code}")),
            "{told}"
        );
    }
}

#[test]
fn what_is_no_folder_of_images_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("saved.tar"), [0; 1024]).unwrap();
    let told = refused(folder, &["./saved.tar"], 2);
    let wanted = "skopeo copy oci-archive:./saved.tar oci:DIR:TAG";
    assert!(told.contains(wanted), "{told}");
    fs::create_dir(folder.join("empty")).unwrap();
    for place in ["./not-there", "./empty"] {
        let told = refused(folder, &[place], 2);
        let failed = told.find(place).unwrap();
        assert!(failed < told.find("manifests fetch").unwrap(), "{told}");
    }
}

#[test]
fn what_is_left_out_is_named_with_its_reason() {
    let mut images = Images::wasteful();
    for number in 0..5 {
        let text = format!("{{\"none\":{number}}}");
        let document = images.put(MediaType::ImageManifest, text.as_bytes());
        images.tag(&format!("none{number}"), document);
    }
    let output = pullstat(images.folder.path(), &["./made", "--format", "json"]);
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        rows.len(),
        1,
        "JSON is an array of images, and of nothing else"
    );
    assert_eq!(rows[0]["reference"], "ghcr.io/study/made:1");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("no images (5): ") && told.contains("; and 2 more"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn output_is_whole_before_a_denial() {
    let images = Images::wasteful();
    let arguments = ["./made", "--deny", "info", "--format", "json"];
    let output = pullstat(images.folder.path(), &arguments);
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((rows.len(), output.status.code()), (1, Some(1)));
}

#[test]
fn tags_and_platforms_choose() {
    let mut images = Images::new();
    let arm = images.image("arm64", &[tar(&[Entry::file("arm", 1)])]);
    let amd = images.image("amd64", &[tar(&[Entry::file("amd", 2)])]);
    let index = Index::new(&[arm, amd.clone()]);
    let index = images.put(MediaType::ImageIndex, index.raw());
    images.tag("all", index).tag("amd", amd);
    let folder = images.folder.path();
    let platforms = |arguments: &[&str]| -> Vec<String> {
        let rows = inspected(folder, arguments);
        rows.iter()
            .map(|row| row["platform"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = ["linux/arm64", "linux/amd64", "linux/amd64"];
    assert_eq!(platforms(&["./made"]), all);
    assert_eq!(platforms(&["./made:all"]), &all[..2]);
    let arm = ["./made", "--tag", "all", "--platform", "linux/arm64"];
    assert_eq!(platforms(&arm), ["linux/arm64"]);
    let told = refused(folder, &["./made", "--tag", "none"], 2);
    assert!(told.contains("there are: all, amd"), "{told}");
    let told = refused(folder, &["./made:all", "--platform", "linux/s390x"], 1);
    assert!(
        told.contains("there are: linux/arm64, linux/amd64"),
        "{told}"
    );
    refused(folder, &["./made:all", "--tag", "amd"], 2);
}

#[test]
fn a_layout_with_the_blobs_of_one_platform_is_enough_for_it() {
    let mut images = Images::new();
    let arm = images.image("arm64", &[tar(&[Entry::file("arm", 1)])]);
    let amd = images.image("amd64", &[tar(&[Entry::file("amd", 2)])]);
    fs::remove_file(images.layout().blob_path(&arm.digest)).unwrap();
    let index = images.put(MediaType::ImageIndex, Index::new(&[arm, amd]).raw());
    images.tag("all", index);
    let folder = images.folder.path();
    let rows = inspected(folder, &["./made", "--platform", "linux/amd64", "--deep"]);
    assert_eq!((rows.len(), &rows[0]["files"]), (1, &json!(1)));
    refused(folder, &["./made"], 1);
}

#[test]
fn a_registry_is_read_like_a_layout() {
    let mut images = Images::wasteful();
    let arm = images.image("arm64", &[tar(&[Entry::file("arm", 1)])]);
    let amd = images.tags[0].descriptor.clone();
    let index = images.put(MediaType::ImageIndex, Index::new(&[arm, amd]).raw());
    images.tag("all", index);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let listen = "127.0.0.1:0".parse().unwrap();
        let bound = Server::bind(images.layout().clone(), listen, ServerOptions::default()).await;
        bound.unwrap().spawn()
    });
    let reference = format!("{}/study/made", server.address());
    let folder = images.folder.path();
    let rows = inspected(folder, &[&reference, "--tag", "1", "--deep"]);
    assert_eq!(rows[0]["wasted_bytes"], 12_345);
    assert_eq!(rows[0]["reference"], format!("{reference}:1"));
    let all = format!("{reference}:all");
    assert_eq!(inspected(folder, &[&all]).len(), 2);
    let told = refused(folder, &[&all, "--deep"], 2);
    assert!(told.contains("--platform"), "{told}");
    let one = inspected(folder, &[&all, "--deep", "--platform", "linux/amd64"]);
    assert_eq!(one[0]["wasted_bytes"], 12_345);
    assert_eq!(
        inspected(folder, &[&all, "--deep", "--all-platforms"]).len(),
        2
    );
    let told = refused(folder, &[&format!("{reference}:nowhere")], 1);
    assert!(told.contains("does not exist"), "{told}");
}

#[test]
fn an_archive_of_manifests_has_no_layers_to_read() {
    let images = Images::new();
    let folder = images.folder.path();
    fs::create_dir_all(folder.join("archive/library/one")).unwrap();
    let digest = pullstudy_image::Digest::of(b"layer");
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "digest": digest, "size": 2},
        "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "digest": digest, "size": 5}],
    });
    let file = json!({"tags": ["1"], "manifests": {"1": manifest}, "configs": {}});
    let path = folder.join("archive/library/one/manifests-config-layers.json");
    fs::write(path, file.to_string()).unwrap();
    let rows = inspected(folder, &["archive"]);
    assert_eq!(rows[0]["reference"], "library/one:1");
    assert_eq!(rows[0]["wire_bytes"], 5);
    assert_eq!(rows[0]["digest"], Value::Null);
    assert_eq!(rows[0]["findings"][0]["code"], "config-unusable");
    let told = refused(folder, &["archive", "--deep"], 2);
    assert!(told.contains("has no layers to read"), "{told}");
    refused(folder, &["archive", "--tag", "2"], 2);
    refused(folder, &["./nothing-there"], 2);
}

#[test]
fn a_base_is_kept_and_found_again() {
    let mut images = Images::new();
    let base = tar(&[
        Entry::File(
            "usr/lib/os-release".into(),
            b"ID=debian\nVERSION_ID=12\n".into(),
        ),
        Entry::file("usr/bin/sh", 9),
    ]);
    let app = tar(&[Entry::file("app", 1)]);
    let (bare, built) = (
        images.image("amd64", std::slice::from_ref(&base)),
        images.image("amd64", &[base, app]),
    );
    images.tag("base", bare).tag("app", built);
    let folder = images.folder.path();
    let keep = ["./made:base", "--as-base", "-o", "bases/debian.json"];
    inspected(folder, &keep);
    let rows = inspected(folder, &["./made:app", "--deep", "--bases", "bases"]);
    let found = &rows[0]["bases"][0];
    assert_eq!(found["base"], "ghcr.io/study/made:base");
    assert_eq!(
        (&found["family"], &found["built_on"]),
        (&json!("debian"), &json!(true))
    );
    assert_eq!(found["shared_paths"], 2);
    let told = refused(folder, &["./made", "--as-base", "-o", "bases/both.json"], 2);
    assert!(told.contains("--tag"), "{told}");
    assert!(!folder.join("bases/both.json").exists());
    refused(folder, &["./made", "--as-base"], 2);
    fs::create_dir(folder.join("empty")).unwrap();
    refused(folder, &["./made", "--bases", "empty"], 2);
    fs::write(folder.join("bases/bad.json"), "{").unwrap();
    let told = refused(folder, &["./made", "--bases", "bases"], 1);
    assert!(told.contains("bad.json"), "{told}");
}

#[test]
fn damage_is_told_and_fails() {
    let images = Images::wasteful();
    let folder = images.folder.path();
    let manifest = &images.tags[0].descriptor;
    let image = images
        .layout()
        .image(manifest, &Platform::linux_amd64())
        .unwrap();
    let path = images.layout().blob_path(&image.layers()[0].digest());
    let mut bytes = fs::read(&path).unwrap();
    bytes[700] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let output = pullstat(folder, &["./made", "--deep", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["findings"][0]["code"], "damaged-layer");
    fs::remove_file(&path).unwrap();
    let told = refused(folder, &["./made", "--deep"], 1);
    assert_eq!(
        told,
        "pullstat: layers of 1 image could not be read, or are damaged\n"
    );
    assert!(
        pullstat(folder, &["./made"]).status.success(),
        "layers are not looked at"
    );
}

#[test]
fn csv_has_a_row_a_layer_and_one_header() {
    let mut images = Images::wasteful();
    let again = images.tags[0].descriptor.clone();
    images.tag("again", again);
    let output = pullstat(
        images.folder.path(),
        &["./made", "--format", "csv", "--deep"],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let headers = text.lines().filter(|line| line.starts_with("reference,"));
    assert_eq!((headers.count(), text.lines().count()), (1, 5));
}

#[test]
fn the_table_is_for_people() {
    let images = Images::wasteful();
    let output = pullstat(images.folder.path(), &["./made", "--deep"]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn help_says_what_it_does() {
    let help = pullstat(Path::new("."), &["--help"]);
    insta::assert_snapshot!(String::from_utf8(help.stdout).unwrap());
}

/// Sums up the regular files below a folder, each once however many names it has.
fn bytes_below(folder: &Path, seen: &mut HashMap<u64, u64>) -> u64 {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = fs::symlink_metadata(&path).unwrap();
        if about.is_dir() {
            bytes_below(&path, seen);
        } else if about.is_file() {
            seen.insert(about.ino(), about.len());
        }
    }
    seen.values().sum()
}

#[test]
fn umoci_leaves_the_bytes_that_are_said_to_survive() {
    let mut images = Images::new();
    let layers = [
        tar(&[
            Entry::Folder("usr".into()),
            Entry::file("usr/lib/x", 1_000),
            Entry::file("usr/lib/kept", 30),
            Entry::Symlink("lib".into(), "usr/lib".into()),
            Entry::HardLink("usr/linked".into(), "usr/lib/x".into()),
            Entry::file("gone/deep/y", 5_000),
            Entry::file("opaque/z", 700),
        ]),
        tar(&[
            Entry::file("usr/lib/.wh.x", 0),
            Entry::file(".wh.gone", 0),
            Entry::Folder("opaque".into()),
            Entry::file("opaque/.wh..wh..opq", 0),
            Entry::file("opaque/new", 11),
            Entry::file("usr/lib/kept", 44),
        ]),
    ];
    let image = images.image("amd64", &layers);
    images.tag("1", image);
    let row = &inspected(images.folder.path(), &["./made", "--deep"])[0];
    let bundle = images.folder.path().join("bundle");
    let output = Command::new("umoci")
        .args(["unpack", "--rootless", "--image"])
        .arg(format!("{}:1", images.path().display()))
        .arg(&bundle)
        .output();
    let output = output.expect("umoci is not here; install it with: cargo xtask setup");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let unpacked = bytes_below(&bundle.join("rootfs"), &mut HashMap::new());
    assert_eq!(row["surviving_bytes"], unpacked);
    assert_eq!(row["surviving_bytes"], 1_000 + 44 + 11);
    assert_eq!(row["wasted_bytes"], 5_000 + 700 + 30);
}

fn umoci(folder: &Path, arguments: &[&str]) {
    let output = Command::new("umoci")
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.expect("umoci is not here; install it with: cargo xtask setup");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// umoci 0.4 does not fill up the last block of a tar, and leaves its end out.
#[test]
fn layers_that_umoci_inserts_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("source")).unwrap();
    fs::write(folder.join("source/file"), "hello").unwrap();
    umoci(folder, &["init", "--layout", "made"]);
    umoci(folder, &["new", "--image", "made:1"]);
    let insert = ["insert", "--rootless", "--image", "made:1"];
    umoci(folder, &[&insert[..], &["source", "/opt"]].concat());
    umoci(
        folder,
        &[&insert[..], &["--opaque", "source", "/opt"]].concat(),
    );
    umoci(
        folder,
        &[&insert[..], &["--whiteout", "/opt/file"]].concat(),
    );
    let row = &inspected(folder, &["./made", "--deep"])[0];
    assert_eq!(
        (&row["layers"], &row["surviving_bytes"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(row["wasted_bytes"], 10);
    assert_eq!(row["layer_rows"][2]["command"], "umoci insert");
}

fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c", "l"]);
    prop::collection::vec(name, 1..4).prop_map(|names| names.join("/"))
}

fn entry() -> impl Strategy<Value = Entry> {
    let hidden = |path: String| {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        format!("{folder}/.wh.{name}")
    };
    prop_oneof![
        4 => (path(), 0..900_usize).prop_map(|(path, bytes)| Entry::file(&path, bytes)),
        2 => path().prop_map(Entry::Folder),
        2 => (path(), path()).prop_map(|(path, target)| Entry::Symlink(path, target)),
        2 => (path(), path()).prop_map(|(path, target)| Entry::HardLink(path, target)),
        2 => path().prop_map(move |path| Entry::file(&hidden(path), 0)),
        1 => path().prop_map(|path| Entry::file(&format!("{path}/.wh..wh..opq"), 0)),
    ]
}

/// Unpacks layers for real; nothing if the unpacker refuses one.
fn unpacked(tars: &[Vec<u8>]) -> Option<u64> {
    let dir = tempfile::tempdir().unwrap();
    let mut root = RootFilesystem::create(dir.path().join("root")).unwrap();
    for tar in tars {
        root.apply(&tar[..], Compression::None, &DiffId::of(tar))
            .ok()?;
    }
    Some(bytes_below(root.path(), &mut HashMap::new()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn our_unpacker_leaves_the_bytes_that_are_said_to_survive(
        layers in prop::collection::vec(prop::collection::vec(entry(), 0..8), 1..5)
    ) {
        let images = Images::new();
        let tars: Vec<Vec<u8>> = layers.iter().map(|entries| tar(entries)).collect();
        let manifest = images.image("amd64", &tars);
        let mut found = pullstudy_survey::find_subjects(images.layout(), "made", None, &manifest, None);
        let subject = found.remove(0).unwrap();
        let options = pullstudy_survey::InspectOptions::default();
        let report = pullstudy_survey::inspect(&subject, Some(images.layout()), &options).report;
        if let Some(bytes) = unpacked(&tars) {
            prop_assert_eq!(report.surviving_bytes, Some(bytes), "{:?}", layers);
        }
    }
}
