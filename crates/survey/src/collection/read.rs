//! Collections, made of archives.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use foldhash::fast::RandomState;
use pullstudy_image::{
    Archive, ArchiveError, ArchiveForm, ConfigOutline, DiffId, Digest, ImageOutline, LayerOutline,
    MissingPart, Platform, RepositoryOutline, TagOutline, in_words,
};

use super::image::{CollectedImage, CollectedLayer, Step};
use super::judge;
use super::left_out::{LeftOut, LeftOutKind};
use super::options::{CollectionOptions, ImageChoice};
use super::sets::Basis;
use super::texts::Texts;

/// The images of an archive that count, each layer kept once, and what was left out.
///
/// Images stand in the order of their repositories' paths and of the registry's tags. Layers are numbered in the order
/// in which they are first met.
///
/// # Examples
///
/// ```
/// use pullstudy_image::{Archive, ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
/// use pullstudy_survey::{Collection, CollectionOptions};
///
/// let dir = tempfile::tempdir()?;
/// let repository = ArchiveWriter::create(dir.path())?.repository(&"ghcr.io/org/image".parse()?)?;
/// let config = Descriptor::new(MediaType::ImageConfig, Digest::of(b"{}"), 2);
/// let layer = Descriptor::new(MediaType::ImageLayerGzip, Digest::of(b"layer"), 300);
/// let manifest = Manifest::new(&config, &[layer.clone(), layer], &Default::default());
/// repository.put_document(&manifest.digest(), manifest.raw())?;
/// let mut record = TagRecord::new("1.0");
/// record.digest = Some(manifest.digest());
/// repository.put_record(record)?;
///
/// let images = Collection::read(&Archive::open(dir.path())?, &CollectionOptions::default());
/// assert_eq!(images.name(0), "ghcr.io/org/image:1.0");
/// assert_eq!(images.layers_of(0), [0, 0]);
/// assert_eq!(images.layer(0).size_bytes, 300);
/// assert_eq!(images.wire_bytes(0), 600);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Collection {
    images: Vec<CollectedImage>,
    layers: Vec<CollectedLayer>,
    diff_ids: Vec<DiffId>,
    repositories: Vec<CollectedRepository>,
    texts: Texts,
    left_out: LeftOut,
}

/// A repository of a collection. It may have no image that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectedRepository {
    /// Its name, as the archive has it.
    pub name: Box<str>,
    /// How many tags the archive knows of.
    pub tags: usize,
    /// How many tags the registry listed; 0 where it was not asked.
    pub listed_tags: usize,
    /// Why the registry did not list its tags, if it was asked to and did not.
    pub missing_tags: Option<String>,
    /// Whether the file is the published study's, which list no more than 500 tags.
    pub is_published: bool,
}

/// A collection that is being made.
struct Collector<'a> {
    options: &'a CollectionOptions,
    collection: Collection,
    layers: HashMap<Digest, u32, RandomState>,
    diff_ids: HashMap<DiffId, u32, RandomState>,
    names: HashMap<Box<str>, u32>,
    /// Where the images of each repository stand: in several places if the archive has it twice.
    images_of: HashMap<u32, Vec<Range<usize>>>,
}

impl Collection {
    /// Reads an archive. Nothing in it makes this fail: what cannot be read is [left out](Self::left_out), with the reason.
    pub fn read(archive: &Archive, options: &CollectionOptions) -> Self {
        let mut collector = Collector::new(options);
        archive.outlines(
            options.steps,
            options.threads,
            |repository| match repository {
                Ok(repository) => collector.repository(&repository),
                Err(error) => collector.unreadable(&error),
            },
        );
        collector.collection
    }

    /// Returns how many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Tells whether no image counts.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Returns the images.
    pub fn images(&self) -> &[CollectedImage] {
        &self.images
    }

