//! Referrers: the signatures, bills of materials and so on that name a manifest as their subject.

use std::collections::HashSet;

use pullstudy_image::{
    Descriptor, Digest, Document, Index, Manifest, ParseDocumentError, ParseReferenceError,
    Reference,
};
use reqwest::header::HeaderMap;

use crate::whole::{Place, Whole, WholeError};
use crate::{Client, PullManifestError, PushManifestError, TransportError};

const ACCEPT_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Pages are indexes, and no index is larger.
const MAX_PAGE_BYTES: usize = 8 << 20;

/// Some 100 referrers a page make this far more than any manifest has.
const MAX_PAGES: usize = 1_000;

/// Whatever the pages: a registry cannot make us keep more. Some 400 bytes each.
const MAX_REFERRERS: usize = 50_000;

/// Why the referrers of a manifest could not be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReferrersError {
    /// The reference has no digest, and only what has one can be a subject.
    #[error("{reference} has no digest, so nothing can refer to it; resolve it first")]
    NoDigest {
        /// What was asked for.
        reference: Box<Reference>,
    },
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to list the referrers of {reference}")]
    Transport {
        /// What was asked for.
        reference: Box<Reference>,
        /// The cause.
        source: TransportError,
    },
    /// The answer is no index.
    #[error("the registry gave no list of referrers for {reference}")]
    Parse {
        /// What was asked for.
        reference: Box<Reference>,
        /// Why.
        source: ParseDocumentError,
    },
    /// The registry has no list of referrers, and the tag that stands in for it could not be pulled.
    #[error("failed to list the referrers of {reference} by their tag")]
    Tag {
        /// What was asked for.
        reference: Box<Reference>,
        /// The cause.
        source: PullManifestError,
    },
    /// The registry has no list of referrers, and the tag that should stand in for it is an image.
    #[error("tag {tag}, which should list the referrers of {reference}, is no index")]
    NoIndex {
        /// What was asked for.
        reference: Box<Reference>,
        /// The tag.
        tag: String,
    },
    /// The list has no end, or none that memory would see.
    #[error("{reference} has more referrers than are believed: {referrers} on {pages} pages")]
    Endless {
        /// What was asked for.
        reference: Box<Reference>,
        /// Pages read.
        pages: usize,
        /// Referrers read.
        referrers: usize,
    },
}

impl ReferrersError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport { source, .. } => source.is_retryable(),
            Self::Tag { source, .. } => source.is_retryable(),
            _ => false,
        }
    }
}

