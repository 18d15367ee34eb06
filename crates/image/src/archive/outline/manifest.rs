//! Manifests in outline.

use std::sync::Arc;

use pullstudy_json::{NotJson, Scanner};

use super::shared_texts::{SharedTexts, plain};
use crate::Digest;
use crate::archive::ArchivedManifest;

/// What a manifest says of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerOutline {
    /// The hash of the stored bytes.
    pub digest: Digest,
    /// How many bytes are stored: the layer's wire bytes.
    pub size_bytes: u64,
    /// What the layer is.
    pub media_type: Arc<str>,
}

/// What is taken of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ManifestOutline {
    pub(super) media_type: Option<Arc<str>>,
    pub(super) artifact_type: Option<Arc<str>>,
    pub(super) config: LayerOutline,
    pub(super) layers: Vec<LayerOutline>,
}

/// The values of a manifest that have been met.
#[derive(Default)]
struct Draft {
    schema_version: Option<u64>,
    media_type: Option<Arc<str>>,
    config: Option<LayerOutline>,
    layers: Option<Vec<LayerOutline>>,
    is_odd: bool,
}

impl ManifestOutline {
    /// Takes a value; `None` for what is no manifest, or an unusual one.
    pub(super) fn read(
        scanner: &mut Scanner<'_, '_>,
        texts: &mut SharedTexts,
    ) -> Result<Option<Self>, NotJson> {
        let mut draft = Draft::default();
        if scanner.peek()? != b'{' {
            scanner.pass_over()?;
            return Ok(None);
        }
        scanner.object(|scanner, key| draft.member(scanner, key, texts))?;
        Ok(draft.finish())
    }

    pub(super) fn of(manifest: &ArchivedManifest, texts: &mut SharedTexts) -> Self {
        let mut layer = |descriptor: &crate::Descriptor| LayerOutline {
            digest: descriptor.digest,
            size_bytes: descriptor.size_bytes,
            media_type: texts.share(descriptor.media_type.as_ref()),
        };
        Self {
            config: layer(&manifest.config),
            layers: manifest.layers.iter().map(layer).collect(),
            media_type: manifest.stored.media_type.as_deref().map(Arc::from),
            artifact_type: manifest.artifact_type.as_deref().map(Arc::from),
        }
    }
}

impl Draft {
    fn member(
        &mut self,
        scanner: &mut Scanner<'_, '_>,
        key: &[u8],
        texts: &mut SharedTexts,
    ) -> Result<(), NotJson> {
        match key {
            b"schemaVersion" if self.schema_version.is_none() => {
                self.schema_version = scanner.integer_or_other()?;
            }
            b"mediaType" if self.media_type.is_none() => {
                let media_type = scanner.string_or_other()?;
                self.media_type = media_type.and_then(|raw| texts.share_plain(raw));
                self.is_odd |= self.media_type.is_none();
            }
            b"config" if self.config.is_none() => {
                self.config = descriptor(scanner, texts)?;
                self.is_odd |= self.config.is_none();
            }
            b"layers" if self.layers.is_none() => self.layers(scanner, texts)?,
            b"annotations" => self.is_odd |= !only_strings(scanner)?,
            _ => {
                self.is_odd = true;
                scanner.pass_over()?;
            }
        }
        Ok(())
    }

    fn layers(
        &mut self,
        scanner: &mut Scanner<'_, '_>,
        texts: &mut SharedTexts,
    ) -> Result<(), NotJson> {
        if scanner.peek()? != b'[' {
            self.is_odd = true;
            return scanner.pass_over();
        }
        let mut layers = Vec::new();
        scanner.array(|scanner| {
            match descriptor(scanner, texts)? {
                Some(layer) => layers.push(layer),
                None => self.is_odd = true,
            }
            Ok(())
        })?;
        self.layers = Some(layers);
        Ok(())
    }

    fn finish(self) -> Option<ManifestOutline> {
        if self.is_odd || self.schema_version != Some(2) {
            return None;
        }
        Some(ManifestOutline {
            media_type: self.media_type,
            artifact_type: None,
            config: self.config?,
            layers: self.layers?,
        })
    }
}

/// Takes a value; `None` for what is no descriptor, or an unusual one.
fn descriptor(
    scanner: &mut Scanner<'_, '_>,
    texts: &mut SharedTexts,
) -> Result<Option<LayerOutline>, NotJson> {
    let (mut media_type, mut digest, mut size_bytes) = (None, None, None);
    let (mut has_urls, mut has_annotations) = (false, false);
    let mut is_odd = scanner.peek()? != b'{';
    scanner.object_or_other(|scanner, key| {
        match key {
            b"mediaType" if media_type.is_none() => {
                let raw = scanner.string_or_other()?;
                media_type = raw.and_then(|raw| texts.share_plain(raw));
            }
            b"digest" if digest.is_none() => {
                let raw = scanner.string_or_other()?;
                digest = raw.and_then(|raw| Digest::from_ascii(raw.bytes()));
            }
            b"size" if size_bytes.is_none() => size_bytes = scanner.integer_or_other()?,
            b"urls" if !has_urls => {
                has_urls = true;
                is_odd |= !list_of_strings(scanner)?;
            }
            b"annotations" if !has_annotations => {
                has_annotations = true;
                is_odd |= !only_strings(scanner)?;
            }
            _ => {
                is_odd = true;
                scanner.pass_over()?;
            }
        }
        Ok(())
    })?;
    let (Some(digest), Some(size_bytes), Some(media_type), false) =
        (digest, size_bytes, media_type, is_odd)
    else {
        return Ok(None);
    };
    Ok(Some(LayerOutline {
        digest,
        size_bytes,
        media_type,
    }))
}

/// Takes a value, and tells whether it is an object of strings.
fn only_strings(scanner: &mut Scanner<'_, '_>) -> Result<bool, NotJson> {
    let mut only_strings = scanner.peek()? == b'{';
    scanner.object_or_other(|scanner, _| {
        // What is escaped may be escaped wrongly.
        let is_plain = scanner.string_or_other()?.and_then(plain).is_some();
        only_strings &= is_plain;
        Ok(())
    })?;
    Ok(only_strings)
}

/// Takes a value, and tells whether it is an array of strings.
fn list_of_strings(scanner: &mut Scanner<'_, '_>) -> Result<bool, NotJson> {
    if scanner.peek()? != b'[' {
        scanner.pass_over()?;
        return Ok(false);
    }
    let mut only_strings = true;
    scanner.array(|scanner| {
        only_strings &= scanner.string_or_other()?.and_then(plain).is_some();
        Ok(())
    })?;
    Ok(only_strings)
}
