//! Which bytes of an image a pull really had to fetch.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use pullstudy_image::{
    Archive, ArchiveError, ArchivedImage, ArchivedRepository, ArchivedTag, Digest, Platform,
    Reference,
};

use crate::pull::Pull;
use crate::trace::PullOutcome;

/// The layers of images, from an archive of manifests.
///
/// # Examples
///
/// ```
/// use pullstudy_events::ImageLayers;
///
/// let layers = ImageLayers::default();
/// assert_eq!(layers.largest_layer_bytes("app:1"), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ImageLayers {
    /// By `registry/repository:tag` and `registry/repository@digest`.
    by_reference: HashMap<String, Arc<[Layer]>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Layer {
    digest: Digest,
    size_bytes: u64,
}

/// Layers together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerTotals {
    /// How many.
    pub layers: u32,
    /// Their bytes, as a registry sends them.
    pub wire_bytes: u64,
}

/// What of an image was not on the node yet when it was pulled.
///
/// It is what the node's own earlier pulls leave to be fetched, as far as the logs tell of them: layers that came
/// otherwise, or were deleted since, are not known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewLayers {
    /// Distinct layers of the image.
    pub layers: u64,
    /// Bytes of these, as a registry sends them.
    pub wire_bytes: u64,
    /// Layers that no earlier pull had brought to the node.
    pub new_layers: u64,
    /// Bytes of these.
    pub new_layer_bytes: u64,
    /// Earlier images on the node of which the archive tells no layers: the node may have more than is known.
    pub unknown_images: u64,
}

impl ImageLayers {
    /// Takes the layers of each tag of an archive; of an index, those of the image for a platform.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if a repository cannot be read.
    pub fn of_archive(archive: &Archive, platform: &Platform) -> Result<Self, ArchiveError> {
        let mut layers = Self::default();
        for repository in archive.repositories() {
            let repository = repository?;
            for tag in repository.tags() {
                layers.add(&repository, tag, platform);
            }
        }
        Ok(layers)
    }

    fn add(&mut self, repository: &ArchivedRepository, tag: &ArchivedTag, platform: &Platform) {
        let content = repository.read(tag);
        let Some(image) = image_for(&content.images, platform) else {
            return;
        };
        let layers = distinct(image);
        let name = canonical_name(repository.name());
        let digests = [
            content.root.as_ref().and_then(|root| root.stored().digest),
            image.manifest.stored.digest,
            tag.digest(),
        ];
        for digest in digests.into_iter().flatten() {
            self.by_reference
                .insert(format!("{name}@{digest}"), Arc::clone(&layers));
        }
        if let Some(tag) = tag.tag() {
            self.by_reference.insert(format!("{name}:{tag}"), layers);
        }
    }

    /// Returns how many distinct layers an image has, and their bytes as a registry sends them; `None` if the archive has
    /// not got the image.
    #[must_use]
    pub fn sizes(&self, image: &str) -> Option<LayerTotals> {
        self.sizes_without(image, &[])
    }

    /// Returns the same without the layers of other images, which lie on the node already. `None`, too, if the archive has
    /// not got one of these.
    #[must_use]
    pub fn sizes_without(&self, image: &str, present: &[String]) -> Option<LayerTotals> {
        let present: Vec<&[Layer]> = present
            .iter()
            .map(|image| self.layers(image))
            .collect::<Option<_>>()?;
        let is_new = |layer: &&Layer| {
            !present
                .iter()
                .any(|layers| layers.iter().any(|other| other.digest == layer.digest))
        };
        let mut totals = LayerTotals::default();
        for layer in self.layers(image)?.iter().filter(is_new) {
            totals.layers += 1;
            totals.wire_bytes = totals.wire_bytes.saturating_add(layer.size_bytes);
        }
        Some(totals)
    }

    /// Returns the bytes of an image's largest layer; `None` if the archive has not got the image.
    #[must_use]
    pub fn largest_layer_bytes(&self, image: &str) -> Option<u64> {
        self.layers(image)?
            .iter()
            .map(|layer| layer.size_bytes)
            .max()
    }

    /// Returns what each pull had to fetch, in the order of the pulls; `None` for what is no pull that succeeded, for
    /// images that the archive has not got, and where node or time are not known.
    #[must_use]
    pub fn new_layers(&self, pulls: &[Pull]) -> Vec<Option<NewLayers>> {
        let mut new = vec![None; pulls.len()];
        for positions in by_node(pulls).into_values() {
            self.walk_node(pulls, positions, &mut new);
        }
        new
    }

