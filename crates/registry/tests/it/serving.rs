//! The server's answers, as an HTTP client sees them.

use std::collections::BTreeMap;
use std::fs;

use pullstudy_image::{Descriptor, Digest, Layout, Manifest, MediaType};
use pullstudy_registry::{ServeError, Server, ServerHandle, ServerOptions};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::small_image::{Study, bytes};

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

async fn ask(
    server: &ServerHandle,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Response {
    let url = format!("http://{}{path}", server.address());
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let client = Client::builder().no_proxy().build().unwrap();
    client
        .request(method, url)
        .headers(all)
        .send()
        .await
        .unwrap()
}

async fn get(server: &ServerHandle, path: &str) -> Response {
    ask(server, Method::GET, path, &[]).await
}

async fn failure(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let code = body["errors"][0]["code"].as_str().unwrap().to_owned();
    assert!(body["errors"][0]["message"].is_string());
    (status, code)
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn only_entry(study: &Study) -> Descriptor {
    study.writer.layout().images().unwrap()[0]
        .descriptor
        .clone()
}

#[tokio::test]
async fn a_manifest_comes_with_its_type_digest_and_length() {
    let study = Study::of("ghcr.io/study/image:one", &[b"layer"]);
    let server = study.serve().await;
    let descriptor = only_entry(&study);
    let raw = study.writer.layout().read_blob(&descriptor).unwrap();
    let digest = descriptor.digest.to_string();
    for reference in ["one", &digest] {
        for method in [Method::GET, Method::HEAD] {
            let path = format!("/v2/study/image/manifests/{reference}");
            let response = ask(&server, method.clone(), &path, &[]).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(header(&response, "content-type"), Some(MANIFEST_TYPE));
            assert_eq!(header(&response, "docker-content-digest"), Some(&*digest));
            let length = raw.len().to_string();
            assert_eq!(header(&response, "content-length"), Some(&*length));
            let body = response.bytes().await.unwrap();
            assert_eq!(body, if method == Method::GET { &raw[..] } else { b"" });
        }
    }
}

#[tokio::test]
async fn the_base_says_which_interface_this_is() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let server = study.serve().await;
    for path in ["/v2/", "/v2"] {
        let response = get(&server, path).await;
        assert_eq!(response.status(), StatusCode::OK);
        let version = header(&response, "docker-distribution-api-version");
        assert_eq!(version, Some("registry/2.0"));
    }
}

#[tokio::test]
async fn ranges_are_cut_as_the_standard_says() {
    let content = bytes(300_000);
    let study = Study::of("a/b:1", &[&content]);
    let server = study.serve().await;
    let path = format!("/v2/a/b/blobs/{}", Digest::of(&content));
    let whole = 0..content.len();
    // Columns: what is asked for, the status, and which bytes come.
    let cases = [
        (None, 200, whole.clone()),
        (Some("bytes=0-0"), 206, 0..1),
        (Some("bytes=0-"), 206, whole.clone()),
        (Some("bytes=100000-199999"), 206, 100_000..200_000),
        (Some("bytes=299999-"), 206, 299_999..300_000),
        (Some("bytes=-5"), 206, 299_995..300_000),
        (Some("bytes=299990-999999"), 206, 299_990..300_000),
        // More than there is counts from the start (RFC 9110, 14.1.2).
        (Some("bytes=-999999"), 206, whole.clone()),
        (Some("bytes=300000-"), 416, 0..0),
        // Not understood, or several: the whole.
        (Some("bytes=5-1"), 200, whole.clone()),
        (Some("bytes=0-1,5-6"), 200, whole.clone()),
        (Some("lines=0-1"), 200, whole.clone()),
    ];
    for (range, status, expected) in cases {
        let headers: Vec<_> = range.map(|range| ("range", range)).into_iter().collect();
        let response = ask(&server, Method::GET, &path, &headers).await;
        assert_eq!(response.status().as_u16(), status, "{range:?}");
        let content_range = match status {
            206 => Some(format!(
                "bytes {}-{}/300000",
                expected.start,
                expected.end - 1
            )),
            416 => Some("bytes */300000".to_owned()),
            _ => None,
        };
        assert_eq!(
            header(&response, "content-range"),
            content_range.as_deref(),
            "{range:?}"
        );
        assert_eq!(
            response.content_length(),
            Some(expected.len() as u64),
            "{range:?}"
        );
        let body = response.bytes().await.unwrap();
        assert!(body == content[expected], "{range:?}: other bytes");
    }
}

#[tokio::test]
async fn a_range_holds_only_while_the_blob_is_the_one_known() {
    let content = bytes(1000);
    let study = Study::of("a/b:1", &[&content]);
    let server = study.serve().await;
    let path = format!("/v2/a/b/blobs/{}", Digest::of(&content));
    let etag = format!("\"{}\"", Digest::of(&content));

    let head = ask(&server, Method::HEAD, &path, &[("range", "bytes=0-9")]).await;
    assert_eq!(
        (head.status(), header(&head, "content-length")),
        (StatusCode::OK, Some("1000"))
    );
    assert_eq!(
        (header(&head, "etag"), header(&head, "accept-ranges")),
        (Some(&*etag), Some("bytes"))
    );

    for (known, status) in [
        (&*etag, 206),
        ("\"other\"", 200),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 200),
    ] {
        let headers = [("range", "bytes=990-"), ("if-range", known)];
        let response = ask(&server, Method::GET, &path, &headers).await;
        assert_eq!(response.status().as_u16(), status, "{known}");
    }
    let again = ask(&server, Method::GET, &path, &[("if-none-match", &etag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let study = Study::of("a/b:1", &[b""]);
    let server = study.serve().await;
    let response = get(&server, &format!("/v2/a/b/blobs/{}", Digest::of(b""))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-length"), Some("0"));
}

#[tokio::test]
async fn an_image_is_seen_at_its_own_repository_alone() {
    let study = Study::of("ghcr.io/x/image:1", &[b"layer of x"]);
    let of_y = study.image("amd64", &[b"layer of y"]);
    study.tag("docker.io/y/image:1", &of_y.descriptor());
    let server = study.serve().await;

    let own = of_y.digest();
    let layer = Digest::of(b"layer of y");
    assert_eq!(
        get(&server, &format!("/v2/y/image/manifests/{own}"))
            .await
            .status(),
        StatusCode::OK
    );
    assert_eq!(
        get(&server, &format!("/v2/y/image/blobs/{layer}"))
            .await
            .status(),
        StatusCode::OK
    );
    for (path, code) in [
        (format!("/v2/x/image/manifests/{own}"), "MANIFEST_UNKNOWN"),
        (format!("/v2/x/image/blobs/{layer}"), "BLOB_UNKNOWN"),
        ("/v2/z/manifests/1".to_owned(), "NAME_UNKNOWN"),
        ("/v2/ghcr.io/x/image/manifests/1".to_owned(), "NAME_UNKNOWN"),
    ] {
        assert_eq!(
            failure(get(&server, &path).await).await,
            (404, code.to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_image_without_a_name_is_seen_everywhere_but_hides_nothing() {
    let study = Study::of("ghcr.io/x/image:1", &[b"named"]);
    let unnamed = study.image("amd64", &[b"unnamed"]).descriptor();
    study.tag_as_skopeo_does("1", &unnamed);
    study.tag_as_skopeo_does("2", &unnamed);
    let server = study.serve().await;

    let digest = async |path: &str| {
        let response = get(&server, path).await;
        header(&response, "docker-content-digest")
            .unwrap()
            .to_owned()
    };
    let named = only_entry(&study).digest.to_string();
    assert_eq!(digest("/v2/x/image/manifests/1").await, named);
    assert_eq!(
        digest("/v2/x/image/manifests/2").await,
        unnamed.digest.to_string()
    );
    assert_eq!(
        digest("/v2/any/name/manifests/1").await,
        unnamed.digest.to_string()
    );
}

#[tokio::test]
async fn a_full_reference_in_place_of_a_tag_is_a_name() {
    let study = Study::new();
    let descriptor = study.image("amd64", &[b"layer"]).descriptor();
    study.tag_as_skopeo_does("docker.io/library/busybox:1.36", &descriptor);
    let server = study.serve().await;
    let found = get(&server, "/v2/library/busybox/manifests/1.36").await;
    assert_eq!(found.status(), StatusCode::OK);
    let elsewhere = get(&server, "/v2/other/manifests/1.36").await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_index_gives_all_its_images_and_may_lack_some() {
    let study = Study::new();
    let index = study.two_platforms();
    study.tag("a/b:multi", &index.descriptor());
    let lost = &index.manifests()[1];
    fs::remove_file(study.writer.layout().blob_path(&lost.digest)).unwrap();
    let server = study.serve().await;

    let response = get(&server, "/v2/a/b/manifests/multi").await;
    let expected = "application/vnd.oci.image.index.v1+json";
    assert_eq!(header(&response, "content-type"), Some(expected));
    let kept = format!("/v2/a/b/manifests/{}", index.manifests()[0].digest);
    assert_eq!(get(&server, &kept).await.status(), StatusCode::OK);
    let lost = format!("/v2/a/b/manifests/{}", lost.digest);
    assert_eq!(
        failure(get(&server, &lost).await).await.1,
        "MANIFEST_UNKNOWN"
    );
}

#[tokio::test]
async fn tags_come_sorted_and_in_pages() {
    let study = Study::new();
    let descriptor = study.image("amd64", &[b"layer"]).descriptor();
    for tag in ["c", "a", "e", "b", "d"] {
        study.tag(&format!("ghcr.io/x/image:{tag}"), &descriptor);
    }
    let server = study.serve().await;

    let page: Value = get(&server, "/v2/x/image/tags/list")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        page,
        json!({"name": "x/image", "tags": ["a", "b", "c", "d", "e"]})
    );

    let mut path = "/v2/x/image/tags/list?n=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let response = get(&server, &path).await;
        let next = header(&response, "link").map(str::to_owned);
        let page: Value = response.json().await.unwrap();
        pages.push(page["tags"].clone());
        let Some(next) = next else { break };
        path = next
            .trim_start_matches('<')
            .split('>')
            .next()
            .unwrap()
            .to_owned();
    }
    assert_eq!(pages, [json!(["a", "b"]), json!(["c", "d"]), json!(["e"])]);

    let none: Value = get(&server, "/v2/x/image/tags/list?n=0")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(none["tags"], json!([]));
    let odd = get(&server, "/v2/x/image/tags/list?n=few").await;
    assert_eq!(odd.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn referrers_are_found_and_filtered() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let subject = only_entry(&study);
    let signature = MediaType::from("application/vnd.study.signature+json");
    let config = study.blob(MediaType::EmptyJSON, b"{}");
    let annotations = BTreeMap::from([("key".to_owned(), "value".to_owned())]);
    let mut spec = Manifest::new(&config, &[], &annotations).spec().clone();
    spec.set_subject(Some(subject.to_spec()))
        .set_artifact_type(Some(signature.clone()));
    let raw = pullstudy_image::canonical_json(&spec);
    let referrer = study.blob(MediaType::ImageManifest, &raw);
    study.tag("a/b:signature", &referrer);
    let server = study.serve().await;

    let path = format!("/v2/a/b/referrers/{}", subject.digest);
    let response = get(&server, &path).await;
    let expected = "application/vnd.oci.image.index.v1+json";
    assert_eq!(header(&response, "content-type"), Some(expected));
    let found: Value = response.json().await.unwrap();
    let expected = json!([{
        "mediaType": MANIFEST_TYPE,
        "digest": referrer.digest.to_string(),
        "size": raw.len(),
        "artifactType": signature.to_string(),
        "annotations": {"key": "value"},
    }]);
    assert_eq!(found["manifests"], expected);

    for (wanted, count) in [
        ("application%2Fvnd.study.signature%2Bjson", 1),
        ("text%2Fplain", 0),
    ] {
        let response = get(&server, &format!("{path}?artifactType={wanted}")).await;
        assert_eq!(
            header(&response, "oci-filters-applied"),
            Some("artifactType")
        );
        let found: Value = response.json().await.unwrap();
        assert_eq!(
            found["manifests"].as_array().unwrap().len(),
            count,
            "{wanted}"
        );
    }
    let none = get(&server, &format!("/v2/a/b/referrers/{}", Digest::of(b"x"))).await;
    assert_eq!(none.status(), StatusCode::OK);
}

#[tokio::test]
async fn failures_are_worded_as_the_specification_wants() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let server = study.serve().await;
    let digest = Digest::of(b"nowhere");
    for (path, status, code) in [
        ("/v2/a/b/manifests/2".to_owned(), 404, "MANIFEST_UNKNOWN"),
        (
            format!("/v2/a/b/manifests/{digest}"),
            404,
            "MANIFEST_UNKNOWN",
        ),
        (format!("/v2/a/b/blobs/{digest}"), 404, "BLOB_UNKNOWN"),
        (
            "/v2/a/b/blobs/sha256:short".to_owned(),
            400,
            "DIGEST_INVALID",
        ),
        (
            "/v2/a/b/blobs/../../index.json".to_owned(),
            404,
            "UNSUPPORTED",
        ),
        ("/".to_owned(), 404, "UNSUPPORTED"),
    ] {
        let found = failure(get(&server, &path).await).await;
        assert_eq!(found, (status, code.to_owned()), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let response = ask(&server, method, "/v2/a/b/blobs/uploads/", &[]).await;
        assert_eq!(header(&response, "allow"), Some("GET, HEAD"));
        assert_eq!(failure(response).await, (405, "UNSUPPORTED".to_owned()));
    }
}

#[tokio::test]
async fn images_added_later_are_served() {
    let study = Study::of("a/b:1", &[b"first"]);
    let server = study.serve().await;
    assert_eq!(
        get(&server, "/v2/a/b/manifests/2").await.status(),
        StatusCode::NOT_FOUND
    );
    let second = study.image("amd64", &[b"second"]).descriptor();
    study.tag("a/b:2", &second);
    assert_eq!(
        get(&server, "/v2/a/b/manifests/2").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_layout_that_breaks_while_it_is_served_is_a_failure_of_the_server() {
    let study = Study::of("a/b:1", &[b"first"]);
    let server = study.serve().await;
    study.writer.replace("index.json", b"{").unwrap();
    let found = failure(get(&server, "/v2/a/b/manifests/1").await).await;
    assert_eq!(found, (500, "UNKNOWN".to_owned()));
}

#[tokio::test]
async fn many_clients_at_once_get_their_own_bytes() {
    let layers: Vec<_> = (1..=12).map(|count| bytes(count * 10_000)).collect();
    let slices: Vec<_> = layers.iter().map(Vec::as_slice).collect();
    let study = Study::of("a/b:1", &slices);
    let server = study.serve_at(1_000_000_000).await;
    let pulls = layers.iter().map(async |layer| {
        let path = format!("/v2/a/b/blobs/{}", Digest::of(layer));
        let body = get(&server, &path).await.bytes().await.unwrap();
        assert!(body == layer[..], "other bytes than stored");
    });
    futures_util::future::join_all(pulls).await;
}

async fn bind_error(layout: Layout, listen: &str) -> ServeError {
    let listen = listen.parse().unwrap();
    let bound = Server::bind(layout, listen, ServerOptions::default()).await;
    bound.unwrap_err()
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_remedy() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let server = study.serve().await;
    let address = server.address().to_string();
    let error = bind_error(study.writer.layout().clone(), &address).await;
    let expected = format!(
        "{address} is taken by another program; choose another port, or port 0 for any free one"
    );
    assert_eq!(error.to_string(), expected);

    drop(server);
}

#[tokio::test]
async fn a_layout_with_a_damaged_manifest_is_refused() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let descriptor = only_entry(&study);
    let path = study.writer.layout().blob_path(&descriptor.digest);
    fs::write(path, b"{}").unwrap();
    let error = bind_error(study.writer.layout().clone(), "127.0.0.1:0").await;
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains(&descriptor.digest.to_string()), "{cause}");
    assert!(
        cause.contains(&study.dir.path().display().to_string()),
        "{cause}"
    );
}

#[tokio::test]
async fn a_dropped_server_cuts_its_connections() {
    let content = bytes(4_000_000);
    let study = Study::of("a/b:1", &[&content]);
    let server = study.serve_at(1000).await;
    let address = server.address();
    let path = format!("/v2/a/b/blobs/{}", Digest::of(&content));
    let response = get(&server, &path).await;
    drop(server);
    assert!(response.bytes().await.is_err(), "half a blob looked whole");
    let study = Study::of("a/b:1", &[b"layer"]);
    let layout = study.writer.layout().clone();
    Server::bind(layout, address, ServerOptions::default())
        .await
        .expect("the port is free again");
}

#[tokio::test]
async fn a_server_runs_until_told_to_stop() {
    let study = Study::of("a/b:1", &[b"layer"]);
    let layout = study.writer.layout().clone();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::bind(layout, listen, ServerOptions::default())
        .await
        .unwrap();
    let address = server.address();
    let url = format!("http://{address}/v2/");
    server
        .run(async {
            let client = Client::builder().no_proxy().build().unwrap();
            assert_eq!(
                client.get(&url).send().await.unwrap().status(),
                StatusCode::OK
            );
        })
        .await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
