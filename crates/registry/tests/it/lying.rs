//! The client against a server that lies: an error that names registry, repository and cause, and never a wrong byte.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use pullstudy_image::{
    Descriptor, Digest, Index, LayoutWriter, Manifest, MediaType, Platform, Reference,
};
use pullstudy_registry::{
    Client, ClientOptions, CopyError, Platforms, PullBlobError, PullImageError, PullManifestError,
    TransportError,
};

use crate::liar::{Liar, Reply};
use crate::small_image::{Study, blob_named, bytes, client};

const MANIFEST: &str = "content-type: application/vnd.oci.image.manifest.v1+json\r\n";
const MANIFEST_PATH: &str = "/v2/a/b/manifests/1";

fn manifest() -> Manifest {
    Study::new().image("amd64", &[b"layer"])
}

async fn with_manifest(reply: Reply) -> Liar {
    Liar::start([(MANIFEST_PATH.to_owned(), reply)]).await
}

async fn with_blob(content: &[u8], reply: Reply) -> (Liar, Descriptor) {
    let digest = Digest::of(content);
    let liar = Liar::start([(format!("/v2/a/b/blobs/{digest}"), reply)]).await;
    (liar, blob_named(digest, content.len() as u64))
}

async fn pull_manifest(reply: Reply) -> PullManifestError {
    let liar = with_manifest(reply).await;
    client().pull_document(&liar.reference()).await.unwrap_err()
}

async fn pull_blob(content: &[u8], reply: Reply) -> PullBlobError {
    let (liar, descriptor) = with_blob(content, reply).await;
    let error = read(&client(), &liar, &descriptor).await.unwrap_err();
    let (text, name) = (error.to_string(), liar.reference().name());
    assert!(
        text.contains(&name) && text.contains(&descriptor.digest.to_string()),
        "{text}"
    );
    error
}

