//! The client against Debian's docker-registry, and skopeo against our server.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use pullstudy_image::{Layout, LayoutWriter, Platform};
use pullstudy_registry::{Platforms, PullManifestError};
use tempfile::TempDir;

use crate::small_image::{Study, at, bytes, client};

const SETUP: &str = "is missing; `cargo xtask setup` installs it";

/// A docker-registry of its own, stopped when dropped.
struct DockerRegistry {
    process: Child,
    address: String,
    _storage: TempDir,
}

impl DockerRegistry {
    fn start() -> Self {
        let storage = tempfile::tempdir().unwrap();
        let config = storage.path().join("config.yml");
        let data = storage.path().join("data");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n",
            data.display()
        );
        std::fs::write(&config, text).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process =
            process.unwrap_or_else(|error| panic!("docker-registry {SETUP}: {error}"));
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = log
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| listening_on(&line))
            .expect("docker-registry says where it listens");
        // A full pipe would stop the registry.
        std::thread::spawn(move || log.for_each(drop));
        Self {
            process,
            address,
            _storage: storage,
        }
    }
}

fn listening_on(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("listening on ")?;
    Some(rest.split('"').next()?.to_owned())
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

async fn skopeo(arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
    // In another thread: the server it talks to runs in this one.
    tokio::task::spawn_blocking(move || {
        let output = Command::new("skopeo").args(&arguments).output();
        let output = output.unwrap_or_else(|error| panic!("skopeo {SETUP}: {error}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "skopeo {arguments:?}: {said}");
        output
    })
    .await
    .unwrap()
}

fn oci(path: &Path, tag: &str) -> String {
    format!("oci:{}:{tag}", path.display())
}

#[tokio::test]
async fn an_image_is_pulled_from_docker_registry_byte_for_byte() {
    let registry = DockerRegistry::start();
    let layers = [bytes(2_000_000), bytes(10)];
    let study = Study::of("study/image:1", &[&layers[0], &layers[1]]);
    let reference = format!("{}/study/image:1", registry.address)
        .parse()
        .unwrap();
    let destination = format!("docker://{reference}");
    let source = oci(study.dir.path(), "1");
    skopeo(&[
        "--insecure-policy",
        "copy",
        "--preserve-digests",
        "--dest-tls-verify=false",
        &source,
        &destination,
    ])
    .await;

    let stored = study.writer.layout().images().unwrap()[0]
        .descriptor
        .clone();
    let resolved = client().resolve(&reference).await.unwrap();
    assert_eq!(
        (resolved.digest, resolved.size_bytes),
        (stored.digest, stored.size_bytes)
    );
    let dir = tempfile::tempdir().unwrap();
    let writer = Arc::new(LayoutWriter::create(dir.path()).unwrap());
    client()
        .pull_to_layout(&reference, &writer, &Platforms::All)
        .await
        .unwrap();
    let platform = Platform::linux_amd64();
    let image = |layout: &Layout| layout.image(&stored, &platform).unwrap();
    assert_eq!(image(writer.layout()), image(study.writer.layout()));
    for layer in image(writer.layout()).layers() {
        writer.layout().read_blob(&layer.descriptor).unwrap();
    }

    let missing = reference.with_tag("other").unwrap();
    let error = client().pull_document(&missing).await.unwrap_err();
    assert!(
        matches!(error, PullManifestError::NotFound { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn skopeo_copies_from_our_server() {
    let layers = [bytes(2_000_000), bytes(10)];
    let study = Study::of("ghcr.io/study/image:1", &[&layers[0], &layers[1]]);
    let server = study.serve_at(100_000_000).await;
    let dir = tempfile::tempdir().unwrap();
    let source = format!("docker://{}", at(&server, "study/image:1"));
    let target = dir.path().join("layout");
    skopeo(&[
        "--insecure-policy",
        "copy",
        "--preserve-digests",
        "--src-tls-verify=false",
        &source,
        &oci(&target, "1"),
    ])
    .await;

    let copied = Layout::open(&target).unwrap().images().unwrap().remove(0);
    let served = study.writer.layout().images().unwrap().remove(0);
    assert_eq!(copied.descriptor.digest, served.descriptor.digest);
    for layer in &layers {
        let path = Layout::open(&target)
            .unwrap()
            .blob_path(&pullstudy_image::Digest::of(layer));
        assert!(std::fs::read(path).unwrap() == *layer);
    }
}

#[tokio::test]
async fn skopeo_copies_an_index_and_lists_tags_from_our_server() {
    let study = Study::new();
    let index = study.two_platforms();
    study.tag("ghcr.io/study/image:multi", &index.descriptor());
    let server = study.serve().await;
    let dir = tempfile::tempdir().unwrap();
    let source = format!("docker://{}", at(&server, "study/image:multi"));
    let target = oci(dir.path(), "multi");
    skopeo(&[
        "--insecure-policy",
        "copy",
        "--all",
        "--preserve-digests",
        "--src-tls-verify=false",
        &source,
        &target,
    ])
    .await;
    let copied = Layout::open(dir.path()).unwrap();
    let root = copied.images().unwrap().remove(0).descriptor;
    assert_eq!(root.digest, index.digest());
    assert_eq!(copied.all_images(&root).unwrap().len(), 2);

    let repository = format!("docker://{}", at(&server, "study/image").name());
    let listed = skopeo(&["list-tags", "--tls-verify=false", &repository]).await;
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["Tags"], serde_json::json!(["multi"]));
}
