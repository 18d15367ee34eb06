//! Large blobs in parallel ranges, of registries that give them and of others.

use std::sync::Arc;

use pullstudy_image::{BlobSink, Digest, LayoutWriter};
use pullstudy_registry::{Client, Platforms};

use crate::scripted::{Scripted, not_found, ok, reply};
use crate::small_image::{Study, options};

/// A little more than two ranges of 4 MiB.
const LAYER_BYTES: usize = (9 << 20) + 7;

/// Letters, since what a script says is text; different at each place, as far as letters go.
fn layer() -> String {
    let letter = |place: usize| char::from(b'a' + u8::try_from(place * place % 23 % 26).unwrap());
    (0..LAYER_BYTES).map(letter).collect()
}

/// Serves an image of one layer; `gives_ranges` tells whether ranges are given or ignored.
async fn serve(layer: &str, gives_ranges: bool) -> Scripted {
    let study = Study::new();
    let manifest = study.image("amd64", &[layer.as_bytes()]);
    let config = manifest.config();
    let config_text = study.writer.layout().read_blob(config).unwrap();
    let config_text = String::from_utf8(config_text).unwrap();
    let manifest_text = String::from_utf8(manifest.raw().to_vec()).unwrap();
    let config_path = format!("/v2/a/b/blobs/{}", config.digest);
    let layer_path = format!("/v2/a/b/blobs/{}", Digest::of(layer.as_bytes()));
    let layer = layer.to_owned();
    Scripted::start_with_heads(move |path, head| match path {
        "/v2/a/b/manifests/1" => ok(&manifest_text),
        path if path == config_path => ok(&config_text),
        path if path == layer_path => match range(head).filter(|_| gives_ranges) {
            Some((start, end)) => {
                let header = format!("content-range: bytes {start}-{end}/{}\r\n", layer.len());
                reply("206 Partial Content", &header, &layer[start..=end])
            }
            None => ok(&layer),
        },
        _ => not_found(),
    })
    .await
}

fn range(head: &str) -> Option<(usize, usize)> {
    let (_, rest) = head.split_once("range: bytes=")?;
    let (start, end) = rest.lines().next()?.split_once('-')?;
    Some((start.parse().ok()?, end.parse().ok()?))
}

/// Pulls the image, and returns how often its layer was asked for.
async fn pull(gives_ranges: bool) -> usize {
    let layer = layer();
    let server = serve(&layer, gives_ranges).await;
    let mut options = options();
    options.ranges_per_blob = 3;
    let client = Client::new(options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let writer = Arc::new(LayoutWriter::create(folder.path()).unwrap());
    client
        .pull_to_layout(&server.reference(), &writer, &Platforms::All)
        .await
        .unwrap();
    let digest = Digest::of(layer.as_bytes());
    assert!(writer.contains(&digest).unwrap());
    let stored = std::fs::read(writer.layout().blob_path(&digest)).unwrap();
    assert!(stored == layer.as_bytes());
    let paths = server.paths();
    paths
        .iter()
        .filter(|path| path.ends_with(&digest.to_string()))
        .count()
}

#[tokio::test]
async fn ranges_are_put_together_in_order() {
    assert_eq!(pull(true).await, 3);
}

#[tokio::test]
async fn where_there_are_none_the_first_answer_is_read_to_its_end() {
    assert_eq!(pull(false).await, 1);
}
