//! What is moved: ordinary images, odd ones, and what is no image at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pullstudy_image::{
    Config, Descriptor, DiffId, Digest, Index, LayoutWriter, Manifest, MediaType, Reference, Tag,
    oci_spec,
};

use crate::dice::Dice;
use crate::store::{Repository, Store};

/// What kind of image is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One to five layers of up to 60 kB, an empty one and a repeated one among them at times.
    Image,
    TwoPlatforms,
    /// A layer of so many megabytes that it may be pulled in several ranges.
    Large,
    /// An index in an index, five deep, and an image at the end.
    Nested,
    /// An index that lists its own name.
    SelfPointing,
    /// A manifest of 5 MiB.
    Huge,
    /// JSON that is no manifest.
    NoManifest,
    /// A manifest of 10,000 layers.
    ManyLayers,
    /// A manifest that has the size of a layer wrong.
    WrongSize,
    /// A layer whose bytes have another digest than their name.
    WrongBlob,
}

/// How an operation on a content ends when nothing else goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prospect {
    Good,
    /// Success or refusal: a client may have limits.
    Open,
    Bad,
}

impl Kind {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..67 => Self::Image,
            67..79 => Self::TwoPlatforms,
            79..82 => Self::Large,
            82..85 => Self::Nested,
            85..88 => Self::SelfPointing,
            88..90 => Self::Huge,
            90..93 => Self::NoManifest,
            93..94 => Self::ManyLayers,
            94..97 => Self::WrongSize,
            _ => Self::WrongBlob,
        }
    }

    pub(crate) fn prospect(self) -> Prospect {
        match self {
            Self::Image | Self::TwoPlatforms | Self::Large => Prospect::Good,
            Self::Nested | Self::Huge | Self::ManyLayers => Prospect::Open,
            Self::SelfPointing | Self::NoManifest | Self::WrongSize | Self::WrongBlob => {
                Prospect::Bad
            }
        }
    }

    /// What the counts call it; nothing for what is as it should be.
    pub(crate) fn oddity(self) -> Option<&'static str> {
        match self {
            Self::Image | Self::TwoPlatforms => None,
            Self::Large => Some("layer of several ranges"),
            Self::Nested => Some("index five deep"),
            Self::SelfPointing => Some("index in itself"),
            Self::Huge => Some("manifest of 5 MiB"),
            Self::NoManifest => Some("JSON, no manifest"),
            Self::ManyLayers => Some("10,000 layers"),
            Self::WrongSize => Some("wrong size in manifest"),
            Self::WrongBlob => Some("wrong blob stored"),
        }
    }
}

/// Blobs and documents, and the one a tag stands for.
pub(crate) struct Content {
    pub(crate) kind: Kind,
    /// By the digest they are stored under; that of a lie is another than its own.
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
    pub(crate) documents: BTreeMap<Digest, (MediaType, Vec<u8>)>,
    pub(crate) root: Descriptor,
    /// Those of the blobs that are configs.
    configs: BTreeSet<Digest>,
}

impl Content {
    pub(crate) fn draw(kind: Kind, dice: &mut Dice) -> Self {
        let nothing = Descriptor::new(MediaType::ImageManifest, Digest::of(b""), 0);
        let mut content = Self {
            kind,
            blobs: BTreeMap::new(),
            documents: BTreeMap::new(),
            root: nothing,
            configs: BTreeSet::new(),
        };
        content.root = content.make(dice);
        content
    }

    fn make(&mut self, dice: &mut Dice) -> Descriptor {
        match self.kind {
            Kind::Image => self.image("amd64", dice),
            Kind::TwoPlatforms => {
                let images = ["amd64", "arm64"].map(|architecture| self.image(architecture, dice));
                self.index(&images)
            }
            Kind::Large => {
                let size = (4 << 20) + dice.below(6 << 20);
                let layer = self.blob(MediaType::ImageLayer, dice.bytes(size));
                self.manifest("amd64", &[layer], &BTreeMap::new())
            }
            Kind::Nested => {
                let image = self.image("amd64", dice);
                (0..5).fold(image, |inner, _| self.index(&[inner]))
            }
            Kind::SelfPointing => self.self_pointing(),
            Kind::Huge => self.huge(dice),
            Kind::NoManifest => {
                self.document(MediaType::ImageManifest, b"{\"errors\": []}".to_vec())
            }
            Kind::ManyLayers => self.many_layers(dice),
            Kind::WrongSize => self.wrong_size(dice),
            Kind::WrongBlob => self.wrong_blob(dice),
        }
    }

    fn blob(&mut self, media_type: MediaType, bytes: Vec<u8>) -> Descriptor {
        let descriptor = Descriptor::new(media_type, Digest::of(&bytes), bytes.len() as u64);
        self.blobs.insert(descriptor.digest, bytes);
        descriptor
    }

    fn document(&mut self, media_type: MediaType, bytes: Vec<u8>) -> Descriptor {
        let descriptor =
            Descriptor::new(media_type.clone(), Digest::of(&bytes), bytes.len() as u64);
        self.documents
            .insert(descriptor.digest, (media_type, bytes));
        descriptor
    }

    fn index(&mut self, entries: &[Descriptor]) -> Descriptor {
        self.document(MediaType::ImageIndex, Index::new(entries).raw().to_vec())
    }

