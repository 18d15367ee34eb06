//! Manifests and indexes, with the raw bytes their digest was taken of.

use std::collections::BTreeMap;

use oci_spec::image::{self as spec, MediaType};

use crate::canonical::canonical_json;
use crate::{Descriptor, DescriptorError, Digest, Platform};

/// An image manifest: one config and the layers, first to last.
///
/// # Source
///
/// OCI image-spec 1.1, manifest.md; Docker's "Image Manifest V 2, Schema 2" has the same shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    raw: Vec<u8>,
    value: Box<spec::ImageManifest>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// An image index: manifests by platform, or the list of a layout's tags.
///
/// # Source
///
/// OCI image-spec 1.1, image-index.md; Docker's "manifest list" has the same shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    raw: Vec<u8>,
    manifests: Vec<Descriptor>,
}

/// What a registry may answer for a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a document is read once, matched and taken apart"
)]
pub enum Document {
    /// One image.
    Manifest(Manifest),
    /// Several images.
    Index(Index),
}

/// Why bytes are no manifest or index.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDocumentError {
    /// They are not the JSON asked for.
    #[error("not a valid {expected}")]
    Json {
        /// What was expected: `image manifest`, `image index`, `JSON document`.
        expected: &'static str,
        /// What the JSON reader stumbled on.
        source: serde_json::Error,
    },
    /// They are JSON of another kind.
    #[error(
        "neither an image manifest nor an image index (media type {}, schema version {})",
        media_type.as_deref().unwrap_or("none"),
        schema_version.map_or("none".to_owned(), |version| version.to_string())
    )]
    UnknownKind {
        /// The document's own media type, if it has one.
        media_type: Option<String>,
        /// The document's schema version; Docker's schema 1 has 1.
        schema_version: Option<u64>,
    },
    /// A descriptor in them cannot be checked.
    #[error("a descriptor of the document is unusable")]
    Descriptor {
        /// Which and why.
        source: DescriptorError,
    },
}

impl Manifest {
    /// Makes an OCI manifest. Its bytes depend on the arguments alone.
    pub fn new(
        config: &Descriptor,
        layers: &[Descriptor],
        annotations: &BTreeMap<String, String>,
    ) -> Self {
        let mut value = spec::ImageManifestBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageManifest)
            .config(config.to_spec())
            .layers(layers.iter().map(Descriptor::to_spec).collect::<Vec<_>>())
            .build()
            .expect("every required field is set");
        if !annotations.is_empty() {
            value.set_annotations(Some(annotations.clone().into_iter().collect()));
        }
        let raw = canonical_json(&value);
        Self {
            raw,
            value: Box::new(value),
            config: config.clone(),
            layers: layers.to_vec(),
        }
    }

    /// Reads a manifest and keeps its bytes.
    ///
    /// # Errors
    ///
    /// [`ParseDocumentError`] when the bytes are no manifest, or a digest in it cannot be used.
    pub fn parse(raw: Vec<u8>) -> Result<Self, ParseDocumentError> {
        let value: spec::ImageManifest =
            serde_json::from_slice(&raw).map_err(|source| ParseDocumentError::Json {
                expected: "image manifest",
                source,
            })?;
        let config = descriptor(value.config())?;
        let layers = value
            .layers()
            .iter()
            .map(descriptor)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            raw,
            value: Box::new(value),
            config,
            layers,
        })
    }

    /// Returns the bytes as they were read or will be stored.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the digest of the raw bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.raw)
    }

    /// Returns the descriptor of the config.
    pub fn config(&self) -> &Descriptor {
        &self.config
    }

    /// Returns the descriptors of the layers, first to last.
    pub fn layers(&self) -> &[Descriptor] {
        &self.layers
    }

    /// Returns an annotation of the manifest itself.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.value
            .annotations()
            .as_ref()?
            .get(key)
            .map(String::as_str)
    }

    /// Returns the sum of the layers' stored sizes in bytes. Config and manifest are not counted.
    pub fn wire_bytes(&self) -> u64 {
        self.layers
            .iter()
            .fold(0, |sum, layer| sum.saturating_add(layer.size_bytes))
    }

    /// Describes this manifest, for an index or a layout.
    pub fn descriptor(&self) -> Descriptor {
        let media_type = self
            .value
            .media_type()
            .clone()
            .unwrap_or(MediaType::ImageManifest);
        Descriptor::new(media_type, self.digest(), self.raw.len() as u64)
    }

    /// Returns all the manifest says, as `oci-spec` has it.
    pub fn spec(&self) -> &spec::ImageManifest {
        &self.value
    }
}

