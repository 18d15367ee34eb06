//! Documents of archives: manifests, indexes, and what else a registry may have given for a tag.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Descriptor, Digest, Document, ParseDocumentError, in_words};

/// A manifest, an index, or whatever else an archive has for a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a document is read once, matched and taken apart"
)]
pub enum ArchivedDocument {
    /// One image, or an artifact of the same shape.
    Manifest(ArchivedManifest),
    /// Several images.
    Index(ArchivedIndex),
    /// One image, as Docker described it before 2016.
    Schema1(ArchivedSchema1),
    /// Something else.
    Other(OtherDocument),
}

/// The bytes of a document, and what every kind of document says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredDocument {
    /// The bytes as they stand in the archive. They are the registry's only where there is a digest.
    pub raw: Vec<u8>,
    /// The digest of the bytes, which was checked; none where the original bytes are not known.
    pub digest: Option<Digest>,
    /// The media type in the document; optional in OCI documents.
    pub media_type: Option<String>,
    /// The schema version: 2 for all but Docker's schema 1.
    pub schema_version: Option<u64>,
}

/// An image manifest.
///
/// In contrast to [`crate::Manifest`] it does not pretend to know its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchivedManifest {
    /// The bytes.
    pub stored: StoredDocument,
    /// What the manifest says of the config.
    pub config: Descriptor,
    /// What the manifest says of the layers, first to last.
    pub layers: Vec<Descriptor>,
    /// The type of the artifact, for one that is no image.
    pub artifact_type: Option<String>,
    /// What else the manifest says, by key.
    pub annotations: BTreeMap<String, String>,
}

/// An image index, OCI's or Docker's (there a "manifest list").
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchivedIndex {
    /// The bytes.
    pub stored: StoredDocument,
    /// What the index lists.
    pub manifests: Vec<Descriptor>,
}

/// Docker's image manifest of schema 1. It has no sizes, and lists the empty layer once for every step without one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchivedSchema1 {
    /// The bytes.
    pub stored: StoredDocument,
    /// What the image runs on, in Go's word.
    pub architecture: Option<String>,
    /// The layers, first to last; the document itself lists them the other way round.
    pub layers: Vec<Digest>,
}

/// A document that cannot be understood. Its bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtherDocument {
    /// The bytes.
    pub stored: StoredDocument,
    /// Why, in words.
    pub reason: String,
}

impl ArchivedDocument {
    /// Reads a document, whatever it is. `digest` is that of `raw`, where these are the bytes that the registry stores.
    pub fn new(raw: Vec<u8>, digest: Option<Digest>) -> Self {
        let outline: Outline = serde_json::from_slice(&raw).unwrap_or_default();
        let document = Document::parse(raw.clone());
        let stored = StoredDocument {
            raw,
            digest,
            media_type: outline.media_type.clone(),
            schema_version: outline.schema_version,
        };
        match document {
            Ok(Document::Manifest(manifest)) => Self::Manifest(of_manifest(stored, &manifest)),
            Ok(Document::Index(index)) => Self::Index(ArchivedIndex {
                stored,
                manifests: index.manifests().to_vec(),
            }),
            Err(error) => outline.schema_1_or_other(stored, &error),
        }
    }

    /// Returns the bytes and what every document says of itself.
    pub fn stored(&self) -> &StoredDocument {
        match self {
            Self::Manifest(document) => &document.stored,
            Self::Index(document) => &document.stored,
            Self::Schema1(document) => &document.stored,
            Self::Other(document) => &document.stored,
        }
    }
}

impl ArchivedManifest {
    /// Returns the sum of the layers' sizes: what a registry sends for this image, the config apart.
    ///
    /// A sum that no disk could hold, as only made-up manifests have, is cut off at [`u64::MAX`].
    pub fn wire_bytes(&self) -> u64 {
        let sizes = self.layers.iter().map(|layer| layer.size_bytes);
        sizes.fold(0, u64::saturating_add)
    }
}

fn of_manifest(stored: StoredDocument, manifest: &crate::Manifest) -> ArchivedManifest {
    let artifact_type = manifest.spec().artifact_type().as_ref();
    let annotations = manifest.spec().annotations().iter().flatten();
    ArchivedManifest {
        stored,
        config: manifest.config().clone(),
        layers: manifest.layers().to_vec(),
        artifact_type: artifact_type.map(ToString::to_string),
        annotations: annotations
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    }
}

/// What is read before the kind of a document is known.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    media_type: Option<String>,
    schema_version: Option<u64>,
    architecture: Option<String>,
    fs_layers: Option<Vec<FsLayer>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FsLayer {
    blob_sum: String,
}

impl Outline {
    fn schema_1_or_other(
        self,
        stored: StoredDocument,
        error: &ParseDocumentError,
    ) -> ArchivedDocument {
        let layers = self.fs_layers.filter(|_| self.schema_version == Some(1));
        let digests = layers.map(|layers| {
            let bottom_up = layers.iter().rev();
            bottom_up.map(|layer| layer.blob_sum.parse()).collect()
        });
        match digests {
            Some(Ok(layers)) => ArchivedDocument::Schema1(ArchivedSchema1 {
                stored,
                architecture: self.architecture,
                layers,
            }),
            _ => ArchivedDocument::Other(OtherDocument {
                stored,
                reason: in_words(error),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> ArchivedDocument {
        ArchivedDocument::new(text.into(), None)
    }

    #[test]
    fn schema_1_lists_its_layers_first_to_last() {
        let [top, bottom] = [b"top", b"bot"].map(|bytes| Digest::of(bytes));
        let text = format!(
            r#"{{"schemaVersion":1,"architecture":"x86_64","fsLayers":[{{"blobSum":"{top}"}},{{"blobSum":"{bottom}"}}]}}"#
        );
        let ArchivedDocument::Schema1(schema_1) = document(&text) else {
            panic!("{text}")
        };
        assert_eq!(schema_1.layers, [bottom, top]);
        assert_eq!(schema_1.stored.schema_version, Some(1));
    }

    #[test]
    fn a_missing_media_type_stays_missing() {
        let blob = format!(
            r#"{{"mediaType":"a/b","digest":"{}","size":9}}"#,
            Digest::of(b"")
        );
        let text = format!(r#"{{"schemaVersion":2,"config":{blob},"layers":[{blob},{blob}]}}"#);
        let ArchivedDocument::Manifest(manifest) = document(&text) else {
            panic!("{text}")
        };
        assert_eq!(manifest.wire_bytes(), 18);
        assert_eq!(
            (manifest.stored.media_type, manifest.stored.digest),
            (None, None)
        );
    }

    #[test]
    fn nothing_is_refused() {
        for text in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"schemaVersion":1}"#,
            r#"{"schemaVersion":1,"fsLayers":[{"blobSum":"sha256:x"}]}"#,
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#,
        ] {
            let ArchivedDocument::Other(other) = document(text) else {
                panic!("{text}")
            };
            assert_eq!(other.stored.raw, text.as_bytes());
            assert!(!other.reason.is_empty());
        }
    }
}
