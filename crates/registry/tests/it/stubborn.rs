//! Registries that never say no and never get on: the client must come to an end.

use std::sync::atomic::{AtomicUsize, Ordering};

use pullstudy_image::{Digest, Layout, MediaType};
use pullstudy_registry::{BlobOutcome, Client, PushBlobError};

use crate::scripted::{Scripted, not_found, ok, reply};
use crate::small_image::{Study, blob_named, bytes, options};

/// More than the client asks, and far less than it once did.
const MANY_REQUESTS: usize = 20;

fn client() -> Client {
    Client::new(options()).unwrap()
}

#[tokio::test]
async fn empty_ranges_are_an_error() {
    let content = "0123456789".repeat(10);
    let answers = AtomicUsize::new(0);
    let server = Scripted::start_with_heads(move |_, head| {
        match (
            answers.fetch_add(1, Ordering::Relaxed),
            head.contains("range: bytes=50-"),
        ) {
            (0, true) => reply(
                "206 Partial Content",
                "content-range: bytes 50-59/100\r\n",
                "0123456789",
            ),
            _ => reply(
                "206 Partial Content",
                "content-range: bytes 60-99/100\r\n",
                "",
            ),
        }
    })
    .await;
    let blob = blob_named(Digest::of(content.as_bytes()), 100);
    let mut download = client().download(&server.reference(), &blob, 50);
    assert_eq!(download.next_chunk().await.unwrap().unwrap().len(), 10);
    let error = download.next_chunk().await.unwrap_err();
    assert!(!error.is_retryable(), "{error:?}");
    assert!(server.paths().len() < MANY_REQUESTS);
}

#[tokio::test]
async fn an_upload_of_which_nothing_is_taken_is_lost() {
    let server = Scripted::start_with_heads(move |_, head| {
        let place = "location: /v2/a/b/blobs/uploads/1\r\n";
        match head.split(' ').next() {
            Some("post") => reply("202 Accepted", place, ""),
            Some("patch") => reply("202 Accepted", &format!("{place}range: 0-999\r\n"), ""),
            _ => not_found(),
        }
    })
    .await;
    let mut options = options();
    options.chunk_bytes = 1000;
    let client = Client::new(options).unwrap();
    let mut upload = client.start_upload(&server.reference()).await.unwrap();
    upload.write(&bytes(1000)).await.unwrap();
    let error = upload.write(&bytes(1000)).await.unwrap_err();
    assert!(
        matches!(error, PushBlobError::UploadLost { .. }),
        "{error:?}"
    );
    assert!(server.paths().len() < MANY_REQUESTS);
}

/// A token for two repositories is asked for to mount, and is not given to everyone.
#[tokio::test]
async fn a_mount_that_the_token_service_refuses_is_a_push() {
    let service = Scripted::start(|path| match path.matches("scope=").count() {
        1 => ok(r#"{"token":"t"}"#),
        _ => reply("403 Forbidden", "", ""),
    })
    .await;
    let realm = format!("http://{}/token", service.address());
    let challenge = format!("www-authenticate: Bearer realm=\"{realm}\",service=\"s\"\r\n");
    let server = Scripted::start_with_heads(move |_, head| {
        let place = "location: /v2/a/b/blobs/uploads/1\r\n";
        match head.split(' ').next() {
            _ if !head.contains("authorization: bearer t") => {
                reply("401 Unauthorized", &challenge, "")
            }
            Some("post") => reply("202 Accepted", place, ""),
            Some("put") => reply("201 Created", "", ""),
            _ => not_found(),
        }
    })
    .await;
    let (client, reference) = (client(), server.reference());
    let mounted = client
        .mount_blob(&reference, &Digest::of(b"x"), "org/private")
        .await;
    assert!(!mounted.unwrap());
    let study = Study::new();
    let blob = study.blob(MediaType::ImageLayer, b"x");
    let layout: &Layout = study.writer.layout();
    let pushed = client.push_blob(&reference, &blob, layout).await;
    assert_eq!(pushed.unwrap(), BlobOutcome::Moved);
}
