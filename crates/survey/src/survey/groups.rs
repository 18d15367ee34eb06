//! Images by year of creation, and by architecture.

use std::collections::{BTreeMap, HashSet};

use super::Distribution;
use crate::{CollectedImage, Collection};

/// Images that have something in common.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Group {
    /// What they have in common: a year, an architecture; nothing where the image does not tell.
    pub key: Option<String>,
    /// How many images.
    pub images: usize,
    /// How many repositories they are of.
    pub repositories: usize,
    /// Rows: layers of these images.
    pub layers: u64,
    /// Different layers among them.
    pub unique_layers: usize,
    /// The bytes of these, each once.
    pub unique_bytes: u64,
    /// Their sizes.
    pub image_bytes: Distribution,
    /// How many layers they have.
    pub layers_per_image: Distribution,
}

/// Groups images by the year in which they were made, as their configs say.
pub(super) fn by_year(collection: &Collection) -> Vec<Group> {
    by(collection, |image| {
        image.year().map(|year| format!("{year:04}"))
    })
}

/// Groups images by what they run on, as their configs say.
pub(super) fn by_architecture(collection: &Collection) -> Vec<Group> {
    let mut groups = by(collection, |image| {
        image.architecture.as_deref().map(str::to_owned)
    });
    groups.sort_by_key(|group| std::cmp::Reverse(group.images));
    groups
}

fn by(collection: &Collection, key: impl Fn(&CollectedImage) -> Option<String>) -> Vec<Group> {
    let mut members: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (number, image) in collection.images().iter().enumerate() {
        members.entry(key(image)).or_default().push(number);
    }
    let groups = members.into_iter();
    groups
        .filter_map(|(key, images)| Group::of(collection, key, &images))
        .collect()
}

impl Group {
    fn of(collection: &Collection, key: Option<String>, images: &[usize]) -> Option<Self> {
        let repositories: HashSet<u32> = images
            .iter()
            .map(|&image| collection.image(image).repository)
            .collect();
        let rows = images.iter().flat_map(|&image| collection.layers_of(image));
        let unique: HashSet<u32> = rows.clone().copied().collect();
        let bytes = unique
            .iter()
            .map(|&layer| collection.layer(layer).size_bytes);
        Some(Self {
            key,
            images: images.len(),
            repositories: repositories.len(),
            layers: rows.count() as u64,
            unique_layers: unique.len(),
            unique_bytes: bytes.fold(0, u64::saturating_add),
            image_bytes: Distribution::of(
                images.iter().map(|&image| collection.wire_bytes(image)),
            )?,
            layers_per_image: Distribution::of(
                images
                    .iter()
                    .map(|&image| collection.layers_of(image).len() as u64),
            )?,
        })
    }
}
