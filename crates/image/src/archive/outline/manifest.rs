//! Manifests in outline.

use std::sync::Arc;

use pullstudy_json::{NotJson, Scanner};

use super::shared_texts::{SharedTexts, plain};
use crate::archive::ArchivedManifest;
use crate::document::Kind;
use crate::{Digest, Platform};

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

/// What is taken of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexOutline {
    pub(super) media_type: Option<Arc<str>>,
    pub(super) entries: Vec<(Digest, Option<Platform>)>,
}

/// A document with nothing unusual in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UsualDocument {
    Manifest(ManifestOutline),
    Index(IndexOutline),
}

/// The values of a document that have been met.
#[derive(Default)]
struct Draft {
    schema_version: Option<u64>,
    media_type: Option<Arc<str>>,
    config: Option<LayerOutline>,
    layers: Option<Vec<LayerOutline>>,
    manifests: Option<Vec<(Digest, Option<Platform>)>>,
    has_annotations: bool,
    is_odd: bool,
}

impl UsualDocument {
    /// Takes a value; `None` for what is neither manifest nor index, or an unusual one.
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
}

impl ManifestOutline {
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
                self.is_odd |= self.schema_version.is_none();
            }
            b"mediaType" if self.media_type.is_none() => {
                let media_type = scanner.string_or_other()?;
                self.media_type = media_type.and_then(|raw| texts.share_plain(raw));
                self.is_odd |= self.media_type.is_none();
            }
            b"config" if self.config.is_none() => {
                self.config = usual_layer(scanner, texts)?;
                self.is_odd |= self.config.is_none();
            }
            b"layers" if self.layers.is_none() => {
                self.layers = list(scanner, |scanner| usual_layer(scanner, texts))?;
                self.is_odd |= self.layers.is_none();
            }
            b"manifests" if self.manifests.is_none() => {
                self.manifests = list(scanner, |scanner| entry(scanner, texts))?;
                self.is_odd |= self.manifests.is_none();
            }
            b"annotations" if !self.has_annotations => {
                self.has_annotations = true;
                self.is_odd |= !only_strings(scanner)?;
            }
            _ => {
                self.is_odd = true;
                scanner.pass_over()?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Option<UsualDocument> {
        if self.is_odd || self.schema_version != Some(2) {
            return None;
        }
        let kind = |has_layers, has_manifests| {
            Kind::of(self.media_type.as_deref(), has_layers, has_manifests)
        };
        match (self.config, self.layers, self.manifests) {
            (Some(config), Some(layers), None) if kind(true, false) == Some(Kind::Manifest) => {
                Some(UsualDocument::Manifest(ManifestOutline {
                    media_type: self.media_type,
                    artifact_type: None,
                    config,
                    layers,
                }))
            }
            (None, None, Some(entries)) if kind(false, true) == Some(Kind::Index) => {
                Some(UsualDocument::Index(IndexOutline {
                    media_type: self.media_type,
                    entries,
                }))
            }
            _ => None,
        }
    }
}

/// Takes a value; `None` for what is no array, or one with anything in it that `element` finds unusual.
fn list<'a, 'k, T>(
    scanner: &mut Scanner<'a, 'k>,
    mut element: impl FnMut(&mut Scanner<'a, 'k>) -> Result<Option<T>, NotJson>,
) -> Result<Option<Vec<T>>, NotJson> {
    if scanner.peek()? != b'[' {
        scanner.pass_over()?;
        return Ok(None);
    }
    let mut elements = Some(Vec::new());
    scanner.array(|scanner| {
        match (element(scanner)?, &mut elements) {
            (Some(element), Some(elements)) => elements.push(element),
            _ => elements = None,
        }
        Ok(())
    })?;
    Ok(elements)
}

/// The values of a descriptor that have been met.
#[derive(Default)]
struct DescriptorDraft {
    media_type: Option<Arc<str>>,
    digest: Option<Digest>,
    size_bytes: Option<u64>,
    platform: Option<Platform>,
    has_urls: bool,
    has_annotations: bool,
    is_odd: bool,
}

