//! One base for each kind of machine: what runs on one is no base for another.

use std::collections::BTreeMap;

use super::steps::Steps;
use super::{LayerStack, SharedBase};
use crate::collection::Collection;

/// What images of one system and architecture begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlatformBase {
    /// The system and the architecture, as `linux/amd64`; nothing for images that do not tell both.
    pub platform: Option<String>,
    /// What they begin with, and what one base would save.
    pub shared: SharedBase,
}

impl PlatformBase {
    /// Looks for what images of a collection begin with, among those of each platform; images that do not tell theirs come
    /// first, as one more.
    ///
    /// `base` is an image that all of its platform are to be built on: other platforms are then left out. Else the base of
    /// a platform is the largest there is.
    ///
    /// Commands are known if the collection was read with the steps, of images that have a config; without, steps are the
    /// same only if their layers are.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    #[must_use]
    pub fn of(collection: &Collection, images: &[usize], base: Option<usize>) -> Vec<Self> {
        let mut platforms: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        for &image in images {
            let platform = platform(collection, image);
            platforms.entry(platform).or_default().push(image);
        }
        if let Some(base) = base {
            let wanted = platform(collection, base);
            platforms.retain(|platform, _| *platform == wanted);
        }
        let platforms = platforms.into_iter();
        let found = platforms.map(|(platform, images)| Self {
            platform,
            shared: shared(collection, &images, base),
        });
        found.collect()
    }
}

/// The variant is left out: images for an older processor run on a newer one.
fn platform(collection: &Collection, image: usize) -> Option<String> {
    let image = collection.image(image);
    let (os, architecture) = (image.os.as_deref()?, image.architecture.as_deref()?);
    (!os.is_empty() && !architecture.is_empty()).then(|| format!("{os}/{architecture}"))
}

fn shared(collection: &Collection, images: &[usize], base: Option<usize>) -> SharedBase {
    let steps = Steps::of(collection, images);
    let stacks: Vec<LayerStack<'_>> = images
        .iter()
        .zip(&steps.numbers)
        .map(|(&image, steps)| LayerStack {
            repository: collection.repository(image),
            layers: collection.layers_of(image),
            steps,
        })
        .collect();
    let size_bytes = |layer| collection.layer(layer).size_bytes;
    match base {
        None => SharedBase::largest(&stacks, size_bytes),
        Some(image) => SharedBase::on(&stacks, collection.layers_of(image), size_bytes),
    }
}
