//! What a person types to name an image.

use std::fmt;
use std::str::FromStr;

use crate::reference_grammar::{ReferenceRule, is_tag, parts};
use crate::{Digest, ParseDigestError};

/// A name of an image: registry, repository, and a tag, a digest, both or neither.
///
/// **Docker Hub defaulting.** A name whose first part is no host belongs to Docker Hub, and a Hub name of one part
/// belongs to its `library`: `busybox` is `docker.io/library/busybox`, `rocker/r-ver` is `docker.io/rocker/r-ver`.
/// The first part is a host when it holds a dot or a colon, or is `localhost`; so `ghcr.io/org/image`,
/// `localhost/image` and `127.0.0.1:5000/image` are what they say. `index.docker.io` is Docker Hub's older name
/// and is read as `docker.io`.
///
/// **No tag.** A missing tag stays missing here, for commands that mean "all tags" by it; where one image must be
/// chosen, [`tag_or_latest`](Self::tag_or_latest) gives Docker's default.
///
/// # Examples
///
/// ```
/// use pullstudy_image::Reference;
///
/// let reference: Reference = "busybox".parse()?;
/// assert_eq!(reference.registry(), "docker.io");
/// assert_eq!(reference.repository(), "library/busybox");
/// assert_eq!((reference.tag(), reference.tag_or_latest()), (None, "latest"));
///
/// let reference: Reference = "127.0.0.1:5000/study/chonks:9-layers".parse()?;
/// assert_eq!(reference.registry(), "127.0.0.1:5000");
/// assert_eq!(reference.to_string(), "127.0.0.1:5000/study/chonks:9-layers");
/// # Ok::<(), pullstudy_image::ParseReferenceError>(())
/// ```
///
/// # Source
///
/// The grammar of the Go package `distribution/reference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is no reference.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseReferenceError {
    /// The name or the tag breaks the grammar.
    #[error(
        "{text:?} is no image reference: expected [REGISTRY/]REPOSITORY[:TAG][@DIGEST] with the repository in lower case"
    )]
    Grammar {
        /// What was given.
        text: String,
        /// Which rule it breaks.
        source: ReferenceRule,
    },
    /// The part after `@` is no digest.
    #[error("{text:?} is no image reference")]
    Digest {
        /// What was given.
        text: String,
        /// What is wrong with the digest.
        source: ParseDigestError,
    },
    /// The tag alone is not valid.
    #[error(
        "{tag:?} is no tag: expected a letter, digit or underscore, then up to 127 of those, dots and hyphens"
    )]
    Tag {
        /// What was given.
        tag: String,
    },
}

impl Reference {
    /// Returns the registry's host, and its port where one was given.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the path of the repository in its registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the tag, if one was given.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the tag, or `latest` where the reference has none.
    pub fn tag_or_latest(&self) -> &str {
        self.tag().unwrap_or("latest")
    }

    /// Returns the digest, if one was given.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Returns `registry/repository`, without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Returns the same repository with this tag and no digest.
    ///
    /// # Errors
    ///
    /// [`ParseReferenceError::Tag`] when `tag` is no valid tag.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ParseReferenceError> {
        if !is_tag(tag) {
            return Err(ParseReferenceError::Tag {
                tag: tag.to_owned(),
            });
        }
        Ok(Self {
            tag: Some(tag.to_owned()),
            digest: None,
            ..self.clone()
        })
    }

    /// Returns the same repository with this digest and no tag.
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self {
            tag: None,
            digest: Some(digest),
            ..self.clone()
        }
    }

    /// Tells whether the registry is this machine, where plain HTTP is spoken: `localhost` or an address in 127.0.0.0/8.
    pub fn is_loopback(&self) -> bool {
        let host = self
            .registry
            .rsplit_once(':')
            .map_or(self.registry.as_str(), |(host, _)| host);
        host == "localhost"
            || host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, ParseReferenceError> {
        let parts = parts(text).map_err(|source| ParseReferenceError::Grammar {
            text: text.to_owned(),
            source,
        })?;
        let digest = parts.digest.map(str::parse).transpose();
        let digest = digest.map_err(|source| ParseReferenceError::Digest {
            text: text.to_owned(),
            source,
        })?;
        Ok(Self {
            registry: parts.registry.to_owned(),
            repository: parts.repository,
            tag: parts.tag.map(str::to_owned),
            digest,
        })
    }
}

impl serde::Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn docker_hub_defaulting() {
        // Columns: typed, registry, repository, tag.
        let cases = [
            ("busybox", "docker.io", "library/busybox", None),
            ("busybox:1.36", "docker.io", "library/busybox", Some("1.36")),
            (
                "busybox:latest",
                "docker.io",
                "library/busybox",
                Some("latest"),
            ),
            ("rocker/r-ver", "docker.io", "rocker/r-ver", None),
            ("docker.io/busybox", "docker.io", "library/busybox", None),
            (
                "index.docker.io/library/busybox",
                "docker.io",
                "library/busybox",
                None,
            ),
            ("ghcr.io/org/image", "ghcr.io", "org/image", None),
            ("localhost/image", "localhost", "image", None),
            (
                "localhost:5000/image:1",
                "localhost:5000",
                "image",
                Some("1"),
            ),
            ("127.0.0.1:5000/a/b", "127.0.0.1:5000", "a/b", None),
        ];
        for (typed, registry, repository, tag) in cases {
            let reference: Reference = typed.parse().unwrap();
            assert_eq!(
                (
                    reference.registry(),
                    reference.repository(),
                    reference.tag()
                ),
                (registry, repository, tag),
                "{typed}"
            );
        }
    }

    #[test]
    fn a_port_is_no_tag() {
        let reference: Reference = "127.0.0.1:5000/chonks".parse().unwrap();
        assert_eq!(
            (reference.registry(), reference.tag()),
            ("127.0.0.1:5000", None)
        );
        assert!(reference.is_loopback());
        assert!(!"ghcr.io/a".parse::<Reference>().unwrap().is_loopback());
    }

    #[test]
    fn a_digest_keeps_its_type_and_a_tag_beside_it() {
        let text = format!("ghcr.io/org/image:1@{DIGEST}");
        let reference: Reference = text.parse().unwrap();
        assert_eq!(
            (
                reference.tag(),
                reference.digest().unwrap().to_string().as_str()
            ),
            (Some("1"), DIGEST)
        );
        assert_eq!(reference.to_string(), text);
        let by_digest: Reference = format!("ghcr.io/org/image@{DIGEST}").parse().unwrap();
        assert_eq!(by_digest.tag(), None);
    }

    #[test]
    fn broken_references_are_refused() {
        for text in [
            "",
            "UPPER/case",
            "a//b",
            "a:b:c",
            "a@sha256:zz",
            "http://ghcr.io/a",
            "a b",
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
        let reference: Reference = "busybox".parse().unwrap();
        assert!(
            reference.with_tag("-no").is_err() && reference.with_tag(&"a".repeat(129)).is_err()
        );
    }
}
