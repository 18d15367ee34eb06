//! Layouts that lost a part of an image.

use std::error::Error;
use std::fs;

use pullstudy_image::Digest;
use pullstudy_registry::{CopyError, Platforms};

use super::lists::to_registry;
use super::servers::{Kind, Server};
use crate::small_image::{Study, bytes};

/// Layers of a quarter of a mebibyte, so that a blob is more than one read.
fn layers() -> Vec<Vec<u8>> {
    (1..=4).map(|number| bytes(256 << 10 | number)).collect()
}

async fn copied(spoil: impl Fn(&Study, &[Digest])) -> (CopyError, [Digest; 4]) {
    let study = Study::new();
    let layers = layers();
    let slices: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
    let image = study.image("amd64", &slices);
    study.tag("study/damaged:1", &image.descriptor());
    let digests: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    spoil(&study, &digests);
    let server = Server::start(Kind::Docker);
    let (client, repository) = (server.client(), server.reference("study/damaged"));
    let mut results = client
        .copy(&to_registry(&study, &repository), &Platforms::All)
        .await;
    let error = results.remove(0).unwrap_err();
    let tagged = repository.with_tag("1").unwrap();
    assert!(
        client.resolve(&tagged).await.is_err(),
        "it was tagged all the same"
    );
    (error, digests.try_into().unwrap())
}

fn change(study: &Study, digest: &Digest) {
    let path = study.writer.layout().blob_path(digest);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn every_damaged_blob_is_named() {
    let (error, digests) = copied(|study, digests| {
        change(study, &digests[1]);
        change(study, &digests[2]);
    })
    .await;
    let text = error.to_string();
    assert!(text.contains("unusable blobs (2)"), "{text}");
    for (position, digest) in digests.iter().enumerate() {
        let named = text.contains(&format!("blob {digest} of"));
        assert_eq!(named, position == 1 || position == 2, "{text}");
    }
    assert!(error.source().is_none() && !error.is_retryable());
}

#[tokio::test]
async fn a_missing_blob_and_a_damaged_one_are_both_named() {
    let (error, digests) = copied(|study, digests| {
        fs::remove_file(study.writer.layout().blob_path(&digests[0])).unwrap();
        change(study, &digests[3]);
    })
    .await;
    let text = error.to_string();
    assert!(text.contains("unusable blobs (2)"), "{text}");
    assert!(
        text.contains(&format!("failed to read blob {}", digests[0])),
        "{text}"
    );
    assert!(text.contains(&format!("blob {} of", digests[3])), "{text}");
}