    /// Goes through the pulls of one node as they began, with those that had ended by then.
    fn walk_node(&self, pulls: &[Pull], mut by_start: Vec<usize>, new: &mut [Option<NewLayers>]) {
        let mut by_end = by_start.clone();
        by_end.sort_by_key(|&position| (pulls[position].pulled_at, position));
        by_start.sort_by_key(|&position| (starts_at(&pulls[position]), position));
        let mut ended = by_end.into_iter().peekable();
        let mut node = Node::default();
        for position in by_start {
            let begins = starts_at(&pulls[position]);
            while let Some(earlier) =
                ended.next_if(|&earlier| earlier != position && pulls[earlier].pulled_at <= begins)
            {
                node.add(pulls[earlier].image.as_deref(), self);
            }
            let image = pulls[position].image.as_deref();
            if pulls[position].outcome == PullOutcome::Pulled
                && let Some(layers) = image.and_then(|image| self.layers(image))
            {
                new[position] = Some(node.lacks(layers));
            }
        }
    }

    fn layers(&self, image: &str) -> Option<&[Layer]> {
        let reference: Reference = image.parse().ok()?;
        let name = reference.name();
        let by_digest = reference
            .digest()
            .and_then(|digest| self.by_reference.get(&format!("{name}@{digest}")));
        let by_tag = || {
            self.by_reference
                .get(&format!("{name}:{}", reference.tag_or_latest()))
        };
        by_digest.or_else(by_tag).map(|layers| &**layers)
    }
}

/// What a node has.
#[derive(Default)]
struct Node {
    digests: HashSet<Digest>,
    unknown_images: HashSet<String>,
}

impl Node {
    fn add(&mut self, image: Option<&str>, images: &ImageLayers) {
        let Some(image) = image else {
            return;
        };
        match images.layers(image) {
            Some(layers) => self.digests.extend(layers.iter().map(|layer| layer.digest)),
            None => drop(self.unknown_images.insert(image.to_owned())),
        }
    }

    fn lacks(&self, layers: &[Layer]) -> NewLayers {
        let new = || {
            layers
                .iter()
                .filter(|layer| !self.digests.contains(&layer.digest))
        };
        NewLayers {
            layers: layers.len() as u64,
            wire_bytes: layers.iter().map(|layer| layer.size_bytes).sum(),
            new_layers: new().count() as u64,
            new_layer_bytes: new().map(|layer| layer.size_bytes).sum(),
            unknown_images: self.unknown_images.len() as u64,
        }
    }
}

/// The positions of the rows of each node that left an image there. An image that was present has its layers there.
fn by_node(pulls: &[Pull]) -> BTreeMap<&str, Vec<usize>> {
    let mut nodes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, pull) in pulls.iter().enumerate() {
        let is_there = matches!(pull.outcome, PullOutcome::Pulled | PullOutcome::Present);
        if let Some(node) = pull
            .node
            .as_deref()
            .filter(|_| is_there && pull.pulled_at.is_some())
        {
            nodes.entry(node).or_default().push(position);
        }
    }
    nodes
}

fn starts_at(pull: &Pull) -> Option<SystemTime> {
    pull.pulling_at.or(pull.pulled_at)
}

/// An image without a platform is the only one, or as good as any.
fn image_for<'a>(images: &'a [ArchivedImage], platform: &Platform) -> Option<&'a ArchivedImage> {
    let is_for = |image: &&ArchivedImage| image.platform().as_ref() == Some(platform);
    let only = match images {
        [one] => Some(one),
        _ => None,
    };
    images.iter().find(is_for).or(only)
}

/// A layer that stands in a manifest twice is sent once.
fn distinct(image: &ArchivedImage) -> Arc<[Layer]> {
    let mut known = HashSet::new();
    let layers = image
        .manifest
        .layers
        .iter()
        .filter(|layer| known.insert(layer.digest));
    layers
        .map(|layer| Layer {
            digest: layer.digest,
            size_bytes: layer.size_bytes,
        })
        .collect()
}

/// Archives have names as they were asked for; references are compared in full.
fn canonical_name(name: &str) -> String {
    name.parse()
        .map_or_else(|_| name.to_owned(), |reference: Reference| reference.name())
}
