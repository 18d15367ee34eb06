//! Descriptors with a typed digest, and what their media types say.

use std::collections::BTreeMap;

use oci_spec::image::{self as spec, MediaType};

use crate::{Digest, ParseDigestError, Platform};

/// What a document says of a blob: its type, its digest, its stored size.
///
/// # Source
///
/// OCI image-spec 1.1, descriptor.md.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Descriptor {
    /// What the blob is.
    pub media_type: MediaType,
    /// The hash of the stored bytes.
    pub digest: Digest,
    /// How many bytes are stored: for a layer, its wire bytes.
    pub size_bytes: u64,
    /// What else the document says, by key.
    pub annotations: BTreeMap<String, String>,
    /// For a manifest in an index: what it runs on.
    pub platform: Option<Platform>,
    /// For a manifest in an index: what kind of artifact it is, where it is one (a signature, a list of parts).
    pub artifact_type: Option<MediaType>,
}

/// A descriptor whose digest this crate cannot check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("descriptor of type {media_type} has an unusable digest")]
#[non_exhaustive]
pub struct DescriptorError {
    /// The descriptor's media type.
    pub media_type: String,
    /// What is wrong with the digest.
    pub source: ParseDigestError,
}

impl Descriptor {
    /// Describes a blob, without annotations, platform and artifact type.
    pub fn new(media_type: MediaType, digest: Digest, size_bytes: u64) -> Self {
        Self {
            media_type,
            digest,
            size_bytes,
            annotations: BTreeMap::new(),
            platform: None,
            artifact_type: None,
        }
    }

    /// Returns the descriptor with one more annotation.
    #[must_use]
    pub fn with_annotation(mut self, key: &str, value: impl Into<String>) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    /// Returns the descriptor with the type of an artifact.
    #[must_use]
    pub fn with_artifact_type(mut self, artifact_type: MediaType) -> Self {
        self.artifact_type = Some(artifact_type);
        self
    }

    /// Returns the descriptor with a platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Reads a descriptor of `oci-spec`.
    ///
    /// # Errors
    ///
    /// [`DescriptorError`] when the digest is neither a SHA-256 nor a SHA-512.
    pub fn from_spec(descriptor: &spec::Descriptor) -> Result<Self, DescriptorError> {
        let digest = descriptor
            .digest()
            .to_string()
            .parse()
            .map_err(|source| DescriptorError {
                media_type: descriptor.media_type().to_string(),
                source,
            })?;
        let annotations = descriptor.annotations().iter().flatten();
        Ok(Self {
            media_type: descriptor.media_type().clone(),
            digest,
            size_bytes: descriptor.size(),
            annotations: annotations
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            platform: descriptor.platform().as_ref().map(Platform::from_spec),
            artifact_type: descriptor.artifact_type().clone(),
        })
    }

    /// Gives the descriptor as `oci-spec` has it.
    pub fn to_spec(&self) -> spec::Descriptor {
        let digest: spec::Digest = self
            .digest
            .to_string()
            .parse()
            .expect("a typed digest has the form the specification asks");
        let mut descriptor =
            spec::Descriptor::new(self.media_type.clone(), self.size_bytes, digest);
        if !self.annotations.is_empty() {
            descriptor.set_annotations(Some(self.annotations.clone().into_iter().collect()));
        }
        descriptor.set_platform(self.platform.as_ref().map(Platform::to_spec));
        descriptor.set_artifact_type(self.artifact_type.clone());
        descriptor
    }

    /// Tells whether the blob is an image index, OCI's or Docker's (there a "manifest list").
    pub fn is_index(&self) -> bool {
        matches!(
            self.media_type.as_ref(),
            "application/vnd.oci.image.index.v1+json"
                | "application/vnd.docker.distribution.manifest.list.v2+json"
        )
    }

    /// Tells whether the blob is an image manifest, OCI's or Docker's schema 2.
    pub fn is_manifest(&self) -> bool {
        matches!(
            self.media_type.as_ref(),
            "application/vnd.oci.image.manifest.v1+json"
                | "application/vnd.docker.distribution.manifest.v2+json"
        )
    }
}

/// How a layer's tar is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// As it is.
    None,
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames.
    Zstd,
}

/// A media type that is no layer this crate can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("media type {media_type:?} is no tar layer")]
#[non_exhaustive]
pub struct UnknownLayerType {
    /// The media type in question.
    pub media_type: String,
}

impl Compression {
    /// Returns the name used in options, tables and JSON: `none`, `gzip`, `zstd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Returns the OCI media type of a layer stored this way.
    pub const fn layer_media_type(self) -> MediaType {
        match self {
            Self::None => MediaType::ImageLayer,
            Self::Gzip => MediaType::ImageLayerGzip,
            Self::Zstd => MediaType::ImageLayerZstd,
        }
    }

    /// Reads the compression off a layer's media type, OCI's or Docker's.
    ///
    /// # Errors
    ///
    /// [`UnknownLayerType`] for anything that is no tar layer.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_image::{Compression, MediaType};
    ///
    /// assert_eq!(Compression::of_layer(&MediaType::ImageLayerZstd)?, Compression::Zstd);
    /// assert!(Compression::of_layer(&MediaType::ImageConfig).is_err());
    /// # Ok::<(), pullstudy_image::UnknownLayerType>(())
    /// ```
    pub fn of_layer(media_type: &MediaType) -> Result<Self, UnknownLayerType> {
        let name = media_type.as_ref();
        let oci = name.strip_prefix("application/vnd.oci.image.layer.");
        let docker = name.strip_prefix("application/vnd.docker.image.rootfs.");
        match oci
            .or(docker)
            .map(|kind| kind.trim_start_matches("nondistributable."))
        {
            Some("v1.tar" | "diff.tar") => Ok(Self::None),
            Some("v1.tar+gzip" | "diff.tar.gzip" | "foreign.diff.tar.gzip") => Ok(Self::Gzip),
            Some("v1.tar+zstd" | "diff.tar.zstd") => Ok(Self::Zstd),
            _ => Err(UnknownLayerType {
                media_type: name.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_layers_are_layers() {
        let of = |name: &str| Compression::of_layer(&MediaType::from(name));
        assert_eq!(
            of("application/vnd.docker.image.rootfs.diff.tar.gzip"),
            Ok(Compression::Gzip)
        );
        assert_eq!(
            of("application/vnd.docker.image.rootfs.diff.tar"),
            Ok(Compression::None)
        );
        assert!(of("application/octet-stream").is_err());
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            assert_eq!(
                Compression::of_layer(&compression.layer_media_type()),
                Ok(compression)
            );
        }
    }

    #[test]
    fn a_descriptor_survives_oci_spec() {
        let descriptor = Descriptor::new(MediaType::ImageManifest, Digest::of(b"x"), 1)
            .with_annotation("key", "value")
            .with_platform(Platform::linux_amd64())
            .with_artifact_type(MediaType::from("application/vnd.example.sbom"));
        assert_eq!(Descriptor::from_spec(&descriptor.to_spec()), Ok(descriptor));
    }
}