impl Client {
    /// Lists the manifests that name the reference's digest as their subject; with `artifact_type`, those of that type.
    ///
    /// Where the registry has no such list, the tag that stands in for it (`sha256-<hex>`) is read. The type is checked
    /// here, too, whatever the registry says it filtered. A manifest without referrers, and one that does not exist, have none.
    ///
    /// # Errors
    ///
    /// [`ReferrersError`].
    ///
    /// # Source
    ///
    /// OCI distribution-spec 1.1, "Listing Referrers" and "Unavailable Referrers API".
    pub async fn referrers(
        &self,
        reference: &Reference,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, ReferrersError> {
        let digest = reference.digest().ok_or_else(|| ReferrersError::NoDigest {
            reference: Box::new(reference.clone()),
        })?;
        let first = self
            .whole(
                reference,
                &first_page(digest, artifact_type),
                ACCEPT_INDEX,
                MAX_PAGE_BYTES,
            )
            .await;
        let listed = match first {
            Err(WholeError::Transport(error)) if is_unknown(&error) => {
                self.referrers_by_tag(reference, digest).await?
            }
            first => {
                let first = first.map_err(|error| failed(reference, error))?;
                self.referrers_by_pages(reference, artifact_type, first)
                    .await?
            }
        };
        Ok(filtered(listed, artifact_type))
    }

    /// Reads the first page and those after it.
    async fn referrers_by_pages(
        &self,
        reference: &Reference,
        artifact_type: Option<&str>,
        first: Whole,
    ) -> Result<Vec<Descriptor>, ReferrersError> {
        let mut listed = Vec::new();
        let mut places = HashSet::new();
        let mut page = first;
        loop {
            let filtered = artifact_type.is_some() && was_filtered(&page.headers);
            let next = page.next();
            let entries = index(reference, page)?.manifests().to_vec();
            listed.extend(entries.into_iter().map(|entry| match artifact_type {
                // The registry looked into the manifests: it knows better than its own entry, which may leave it out.
                Some(wanted) if filtered && entry.artifact_type.is_none() => {
                    entry.with_artifact_type(wanted.into())
                }
                _ => entry,
            }));
            let Some(next) = next.filter(|next| places.insert(next.clone())) else {
                return Ok(distinct(listed));
            };
            if places.len() >= MAX_PAGES || listed.len() > MAX_REFERRERS {
                return Err(ReferrersError::Endless {
                    reference: Box::new(reference.clone()),
                    pages: places.len(),
                    referrers: listed.len(),
                });
            }
            let answer = self
                .whole(reference, &next, ACCEPT_INDEX, MAX_PAGE_BYTES)
                .await;
            page = answer.map_err(|error| failed(reference, error))?;
        }
    }

    /// Reads the index that clients keep under a tag where the registry keeps no list.
    async fn referrers_by_tag(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<Vec<Descriptor>, ReferrersError> {
        let (tag, tagged) = fallback_tag(reference, digest);
        let tagged = tagged.expect("a digest's digits and hyphens make a tag");
        // Looked for first: that the tag is not there is no mistake, and calls for no list of tags near it.
        let found = match self.find(&tagged).await {
            Ok(_) => self.pull_document(&tagged).await,
            Err(error) => Err(error),
        };
        match found {
            Ok((_, Document::Index(index))) => Ok(distinct(index.manifests().to_vec())),
            Err(PullManifestError::NotFound { .. }) => Ok(Vec::new()),
            Err(source) => Err(ReferrersError::Tag {
                reference: Box::new(reference.clone()),
                source,
            }),
            Ok(_) => Err(ReferrersError::NoIndex {
                reference: Box::new(reference.clone()),
                tag,
            }),
        }
    }
}

impl Client {
    /// Adds a manifest to the index under its subject's tag, where the registry keeps no list itself.
    pub(crate) async fn list_referrer(
        &self,
        reference: &Reference,
        manifest: &Manifest,
    ) -> Result<(), PushManifestError> {
        let Some(subject) = subject(manifest) else {
            return Ok(());
        };
        let _alone = self.transport.listing().await;
        let known = self.referrers_by_tag(reference, &subject).await;
        let mut entries = known.map_err(|source| PushManifestError::Referrers {
            reference: Box::new(reference.clone()),
            source: Box::new(source),
        })?;
        let own = referrer(manifest);
        if entries.iter().any(|entry| entry.digest == own.digest) {
            return Ok(());
        }
        entries.push(own);
        let (_, tagged) = fallback_tag(reference, &subject);
        let tagged = tagged.expect("a digest's digits and hyphens make a tag");
        let index = Document::Index(Index::new(&entries));
        self.put_document(&tagged, &index).await.map(drop)
    }
}

fn subject(manifest: &Manifest) -> Option<Digest> {
    let subject = manifest.spec().subject().as_ref()?;
    subject.digest().to_string().parse().ok()
}

/// Describes a manifest as lists of referrers do.
fn referrer(manifest: &Manifest) -> Descriptor {
    let spec = manifest.spec();
    let own_type = spec.artifact_type().as_ref();
    let mut descriptor = manifest.descriptor();
    let annotations = spec.annotations().iter().flatten();
    descriptor
        .annotations
        .extend(annotations.map(|(key, value)| (key.clone(), value.clone())));
    let artifact_type = own_type.unwrap_or(&manifest.config().media_type);
    descriptor.with_artifact_type(artifact_type.clone())
}

/// The algorithm and the digits with a hyphen between them, cut off where a tag must end.
fn fallback_tag(
    reference: &Reference,
    digest: &Digest,
) -> (String, Result<Reference, ParseReferenceError>) {
    let algorithm = digest.algorithm().name();
    let mut tag = format!("{algorithm:.32}-{:.64}", digest.hex());
    tag.truncate(128);
    let tagged = reference.with_tag(&tag);
    (tag, tagged)
}

fn first_page(digest: &Digest, artifact_type: Option<&str>) -> Place {
    let query = artifact_type.map_or(String::new(), |wanted| {
        format!("?artifactType={}", percent_encoded(wanted))
    });
    Place::Path(format!("referrers/{digest}{query}"))
}

/// Everything but letters, digits and `-._~` (RFC 3986, section 2.3): a `+` would be read as a space.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// 404 by the specification; some registries do not know the method or the path at all.
fn is_unknown(error: &TransportError) -> bool {
    matches!(error.status(), Some(404 | 405 | 501))
}

fn was_filtered(headers: &HeaderMap) -> bool {
    let applied = headers.get_all("oci-filters-applied").into_iter();
    applied
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|filter| filter.trim().eq_ignore_ascii_case("artifactType"))
}

fn index(reference: &Reference, page: Whole) -> Result<Index, ReferrersError> {
    Index::parse(page.body).map_err(|source| ReferrersError::Parse {
        reference: Box::new(reference.clone()),
        source,
    })
}

/// Each digest once: pages may overlap.
fn distinct(mut entries: Vec<Descriptor>) -> Vec<Descriptor> {
    let mut known = HashSet::new();
    entries.retain(|entry| known.insert(entry.digest));
    entries
}

fn filtered(mut entries: Vec<Descriptor>, artifact_type: Option<&str>) -> Vec<Descriptor> {
    let Some(wanted) = artifact_type else {
        return entries;
    };
    entries.retain(|entry| {
        entry
            .artifact_type
            .as_ref()
            .is_some_and(|own| own.as_ref() == wanted)
    });
    entries
}

fn failed(reference: &Reference, error: WholeError) -> ReferrersError {
    let reference = Box::new(reference.clone());
    match error {
        WholeError::Transport(source) => ReferrersError::Transport { reference, source },
        WholeError::TooLarge => ReferrersError::Endless {
            reference,
            pages: 1,
            referrers: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fallback_tag_is_the_digest_with_a_hyphen() {
        let reference: Reference = "ghcr.io/a/b:1".parse().unwrap();
        let digest = Digest::of(b"{}");
        let (tag, tagged) = fallback_tag(&reference, &digest);
        assert_eq!(tag, format!("sha256-{}", digest.hex()));
        assert_eq!(tagged.unwrap().to_string(), format!("ghcr.io/a/b:{tag}"));
        let long: Digest = format!("sha512:{}", "a".repeat(128)).parse().unwrap();
        let (tag, tagged) = fallback_tag(&reference, &long);
        assert_eq!(tag, format!("sha512-{}", "a".repeat(64)));
        assert!(tagged.is_ok());
    }

    #[test]
    fn a_type_survives_the_query() {
        let place = first_page(&Digest::of(b""), Some("application/vnd.x+json; a=b"));
        let Place::Path(path) = place else {
            panic!("{place:?}")
        };
        assert!(path.ends_with("?artifactType=application%2Fvnd.x%2Bjson%3B%20a%3Db"));
    }
}
