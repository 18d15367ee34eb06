//! The client against our own server.

use std::io::Read;
use std::sync::Arc;

use pullstudy_image::{
    BlobSource, Document, Image, Layout, LayoutWriter, Manifest, Platform, Reference,
};
use pullstudy_registry::{
    Platforms, PullBlobError, PullImageError, PullManifestError, RemoteSource, VerifiedBlobStream,
};

use crate::small_image::{Study, at, blob_named, bytes, client};

async fn collect(mut stream: VerifiedBlobStream) -> Result<Vec<u8>, PullBlobError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next_chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn layout() -> (tempfile::TempDir, Arc<LayoutWriter>) {
    let dir = tempfile::tempdir().unwrap();
    let writer = Arc::new(LayoutWriter::create(dir.path()).unwrap());
    (dir, writer)
}

fn only_image(layout: &Layout) -> Image {
    let entry = layout.images().unwrap().remove(0);
    layout
        .image(&entry.descriptor, &Platform::linux_amd64())
        .unwrap()
}

#[tokio::test]
async fn a_tag_is_resolved_and_its_manifest_pulled() {
    let study = Study::of("ghcr.io/study/image:one", &[b"layer"]);
    let server = study.serve().await;
    let reference = at(&server, "study/image:one");
    let stored = &study.writer.layout().images().unwrap()[0].descriptor;

    let descriptor = client().resolve(&reference).await.unwrap();
    assert_eq!(
        (descriptor.digest, descriptor.size_bytes),
        (stored.digest, stored.size_bytes)
    );
    assert_eq!(descriptor.media_type, stored.media_type);
    let document = client().document(&reference, &descriptor).await.unwrap();
    let Document::Manifest(manifest) = &document else {
        panic!("no manifest")
    };
    assert_eq!(manifest.digest(), stored.digest);
    let (pulled, same) = client().pull_document(&reference).await.unwrap();
    assert_eq!((pulled, same), (descriptor.clone(), document));

    let by_digest = reference.with_digest(stored.digest);
    assert_eq!(client().resolve(&by_digest).await.unwrap(), descriptor);
}