async fn read(client: &Client, liar: &Liar, blob: &Descriptor) -> Result<Vec<u8>, PullBlobError> {
    let mut stream = client.blob(&liar.reference(), blob).await?.verified();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next_chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// An error and its causes, in one line as a program prints them.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_manifest_with_another_digest_than_promised() {
    let promised = Digest::of(b"other");
    let headers = format!("{MANIFEST}docker-content-digest: {promised}\r\n");
    let manifest = manifest();
    let error = pull_manifest(Reply::ok(&headers, manifest.raw())).await;
    let PullManifestError::DigestMismatch {
        expected, actual, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!((expected, actual), (promised, manifest.digest()));
}

#[tokio::test]
async fn a_manifest_with_another_digest_than_asked_for() {
    let asked = Digest::of(b"other");
    let path = format!("/v2/a/b/manifests/{asked}");
    let liar = Liar::start([(path, Reply::ok(MANIFEST, manifest().raw()))]).await;
    let descriptor = Descriptor::new(MediaType::ImageManifest, asked, 5);
    let error = client()
        .document(&liar.reference(), &descriptor)
        .await
        .unwrap_err();
    assert!(
        matches!(error, PullManifestError::DigestMismatch { .. }),
        "{error:?}"
    );
    assert!(!error.is_retryable());
    // HEAD tells the truth here: something else is stored under that digest.
    let reference = liar.reference().with_digest(asked);
    let error = client().resolve(&reference).await.err();
    assert!(
        error.is_none(),
        "the reference's digest stands in for a missing header: {error:?}"
    );
}

#[tokio::test]
async fn a_resolved_digest_other_than_the_references() {
    let (asked, promised) = (Digest::of(b"asked"), Digest::of(b"promised"));
    let headers = format!("{MANIFEST}docker-content-digest: {promised}\r\n");
    let path = format!("/v2/a/b/manifests/{asked}");
    let liar = Liar::start([(path, Reply::ok(&headers, b"{}"))]).await;
    let error = client()
        .resolve(&liar.reference().with_digest(asked))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PullManifestError::DigestMismatch { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_registry_without_digest_headers_is_resolved_by_its_manifest() {
    let manifest = manifest();
    let liar = with_manifest(Reply::ok(MANIFEST, manifest.raw())).await;
    let descriptor = client().resolve(&liar.reference()).await.unwrap();
    assert_eq!(descriptor, manifest.descriptor());
}

#[tokio::test]
async fn a_web_page_in_place_of_a_manifest() {
    let html = b"<html><body>Please log in to the hotel's network</body></html>";
    let error = pull_manifest(Reply::ok("content-type: text/html\r\n", html)).await;
    assert!(
        matches!(error, PullManifestError::Parse { .. }),
        "{error:?}"
    );
    assert!(
        chain(&error).contains("is no image: not a valid JSON document"),
        "{}",
        chain(&error)
    );
}

#[tokio::test]
async fn a_manifest_without_end() {
    let headers = "content-length: 99999999999\r\n";
    let error = pull_manifest(Reply::new("200 OK", headers, &vec![b' '; 9 << 20])).await;
    assert!(
        matches!(error, PullManifestError::TooLarge { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn failures_of_the_registry_keep_their_status_and_words() {
    let body = br#"{"errors":[{"code":"DENIED","message":"quota\nexceeded"}]}"#;
    for (status, retryable) in [
        ("403 Forbidden", false),
        ("429 Slow down", true),
        ("503 Busy", true),
    ] {
        let headers = format!("content-length: {}\r\n", body.len());
        let error = pull_manifest(Reply::new(status, &headers, body)).await;
        assert_eq!(error.is_retryable(), retryable, "{status}");
        let expected = format!("answered with status {}: quota exceeded", &status[..3]);
        assert!(chain(&error).ends_with(&expected), "{}", chain(&error));
    }
    let error = pull_blob(
        b"blob",
        Reply::new("500 Oops", "content-length: 4\r\n", b"oops"),
    )
    .await;
    assert!(
        error.is_retryable() && chain(&error).ends_with("status 500: oops"),
        "{}",
        chain(&error)
    );
}

#[tokio::test]
async fn a_blob_with_another_digest() {
    let content = bytes(100_000);
    let mut changed = content.clone();
    changed[50_000] ^= 1;
    let error = pull_blob(&content, Reply::ok("", &changed)).await;
    let PullBlobError::DigestMismatch {
        expected, actual, ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (expected, actual),
        (Digest::of(&content), Digest::of(&changed))
    );
}

#[tokio::test]
async fn a_blob_cut_short_can_be_tried_again() {
    let content = bytes(100_000);
    let short = Reply::new("200 OK", "content-length: 100000\r\n", &content[..60_000]);
    let error = pull_blob(&content, short).await;
    assert!(error.is_retryable(), "{}", chain(&error));
    assert!(chain(&error).contains("broke"), "{}", chain(&error));
}

#[tokio::test]
async fn a_blob_of_another_size() {
    let content = bytes(1000);
    let larger = bytes(1001);
    let chunked = |bytes: &[u8]| {
        let mut body = format!("{:x}\r\n", bytes.len()).into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n0\r\n\r\n");
        Reply::new("200 OK", "transfer-encoding: chunked\r\n", &body)
    };
    for reply in [
        Reply::ok("", &content[..999]),
        Reply::ok("", &larger),
        chunked(&content[..999]),
        chunked(&larger),
    ] {
        let error = pull_blob(&content, reply).await;
        assert!(
            matches!(error, PullBlobError::SizeMismatch { .. }),
            "{error:?}"
        );
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let reference: Reference = format!("{address}/a/b:1").parse().unwrap();
    let error = client().resolve(&reference).await.unwrap_err();
    assert!(error.is_retryable());
    let expected = format!(
        "failed to pull the manifest of {reference}: gave up after 2 tries: cannot connect to {address}: Connection refused (os error 111)"
    );
    assert_eq!(chain(&error), expected);
}

#[tokio::test]
async fn what_is_no_http() {
    let liar = Liar::start([(MANIFEST_PATH.to_owned(), Reply::new("what", "", b""))]).await;
    let error = client().resolve(&liar.reference()).await.unwrap_err();
    let PullManifestError::Transport {
        source: TransportError::GaveUp { source, .. },
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert!(
        matches!(*source, TransportError::Interrupted { .. }),
        "{source:?}"
    );
}

/// The clock stands still while anything happens, and jumps when nothing does: no test waits for a timeout.
#[tokio::test(start_paused = true)]
async fn a_registry_that_falls_silent() {
    let mut options = ClientOptions::default();
    options.stall_timeout = Duration::from_secs(7);
    let client = Client::new(options).unwrap();
    let content = bytes(100_000);
    let head = "content-length: 100000\r\n";
    let midway = Reply::new("200 OK", head, &content[..60_000]).hanging();
    for reply in [Reply::silence(), midway] {
        let (liar, descriptor) = with_blob(&content, reply).await;
        let error = read(&client, &liar, &descriptor).await.unwrap_err();
        assert!(error.is_retryable());
        assert!(
            chain(&error).ends_with("was silent for 7 s"),
            "{}",
            chain(&error)
        );
    }
}

#[tokio::test]
async fn a_token_is_fetched_where_the_registry_wants_one() {
    let manifest = manifest();
    let service = Liar::start([(
        "/token?service=study&scope=repository%3Aa%2Fb%3Apull".to_owned(),
        Reply::ok(
            "content-type: application/json\r\n",
            br#"{"token":"secret"}"#,
        ),
    )])
    .await;
    let challenge = format!(
        "content-length: 0\r\nwww-authenticate: Bearer realm=\"http://{}/token\",service=\"study\"\r\n",
        service.address()
    );
    let denied = Reply::new("401 Unauthorized", &challenge, b"");
    let registry = Liar::start([
        ("/v2/".to_owned(), denied.clone()),
        (MANIFEST_PATH.to_owned(), denied),
        (
            format!("{MANIFEST_PATH} with token"),
            Reply::ok(MANIFEST, manifest.raw()),
        ),
    ])
    .await;
    let client = client();
    let (descriptor, _) = client.pull_document(&registry.reference()).await.unwrap();
    assert_eq!(descriptor, manifest.descriptor());
    assert!(!format!("{client:?}").contains("secret"));
}

#[tokio::test]
async fn a_registry_that_wants_a_password() {
    let challenge = "content-length: 0\r\nwww-authenticate: Basic realm=\"study\"\r\n";
    let denied = Reply::new("401 Unauthorized", challenge, b"");
    let liar = Liar::start([
        ("/v2/".to_owned(), denied.clone()),
        (MANIFEST_PATH.to_owned(), denied),
    ])
    .await;
    let error = client().resolve(&liar.reference()).await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(
        chain(&error).contains("gives no access without credentials"),
        "{}",
        chain(&error)
    );
}

#[tokio::test]
async fn indexes_in_a_chain_without_end() {
    let mut entry = Index::new(&[]).descriptor();
    let mut replies = Vec::new();
    for _ in 0..12 {
        let index = Index::new(&[entry]);
        entry = index.descriptor();
        let path = format!("/v2/a/b/manifests/{}", entry.digest);
        replies.push((path, Reply::ok("", index.raw())));
    }
    let liar = Liar::start(replies).await;
    let reference = liar.reference().with_digest(entry.digest);
    let error = client()
        .pull_image(&reference, &Platform::linux_amd64())
        .await
        .unwrap_err();
    assert!(matches!(error, PullImageError::TooDeep { .. }), "{error:?}");
    let dir = tempfile::tempdir().unwrap();
    let writer = Arc::new(LayoutWriter::create(dir.path()).unwrap());
    let error = client()
        .pull_to_layout(&reference, &writer, &Platforms::All)
        .await
        .unwrap_err();
    assert!(
        chain(&error).contains("nested more than 8 deep"),
        "{}",
        chain(&error)
    );
}

#[tokio::test]
async fn a_config_of_a_gigabyte_is_not_read() {
    let config = Descriptor::new(MediaType::ImageConfig, Digest::of(b"config"), 1 << 30);
    let manifest = Manifest::new(&config, &[], &std::collections::BTreeMap::new());
    let liar = with_manifest(Reply::ok(MANIFEST, manifest.raw())).await;
    let platform = Platform::linux_amd64();
    let error = client()
        .pull_image(&liar.reference(), &platform)
        .await
        .unwrap_err();
    assert!(
        matches!(error, PullImageError::ConfigTooLarge { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wrong_layer_leaves_no_blob_and_no_tag() {
    let study = Study::new();
    let layer = bytes(50_000);
    let manifest = study.image("amd64", &[&layer]);
    let config = study.writer.layout().read_blob(manifest.config()).unwrap();
    let replies = |layer: Reply| {
        let blob = |digest: Digest| format!("/v2/a/b/blobs/{digest}");
        [
            (
                MANIFEST_PATH.to_owned(),
                Reply::ok(MANIFEST, manifest.raw()),
            ),
            (blob(manifest.config().digest), Reply::ok("", &config)),
            (blob(manifest.layers()[0].digest), layer),
        ]
    };
    let mut changed = layer.clone();
    changed[7] ^= 1;
    let cut = Reply::new("200 OK", "content-length: 50000\r\n", &layer[..40_000]);
    let dir = tempfile::tempdir().unwrap();
    let writer = Arc::new(LayoutWriter::create(dir.path()).unwrap());
    for reply in [Reply::ok("", &changed), cut] {
        let liar = Liar::start(replies(reply)).await;
        let reference = liar.reference();
        let error = client()
            .pull_to_layout(&reference, &writer, &Platforms::All)
            .await
            .unwrap_err();
        assert!(matches!(error, CopyError::PullBlob { .. }), "{error:?}");
        assert!(
            error.to_string().contains(&reference.to_string()),
            "{error}"
        );
        assert!(!writer.layout().blob_path(&Digest::of(&layer)).exists());
        assert!(!writer.layout().blob_path(&Digest::of(&changed)).exists());
        assert_eq!(writer.layout().images().unwrap(), []);
    }
    let liar = Liar::start(replies(Reply::ok("", &layer))).await;
    client()
        .pull_to_layout(&liar.reference(), &writer, &Platforms::All)
        .await
        .unwrap();
    assert!(writer.layout().blob_path(&Digest::of(&layer)).exists());
}
