//! Single documents, asked for at the pace that is wanted.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pullstudy_image::{
    ArchivedDocument, Digest, Hasher, Missing, MissingPart, MissingReason, Reference, in_words,
};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::IgnoredAny;

use super::outcome::reason;
use super::pace::Pace;
use super::{FetchOptions, FetchProgress};
use crate::whole::{Place, Whole, WholeError};
use crate::{Client, TransportError};

/// Whatever there may be for a tag: the archive keeps what it does not understand. Registries that have an image in
/// several forms give the first that they have.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.artifact.manifest.v1+json, application/vnd.docker.distribution.manifest.v1+prettyjws, application/vnd.docker.distribution.manifest.v1+json";

/// Registries refuse manifests above 4 MiB (distribution-spec 1.1, "Pushing Manifests"), some take more; a config of
/// 10,000 layers stays below 2 MiB.
const MAX_BYTES: usize = 8 << 20;

/// Bytes that were received and hash to the digest.
pub(super) struct Received {
    pub(super) digest: Digest,
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: Option<String>,
}

/// Why there are none.
pub(super) struct Refusal {
    reason: MissingReason,
    message: String,
}

impl Refusal {
    pub(super) fn into_part(self, part: MissingPart) -> Missing {
        Missing::new(part, self.reason).with_message(self.message)
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.reason == MissingReason::NotFound
    }

    pub(super) fn with_message(self, message: String) -> Self {
        Self { message, ..self }
    }

    fn unusable(message: String) -> Self {
        Self {
            reason: MissingReason::Unusable,
            message,
        }
    }
}

/// Asks registries, and remembers which of them do not answer.
pub(super) struct Asker<'a> {
    pub(super) client: &'a Client,
    pub(super) options: &'a FetchOptions,
    pub(super) progress: &'a (dyn Fn(FetchProgress<'_>) + Sync),
    pace: Pace,
    /// Why a registry is left alone, by its name.
    given_up: Mutex<HashMap<String, String>>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(
        client: &'a Client,
        options: &'a FetchOptions,
        progress: &'a (dyn Fn(FetchProgress<'_>) + Sync),
    ) -> Self {
        Self {
            client,
            options,
            progress,
            pace: Pace::new(options.requests_per_second),
            given_up: Mutex::default(),
        }
    }

    /// Waits until the registry may be asked. One that was given up may not.
    pub(super) async fn admitted(&self, registry: &str) -> Result<(), Refusal> {
        if let Some(why) = self.given_up().get(registry) {
            return Err(Refusal {
                reason: MissingReason::Failed,
                message: format!("not asked for any more: {why}"),
            });
        }
        self.pace.turn(registry).await;
        (self.progress)(FetchProgress::Requested);
        Ok(())
    }

    fn given_up(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a registry up that cannot be reached, or that refuses everything for a while: thousands of tags would each
    /// wait for all the tries that the client makes.
    pub(super) fn note(&self, error: &TransportError) {
        if let Some(registry) = hopeless(error) {
            let mut given_up = self.given_up();
            given_up
                .entry(registry.to_owned())
                .or_insert_with(|| in_words(error));
        }
    }

    /// Asks for the manifest or index of a tag or digest.
    pub(super) async fn manifest(&self, reference: &Reference) -> Result<Received, Refusal> {
        let asked = reference.digest().copied();
        let path = match asked {
            Some(digest) => format!("manifests/{digest}"),
            None => format!("manifests/{}", reference.tag_or_latest()),
        };
        let check = |answer: &Whole| {
            // A proxy that wants a login answers in HTML, and says that all is well.
            if serde_json::from_slice::<IgnoredAny>(&answer.body).is_err() {
                return Err("it is no JSON".to_owned());
            }
            check_manifest(answer, asked)
        };
        self.checked(reference, path, ACCEPT, check).await
    }

    /// Asks for a config.
    pub(super) async fn config(
        &self,
        reference: &Reference,
        digest: Digest,
    ) -> Result<Received, Refusal> {
        let path = format!("blobs/{digest}");
        let check = |answer: &Whole| check(&answer.body, digest);
        self.checked(reference, path, "*/*", check).await
    }

    /// Asks, and once more if what comes is not what it should be.
    async fn checked(
        &self,
        reference: &Reference,
        path: String,
        accept: &'static str,
        check: impl Fn(&Whole) -> Result<Digest, String>,
    ) -> Result<Received, Refusal> {
        let place = Place::Path(path);
        let mut problem = String::new();
        for _ in 0..2 {
            self.admitted(reference.registry()).await?;
            let answer = self.client.whole(reference, &place, accept, MAX_BYTES);
            let answer = answer.await.map_err(|error| self.refusal(&error))?;
            match check(&answer) {
                Ok(digest) => {
                    return Ok(Received {
                        digest,
                        media_type: media_type(&answer),
                        bytes: answer.body,
                    });
                }
                Err(found) => problem = found,
            }
        }
        Err(Refusal::unusable(problem))
    }

    fn refusal(&self, error: &WholeError) -> Refusal {
        match error {
            WholeError::Transport(error) => {
                self.note(error);
                Refusal {
                    reason: reason(error),
                    message: in_words(error),
                }
            }
            WholeError::TooLarge => {
                Refusal::unusable(format!("it is larger than {MAX_BYTES} bytes"))
            }
        }
    }
}

/// The registry, if it is of no use to ask it for anything else.
fn hopeless(error: &TransportError) -> Option<&str> {
    match error {
        TransportError::Connect { registry, .. }
        | TransportError::Credentials { registry, .. }
        | TransportError::Status {
            registry,
            status: 429,
            ..
        } => Some(registry),
        TransportError::GaveUp { source, .. } => hopeless(source),
        _ => None,
    }
}

/// Checks a manifest against the digest that was asked for, or else against the one that the registry says it sent.
fn check_manifest(answer: &Whole, asked: Option<Digest>) -> Result<Digest, String> {
    if let Some(asked) = asked {
        return check(&answer.body, asked);
    }
    let own = Digest::of(&answer.body);
    match promised(&answer.headers) {
        // The digest of a signed schema 1 manifest is that of what was signed, a part of it.
        Some(promised) if !is_schema_1(&answer.body) => check(&answer.body, promised),
        _ => Ok(own),
    }
}

fn check(bytes: &[u8], expected: Digest) -> Result<Digest, String> {
    let actual = Hasher::digest(expected.algorithm(), bytes);
    if actual == expected {
        return Ok(expected);
    }
    Err(format!("it has digest {actual}, expected {expected}"))
}

fn promised(headers: &HeaderMap) -> Option<Digest> {
    let header = headers.get("docker-content-digest")?;
    header.to_str().ok()?.parse().ok()
}

fn is_schema_1(bytes: &[u8]) -> bool {
    let document = ArchivedDocument::new(bytes.to_vec(), None);
    matches!(document, ArchivedDocument::Schema1(_))
}

/// What the document says of itself counts more than what the registry says of it.
fn media_type(answer: &Whole) -> Option<String> {
    let document = ArchivedDocument::new(answer.body.clone(), None);
    let header = || {
        let header = answer.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(header.split(';').next()?.trim().to_owned())
    };
    document.stored().media_type.clone().or_else(header)
}