impl Index {
    /// Makes an OCI index. Its bytes depend on the argument alone.
    pub fn new(manifests: &[Descriptor]) -> Self {
        let value = spec::ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(
                manifests
                    .iter()
                    .map(Descriptor::to_spec)
                    .collect::<Vec<_>>(),
            )
            .build()
            .expect("every required field is set");
        Self {
            raw: canonical_json(&value),
            manifests: manifests.to_vec(),
        }
    }

    /// Reads an index and keeps its bytes.
    ///
    /// # Errors
    ///
    /// [`ParseDocumentError`] when the bytes are no index, or a digest in it cannot be used.
    pub fn parse(raw: Vec<u8>) -> Result<Self, ParseDocumentError> {
        let value: spec::ImageIndex =
            serde_json::from_slice(&raw).map_err(|source| ParseDocumentError::Json {
                expected: "image index",
                source,
            })?;
        let manifests = value
            .manifests()
            .iter()
            .map(descriptor)
            .collect::<Result<_, _>>()?;
        Ok(Self { raw, manifests })
    }

    /// Returns the bytes as they were read or will be stored.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the digest of the raw bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.raw)
    }

    /// Returns the descriptors of what the index lists.
    pub fn manifests(&self) -> &[Descriptor] {
        &self.manifests
    }

    /// Returns the first entry that runs on `platform`; an entry that names no platform runs anywhere.
    pub fn for_platform(&self, platform: &Platform) -> Option<&Descriptor> {
        let named = |entry: &&Descriptor| {
            entry
                .platform
                .as_ref()
                .is_some_and(|own| platform.accepts(own))
        };
        let unnamed = || {
            self.manifests
                .iter()
                .find(|entry| entry.platform.is_none() && entry.is_manifest())
        };
        self.manifests.iter().find(named).or_else(unnamed)
    }

    /// Describes this index, for a layout.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(MediaType::ImageIndex, self.digest(), self.raw.len() as u64)
    }
}

impl Document {
    /// Reads a manifest or an index, whichever the bytes are.
    ///
    /// The media type decides where the document has one; the shape does otherwise, as in manifests of 2015 to
    /// 2020 that carry none.
    ///
    /// # Errors
    ///
    /// [`ParseDocumentError`]; Docker's schema 1 is [`ParseDocumentError::UnknownKind`].
    pub fn parse(raw: Vec<u8>) -> Result<Self, ParseDocumentError> {
        let probe: Probe =
            serde_json::from_slice(&raw).map_err(|source| ParseDocumentError::Json {
                expected: "JSON document",
                source,
            })?;
        match probe.kind() {
            Some(Kind::Manifest) => Manifest::parse(raw).map(Self::Manifest),
            Some(Kind::Index) => Index::parse(raw).map(Self::Index),
            None => Err(ParseDocumentError::UnknownKind {
                media_type: probe.media_type,
                schema_version: probe.schema_version,
            }),
        }
    }

    /// Returns the bytes as they were received: what the digest is of.
    pub fn raw(&self) -> &[u8] {
        match self {
            Self::Manifest(manifest) => manifest.raw(),
            Self::Index(index) => index.raw(),
        }
    }

    /// Describes the document by its own media type, SHA-256 digest and size.
    pub fn descriptor(&self) -> Descriptor {
        match self {
            Self::Manifest(manifest) => manifest.descriptor(),
            Self::Index(index) => index.descriptor(),
        }
    }
}

