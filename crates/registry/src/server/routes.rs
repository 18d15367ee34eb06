//! The endpoints of the distribution specification.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, Request, State as Extract};
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LINK};
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use pullstudy_image::{Digest, oci_spec};
use serde_json::json;
use tokio::time::sleep;

use super::State;
use super::answer::{Failure, file};
use super::catalog::Visible;
use super::throttle::Throttled;

/// Tells clients of Docker's age that this is a registry of the second version.
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// Says which filters of a list of referrers were heeded.
const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

const OCTETS: &str = "application/octet-stream";

pub(super) fn router(state: Arc<State>) -> Router {
    // Repositories have slashes in their names, which no route pattern can hold before a fixed end.
    Router::new().fallback(respond).with_state(state)
}

async fn respond(Extract(state): Extract<Arc<State>>, request: Request) -> Response {
    if !state.latency.is_zero() {
        sleep(state.latency).await;
    }
    let mut response = answer(&state, request)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    let version = HeaderValue::from_static("registry/2.0");
    response.headers_mut().insert(API_VERSION, version);
    match &state.bucket {
        Some(bucket) => response.map(|body| Body::new(Throttled::new(body, Arc::clone(bucket)))),
        None => response,
    }
}

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
enum Endpoint {
    Base,
    Tags { name: String },
    Manifest { name: String, reference: String },
    Blob { name: String, digest: String },
    Referrers { name: String, digest: String },
}

impl Endpoint {
    fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix("/v2")?;
        if matches!(path, "" | "/") {
            return Some(Self::Base);
        }
        // From the end: a repository may well be called `tags/list/manifests`.
        let (rest, last) = path.strip_prefix('/')?.rsplit_once('/')?;
        let (name, kind) = rest.rsplit_once('/')?;
        let name = name.to_owned();
        // The colon of a digest may come encoded.
        let last = last.replace("%3A", ":").replace("%3a", ":");
        match kind {
            "tags" if last == "list" => Some(Self::Tags { name }),
            "manifests" => Some(Self::Manifest {
                name,
                reference: last,
            }),
            "blobs" => Some(Self::Blob { name, digest: last }),
            "referrers" => Some(Self::Referrers { name, digest: last }),
            _ => None,
        }
    }
}

async fn answer(state: &State, request: Request) -> Result<Response, Failure> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Failure::ReadOnly);
    }
    let endpoint = Endpoint::parse(request.uri().path()).ok_or(Failure::NoSuchPath)?;
    let view = state.catalog.view().await;
    let view = view.map_err(|error| Failure::unreadable(&error))?;
    let repository = |name: &str| {
        view.repository(name)
            .ok_or_else(|| Failure::NoSuchRepository(name.to_owned()))
    };
    match endpoint {
        Endpoint::Base => Ok(Json(json!({})).into_response()),
        Endpoint::Tags { name } => tags(&name, repository(&name)?, request.uri()),
        Endpoint::Manifest { name, reference } => {
            manifest(state, request, repository(&name)?, &reference).await
        }
        Endpoint::Blob { name, digest } => blob(state, request, repository(&name)?, &digest).await,
        Endpoint::Referrers { name, digest } => {
            referrers(repository(&name)?, &digest, request.uri())
        }
    }
}

async fn manifest(
    state: &State,
    request: Request,
    repository: Visible<'_>,
    reference: &str,
) -> Result<Response, Failure> {
    let unknown = || Failure::NoSuchManifest(reference.to_owned());
    let digest = if reference.contains(':') {
        parse_digest(reference)?
    } else {
        repository.tag(reference).ok_or_else(unknown)?
    };
    let media_type = repository.manifest(&digest).ok_or_else(unknown)?;
    let path = state.catalog.blob_path(&digest);
    file(request, &path, &digest, media_type.as_ref()).await
}

async fn blob(
    state: &State,
    request: Request,
    repository: Visible<'_>,
    digest: &str,
) -> Result<Response, Failure> {
    let digest = parse_digest(digest)?;
    if !repository.has_blob(&digest) {
        return Err(Failure::NoSuchBlob(digest.to_string()));
    }
    file(request, &state.catalog.blob_path(&digest), &digest, OCTETS).await
}