    /// Returns one image.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn image(&self, image: usize) -> &CollectedImage {
        &self.images[image]
    }

    /// Returns an image's name: `repository:tag`, or `repository@digest`; with the platform in brackets where an index
    /// lists several.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn name(&self, image: usize) -> String {
        let image = &self.images[image];
        let repository = &self.repositories[image.repository as usize].name;
        let name = tagged(repository, &image.tag);
        match &image.listed_platform {
            Some(platform) => format!("{name} ({platform})"),
            None => name,
        }
    }

    /// Returns the name of an image's repository.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn repository(&self, image: usize) -> &str {
        &self.repositories[self.images[image].repository as usize].name
    }

    /// Returns every repository, also those without an image that counts.
    pub fn repositories(&self) -> &[CollectedRepository] {
        &self.repositories
    }

    /// Returns an image's layers as numbers, first to last; one may stand there twice.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn layers_of(&self, image: usize) -> &[u32] {
        &self.images[image].layers
    }

    /// Returns the layers, in the order of their numbers.
    pub fn layers(&self) -> &[CollectedLayer] {
        &self.layers
    }

    /// Returns a layer.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    pub fn layer(&self, layer: u32) -> &CollectedLayer {
        &self.layers[layer as usize]
    }

    /// Returns a diff_id by its number.
    ///
    /// # Panics
    ///
    /// If there is no such number.
    pub fn diff_id(&self, diff_id: u32) -> DiffId {
        self.diff_ids[diff_id as usize]
    }

    /// Returns a command by its number.
    ///
    /// # Panics
    ///
    /// If there is no such number.
    pub fn command(&self, command: u32) -> &str {
        self.texts.get(command)
    }

    /// Returns an image's wire bytes: the sum of its layers' sizes, one that stands there twice counted twice.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn wire_bytes(&self, image: usize) -> u64 {
        let layers = self.layers_of(image).iter();
        layers.fold(0, |sum, &layer| {
            sum.saturating_add(self.layer(layer).size_bytes)
        })
    }

    /// Returns a number for each command, equal for those that differ in spaces and in case alone.
    pub(super) fn normal_commands(&self, basis: Basis) -> Vec<u32> {
        match basis {
            Basis::Command => self.texts.normal(),
            Basis::Digest | Basis::DiffId => Vec::new(),
        }
    }

    /// Returns what was not counted.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }
}

fn tagged(repository: &str, tag: &str) -> String {
    let separator = if tag.contains(':') { '@' } else { ':' };
    format!("{repository}{separator}{tag}")
}

impl<'a> Collector<'a> {
    fn new(options: &'a CollectionOptions) -> Self {
        Self {
            options,
            collection: Collection::default(),
            layers: HashMap::default(),
            diff_ids: HashMap::default(),
            names: HashMap::new(),
            images_of: HashMap::new(),
        }
    }

    fn leave_out(&mut self, kind: LeftOutKind, name: String) {
        self.collection.left_out.add(kind, name);
    }

    fn unreadable(&mut self, error: &ArchiveError) {
        self.leave_out(LeftOutKind::UnreadableRepository, in_words(error));
    }

    fn repository(&mut self, repository: &RepositoryOutline) {
        let number = self.number_repository(repository);
        if repository.tags.is_empty() {
            self.leave_out(LeftOutKind::NoTags, repository.name.clone());
        }
        let known = self.known_tags(number);
        let mut counting = Vec::new();
        for tag in &repository.tags {
            let images = self.counting(&repository.name, tag);
            if known.contains(&*tag.name) {
                let repeated = tagged(&repository.name, &tag.name);
                images
                    .iter()
                    .for_each(|_| self.leave_out(LeftOutKind::Repeated, repeated.clone()));
            } else {
                counting.extend(images.into_iter().map(|image| (tag.name.as_str(), image)));
            }
        }
        if self.options.choice == ImageChoice::OnePerRepository {
            counting = self.one_of(&repository.name, &counting, !known.is_empty());
        }
        let commands = self.number_commands(repository);
        let first = self.collection.images.len();
        for (tag, image) in counting {
            self.image(number, tag, image, &commands);
        }
        let images = first..self.collection.images.len();
        self.images_of.entry(number).or_default().push(images);
    }