#[tokio::test]
async fn a_blob_comes_in_chunks_and_checked() {
    let content = bytes(3_000_000);
    let study = Study::of("a/b:1", &[&content]);
    let server = study.serve().await;
    let reference = at(&server, "a/b:1");
    let image = client()
        .pull_image(&reference, &Platform::linux_amd64())
        .await
        .unwrap();
    let layer = &image.layers()[0].descriptor;

    let stream = client().blob(&reference, layer).await.unwrap();
    assert_eq!(stream.descriptor(), layer);
    assert!(collect(stream.verified()).await.unwrap() == content);
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let server = study.serve().await;
    for name in ["a/b:2", "z:1"] {
        let reference = at(&server, name);
        let error = client().resolve(&reference).await.unwrap_err();
        assert!(
            matches!(error, PullManifestError::NotFound { .. }),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            format!("{reference} does not exist; check repository and tag")
        );
        assert!(!error.is_retryable());
    }
    let nowhere = blob_named(pullstudy_image::Digest::of(b"nowhere"), 7);
    let error = client()
        .blob(&at(&server, "a/b:1"), &nowhere)
        .await
        .unwrap_err();
    assert!(matches!(error, PullBlobError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn an_index_gives_the_image_of_a_platform_or_names_the_lack() {
    let study = Study::new();
    study.tag("a/b:multi", &study.two_platforms().descriptor());
    let server = study.serve().await;
    let reference = at(&server, "a/b:multi");

    let arm64: Platform = "linux/arm64".parse().unwrap();
    let image = client().pull_image(&reference, &arm64).await.unwrap();
    assert_eq!(image.config().platform(), arm64);
    let s390x = "linux/s390x".parse().unwrap();
    let error = client().pull_image(&reference, &s390x).await.unwrap_err();
    assert!(
        matches!(error, PullImageError::NoPlatform { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_image_is_pulled_into_a_layout_byte_for_byte() {
    let layers = [bytes(700_000), bytes(10), Vec::new(), bytes(10)];
    let slices: Vec<_> = layers.iter().map(Vec::as_slice).collect();
    let study = Study::of("a/b:1", &slices);
    let server = study.serve().await;
    let reference = at(&server, "a/b:1");
    let (_dir, writer) = layout();

    let root = client()
        .pull_to_layout(&reference, &writer, &Platforms::All)
        .await
        .unwrap();
    let entry = &writer.layout().images().unwrap()[0];
    assert_eq!(entry.name, Some(reference.to_string()));
    assert_eq!(entry.descriptor.digest, root.digest);
    assert_eq!(
        only_image(writer.layout()),
        only_image(study.writer.layout())
    );
    for layer in only_image(writer.layout()).layers() {
        writer.layout().read_blob(&layer.descriptor).unwrap();
    }
}

#[tokio::test]
async fn an_index_is_pulled_whole_or_for_one_platform() {
    let study = Study::new();
    let index = study.two_platforms();
    study.tag("a/b:multi", &index.descriptor());
    let server = study.serve().await;
    let reference = at(&server, "a/b:multi");

    let (_dir, all) = layout();
    let root = client()
        .pull_to_layout(&reference, &all, &Platforms::All)
        .await
        .unwrap();
    assert_eq!(root.digest, index.digest());
    assert_eq!(all.layout().all_images(&root).unwrap().len(), 2);

    let (_dir, one) = layout();
    let arm64: Platform = "linux/arm64".parse().unwrap();
    let platforms = Platforms::One(arm64.clone());
    let root = client()
        .pull_to_layout(&reference, &one, &platforms)
        .await
        .unwrap();
    assert_eq!(root.digest, index.manifests()[1].digest);
    let image = one.layout().image(&root, &arm64).unwrap();
    assert_eq!(image.config().platform(), arm64);
}

#[tokio::test]
async fn blobs_that_are_there_are_not_pulled_again() {
    let content = bytes(5000);
    let study = Study::of("a/b:1", &[&content]);
    let (_dir, writer) = layout();
    writer.put_blob(&content).unwrap();
    let path = study
        .writer
        .layout()
        .blob_path(&pullstudy_image::Digest::of(&content));
    std::fs::remove_file(path).unwrap();
    let server = study.serve().await;
    let reference = at(&server, "a/b:1");
    client()
        .pull_to_layout(&reference, &writer, &Platforms::All)
        .await
        .unwrap();
}

#[tokio::test]
async fn code_that_is_not_async_reads_blobs_too() {
    let content = bytes(900_000);
    let study = Study::of("a/b:1", &[&content]);
    let server = study.serve().await;
    let reference = at(&server, "a/b:1");
    let runtime = tokio::runtime::Handle::current();
    let source = RemoteSource::new(client(), reference.clone(), runtime);
    let descriptor = blob_named(pullstudy_image::Digest::of(&content), content.len() as u64);
    let (read, lost) = tokio::task::spawn_blocking(move || {
        let mut read = Vec::new();
        source
            .open(&descriptor)
            .unwrap()
            .read_to_end(&mut read)
            .unwrap();
        let nowhere = blob_named(pullstudy_image::Digest::of(b"nowhere"), 7);
        (
            read,
            source.open(&nowhere).err().map(|error| error.to_string()),
        )
    })
    .await
    .unwrap();
    assert!(read == content);
    assert!(lost.unwrap().contains(&reference.name()));
}

#[tokio::test]
async fn a_manifest_may_list_no_layers() {
    let study = Study::of("a/b:1", &[]);
    let server = study.serve().await;
    let reference: Reference = at(&server, "a/b:1");
    let (_, document) = client().pull_document(&reference).await.unwrap();
    let layers = |manifest: &Manifest| manifest.layers().len();
    assert!(matches!(document, Document::Manifest(manifest) if layers(&manifest) == 0));
}

/// Runs a test of this module in a process that finds no certificates.
#[test]
fn loopback_needs_no_certificates() {
    let empty = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "pulling::a_tag_is_resolved_and_its_manifest_pulled",
        ])
        .env("SSL_CERT_DIR", empty.path())
        .env("SSL_CERT_FILE", empty.path().join("none"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
