//! Manifests and indexes, pulled and checked.

use pullstudy_image::{
    Descriptor, Digest, Document, Hasher, MediaType, ParseDocumentError, Reference,
};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::{Method, Response};

use crate::transport::{Request, Target};
use crate::{Client, TransportError};

/// Registries refuse manifests above 4 MiB (distribution-spec 1.1, "Pushing Manifests"); some take more.
const MAX_MANIFEST_BYTES: u64 = 8 << 20;

/// What can be understood. Some registries (distribution 2.8) answer with an old schema if OCI's types are missing.
pub(crate) const ACCEPT_MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/// So many tags are shown to who has named none.
const SHOWN_TAGS: usize = 5;

/// The digest of what is sent, by distribution-spec 1.1, "Pulling manifests".
const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Why a manifest or an index could not be pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullManifestError {
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to pull the manifest of {reference}")]
    Transport {
        /// What was asked for.
        reference: Box<Reference>,
        /// The cause.
        source: TransportError,
    },
    /// The registry has no such repository, tag or digest.
    #[error("{reference} does not exist; {}", remedy(reference, near))]
    NotFound {
        /// What was asked for.
        reference: Box<Reference>,
        /// The tags of the repository that are nearest to the one asked for, or a few where none was; none where there is no such
        /// repository.
        near: Vec<String>,
    },
    /// The answer is larger than any manifest.
    #[error("the manifest of {reference} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// What was asked for.
        reference: Box<Reference>,
        /// The largest size taken.
        limit_bytes: u64,
    },
    /// The bytes received are not the bytes asked for, or not those the registry says it sent.
    #[error("the manifest of {reference} has digest {actual}, expected {expected}")]
    DigestMismatch {
        /// What was asked for.
        reference: Box<Reference>,
        /// The digest asked for, or promised by the registry.
        expected: Digest,
        /// What the bytes hash to, or what the registry has instead.
        actual: Digest,
    },
    /// The bytes received are neither a manifest nor an index.
    #[error("{reference} is no image")]
    Parse {
        /// What was asked for.
        reference: Box<Reference>,
        /// Why.
        source: ParseDocumentError,
    },
}

impl PullManifestError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_retryable())
    }

    fn transport(reference: &Reference, source: TransportError) -> Self {
        let reference = Box::new(reference.clone());
        if source.is_not_found() {
            Self::NotFound {
                reference,
                near: Vec::new(),
            }
        } else {
            Self::Transport { reference, source }
        }
    }
}

impl Client {
    /// Asks what a reference stands for: digest, media type and size of its manifest or index.
    ///
    /// This is one HEAD request. Where the registry's answer to it lacks one of the three, the document is pulled
    /// instead. A reference with a tag and a digest means the digest.
    ///
    /// # Errors
    ///
    /// [`PullManifestError`].
    pub async fn resolve(&self, reference: &Reference) -> Result<Descriptor, PullManifestError> {
        match self.find(reference).await {
            Err(error) => Err(self.with_near_tags(reference, error).await),
            found => found,
        }
    }

    /// Names the tags near one that is not there.
    async fn with_near_tags(
        &self,
        reference: &Reference,
        mut error: PullManifestError,
    ) -> PullManifestError {
        if let PullManifestError::NotFound { near, .. } = &mut error
            && reference.digest().is_none()
        {
            *near = self.near_tags(reference).await;
            if near.is_empty() && reference.tag().is_none() {
                let mut tags = self.tags(reference).await.unwrap_or_default();
                tags.truncate(SHOWN_TAGS);
                *near = tags;
            }
        }
        error
    }

    /// Resolves a reference that may well not exist.
    pub(crate) async fn find(
        &self,
        reference: &Reference,
    ) -> Result<Descriptor, PullManifestError> {
        let response = self.request_manifest(Method::HEAD, reference).await?;
        let Some(descriptor) = described(response.headers(), reference) else {
            return self
                .pull_document(reference)
                .await
                .map(|(descriptor, _)| descriptor);
        };
        match reference.digest() {
            Some(expected) => same(reference, expected, &descriptor.digest).map(|()| descriptor),
            None => Ok(descriptor),
        }
    }

    /// Pulls the manifest or index that `descriptor` names from the reference's repository. Its digest is checked.
    ///
    /// # Errors
    ///
    /// [`PullManifestError`].
    pub async fn document(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
    ) -> Result<Document, PullManifestError> {
        self.pull_document(&reference.with_digest(descriptor.digest))
            .await
            .map(|(_, document)| document)
    }

    /// Pulls the manifest or index a reference stands for, in one request, and describes it.
    ///
    /// The digest is checked against the reference's, and against the one the registry says it sent.
    ///
    /// # Errors
    ///
    /// [`PullManifestError`].
    pub async fn pull_document(
        &self,
        reference: &Reference,
    ) -> Result<(Descriptor, Document), PullManifestError> {
        // Bytes that came wrong or broken off once may come right; a request alone is repeated below.
        let mut attempts = self.transport.attempts();
        let mut once_more = true;
        loop {
            match self.pull_document_once(reference).await {
                Err(error @ PullManifestError::NotFound { .. }) => {
                    return Err(self.with_near_tags(reference, error).await);
                }
                Err(PullManifestError::DigestMismatch { .. }) if once_more => once_more = false,
                Err(PullManifestError::Transport { source, .. }) => {
                    let paused = self.transport.pause(&mut attempts, source).await;
                    paused.map_err(|source| PullManifestError::transport(reference, source))?;
                }
                pulled => return pulled,
            }
        }
    }

