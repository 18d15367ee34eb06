//! A survey: all figures of a collection.

use super::Distribution;
use super::empty::{EmptyLayer, empty_layers};
use super::groups::{Group, by_architecture, by_year};
use super::kinds::{LayerKind, Oddity, layer_kinds, oddities};
use super::reuse::{Reuse, SharedLayer, most_shared, reuse, shared_layers};
use super::tags::TagCounts;
use crate::Collection;

/// What a collection of images is like.
///
/// Sizes are wire bytes, as manifests say. A row is a layer of an image; the layers of all images together are rows.
///
/// # Examples
///
/// ```
/// # use pullstudy_image::{Archive, ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
/// use pullstudy_survey::{Collection, CollectionOptions, Survey};
///
/// # let dir = tempfile::tempdir()?;
/// # let repository = ArchiveWriter::create(dir.path())?.repository(&"ghcr.io/org/image".parse()?)?;
/// # let config = Descriptor::new(MediaType::ImageConfig, Digest::of(b"{}"), 2);
/// # let layer = Descriptor::new(MediaType::ImageLayerGzip, Digest::of(b"layer"), 300);
/// # let manifest = Manifest::new(&config, &[layer.clone(), layer], &Default::default());
/// # repository.put_document(&manifest.digest(), manifest.raw())?;
/// # let mut record = TagRecord::new("1.0");
/// # record.digest = Some(manifest.digest());
/// # repository.put_record(record)?;
/// let images = Collection::read(&Archive::open(dir.path())?, &CollectionOptions::default());
/// let survey = Survey::of(&images, 10);
/// assert_eq!((survey.images, survey.layers, survey.unique_layers), (1, 2, 1));
/// assert_eq!(survey.image_bytes.unwrap().median(), 600.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Survey {
    /// Images.
    pub images: usize,
    /// Repositories that have an image.
    pub repositories: usize,
    /// Rows: layers of images.
    pub layers: u64,
    /// Different layers.
    pub unique_layers: usize,
    /// Bytes of all rows: what nodes pull that keep nothing.
    pub total_bytes: u64,
    /// Bytes of the different layers: what one node pulls that keeps everything.
    pub unique_bytes: u64,
    /// Wire bytes of images; nothing where there is no image, as below.
    pub image_bytes: Option<Distribution>,
    /// Sizes of rows.
    pub layer_bytes: Option<Distribution>,
    /// Sizes of the different layers.
    pub unique_layer_bytes: Option<Distribution>,
    /// Layers of an image.
    pub layers_per_image: Option<Distribution>,
    /// How many layers images share.
    pub reuse: Vec<Reuse>,
    /// The layers that most images have, most shared first.
    pub most_shared: Vec<SharedLayer>,
    /// Layers that hold nothing.
    pub empty_layers: Vec<EmptyLayer>,
    /// Layers by media type, most frequent first.
    pub layer_kinds: Vec<LayerKind>,
    /// Images by year of creation.
    pub by_year: Vec<Group>,
    /// Images by architecture, most frequent first.
    pub by_architecture: Vec<Group>,
    /// Tags of repositories.
    pub tags: TagCounts,
    /// Images that count although something about them is unusual.
    pub oddities: Vec<Oddity>,
}

impl Survey {
    /// Surveys a collection; `most_shared` is how many of the most shared layers are named.
    pub fn of(collection: &Collection, most_shared_layers: usize) -> Self {
        let layers = shared_layers(collection);
        let images = 0..collection.len();
        let rows = || {
            let images = images.clone();
            let rows = images.flat_map(|image| collection.layers_of(image));
            rows.map(|&layer| collection.layer(layer).size_bytes)
        };
        let unique = || layers.iter().map(|layer| layer.size_bytes);
        Self {
            images: collection.len(),
            repositories: repositories(collection),
            layers: rows().count() as u64,
            unique_layers: layers.len(),
            total_bytes: rows().fold(0, u64::saturating_add),
            unique_bytes: unique().fold(0, u64::saturating_add),
            image_bytes: Distribution::of(images.clone().map(|image| collection.wire_bytes(image))),
            layer_bytes: Distribution::of(rows()),
            unique_layer_bytes: Distribution::of(unique()),
            layers_per_image: Distribution::of(
                images
                    .clone()
                    .map(|image| collection.layers_of(image).len() as u64),
            ),
            reuse: reuse(&layers),
            empty_layers: empty_layers(collection, &layers),
            layer_kinds: layer_kinds(collection, &layers),
            by_year: by_year(collection),
            by_architecture: by_architecture(collection),
            tags: TagCounts::of(collection),
            oddities: oddities(collection),
            most_shared: most_shared(layers, most_shared_layers),
        }
    }
}

fn repositories(collection: &Collection) -> usize {
    let mut repositories: Vec<u32> = collection
        .images()
        .iter()
        .map(|image| image.repository)
        .collect();
    repositories.sort_unstable();
    repositories.dedup();
    repositories.len()
}