/// Takes a descriptor of a layer or config; `None` for anything unusual.
fn usual_layer(
    scanner: &mut Scanner<'_, '_>,
    texts: &mut SharedTexts,
) -> Result<Option<LayerOutline>, NotJson> {
    let draft = DescriptorDraft::read(scanner, texts)?;
    Ok(draft.layer().filter(|_| draft.platform.is_none()))
}

/// Takes an entry of an index; `None` for anything unusual.
fn entry(
    scanner: &mut Scanner<'_, '_>,
    texts: &mut SharedTexts,
) -> Result<Option<(Digest, Option<Platform>)>, NotJson> {
    let draft = DescriptorDraft::read(scanner, texts)?;
    Ok(draft.layer().map(|entry| (entry.digest, draft.platform)))
}

impl DescriptorDraft {
    fn read(scanner: &mut Scanner<'_, '_>, texts: &mut SharedTexts) -> Result<Self, NotJson> {
        let mut draft = Self {
            is_odd: scanner.peek()? != b'{',
            ..Self::default()
        };
        scanner.object_or_other(|scanner, key| draft.member(scanner, key, texts))?;
        Ok(draft)
    }

    fn member(
        &mut self,
        scanner: &mut Scanner<'_, '_>,
        key: &[u8],
        texts: &mut SharedTexts,
    ) -> Result<(), NotJson> {
        match key {
            b"mediaType" if self.media_type.is_none() => {
                let raw = scanner.string_or_other()?;
                self.media_type = raw.and_then(|raw| texts.share_plain(raw));
                // Else the same key, a second time, would be taken for the first.
                self.is_odd |= self.media_type.is_none();
            }
            b"digest" if self.digest.is_none() => {
                let raw = scanner.string_or_other()?;
                self.digest = raw.and_then(|raw| Digest::from_ascii(raw.bytes()));
                self.is_odd |= self.digest.is_none();
            }
            b"size" if self.size_bytes.is_none() => {
                self.size_bytes = scanner.integer_or_other()?;
                self.is_odd |= self.size_bytes.is_none();
            }
            b"platform" if self.platform.is_none() => {
                self.platform = platform(scanner)?;
                self.is_odd |= self.platform.is_none();
            }
            b"urls" if !self.has_urls => {
                self.has_urls = true;
                self.is_odd |= !list_of_strings(scanner)?;
            }
            b"annotations" if !self.has_annotations => {
                self.has_annotations = true;
                self.is_odd |= !only_strings(scanner)?;
            }
            _ => {
                self.is_odd = true;
                scanner.pass_over()?;
            }
        }
        Ok(())
    }

    fn layer(&self) -> Option<LayerOutline> {
        if self.is_odd {
            return None;
        }
        Some(LayerOutline {
            digest: self.digest?,
            size_bytes: self.size_bytes?,
            media_type: Arc::clone(self.media_type.as_ref()?),
        })
    }
}

/// Takes a value; `None` for what is no platform, or an unusual one.
fn platform(scanner: &mut Scanner<'_, '_>) -> Result<Option<Platform>, NotJson> {
    let (mut os, mut architecture, mut variant) = (None, None, None);
    let mut version = None;
    let mut is_odd = scanner.peek()? != b'{';
    scanner.object_or_other(|scanner, key| {
        let place = match key {
            b"os" => &mut os,
            b"architecture" => &mut architecture,
            b"variant" => &mut variant,
            b"os.version" => &mut version,
            _ => {
                is_odd = true;
                return scanner.pass_over();
            }
        };
        let text = scanner.string_or_other()?.and_then(plain);
        is_odd |= place.is_some() || text.is_none();
        *place = text.map(str::to_owned);
        Ok(())
    })?;
    let (Some(os), Some(architecture), false) = (os, architecture, is_odd) else {
        return Ok(None);
    };
    Ok(Some(Platform {
        os,
        architecture,
        variant,
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
    let strings = list(scanner, |scanner| {
        let plain = scanner.string_or_other()?.and_then(plain);
        Ok(plain.map(drop))
    })?;
    Ok(strings.is_some())
}