    async fn pull_document_once(
        &self,
        reference: &Reference,
    ) -> Result<(Descriptor, Document), PullManifestError> {
        let response = self.request_manifest_once(Method::GET, reference).await?;
        let promised = digest_header(response.headers());
        let raw = self.read_manifest(reference, response).await?;
        for expected in promised.iter().chain(reference.digest()) {
            same(
                reference,
                expected,
                &Hasher::digest(expected.algorithm(), &raw),
            )?;
        }
        let digest = reference
            .digest()
            .copied()
            .unwrap_or_else(|| Digest::of(&raw));
        let size_bytes = raw.len() as u64;
        let document = Document::parse(raw).map_err(|source| PullManifestError::Parse {
            reference: Box::new(reference.clone()),
            source,
        })?;
        let descriptor = Descriptor::new(document.descriptor().media_type, digest, size_bytes);
        Ok((descriptor, document))
    }

    async fn request_manifest(
        &self,
        method: Method,
        reference: &Reference,
    ) -> Result<Response, PullManifestError> {
        let path = path(reference);
        let asked = self
            .transport
            .request(method, reference, &path, ACCEPT_MANIFESTS);
        asked
            .await
            .map_err(|source| PullManifestError::transport(reference, source))
    }

    async fn request_manifest_once(
        &self,
        method: Method,
        reference: &Reference,
    ) -> Result<Response, PullManifestError> {
        let path = path(reference);
        let request =
            Request::read(method, reference, Target::Path(&path)).accept(ACCEPT_MANIFESTS);
        let asked = self.transport.send_once(&request).await;
        asked.map_err(|source| PullManifestError::transport(reference, source))
    }

    async fn read_manifest(
        &self,
        reference: &Reference,
        mut response: Response,
    ) -> Result<Vec<u8>, PullManifestError> {
        let mut raw = Vec::new();
        loop {
            let chunk = self.transport.wait(reference, response.chunk()).await;
            let chunk = chunk.map_err(|source| PullManifestError::transport(reference, source))?;
            let Some(chunk) = chunk else { return Ok(raw) };
            raw.extend_from_slice(&chunk);
            if raw.len() as u64 > MAX_MANIFEST_BYTES {
                return Err(PullManifestError::TooLarge {
                    reference: Box::new(reference.clone()),
                    limit_bytes: MAX_MANIFEST_BYTES,
                });
            }
        }
    }
}

fn remedy(reference: &Reference, near: &[String]) -> String {
    let untagged = reference.tag().is_none() && reference.digest().is_none();
    match (untagged, near) {
        (_, []) => "check repository and tag".to_owned(),
        (true, near) => format!(
            "no tag was given, and none is called latest; name one, such as {}",
            near.join(", ")
        ),
        (false, near) => format!("near it are the tags {}", near.join(", ")),
    }
}

fn path(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => format!("manifests/{digest}"),
        None => format!("manifests/{}", reference.tag_or_latest()),
    }
}

fn same(
    reference: &Reference,
    expected: &Digest,
    actual: &Digest,
) -> Result<(), PullManifestError> {
    if expected == actual {
        return Ok(());
    }
    Err(PullManifestError::DigestMismatch {
        reference: Box::new(reference.clone()),
        expected: *expected,
        actual: *actual,
    })
}

/// Reads a descriptor off the headers, or nothing if one is missing or no manifest is described.
fn described(headers: &HeaderMap, reference: &Reference) -> Option<Descriptor> {
    let text = |name| headers.get(name)?.to_str().ok();
    let media_type = text(CONTENT_TYPE)?.split(';').next()?.trim();
    let size_bytes = text(CONTENT_LENGTH)?.parse().ok()?;
    let digest = digest_header(headers).or(reference.digest().copied())?;
    let descriptor = Descriptor::new(MediaType::from(media_type), digest, size_bytes);
    (descriptor.is_manifest() || descriptor.is_index()).then_some(descriptor)
}

fn digest_header(headers: &HeaderMap) -> Option<Digest> {
    headers
        .get(DOCKER_CONTENT_DIGEST)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_descriptor_is_read_off_the_headers_or_not_at_all() {
        let reference: Reference = "127.0.0.1:5000/a:1".parse().unwrap();
        let digest = Digest::of(b"x").to_string();
        let all = [
            (
                "content-type",
                "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
            ),
            ("content-length", "123"),
            ("docker-content-digest", digest.as_str()),
        ];
        let descriptor = described(&headers(&all), &reference).unwrap();
        assert_eq!(
            (descriptor.digest, descriptor.size_bytes),
            (Digest::of(b"x"), 123)
        );
        assert_eq!(descriptor.media_type, MediaType::ImageManifest);
        for missing in 0..all.len() {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(described(&headers(&some), &reference), None);
        }
        let html = [("content-type", "text/html"), all[1], all[2]];
        assert_eq!(described(&headers(&html), &reference), None);
    }
}
