//! Lists that registries keep: tags, referrers.

use std::sync::Arc;

use futures_util::future::join_all;
use pullstudy_image::{
    Descriptor, Digest, Document, Layout, LayoutWriter, Manifest, MediaType, Reference,
};
use pullstudy_registry::{Client, CopyJob, CopySource, CopyTarget, LayoutImage, Platforms};

use super::moving::{copy, in_layout, only_image, with_flags};
use super::programs::run;
use super::servers::{Kind, Server};
use crate::small_image::Study;

/// Pushed at the same time.
const SIGNATURES: usize = 8;

const SIGNATURE: &str = "application/vnd.example.signature";

/// Twelve tags, so that there is more than a page of them where pages are short.
pub(crate) async fn all_tags(kind: Kind) {
    let server = Server::start(kind);
    let client = server.client();
    let first = server.reference("study/image");
    let study = Study::new();
    let tags: Vec<String> = (0..12).map(|number| format!("tag-{number:02}")).collect();
    for tag in &tags {
        let manifest = study.image("amd64", &[b"shared by all", tag.as_bytes()]);
        study.tag(&format!("study/image:{tag}"), &manifest.descriptor());
    }
    copy_all(&client, &to_registry(&study, &first)).await;
    let mut listed = client.tags(&first).await.unwrap();
    // docker-registry lists them in another order each time.
    listed.sort_unstable();
    assert_eq!(listed, tags);

    let folder = tempfile::tempdir().unwrap();
    let writer = Arc::new(LayoutWriter::create(folder.path()).unwrap());
    let jobs = tags.iter().map(|tag| {
        let reference = first.with_tag(tag).unwrap();
        let target = CopyTarget::Layout(Arc::clone(&writer), reference.clone());
        CopyJob::new(CopySource::Registry(reference), target)
    });
    copy_all(&client, &jobs.collect::<Vec<_>>()).await;
    assert_eq!(digests(writer.layout()), digests(study.writer.layout()));

    let name = format!("docker://{}", first.name());
    let flags = server.skopeo_flags("");
    let listed = run("skopeo", &with_flags(&["list-tags"], &flags, &[&name]));
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let count = listed["Tags"].as_array().map(Vec::len);
    assert_eq!(count, Some(tags.len()), "{listed}");
}

pub(crate) async fn copy_all(client: &Client, jobs: &[CopyJob]) {
    for copied in client.copy(jobs, &Platforms::All).await {
        copied.unwrap();
    }
}

/// Every image of a layout under its own tag.
pub(crate) fn to_registry(study: &Study, repository: &Reference) -> Vec<CopyJob> {
    let layout = study.writer.layout();
    let images = layout.images().unwrap().into_iter();
    let jobs = images.map(|image| {
        let tag = image.tag.unwrap();
        let source = CopySource::Layout(Box::new(LayoutImage {
            layout: layout.clone(),
            descriptor: image.descriptor,
            name: tag.clone(),
            origin: None,
        }));
        let target = repository.with_tag(&tag).unwrap();
        CopyJob::new(source, CopyTarget::Registry(target))
    });
    jobs.collect()
}

fn digests(layout: &Layout) -> Vec<Digest> {
    let images = layout.images().unwrap();
    let mut digests: Vec<_> = images.iter().map(|image| image.descriptor.digest).collect();
    digests.sort_unstable();
    digests
}

/// What refers to an image is found, whether the registry knows of referrers or not.
pub(crate) async fn referrers(kind: Kind) {
    let server = Server::start(kind);
    let study = Study::of("study/image:1", &[b"layer"]);
    let reference = server.reference("study/image:1");
    let client = server.client();
    copy(&client, in_layout(study.dir.path()), &reference).await;
    let root = only_image(study.dir.path());
    let by_digest = reference.with_digest(root.digest);
    assert_eq!(client.referrers(&by_digest, None).await.unwrap(), []);

    let signatures: Vec<Manifest> = (0..SIGNATURES)
        .map(|number| signature_of(&study, &root, number))
        .collect();
    for blob in signatures[0]
        .layers()
        .iter()
        .chain([signatures[0].config()])
    {
        client
            .push_blob(&reference, blob, study.writer.layout())
            .await
            .unwrap();
    }
    // All at once: a list that is read, changed and written by each of them must lose none.
    let pushing = signatures.iter().map(async |signature| {
        let target = reference.with_digest(signature.digest());
        let document = Document::Manifest(signature.clone());
        client.push_document(&target, &document).await.unwrap();
    });
    join_all(pushing).await;
    let found = client.referrers(&by_digest, None).await.unwrap();
    let mut digests: Vec<_> = found.iter().map(|found| found.digest).collect();
    let mut expected: Vec<_> = signatures.iter().map(Manifest::digest).collect();
    digests.sort_unstable();
    expected.sort_unstable();
    assert_eq!(digests, expected);
    let others = client
        .referrers(&by_digest, Some("application/vnd.example.other"))
        .await;
    assert_eq!(others.unwrap(), []);
}

/// A manifest that refers to an image, in the layout but without a tag.
fn signature_of(study: &Study, subject: &Descriptor, number: usize) -> Manifest {
    let empty = study.blob(MediaType::EmptyJSON, b"{}");
    let layer = study.blob(MediaType::Other("text/plain".into()), b"signed");
    let json = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MediaType::ImageManifest.to_string(),
        "artifactType": SIGNATURE,
        "config": {"mediaType": empty.media_type.to_string(), "digest": empty.digest, "size": empty.size_bytes},
        "layers": [{"mediaType": layer.media_type.to_string(), "digest": layer.digest, "size": layer.size_bytes}],
        "annotations": {"dev.example.number": number.to_string()},
        "subject": {"mediaType": subject.media_type.to_string(), "digest": subject.digest, "size": subject.size_bytes},
    });
    Manifest::parse(json.to_string().into_bytes()).unwrap()
}
