//! The published study's file, in one pass.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use pullstudy_json::{KnownTexts, NotJson, RawText, Scanner};

use super::commands::FileCommands;
use super::config::{ConfigOutline, StepOutline, StepsWanted};
use super::manifest::{IndexOutline, ManifestOutline, UsualDocument};
use super::repository::{ImageOutline, RepositoryOutline, RootOutline, TagOutline};
use super::shared_texts::SharedTexts;
use crate::archive::published::content_of;
use crate::archive::{ArchivedConfig, ArchivedDocument, Missing, MissingPart, MissingReason};

/// A tag takes this much of a file or more, by and large.
const BYTES_A_TAG: usize = 4 << 10;

/// Reads files one after the other, and remembers what stands in many of them.
pub(super) struct PublishedReader {
    known: KnownTexts,
    texts: SharedTexts,
    steps: StepsWanted,
}

/// What has been met in a file.
#[derive(Default)]
struct Draft<'a> {
    listed: Option<Vec<usize>>,
    tags: Tags<'a>,
    has_manifests: bool,
    has_configs: bool,
    /// None where steps are not wanted.
    commands: Option<FileCommands<'a>>,
    is_odd: bool,
}

/// What the file has for each tag, which stands in up to three places of it, mostly in the same order.
#[derive(Default)]
struct Tags<'a> {
    entries: Vec<Entry<'a>>,
    positions: HashMap<Cow<'a, str>, usize, foldhash::fast::RandomState>,
    /// Where the next tag may stand.
    next: usize,
}

struct Entry<'a> {
    tag: Cow<'a, str>,
    manifest: Option<ManifestPart>,
    config: Option<ConfigOutline>,
}

enum ManifestPart {
    Manifest(ManifestOutline),
    Index(IndexOutline),
    Other(Box<ArchivedDocument>),
}

impl PublishedReader {
    pub(super) fn new(steps: StepsWanted) -> Self {
        Self {
            known: KnownTexts::default(),
            texts: SharedTexts::default(),
            steps,
        }
    }

    /// Returns what a file says; `None` for one that is no such file, or whose parts are of another kind.
    pub(super) fn read(
        &mut self,
        name: String,
        path: &Path,
        text: &[u8],
    ) -> Option<RepositoryOutline> {
        let mut scanner = Scanner::new(text, &mut self.known);
        let mut draft = Draft {
            commands: (self.steps == StepsWanted::All).then(FileCommands::default),
            ..Draft::default()
        };
        draft.tags.entries.reserve(text.len() / BYTES_A_TAG);
        let read = scanner.object(|scanner, key| draft.member(scanner, key, &mut self.texts));
        read.and_then(|()| scanner.end()).ok()?;
        let mut outline = RepositoryOutline::published(name, path);
        outline.listed_tags = draft.listed.as_ref().map_or(0, Vec::len);
        let commands = draft.commands.take();
        outline.tags = draft.finish(&mut self.texts)?;
        if let Some(commands) = commands {
            outline.commands = commands.renumber(steps(&mut outline.tags));
        }
        Some(outline)
    }
}

impl<'a> Draft<'a> {
    fn member(
        &mut self,
        scanner: &mut Scanner<'a, '_>,
        key: &[u8],
        texts: &mut SharedTexts,
    ) -> Result<(), NotJson> {
        match (key, scanner.peek()?) {
            (b"tags", b'[') if self.listed.is_none() => self.list(scanner),
            (b"manifests", b'{') if !self.has_manifests => {
                // The order of tags is that of the manifests.
                self.is_odd |= self.has_configs;
                self.has_manifests = true;
                self.tags.read(scanner, |entry, scanner| {
                    entry.manifest = some_or_null(scanner, |scanner| manifest(scanner, texts))?;
                    Ok(())
                })
            }
            (b"configs", b'{') if !self.has_configs => {
                self.has_configs = true;
                let commands = &mut self.commands;
                self.tags.read(scanner, |entry, scanner| {
                    entry.config =
                        some_or_null(scanner, |scanner| config(scanner, texts, commands))?;
                    Ok(())
                })
            }
            (key, _) => {
                self.is_odd |= matches!(key, b"tags" | b"manifests" | b"configs");
                self.is_odd |= key.contains(&b'\\');
                scanner.pass_over()
            }
        }
    }

    fn list(&mut self, scanner: &mut Scanner<'a, '_>) -> Result<(), NotJson> {
        let mut listed = Vec::new();
        self.tags.next = 0;
        scanner.array(|scanner| {
            match scanner.string_or_other()? {
                Some(raw) => listed.push(self.tags.position(raw)),
                None => self.is_odd = true,
            }
            Ok(())
        })?;
        self.listed = Some(listed);
        Ok(())
    }

    /// Puts the tags in order: those that were listed, then any others with a manifest, then any with a config alone.
    fn finish(self, texts: &mut SharedTexts) -> Option<Vec<TagOutline>> {
        let is_archive = self.listed.is_some() || self.has_manifests || self.has_configs;
        if self.is_odd || !is_archive {
            return None;
        }
        let mut entries: Vec<Option<Entry<'a>>> = self.tags.entries.into_iter().map(Some).collect();
        let mut outlines = Vec::with_capacity(entries.len());
        let listed = self.listed.unwrap_or_default();
        for position in listed.into_iter().chain(0..entries.len()) {
            outlines.extend(entries[position].take().map(|entry| entry.finish(texts)));
        }
        Some(outlines)
    }
}