fn parse_digest(text: &str) -> Result<Digest, Failure> {
    text.parse()
        .map_err(|_| Failure::BadDigest(text.to_owned()))
}

/// How a list of tags is to be cut.
#[derive(serde::Deserialize)]
struct Page {
    n: Option<usize>,
    last: Option<String>,
}

fn tags(name: &str, repository: Visible<'_>, uri: &Uri) -> Result<Response, Failure> {
    let page: Page = query(uri)?;
    let after = |tag: &&str| page.last.as_deref().is_none_or(|last| *tag > last);
    let mut tags: Vec<&str> = repository.tags().into_iter().filter(after).collect();
    let more = page.n.is_some_and(|n| n < tags.len());
    tags.truncate(page.n.unwrap_or(usize::MAX));
    let mut response = Json(json!({"name": name, "tags": tags})).into_response();
    if let (true, Some(n), Some(last)) = (more, page.n, tags.last()) {
        let link = format!("</v2/{name}/tags/list?n={n}&last={last}>; rel=\"next\"");
        let link = HeaderValue::from_str(&link).expect("a path and a tag are ASCII");
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    artifact_type: Option<String>,
}

fn referrers(repository: Visible<'_>, digest: &str, uri: &Uri) -> Result<Response, Failure> {
    let filter: Filter = query(uri)?;
    let mut found = repository.referrers(&parse_digest(digest)?);
    if let Some(wanted) = &filter.artifact_type {
        found.retain(|found| {
            let own = found.artifact_type().as_ref();
            own.is_some_and(|own| own.as_ref() == wanted)
        });
    }
    let media_type = oci_spec::image::MediaType::ImageIndex;
    let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": found});
    let mut response = Json(index).into_response();
    let content_type = HeaderValue::from_static("application/vnd.oci.image.index.v1+json");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if filter.artifact_type.is_some() {
        let applied = HeaderValue::from_static("artifactType");
        response.headers_mut().insert(FILTERS_APPLIED, applied);
    }
    Ok(response)
}

fn query<T: serde::de::DeserializeOwned>(uri: &Uri) -> Result<T, Failure> {
    let failed = |_| Failure::BadQuery(uri.query().unwrap_or_default().to_owned());
    Query::try_from_uri(uri)
        .map(|Query(value)| value)
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use pullstudy_image::LayoutWriter;
    use tokio::time::Instant;

    use crate::server::catalog::Catalog;

    #[tokio::test(start_paused = true)]
    async fn every_request_waits_for_the_latency() {
        let dir = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(dir.path()).unwrap();
        let latency = Duration::from_millis(20);
        let state = Arc::new(State {
            catalog: Catalog::new(writer.layout().clone()),
            bucket: None,
            latency,
        });
        let start = Instant::now();
        for (number, path) in ["/v2/", "/v2/a/tags/list", "/nowhere"]
            .into_iter()
            .enumerate()
        {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            respond(Extract(Arc::clone(&state)), request).await;
            let waited = latency * (number as u32 + 1);
            assert!(
                (waited..waited + latency / 2).contains(&start.elapsed()),
                "{path}"
            );
        }
    }

    #[test]
    fn paths_are_read_from_their_end() {
        assert_eq!(Endpoint::parse("/v2/"), Some(Endpoint::Base));
        assert_eq!(
            Endpoint::parse("/v2/a/manifests/b/manifests/1"),
            Some(Endpoint::Manifest {
                name: "a/manifests/b".into(),
                reference: "1".into()
            })
        );
        assert_eq!(
            Endpoint::parse("/v2/a/blobs/sha256%3Aab"),
            Some(Endpoint::Blob {
                name: "a".into(),
                digest: "sha256:ab".into()
            })
        );
        assert_eq!(
            Endpoint::parse("/v2/tags/list/tags/list"),
            Some(Endpoint::Tags {
                name: "tags/list".into()
            })
        );
        for other in [
            "",
            "/",
            "/v1/",
            "/v2/manifests/1",
            "/v2/a/tags/other",
            "/v2/_catalog",
        ] {
            assert_eq!(Endpoint::parse(other), None, "{other}");
        }
    }
}
