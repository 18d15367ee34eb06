//! skopeo as a client of our server.

use pullstudy_image::Layout;

use super::programs::{oci, skopeo};
use crate::small_image::{Study, at, bytes};

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