    /// Returns the tags of which images count already: only a repository that is there twice has any.
    fn known_tags(&self, repository: u32) -> HashSet<Box<str>> {
        let ranges = self.images_of.get(&repository).into_iter().flatten();
        let images = ranges.flat_map(|range| &self.collection.images[range.clone()]);
        images.map(|image| image.tag.clone()).collect()
    }

    fn number_repository(&mut self, repository: &RepositoryOutline) -> u32 {
        if let Some(&number) = self.names.get(repository.name.as_str()) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("repositories are numbered in 32 bits");
        self.names.insert(repository.name.as_str().into(), number);
        let missing_tags = repository.missing_tags.as_ref();
        self.collection.repositories.push(CollectedRepository {
            name: repository.name.as_str().into(),
            tags: repository.tags.len(),
            listed_tags: repository.listed_tags,
            missing_tags: missing_tags.map(|missing| missing.reason.name().to_owned()),
            is_published: repository.form == ArchiveForm::Published,
        });
        number
    }

    /// Returns a tag's images that count.
    fn counting<'t>(&mut self, repository: &str, tag: &'t TagOutline) -> Vec<&'t ImageOutline> {
        let name = || tagged(repository, &tag.name);
        if let Some(kind) = judge::tag_fault(self.options.method, tag) {
            let reason = judge::reason(tag);
            let name = name();
            self.leave_out(
                kind,
                reason.map_or(name.clone(), |reason| format!("{name}: {reason}")),
            );
            return Vec::new();
        }
        let missing = tag.missing.iter();
        for _ in missing.filter(|missing| missing.part == MissingPart::Manifest) {
            self.leave_out(LeftOutKind::ListedImageMissing, name());
        }
        let mut counting = Vec::new();
        for image in &tag.images {
            match self.fault(tag, image) {
                Some(kind) => self.leave_out(kind, name()),
                None => counting.push(image),
            }
        }
        counting
    }

    fn fault(&self, tag: &TagOutline, image: &ImageOutline) -> Option<LeftOutKind> {
        let is_elsewhere = || {
            let wanted = self.options.platform.as_ref()?;
            let runs = image
                .platform()
                .is_some_and(|platform| wanted.accepts(&platform));
            (!runs).then_some(LeftOutKind::OtherPlatform)
        };
        judge::fault(self.options.method, tag, image).or_else(is_elsewhere)
    }

    /// Returns the collection's number of each of a repository's commands.
    fn number_commands(&mut self, repository: &RepositoryOutline) -> Vec<u32> {
        let texts = &mut self.collection.texts;
        let commands = repository.commands.iter();
        commands.map(|command| texts.number(command)).collect()
    }

    fn image(&mut self, repository: u32, tag: &str, outline: &ImageOutline, commands: &[u32]) {
        if self.has_impossible_sum(outline) {
            let repository = &self.collection.repositories[repository as usize].name;
            let name = tagged(repository, tag);
            return self.leave_out(LeftOutKind::SizeOutOfRange, name);
        }
        let image = self.collected(repository, tag, outline, commands);
        self.collection.images.push(image);
    }

    /// Tells whether the layers together are more bytes than can be counted, by the sizes that manifests before said.
    fn has_impossible_sum(&self, outline: &ImageOutline) -> bool {
        let mut sizes = outline.layers.iter().map(|layer| {
            let known = self.layers.get(&layer.digest);
            known.map_or(layer.size_bytes, |&known| {
                self.collection.layer(known).size_bytes
            })
        });
        sizes.try_fold(0_u64, u64::checked_add).is_none()
    }

    fn collected(
        &mut self,
        repository: u32,
        tag: &str,
        outline: &ImageOutline,
        commands: &[u32],
    ) -> CollectedImage {
        let config = outline.config.as_ref();
        let listed = outline.listed_platform.as_ref();
        let mut share = |text: &str| self.collection.texts.share(text);
        CollectedImage {
            repository,
            tag: tag.into(),
            listed_platform: listed.map(|platform| platform.to_string().into()),
            media_type: outline.media_type.as_deref().map(&mut share),
            os: config
                .and_then(|config| config.os.as_deref())
                .or_else(|| listed.map(|platform| platform.os.as_str()))
                .map(&mut share),
            architecture: config
                .and_then(|config| config.architecture.as_deref())
                .or_else(|| listed.map(|platform| platform.architecture.as_str()))
                .map(&mut share),
            created: config.and_then(|config| config.created.clone()),
            has_config: config.is_some(),
            has_other_sizes: self.has_other_sizes(outline),
            layers: outline
                .layers
                .iter()
                .map(|layer| self.layer(layer))
                .collect(),
            diff_ids: config.and_then(|config| self.diff_ids(config)),
            steps: config.map_or_else(Vec::new, |config| steps(config, commands)),
        }
    }

    /// Tells whether a manifest says another size of a layer than one before it.
    fn has_other_sizes(&self, outline: &ImageOutline) -> bool {
        outline.layers.iter().any(|layer| {
            let known = self.layers.get(&layer.digest);
            known.is_some_and(|&known| self.collection.layer(known).size_bytes != layer.size_bytes)
        })
    }

    fn layer(&mut self, layer: &LayerOutline) -> u32 {
        let layers = &mut self.collection.layers;
        *self.layers.entry(layer.digest).or_insert_with(|| {
            layers.push(CollectedLayer {
                digest: layer.digest,
                size_bytes: layer.size_bytes,
                media_type: self.collection.texts.share(&layer.media_type),
            });
            u32::try_from(layers.len() - 1).expect("layers are numbered in 32 bits")
        })
    }

    fn diff_ids(&mut self, config: &ConfigOutline) -> Option<Vec<u32>> {
        let mut number = |id: &DiffId| {
            let known = &mut self.collection.diff_ids;
            *self.diff_ids.entry(*id).or_insert_with(|| {
                known.push(*id);
                u32::try_from(known.len() - 1).expect("diff_ids are numbered in 32 bits")
            })
        };
        Some(config.diff_ids.as_ref()?.iter().map(&mut number).collect())
    }

    /// Chooses one of a repository's images, and leaves out the others.
    fn one_of<'t>(
        &mut self,
        name: &str,
        counting: &[(&'t str, &'t ImageOutline)],
        has_one: bool,
    ) -> Vec<(&'t str, &'t ImageOutline)> {
        let chosen = if has_one { None } else { chosen(counting) };
        for (position, (tag, _)) in counting.iter().enumerate() {
            if Some(position) != chosen {
                self.leave_out(LeftOutKind::NotChosen, tagged(name, tag));
            }
        }
        chosen.map(|chosen| counting[chosen]).into_iter().collect()
    }
}

fn steps(config: &ConfigOutline, commands: &[u32]) -> Vec<Step> {
    let steps = config.history.iter();
    steps
        .map(|step| Step {
            command: step.command.map(|command| commands[command as usize]),
            empty_layer: step.empty_layer,
        })
        .collect()
}

/// The tag a client takes that is told none.
const DEFAULT_TAG: &str = "latest";

fn chosen(counting: &[(&str, &ImageOutline)]) -> Option<usize> {
    let has_default = counting.iter().any(|(tag, _)| *tag == DEFAULT_TAG);
    let (first, _) = *counting.first()?;
    let wanted = if has_default { DEFAULT_TAG } else { first };
    let of_tag = |&position: &usize| counting[position].0 == wanted;
    let is_usual = |&position: &usize| {
        let platform = counting[position].1.platform();
        platform.is_some_and(|platform| Platform::linux_amd64().accepts(&platform))
    };
    let usual = (0..counting.len()).filter(of_tag).find(is_usual);
    usual.or_else(|| (0..counting.len()).find(of_tag))
}