impl<'a> Tags<'a> {
    /// Returns where a tag stands, and makes a place for a new one.
    fn position(&mut self, tag: RawText<'a>) -> usize {
        let tag = tag.text();
        let position = match self.entries.get(self.next) {
            Some(entry) if entry.tag == tag => self.next,
            _ => self.search(tag),
        };
        self.next = position + 1;
        position
    }

    fn search(&mut self, tag: Cow<'a, str>) -> usize {
        if let Some(&position) = self.positions.get(&tag) {
            return position;
        }
        let position = self.entries.len();
        self.positions.insert(tag.clone(), position);
        self.entries.push(Entry {
            tag,
            manifest: None,
            config: None,
        });
        position
    }

    fn read<'k>(
        &mut self,
        scanner: &mut Scanner<'a, 'k>,
        mut value: impl FnMut(&mut Entry<'a>, &mut Scanner<'a, 'k>) -> Result<(), NotJson>,
    ) -> Result<(), NotJson> {
        self.next = 0;
        scanner.object_of_texts(|scanner, tag| {
            let position = self.position(tag);
            value(&mut self.entries[position], scanner)
        })
    }
}

impl Entry<'_> {
    fn finish(self, texts: &mut SharedTexts) -> TagOutline {
        let name = self.tag.into_owned();
        match self.manifest {
            Some(ManifestPart::Manifest(manifest)) => of_manifest(name, manifest, self.config),
            Some(ManifestPart::Index(index)) => of_index(name, index, self.config.is_some()),
            Some(ManifestPart::Other(document)) => TagOutline {
                has_unplaced_config: self.config.is_some(),
                ..TagOutline::of(name, &content_of(*document, None), texts)
            },
            None => TagOutline {
                name,
                missing: vec![Missing::new(MissingPart::Manifest, MissingReason::NotAsked)],
                has_unplaced_config: self.config.is_some(),
                ..TagOutline::default()
            },
        }
    }
}

fn of_manifest(
    name: String,
    manifest: ManifestOutline,
    config: Option<ConfigOutline>,
) -> TagOutline {
    let missing = config.is_none().then(|| {
        Missing::new(MissingPart::Config, MissingReason::NotAsked)
            .with_digest(manifest.config.digest)
    });
    TagOutline {
        name,
        root: Some(RootOutline::Manifest),
        media_type: manifest.media_type.clone(),
        images: vec![ImageOutline::of_manifest(manifest, config)],
        missing: missing.into_iter().collect(),
        has_unplaced_config: false,
    }
}

fn of_index(name: String, index: IndexOutline, has_config: bool) -> TagOutline {
    let entries = index.entries.len();
    let missing = index.entries.into_iter().map(|(digest, platform)| Missing {
        platform,
        ..Missing::new(MissingPart::Manifest, MissingReason::NotAsked).with_digest(digest)
    });
    TagOutline {
        name,
        root: Some(RootOutline::Index(entries)),
        media_type: index.media_type,
        images: Vec::new(),
        missing: missing.collect(),
        has_unplaced_config: has_config,
    }
}

/// Takes a value; null stands for a document that is not there.
fn some_or_null<'a, 'k, T>(
    scanner: &mut Scanner<'a, 'k>,
    value: impl FnOnce(&mut Scanner<'a, 'k>) -> Result<T, NotJson>,
) -> Result<Option<T>, NotJson> {
    if scanner.peek()? == b'n' {
        scanner.pass_over()?;
        return Ok(None);
    }
    value(scanner).map(Some)
}

fn manifest(
    scanner: &mut Scanner<'_, '_>,
    texts: &mut SharedTexts,
) -> Result<ManifestPart, NotJson> {
    let start = scanner.mark()?;
    match UsualDocument::read(scanner, texts)? {
        Some(UsualDocument::Manifest(manifest)) => return Ok(ManifestPart::Manifest(manifest)),
        Some(UsualDocument::Index(index)) => return Ok(ManifestPart::Index(index)),
        None => {}
    }
    let document = ArchivedDocument::new(scanner.since(start).to_vec(), None);
    Ok(match document {
        ArchivedDocument::Manifest(manifest) => {
            ManifestPart::Manifest(ManifestOutline::of(&manifest, texts))
        }
        other => ManifestPart::Other(Box::new(other)),
    })
}

fn config<'a>(
    scanner: &mut Scanner<'a, '_>,
    texts: &mut SharedTexts,
    commands: &mut Option<FileCommands<'a>>,
) -> Result<ConfigOutline, NotJson> {
    let start = scanner.mark()?;
    if let Some(config) = ConfigOutline::read(scanner, texts, commands.as_mut())? {
        return Ok(config);
    }
    let config = ArchivedConfig::new(scanner.since(start).to_vec(), None);
    let mut outline = ConfigOutline::of(&config, texts);
    if let Some(commands) = commands {
        outline.history = commands.steps(config.history());
    }
    Ok(outline)
}

/// The steps of all images, in their order.
fn steps(tags: &mut [TagOutline]) -> impl Iterator<Item = &mut StepOutline> {
    let images = tags.iter_mut().flat_map(|tag| &mut tag.images);
    let configs = images.filter_map(|image| image.config.as_mut());
    configs.flat_map(|config| &mut config.history)
}
