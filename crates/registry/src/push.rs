//! Blobs and documents, pushed.

use std::sync::Arc;

use bytes::Bytes;
use pullstudy_image::{Descriptor, Digest, Document, Hasher, Layout, Reference};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Method, StatusCode};
use tokio::time::sleep;

use crate::auth::Access;
use crate::feed::{Failure, FeedError, Origin};
use crate::observer::BlobOutcome;
use crate::retry::Attempts;
use crate::transport::{Payload, Request, Target};
use crate::upload::{OCTETS, location, no_location, push_error, with_digest};
use crate::{Client, ReferrersError, TransferEvent, TransportError};

const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Says that the registry keeps the list of referrers itself.
const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

/// Why a blob could not be pushed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushBlobError {
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to push {} to {repository}", digest.map_or("a blob".to_owned(), |digest| format!("blob {digest}")))]
    Transport {
        /// Registry and repository.
        repository: String,
        /// The blob, where its digest is known already.
        digest: Option<Digest>,
        /// The cause.
        source: TransportError,
    },
    /// The registry does not know the upload any more, or has other bytes of it than were sent. Only a new start
    /// helps.
    #[error("{repository} lost an upload half-way")]
    UploadLost {
        /// Registry and repository.
        repository: String,
        /// What the registry said.
        source: TransportError,
    },
    /// The blob did not come from where it is.
    #[error("failed to push blob {digest} to {repository}")]
    Origin {
        /// Registry and repository.
        repository: String,
        /// The blob.
        digest: Digest,
        /// The cause.
        source: Box<FeedError>,
    },
}

impl PushBlobError {
    /// Tells whether a second try, from the blob's first byte, may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_retryable(),
            Self::UploadLost { .. } => true,
            Self::Origin { source, .. } => {
                matches!(source.as_ref(), FeedError::Pull(error) if error.is_retryable())
            }
        }
    }
}

/// Why a manifest or an index could not be pushed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushManifestError {
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to push the manifest of {reference}")]
    Transport {
        /// Where it should go.
        reference: Box<Reference>,
        /// The cause.
        source: TransportError,
    },
    /// The list of its subject's referrers could not be brought up to date. The manifest itself is there.
    #[error("{reference} was pushed, but not added to the referrers of its subject")]
    Referrers {
        /// Where it went.
        reference: Box<Reference>,
        /// The cause.
        source: Box<ReferrersError>,
    },
    /// The registry stored something else.
    #[error(
        "the manifest pushed as {reference} has digest {expected}, but the registry says {actual}"
    )]
    DigestMismatch {
        /// Where it went.
        reference: Box<Reference>,
        /// What its bytes hash to.
        expected: Digest,
        /// What the registry says.
        actual: Digest,
    },
}

impl PushManifestError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_retryable())
    }
}

