//! Answers: files, JSON, and failures as the specification words them.

use std::path::Path;

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ALLOW, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use pullstudy_image::{Digest, LayoutError};
use serde_json::json;
use tower_http::services::ServeFile;

/// The digest of what is sent, by distribution-spec 1.1, "Pulling manifests".
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// How much of a file is read at once. Each read is a switch to another thread.
const READ_BYTES: usize = 256 << 10;

/// Why a request fails.
///
/// # Source
///
/// OCI distribution-spec 1.1, "Error Codes".
#[derive(Debug)]
pub(super) enum Failure {
    NoSuchPath,
    NoSuchRepository(String),
    NoSuchManifest(String),
    NoSuchBlob(String),
    BadDigest(String),
    BadQuery(String),
    ReadOnly,
    Unreadable(String),
}

impl Failure {
    /// A layout that became unreadable while it was served.
    pub(super) fn unreadable(error: &LayoutError) -> Self {
        tracing::warn!(%error, "the layout cannot be read any more");
        Self::Unreadable(error.to_string())
    }

    fn parts(self) -> (StatusCode, &'static str, String) {
        let not_found = StatusCode::NOT_FOUND;
        match self {
            Self::NoSuchPath => (not_found, "UNSUPPORTED", "no such endpoint".into()),
            Self::NoSuchRepository(name) => (
                not_found,
                "NAME_UNKNOWN",
                format!("the layout has no repository {name}"),
            ),
            Self::NoSuchManifest(reference) => (
                not_found,
                "MANIFEST_UNKNOWN",
                format!("the repository has no manifest {reference}"),
            ),
            Self::NoSuchBlob(digest) => (
                not_found,
                "BLOB_UNKNOWN",
                format!("the repository has no blob {digest}"),
            ),
            Self::BadDigest(text) => (
                StatusCode::BAD_REQUEST,
                "DIGEST_INVALID",
                format!("{text:?} is no digest"),
            ),
            Self::BadQuery(query) => (
                StatusCode::BAD_REQUEST,
                "UNSUPPORTED",
                format!("{query:?} cannot be understood"),
            ),
            Self::ReadOnly => (
                StatusCode::METHOD_NOT_ALLOWED,
                "UNSUPPORTED",
                "this registry is read-only".into(),
            ),
            Self::Unreadable(message) => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", message),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let body = json!({"errors": [{"code": code, "message": message}]});
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
        }
        response
    }
}

/// Serves a blob's file, or a part of it.
pub(super) async fn file(
    mut request: Request,
    path: &Path,
    digest: &Digest,
    content_type: &str,
) -> Result<Response, Failure> {
    // What a digest names never changes, so the digest is the strongest validator there is.
    let etag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("a digest is ASCII");
    if request.headers().get(IF_NONE_MATCH) == Some(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response());
    }
    ignore_unfit_range(&mut request, &etag);
    widen_long_suffix(&mut request, path).await;
    let served = ServeFile::new(path)
        .with_buf_chunk_size(READ_BYTES)
        .try_call(request)
        .await;
    let mut response = match served {
        Ok(response) => response.map(Body::new),
        Err(error) => return Err(Failure::Unreadable(format!("blob {digest}: {error}"))),
    };
    if response.status() == StatusCode::NOT_FOUND {
        return Err(Failure::NoSuchBlob(digest.to_string()));
    }
    let headers = response.headers_mut();
    if headers.contains_key(CONTENT_TYPE) {
        let content_type = HeaderValue::from_str(content_type);
        let unknown = HeaderValue::from_static("application/octet-stream");
        headers.insert(CONTENT_TYPE, content_type.unwrap_or(unknown));
    }
    let digest = HeaderValue::from_str(&digest.to_string()).expect("a digest is ASCII");
    headers.insert(DOCKER_CONTENT_DIGEST, digest);
    headers.insert(ETAG, etag);
    Ok(response)
}

/// Takes off a `Range` that is to be ignored, so that the whole blob is sent.
///
/// # Source
///
/// RFC 9110, 13.1.5 (If-Range with another validator), 14.2 (methods other than GET, ranges not understood).
fn ignore_unfit_range(request: &mut Request, etag: &HeaderValue) {
    let headers = request.headers();
    let unchanged = headers.get(IF_RANGE).is_none_or(|known| known == etag);
    let understood = headers
        .get(RANGE)
        .and_then(|range| range.to_str().ok())
        .is_some_and(is_single_range);
    if !(request.method() == Method::GET && unchanged && understood) {
        request.headers_mut().remove(RANGE);
    }
}

/// Turns "the last N bytes" of a shorter blob into all of them (RFC 9110, 14.1.2), which the file service refuses.
async fn widen_long_suffix(request: &mut Request, path: &Path) {
    let range = request.headers().get(RANGE);
    let suffix = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes=-")?.parse().ok());
    let (Some(suffix), Ok(file)) = (suffix, tokio::fs::metadata(path).await) else {
        return;
    };
    if (1..=suffix).contains(&file.len()) {
        let whole = HeaderValue::from_static("bytes=0-");
        request.headers_mut().insert(RANGE, whole);
    }
}

/// Tells whether this is one range of bytes: `bytes=0-99`, `bytes=100-` or `bytes=-5`.
fn is_single_range(range: &str) -> bool {
    let position = |text: &str| text.parse::<u64>().ok();
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return false;
    };
    match (first, last) {
        ("", suffix) => position(suffix).is_some(),
        (first, "") => position(first).is_some(),
        (first, last) => matches!((position(first), position(last)), (Some(a), Some(b)) if a <= b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges_are_told_from_the_rest() {
        for understood in ["bytes=0-0", "bytes=5-", "bytes=-5", "bytes=10-20"] {
            assert!(is_single_range(understood), "{understood}");
        }
        for ignored in [
            "",
            "bytes=",
            "bytes=-",
            "bytes=2-1",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=a-b",
        ] {
            assert!(!is_single_range(ignored), "{ignored}");
        }
    }
}
