//! Referrers: from the list, from the tag that stands in for it, by type, and over pages.

use pullstudy_image::{Descriptor, Digest, Index, MediaType, Reference};
use pullstudy_registry::{ReferrersError, TransportError};

use crate::scripted::{Scripted, not_found, ok, reply};
use crate::small_image::{Study, at, client};

const SBOM: &str = "application/vnd.example.sbom+json";
const SIGNATURE: &str = "application/vnd.example.signature";

fn entry(name: &str, artifact_type: Option<&str>) -> Descriptor {
    let descriptor = Descriptor::new(MediaType::ImageManifest, Digest::of(name.as_bytes()), 100);
    match artifact_type {
        Some(artifact_type) => descriptor.with_artifact_type(artifact_type.into()),
        None => descriptor,
    }
}

fn index(entries: &[Descriptor]) -> String {
    String::from_utf8(Index::new(entries).raw().to_vec()).unwrap()
}

fn subject() -> Digest {
    Digest::of(b"subject")
}

fn at_subject(server: &Scripted) -> Reference {
    server.reference().with_digest(subject())
}

async fn referrers(server: &Scripted, artifact_type: Option<&str>) -> Vec<Descriptor> {
    client()
        .referrers(&at_subject(server), artifact_type)
        .await
        .unwrap()
}

async fn failure(server: &Scripted) -> ReferrersError {
    client()
        .referrers(&at_subject(server), None)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn the_list_is_filtered_here_where_the_registry_does_not() {
    let all = [
        entry("a", Some(SBOM)),
        entry("b", Some(SIGNATURE)),
        entry("c", None),
    ];
    let body = index(&all);
    let server = Scripted::start(move |_| ok(&body)).await;
    assert_eq!(referrers(&server, None).await, all);
    assert_eq!(referrers(&server, Some(SBOM)).await, all[..1]);
    let query = format!(
        "/v2/a/b/referrers/{}?artifactType=application%2Fvnd.example.sbom%2Bjson",
        subject()
    );
    assert_eq!(server.paths()[1], query);
}

#[tokio::test]
async fn what_the_registry_filtered_is_taken_as_it_is() {
    // Entries may leave their type out, and a registry that says it filtered looked into the manifests.
    let body = index(&[
        entry("a", Some(SBOM)),
        entry("c", None),
        entry("b", Some(SIGNATURE)),
    ]);
    let server = Scripted::start(move |_| {
        reply(
            "200 OK",
            "OCI-Filters-Applied: other, artifactType\r\n",
            &body,
        )
    })
    .await;
    let wanted = [entry("a", Some(SBOM)), entry("c", Some(SBOM))];
    assert_eq!(referrers(&server, Some(SBOM)).await, wanted);
}

#[tokio::test]
async fn a_registry_without_the_list_has_the_tag_instead() {
    for status in [
        "404 Not Found",
        "405 Method Not Allowed",
        "501 Not Implemented",
    ] {
        let all = [entry("a", Some(SBOM)), entry("b", Some(SIGNATURE))];
        let body = index(&all);
        let tag = format!("/v2/a/b/manifests/sha256-{}", subject().hex());
        let server = Scripted::start(move |path| {
            if path == tag {
                ok(&body)
            } else {
                reply(status, "", "")
            }
        })
        .await;
        assert_eq!(referrers(&server, None).await, all, "{status}");
        assert_eq!(referrers(&server, Some(SIGNATURE)).await, all[1..]);
    }
}

#[tokio::test]
async fn neither_list_nor_tag_is_no_referrers() {
    let server = Scripted::start(|_| not_found()).await;
    assert_eq!(referrers(&server, None).await, []);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_tag_that_is_an_image_is_an_error() {
    let manifest = Study::new().image("amd64", &[b"layer"]);
    let body = String::from_utf8(manifest.raw().to_vec()).unwrap();
    let server = Scripted::start(move |path| {
        if path.contains("/manifests/") {
            ok(&body)
        } else {
            not_found()
        }
    })
    .await;
    let error = failure(&server).await;
    assert!(matches!(error, ReferrersError::NoIndex { .. }), "{error:?}");
    assert!(
        error.to_string().contains(&at_subject(&server).to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn pages_are_followed_and_repetitions_dropped() {
    let server = Scripted::start(|path| {
        let next = |page: &str| format!("link: <?page={page}>; rel=\"next\"\r\n");
        match path.split_once("page=") {
            None => reply(
                "200 OK",
                &next("2"),
                &index(&[entry("a", None), entry("b", None)]),
            ),
            Some((_, "2")) => reply(
                "200 OK",
                &next("3"),
                &index(&[entry("b", None), entry("c", None)]),
            ),
            // It leads in a circle.
            _ => reply("200 OK", &next("2"), &index(&[entry("d", None)])),
        }
    })
    .await;
    let listed = referrers(&server, None).await;
    assert_eq!(listed, ["a", "b", "c", "d"].map(|name| entry(name, None)));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let server = Scripted::start(|path| {
        let page = path
            .split_once("page=")
            .map_or(0, |(_, page)| page.parse::<u32>().unwrap());
        let entries: Vec<_> = (0..100)
            .map(|number| entry(&format!("{page} {number}"), None))
            .collect();
        let next = format!("link: <?page={}>; rel=next\r\n", page + 1);
        reply("200 OK", &next, &index(&entries))
    })
    .await;
    let error = failure(&server).await;
    assert!(matches!(error, ReferrersError::Endless { .. }), "{error:?}");
}

#[tokio::test]
async fn failures_are_told_apart() {
    let html = Scripted::start(|_| ok("<html>")).await;
    let error = failure(&html).await;
    assert!(matches!(error, ReferrersError::Parse { .. }), "{error:?}");

    let forbidden = Scripted::start(|_| reply("403 Forbidden", "", "")).await;
    let error = failure(&forbidden).await;
    let ReferrersError::Transport {
        source: TransportError::Status { status: 403, .. },
        ..
    } = error
    else {
        panic!("{error:?}")
    };

    let reference = forbidden.reference();
    let error = client().referrers(&reference, None).await.unwrap_err();
    assert!(
        matches!(error, ReferrersError::NoDigest { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn our_own_server_has_none_for_an_image_alone() {
    let study = Study::new();
    let manifest = study.image("amd64", &[b"layer"]);
    study.tag("ghcr.io/study/image:1", &manifest.descriptor());
    let server = study.serve().await;
    let reference = at(&server, "study/image:1").with_digest(manifest.digest());
    assert_eq!(client().referrers(&reference, None).await.unwrap(), []);
}
