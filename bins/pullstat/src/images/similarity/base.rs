//! What one base for all images of a platform would save.

use pullstudy_survey::{Collection, PlatformBase};
use serde::Serialize;

use super::super::names::find;
use super::comparison::Comparison;

/// Sums over platforms: a node has the images of one. Keys are a contract.
#[derive(Debug, Default, Serialize)]
pub(super) struct Base {
    #[serde(flatten)]
    pub(super) total: Saving,
    /// Those with images that have a base.
    pub(super) platforms: Vec<OnPlatform>,
}

/// One base for all images of a platform.
#[derive(Debug, Serialize)]
pub(super) struct OnPlatform {
    /// Nothing for images that do not tell theirs.
    pub(super) platform: Option<String>,
    /// Digests of the layers of the one base.
    base: Vec<String>,
    #[serde(flatten)]
    pub(super) saving: Saving,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Saving {
    pub(super) images_with_base: usize,
    pub(super) bases: usize,
    pub(super) bases_bytes: u128,
    pub(super) base_bytes: u128,
    pub(super) images_on_base: usize,
    /// What a node pulls that pulls all images of the platform, as they are and on one base.
    unique_bytes: u128,
    unique_bytes_with_one_base: u128,
    pub(super) saved_bytes: u128,
}

impl Base {
    pub(super) fn of(wanted: Option<&str>, comparison: &Comparison<'_>) -> anyhow::Result<Self> {
        let collection = comparison.collection;
        let base = wanted.map(|name| find(&comparison.names, "--base", name));
        let base = base.transpose()?.map(|image| comparison.images[image]);
        let found = PlatformBase::of(collection, &comparison.images, base);
        let mut all = Self::default();
        for found in found {
            if found.shared.images_with_base > 0 {
                let platform = OnPlatform::of(collection, found);
                all.total.add(&platform.saving);
                all.platforms.push(platform);
            }
        }
        Ok(all)
    }
}

impl OnPlatform {
    fn of(collection: &Collection, found: PlatformBase) -> Self {
        let shared = found.shared;
        let digest = |&layer: &u32| collection.layer(layer).digest.to_string();
        Self {
            platform: found.platform,
            base: shared.base.iter().map(digest).collect(),
            saving: Saving {
                images_with_base: shared.images_with_base,
                bases: shared.bases,
                bases_bytes: shared.bases_bytes,
                base_bytes: shared.base_bytes,
                images_on_base: shared.images_on_base,
                unique_bytes: shared.unique_bytes,
                unique_bytes_with_one_base: shared.unique_bytes_with_one_base,
                saved_bytes: shared.saved_bytes(),
            },
        }
    }
}

impl Saving {
    fn add(&mut self, other: &Self) {
        self.images_with_base += other.images_with_base;
        self.bases += other.bases;
        self.bases_bytes += other.bases_bytes;
        self.base_bytes += other.base_bytes;
        self.images_on_base += other.images_on_base;
        self.unique_bytes += other.unique_bytes;
        self.unique_bytes_with_one_base += other.unique_bytes_with_one_base;
        self.saved_bytes += other.saved_bytes;
    }
}