fn descriptor(descriptor: &spec::Descriptor) -> Result<Descriptor, ParseDocumentError> {
    Descriptor::from_spec(descriptor).map_err(|source| ParseDocumentError::Descriptor { source })
}

/// Which of the two a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One image.
    Manifest,
    /// Several images.
    Index,
}

impl Kind {
    /// Tells by the media type, or, where there is none, by what stands in the document.
    pub(crate) fn of(
        media_type: Option<&str>,
        has_config_and_layers: bool,
        has_manifests: bool,
    ) -> Option<Self> {
        match media_type {
            Some(name) if name.contains("manifest.list") || name.contains("image.index") => {
                Some(Self::Index)
            }
            Some(name) if name.contains("image.manifest") || name.contains("manifest.v2") => {
                Some(Self::Manifest)
            }
            Some(_) => None,
            None if has_config_and_layers => Some(Self::Manifest),
            None if has_manifests => Some(Self::Index),
            None => None,
        }
    }
}

/// The few fields that tell one kind of document from another.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    media_type: Option<String>,
    schema_version: Option<u64>,
    config: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl Probe {
    fn kind(&self) -> Option<Kind> {
        let has_config_and_layers = self.config.is_some() && self.layers.is_some();
        Kind::of(
            self.media_type.as_deref(),
            has_config_and_layers,
            self.manifests.is_some(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(size_bytes: u64) -> Descriptor {
        Descriptor::new(
            MediaType::ImageLayerGzip,
            Digest::of(&size_bytes.to_le_bytes()),
            size_bytes,
        )
    }

    #[test]
    fn wire_bytes_are_the_layers_alone() {
        let config = Descriptor::new(MediaType::ImageConfig, Digest::of(b"{}"), 2);
        let manifest = Manifest::new(&config, &[layer(30), layer(12)], &BTreeMap::new());
        assert_eq!(manifest.wire_bytes(), 42);
    }

    #[test]
    fn a_manifest_reads_back_and_its_bytes_are_stable() {
        let annotations: BTreeMap<_, _> =
            (0..20).map(|i| (format!("k{i}"), "v".to_owned())).collect();
        let make = || {
            Manifest::new(
                &layer(1),
                &[layer(2).with_annotation("b", "1").with_annotation("a", "2")],
                &annotations,
            )
        };
        assert_eq!(make().raw(), make().raw());
        let read = Document::parse(make().raw().to_vec()).unwrap();
        assert_eq!(read, Document::Manifest(make()));
    }

    #[test]
    fn a_document_without_a_media_type_is_told_by_its_shape() {
        let digest = Digest::of(b"{}");
        let blob = format!(
            r#"{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":2}}"#
        );
        let manifest = format!(r#"{{"schemaVersion":2,"config":{blob},"layers":[{blob}]}}"#);
        assert!(matches!(
            Document::parse(manifest.into()),
            Ok(Document::Manifest(_))
        ));
        let index = r#"{"schemaVersion":2,"manifests":[]}"#;
        assert!(matches!(
            Document::parse(index.into()),
            Ok(Document::Index(_))
        ));
    }

    #[test]
    fn schema_1_and_nonsense_are_named() {
        let schema_1 = r#"{"schemaVersion":1,"name":"a","fsLayers":[]}"#;
        let error = Document::parse(schema_1.into()).unwrap_err();
        assert!(error.to_string().contains("schema version 1"), "{error}");
        assert!(Document::parse(b"<html>".to_vec()).is_err());
        assert!(Document::parse(b"[]".to_vec()).is_err());
    }

    #[test]
    fn an_index_is_searched_by_platform() {
        let entry = |text: &str| layer(1).with_platform(text.parse().unwrap());
        let index = Index::new(&[entry("linux/amd64"), entry("linux/arm64/v8")]);
        assert_eq!(
            index.for_platform(&"linux/arm64".parse().unwrap()),
            Some(&entry("linux/arm64/v8"))
        );
        assert_eq!(index.for_platform(&"windows/amd64".parse().unwrap()), None);
    }
}