impl Client {
    /// Tells whether a repository has a blob.
    ///
    /// # Errors
    ///
    /// [`PushBlobError::Transport`].
    pub async fn has_blob(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<bool, PushBlobError> {
        let path = format!("blobs/{digest}");
        let request = Request::write(Method::HEAD, reference, Target::Path(&path)).accept("*/*");
        match self.transport.send(&request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(source) => Err(push_error(reference, Some(digest), source)),
        }
    }

    /// Asks a registry to take a blob over from another of its repositories; tells whether it did.
    ///
    /// Registries may refuse for whatever reason; pushing the blob is the way then.
    ///
    /// # Errors
    ///
    /// [`PushBlobError::Transport`] when the registry cannot be reached.
    pub async fn mount_blob(
        &self,
        reference: &Reference,
        digest: &Digest,
        from: &str,
    ) -> Result<bool, PushBlobError> {
        let query = reqwest::Url::parse_with_params(
            "http://x/",
            [("mount", digest.to_string().as_str()), ("from", from)],
        );
        let query = query.expect("the base is an address");
        let path = format!("blobs/uploads/?{}", query.query().unwrap_or_default());
        let access = Access::Mount {
            from: from.to_owned(),
        };
        let request = Request::new(Method::POST, reference, Target::Path(&path), access);
        match self.transport.send(&request).await {
            // 202 opens an upload instead, which nobody uses: the registry removes it after a while.
            Ok(response) => Ok(response.status() == StatusCode::CREATED),
            Err(error) if matches!(error.status(), Some(400 | 403 | 404 | 405)) => Ok(false),
            // A token for both repositories is not given to everyone who may write to the one.
            Err(TransportError::NoCredentials { .. } | TransportError::Unauthorized { .. }) => {
                Ok(false)
            }
            Err(source) => Err(push_error(reference, Some(digest), source)),
        }
    }

    /// Pushes a blob of a layout, unless the repository has it; tells how it came there.
    ///
    /// # Errors
    ///
    /// [`PushBlobError`], when the blob is damaged in the layout before the registry can have taken it.
    pub async fn push_blob(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        layout: &Layout,
    ) -> Result<BlobOutcome, PushBlobError> {
        if self.has_blob(reference, &descriptor.digest).await? {
            return Ok(BlobOutcome::Present);
        }
        let origin = Origin::Layout(layout.clone(), self.options().observer.clone());
        self.push_from(reference, descriptor, &origin).await?;
        Ok(BlobOutcome::Moved)
    }

    /// Pushes bytes in one request after the one that asks where to.
    ///
    /// # Errors
    ///
    /// [`PushBlobError`].
    pub async fn push_bytes(
        &self,
        reference: &Reference,
        digest: &Digest,
        bytes: Bytes,
    ) -> Result<(), PushBlobError> {
        let mut attempts = self.transport.attempts();
        loop {
            let payload = Payload::Bytes(bytes.clone());
            let Err(error) = self.put_whole(reference, digest, payload).await else {
                return Ok(());
            };
            if self.is_there_after(reference, digest, &error).await {
                return Ok(());
            }
            let paused = self.transport.pause(&mut attempts, error).await;
            paused.map_err(|source| push_error(reference, Some(digest), source))?;
        }
    }

    /// Pushes a blob from where it is.
    ///
    /// The first try is a single request, which registries take fastest. After a failure chunks are sent, so that
    /// what the registry has is not sent again; where it forgets them, all starts anew.
    pub(crate) async fn push_from(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        origin: &Origin,
    ) -> Result<(), PushBlobError> {
        let (mut attempts, mut once_more) = (self.transport.attempts(), false);
        loop {
            let error = match attempts.tries() {
                0 => self.push_stream(reference, descriptor, origin).await,
                _ => self.push_chunks(reference, descriptor, origin).await,
            };
            let Err(error) = error else { return Ok(()) };
            let cause = match error {
                PushBlobError::Transport { source, .. } => source,
                PushBlobError::UploadLost { source, .. } => {
                    self.start_anew(reference, &mut attempts, source).await?;
                    continue;
                }
                // Bytes that came wrong once may come right.
                PushBlobError::Origin { source, .. } if source.is_wrong_pull() && !once_more => {
                    once_more = true;
                    continue;
                }
                error @ PushBlobError::Origin { .. } => return Err(error),
            };
            if self
                .is_there_after(reference, &descriptor.digest, &cause)
                .await
            {
                return Ok(());
            }
            let paused = self.transport.pause(&mut attempts, cause).await;
            paused.map_err(|source| push_error(reference, Some(&descriptor.digest), source))?;
        }
    }

    /// Waits before a blob is started anew; gives up when that was done often enough.
    async fn start_anew(
        &self,
        reference: &Reference,
        attempts: &mut Attempts,
        source: TransportError,
    ) -> Result<(), PushBlobError> {
        let Some(wait) = attempts.next_wait(source.retry_after()) else {
            let repository = reference.name();
            return Err(PushBlobError::UploadLost { repository, source });
        };
        self.options().observer.tell(&TransferEvent::Retry {
            error: &source,
            tries: attempts.tries(),
            wait,
        });
        sleep(wait).await;
        Ok(())
    }

    async fn push_stream(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        origin: &Origin,
    ) -> Result<(), PushBlobError> {
        let failure = Failure::default();
        let (opened, wanted, failed) = (origin.clone(), descriptor.clone(), failure.clone());
        let payload = Payload::Stream {
            length: descriptor.size_bytes,
            open: Arc::new(move || opened.open(&wanted, &failed)),
        };
        let put = self.put_whole(reference, &descriptor.digest, payload).await;
        put.map_err(|source| match failure.take() {
            // A wrong blob breaks the request; why is known on this side only.
            Some(cause) => origin_error(reference, descriptor, cause),
            None => push_error(reference, Some(&descriptor.digest), source),
        })
    }

    async fn push_chunks(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        origin: &Origin,
    ) -> Result<(), PushBlobError> {
        let failure = Failure::default();
        let mut chunks = origin.open(descriptor, &failure);
        let mut upload = self.start_upload(reference).await?;
        while let Some(Ok(chunk)) = chunks.recv().await {
            upload.write(&chunk).await?;
        }
        if let Some(source) = failure.take() {
            return Err(origin_error(reference, descriptor, source));
        }
        upload.finish(&descriptor.digest).await
    }

    async fn put_whole(
        &self,
        reference: &Reference,
        digest: &Digest,
        payload: Payload,
    ) -> Result<(), TransportError> {
        let open = Request::write(Method::POST, reference, Target::Path("blobs/uploads/"));
        let response = self.transport.send_once(&open).await?;
        let location = location(&response).ok_or_else(|| no_location(reference))?;
        let target = Target::Url(with_digest(&location, digest));
        let request = Request::write(Method::PUT, reference, target)
            .header(CONTENT_TYPE, OCTETS)
            .payload(payload);
        self.transport.send_once(&request).await.map(drop)
    }

    /// Asks whether only the answer was lost.
    async fn is_there_after(
        &self,
        reference: &Reference,
        digest: &Digest,
        error: &TransportError,
    ) -> bool {
        let lost = matches!(
            error,
            TransportError::Interrupted { .. } | TransportError::Stalled { .. }
        );
        lost && matches!(self.has_blob(reference, digest).await, Ok(true))
    }

    /// Pushes a manifest or an index under the reference's digest, its tag, or (where it has neither) its own digest.
    ///
    /// What it names must be there already. A manifest with a subject joins the list of the subject's referrers, also where
    /// the registry keeps none (distribution-spec 1.1, "Pushing Manifests with Subject"). Returns how it was stored.
    ///
    /// # Errors
    ///
    /// [`PushManifestError`].
    pub async fn push_document(
        &self,
        reference: &Reference,
        document: &Document,
    ) -> Result<Descriptor, PushManifestError> {
        let (descriptor, is_listed) = self.put_document(reference, document).await?;
        if let (Document::Manifest(manifest), false) = (document, is_listed) {
            self.list_referrer(reference, manifest).await?;
        }
        Ok(descriptor)
    }

    /// Pushes a document; tells also whether the registry has put it into a list of referrers.
    pub(crate) async fn put_document(
        &self,
        reference: &Reference,
        document: &Document,
    ) -> Result<(Descriptor, bool), PushManifestError> {
        let descriptor = document.descriptor();
        let failed = |source| PushManifestError::Transport {
            reference: Box::new(reference.clone()),
            source,
        };
        let name = match (reference.digest(), reference.tag()) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.to_owned(),
            (None, None) => descriptor.digest.to_string(),
        };
        let path = format!("manifests/{name}");
        let request = Request::write(Method::PUT, reference, Target::Path(&path))
            .header(CONTENT_TYPE, descriptor.media_type.as_ref())
            .payload(Payload::Bytes(Bytes::copy_from_slice(document.raw())));
        let response = self.transport.send(&request).await.map_err(failed)?;
        let stored = response.headers().get(DOCKER_CONTENT_DIGEST);
        let stored = stored.and_then(|text| text.to_str().ok()?.parse::<Digest>().ok());
        match stored {
            Some(actual) if !same(actual, document) => Err(PushManifestError::DigestMismatch {
                reference: Box::new(reference.clone()),
                expected: descriptor.digest,
                actual,
            }),
            _ => Ok((descriptor, response.headers().contains_key(OCI_SUBJECT))),
        }
    }
}

/// Tells whether a digest, of whatever algorithm, is the document's.
fn same(digest: Digest, document: &Document) -> bool {
    Hasher::digest(digest.algorithm(), document.raw()) == digest
}

fn origin_error(
    reference: &Reference,
    descriptor: &Descriptor,
    source: FeedError,
) -> PushBlobError {
    PushBlobError::Origin {
        repository: reference.name(),
        digest: descriptor.digest,
        source: Box::new(source),
    }
}
