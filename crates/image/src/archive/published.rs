//! The published study's file: all tags, manifests and configs of a repository in one JSON object.
//!
//! Its documents were parsed and written again, so their original bytes and digests are not known. Indexes were not
//! followed: for a tag of several platforms there is the index, and a config of one of its images, it is not said which.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::config::ArchivedConfig;
use super::document::{ArchivedDocument, ArchivedIndex, ArchivedManifest};
use super::missing::{Missing, MissingPart, MissingReason};
use super::read::{ArchiveError, ArchivedImage, TagContent};

/// A file of the study, its documents not parsed yet.
#[derive(Debug, Deserialize)]
pub(super) struct Published {
    tags: Option<Vec<String>>,
    manifests: Option<Texts>,
    configs: Option<Texts>,
}

/// Documents by tag, as they stand in the file.
#[derive(Debug, Default)]
struct Texts {
    /// In the file's order.
    tags: Vec<String>,
    by_tag: HashMap<String, Box<RawValue>>,
}

impl Published {
    pub(super) fn read(path: &Path) -> Result<Self, ArchiveError> {
        let text = fs::read(path).map_err(|source| ArchiveError::Read {
            path: path.to_owned(),
            source,
        })?;
        let file: Self = serde_json::from_slice(&text).map_err(|source| ArchiveError::Json {
            path: path.to_owned(),
            source,
        })?;
        if file.tags.is_none() && file.manifests.is_none() && file.configs.is_none() {
            let path = path.to_owned();
            return Err(ArchiveError::NoArchive { path });
        }
        Ok(file)
    }

    /// The tags as the registry listed them; some stand there twice.
    pub(super) fn listed(&self) -> &[String] {
        self.tags.as_deref().unwrap_or_default()
    }

    /// Every tag once: those that were listed, then any others with a manifest or config.
    pub(super) fn tags(&self) -> Vec<String> {
        let documents = self.manifests.iter().chain(&self.configs);
        let others = documents.flat_map(|texts| &texts.tags);
        let mut seen = HashSet::new();
        let tags = self.listed().iter().chain(others);
        tags.filter(|tag| seen.insert(tag.as_str()))
            .cloned()
            .collect()
    }

    /// Reads all that is there of a tag.
    pub(super) fn content(&self, tag: &str) -> TagContent {
        let config = self.configs.as_ref().and_then(|configs| configs.get(tag));
        let config = config.map(|raw| ArchivedConfig::new(raw, None));
        let manifest = self
            .manifests
            .as_ref()
            .and_then(|manifests| manifests.get(tag));
        let Some(raw) = manifest else {
            return TagContent {
                missing: vec![Missing::new(MissingPart::Manifest, MissingReason::NotAsked)],
                unplaced_config: config,
                ..TagContent::default()
            };
        };
        content_of(ArchivedDocument::new(raw, None), config)
    }
}

/// What a tag stands for of which the file has this.
pub(super) fn content_of(root: ArchivedDocument, config: Option<ArchivedConfig>) -> TagContent {
    let mut content = match &root {
        ArchivedDocument::Manifest(manifest) => of_manifest(manifest, config),
        ArchivedDocument::Index(index) => of_index(index, config),
        _ => TagContent {
            unplaced_config: config,
            ..TagContent::default()
        },
    };
    content.root = Some(root);
    content
}

fn of_manifest(manifest: &ArchivedManifest, config: Option<ArchivedConfig>) -> TagContent {
    let missing = config.is_none().then(|| {
        Missing::new(MissingPart::Config, MissingReason::NotAsked)
            .with_digest(manifest.config.digest)
    });
    TagContent {
        images: vec![ArchivedImage {
            entry: None,
            manifest: manifest.clone(),
            config,
        }],
        missing: missing.into_iter().collect(),
        ..TagContent::default()
    }
}

fn of_index(index: &ArchivedIndex, config: Option<ArchivedConfig>) -> TagContent {
    let missing = index.manifests.iter().map(|entry| Missing {
        platform: entry.platform.clone(),
        ..Missing::new(MissingPart::Manifest, MissingReason::NotAsked).with_digest(entry.digest)
    });
    TagContent {
        missing: missing.collect(),
        unplaced_config: config,
        ..TagContent::default()
    }
}

impl Texts {
    /// Null stands for a document that is not there.
    fn get(&self, tag: &str) -> Option<Vec<u8>> {
        let text = self.by_tag.get(tag)?.get();
        (text != "null").then(|| text.as_bytes().to_vec())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a document a tag")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut texts = Texts::default();
        while let Some((tag, text)) = map.next_entry::<String, Box<RawValue>>()? {
            // Of a key that stands there twice, the last counts, as in the study's own language.
            if texts.by_tag.insert(tag.clone(), text).is_none() {
                texts.tags.push(tag);
            }
        }
        Ok(texts)
    }
}
