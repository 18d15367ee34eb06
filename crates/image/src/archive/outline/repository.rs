//! Repositories in outline: their tags, and the images these stand for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::commands::CommandTable;
use super::config::{ConfigOutline, StepsWanted};
use super::manifest::{LayerOutline, ManifestOutline};
use super::shared_texts::SharedTexts;
use crate::archive::{
    ArchiveForm, ArchivedDocument, ArchivedImage, ArchivedRepository, ArchivedTag, Missing,
    TagContent,
};
use crate::{Digest, Platform};

/// What an archive says of a repository, in outline.
///
/// [`Archive::outlines`](super::super::Archive::outlines) reads those of a whole archive on several threads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepositoryOutline {
    /// The repository's name, as [`ArchivedRepository::name`] has it.
    pub name: String,
    /// The folder or file it was read from.
    pub path: PathBuf,
    /// Who wrote it.
    pub form: ArchiveForm,
    /// How many tags the registry listed, as often as it did; 0 where it was not asked.
    pub listed_tags: usize,
    /// Why the registry did not list its tags, if it was asked to and did not.
    pub missing_tags: Option<Missing>,
    /// The commands of its images, each once, in the order in which images first have them; none where steps were
    /// [not wanted](StepsWanted).
    pub commands: Vec<Box<str>>,
    /// Every tag once, in the registry's order; those it did not list come last.
    pub tags: Vec<TagOutline>,
}

/// What a tag stands for, in outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagOutline {
    /// The tag, or the digest of what was asked for by digest alone.
    pub name: String,
    /// What the tag names; nothing where the archive does not have it.
    pub root: Option<RootOutline>,
    /// The media type in that document; optional in OCI documents.
    pub media_type: Option<Arc<str>>,
    /// The images: one for a manifest; for an index those it lists, at whatever depth, each once.
    pub images: Vec<ImageOutline>,
    /// What is not there of it, and why.
    pub missing: Vec<Missing>,
    /// Whether a config was kept without saying of which image.
    pub has_unplaced_config: bool,
}

/// What kind of document a tag names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootOutline {
    /// One image, or an artifact of the same shape.
    Manifest,
    /// Several images, so many.
    Index(usize),
    /// One image, as Docker described it before 2016, with its layers, first to last.
    Schema1(Vec<Digest>),
    /// Something else, and why it cannot be understood.
    Other(String),
}

/// One image: what its manifest and config say, in outline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageOutline {
    /// The digest of the manifest; nothing where its original bytes are not known.
    pub digest: Option<Digest>,
    /// The platform that an index lists the image for.
    pub listed_platform: Option<Platform>,
    /// Whether the image was reached through an index.
    pub is_listed: bool,
    /// The media type in the manifest.
    pub media_type: Option<Arc<str>>,
    /// The type of the artifact, for one that is no image.
    pub artifact_type: Option<Arc<str>>,
    /// The media type of the config: what kind of image or artifact it is.
    pub config_media_type: Arc<str>,
    /// The layers, first to last.
    pub layers: Vec<LayerOutline>,
    /// What the config says, where the archive has it.
    pub config: Option<ConfigOutline>,
}

impl RepositoryOutline {
    /// Reads all of a repository, one tag after the other.
    pub fn of(repository: &ArchivedRepository, steps: StepsWanted) -> Self {
        let mut texts = SharedTexts::default();
        let mut commands = CommandTable::default();
        let tag = |tag: &ArchivedTag| {
            let content = repository.read(tag);
            let mut outline = TagOutline::of(tag.name(), &content, &mut texts);
            if steps == StepsWanted::All {
                outline.add_steps(&content, &mut commands);
            }
            outline
        };
        let tags = repository.tags().iter().map(tag).collect();
        Self {
            name: repository.name().to_owned(),
            path: repository.path().to_owned(),
            form: repository.form(),
            listed_tags: repository.listed_tags().len(),
            missing_tags: repository.missing_tags().cloned(),
            commands: commands.into_commands(),
            tags,
        }
    }

    pub(super) fn published(name: String, path: &Path) -> Self {
        Self {
            name,
            path: path.to_owned(),
            form: ArchiveForm::Published,
            listed_tags: 0,
            missing_tags: None,
            commands: Vec::new(),
            tags: Vec::new(),
        }
    }
}

impl TagOutline {
    pub(super) fn of(name: String, content: &TagContent, texts: &mut SharedTexts) -> Self {
        let media_type = content
            .root
            .as_ref()
            .and_then(|root| root.stored().media_type.as_deref());
        Self {
            name,
            root: content.root.as_ref().map(RootOutline::of),
            media_type: media_type.map(|text| texts.share(text)),
            images: content
                .images
                .iter()
                .map(|image| ImageOutline::of(image, texts))
                .collect(),
            missing: content.missing.clone(),
            has_unplaced_config: content.unplaced_config.is_some(),
        }
    }
}

impl TagOutline {
    fn add_steps(&mut self, content: &TagContent, commands: &mut CommandTable) {
        for (outline, image) in self.images.iter_mut().zip(&content.images) {
            if let (Some(outline), Some(config)) = (&mut outline.config, &image.config) {
                outline.history = commands.steps(&config.history());
            }
        }
    }
}

impl RootOutline {
    fn of(root: &ArchivedDocument) -> Self {
        match root {
            ArchivedDocument::Manifest(_) => Self::Manifest,
            ArchivedDocument::Index(index) => Self::Index(index.manifests.len()),
            ArchivedDocument::Schema1(schema_1) => Self::Schema1(schema_1.layers.clone()),
            ArchivedDocument::Other(other) => Self::Other(other.reason.clone()),
        }
    }
}

impl ImageOutline {
    fn of(image: &ArchivedImage, texts: &mut SharedTexts) -> Self {
        let manifest = ManifestOutline::of(&image.manifest, texts);
        let entry = image.entry.as_ref();
        Self {
            digest: image.manifest.stored.digest,
            listed_platform: entry.and_then(|entry| entry.platform.clone()),
            is_listed: entry.is_some(),
            config: image
                .config
                .as_ref()
                .map(|config| ConfigOutline::of(config, texts)),
            ..Self::of_manifest(manifest, None)
        }
    }

    pub(super) fn of_manifest(manifest: ManifestOutline, config: Option<ConfigOutline>) -> Self {
        Self {
            digest: None,
            listed_platform: None,
            is_listed: false,
            media_type: manifest.media_type,
            artifact_type: manifest.artifact_type,
            config_media_type: manifest.config.media_type,
            layers: manifest.layers,
            config,
        }
    }

    /// Returns what the image runs on: as the index says, or else as its config says.
    pub fn platform(&self) -> Option<Platform> {
        let of_config = || self.config.as_ref()?.platform();
        self.listed_platform.clone().or_else(of_config)
    }
}