    fn image(&mut self, architecture: &str, dice: &mut Dice) -> Descriptor {
        let sizes = (0..=dice.below(5)).map(|_| match dice.below(8) {
            0 => 0,
            1 => 1,
            _ => dice.below(60_000),
        });
        let sizes: Vec<usize> = sizes.collect();
        let mut layers: Vec<Descriptor> = Vec::new();
        for size in sizes {
            let bytes = dice.bytes(size);
            layers.push(self.blob(MediaType::ImageLayer, bytes));
        }
        if dice.percent(15) {
            layers.push(layers[0].clone());
        }
        let platform = format!("linux/{architecture}").parse().unwrap();
        self.manifest(architecture, &layers, &BTreeMap::new())
            .with_platform(platform)
    }

    /// A config that fits the layers, and the manifest of both.
    fn manifest(
        &mut self,
        architecture: &str,
        layers: &[Descriptor],
        annotations: &BTreeMap<String, String>,
    ) -> Descriptor {
        let diff_ids = layers.iter().map(|layer| {
            let bytes = self.blobs.get(&layer.digest);
            DiffId::of(bytes.map_or(&[], Vec::as_slice)).to_string()
        });
        let mut rootfs = oci_spec::image::RootFs::default();
        rootfs.set_diff_ids(diff_ids.collect());
        let mut value = oci_spec::image::ImageConfiguration::default();
        value
            .set_rootfs(rootfs)
            .set_architecture(architecture.into())
            .set_os("linux".into());
        let config = Config::new(value).unwrap().raw().to_vec();
        let config = self.blob(MediaType::ImageConfig, config);
        self.configs.insert(config.digest);
        let manifest = Manifest::new(&config, layers, annotations);
        self.document(MediaType::ImageManifest, manifest.raw().to_vec())
    }

    fn self_pointing(&mut self) -> Descriptor {
        let name = Digest::of(b"a name that no index can know of itself");
        let entry = Descriptor::new(MediaType::ImageIndex, name, 300);
        let raw = Index::new(&[entry]).raw().to_vec();
        self.documents
            .insert(name, (MediaType::ImageIndex, raw.clone()));
        self.document(MediaType::ImageIndex, raw)
    }

    fn huge(&mut self, dice: &mut Dice) -> Descriptor {
        let layer = self.blob(MediaType::ImageLayer, dice.bytes(1000));
        let note = "x".repeat(5 << 20);
        self.manifest(
            "amd64",
            &[layer],
            &BTreeMap::from([("note".to_owned(), note)]),
        )
    }

    fn many_layers(&mut self, dice: &mut Dice) -> Descriptor {
        let distinct: Vec<_> = (0..40)
            .map(|_| self.blob(MediaType::ImageLayer, dice.bytes(100)))
            .collect();
        let layers: Vec<_> = distinct.iter().cycle().take(10_000).cloned().collect();
        self.manifest("amd64", &layers, &BTreeMap::new())
    }

    fn wrong_size(&mut self, dice: &mut Dice) -> Descriptor {
        let mut layer = self.blob(MediaType::ImageLayer, dice.bytes(5000));
        layer.size_bytes = if dice.percent(50) { 5001 } else { 4999 };
        self.manifest("amd64", &[layer], &BTreeMap::new())
    }

    fn wrong_blob(&mut self, dice: &mut Dice) -> Descriptor {
        let layer = self.blob(MediaType::ImageLayer, dice.bytes(5000));
        let root = self.manifest("amd64", std::slice::from_ref(&layer), &BTreeMap::new());
        self.blobs.insert(layer.digest, dice.bytes(5000));
        root
    }

    /// The documents, each after those that it lists.
    pub(crate) fn documents_leaves_first(&self) -> Vec<Vec<u8>> {
        let mut documents: Vec<_> = self.documents.values().cloned().collect();
        documents.sort_by_key(|(media_type, _)| *media_type == MediaType::ImageIndex);
        documents.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// Puts all of it into a repository, as it is, under these tags.
    pub(crate) fn fill(&self, store: &mut Store, repository: &str, tags: &[String]) {
        let Repository {
            blobs,
            documents,
            tags: own,
        } = store.repository(repository);
        let named = self.blobs.iter();
        blobs.extend(named.map(|(digest, bytes)| (digest.to_string(), bytes.clone().into())));
        for (digest, (media_type, bytes)) in &self.documents {
            let document = (media_type.to_string(), bytes.clone().into());
            documents.insert(digest.to_string(), document);
        }
        own.extend(
            tags.iter()
                .map(|tag| (tag.clone(), self.root.digest.to_string())),
        );
    }

    /// Writes all of it into a new layout, as it is.
    pub(crate) fn write(&self, folder: &Path, reference: &Reference) {
        let writer = LayoutWriter::create(folder).unwrap();
        let documents = self.documents.iter();
        let documents = documents.map(|(digest, (_, bytes))| (digest, bytes));
        for (digest, bytes) in self.blobs.iter().chain(documents) {
            std::fs::write(writer.layout().blob_path(digest), bytes).unwrap();
        }
        let tag = Tag::new(reference.clone(), self.root.clone());
        writer.put_tags(&[tag]).unwrap();
    }

    /// Names what is missing or differs in a place that should hold all of it, or all but the layers.
    pub(crate) fn missing_from(
        &self,
        with_layers: bool,
        read: impl Fn(&Digest) -> Option<Vec<u8>>,
    ) -> Option<String> {
        let documents = self.documents.iter();
        let documents = documents.map(|(digest, (_, bytes))| (digest, bytes));
        let wanted = |digest: &Digest| with_layers || self.configs.contains(digest);
        let blobs = self.blobs.iter().filter(|(digest, _)| wanted(digest));
        let mut all = blobs.chain(documents);
        let wrong = all.find(|(digest, bytes)| read(digest).as_ref() != Some(bytes));
        wrong.map(|(digest, _)| digest.to_string())
    }
}
