//! One image as it is to be.

use pullstudy_image::{Platform, Reference};

use super::BaseImage;
use crate::LayerRecipe;

/// One image of the matrix: a manifest, or an index over several platforms.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ImagePlan {
    /// The full name, with its tag.
    pub reference: Reference,
    /// The same image for each platform, in the order of the sizes file.
    pub platforms: Vec<PlatformPlan>,
}

impl ImagePlan {
    /// Returns the tag.
    pub fn tag(&self) -> &str {
        self.reference.tag_or_latest()
    }
}

/// An image for one platform.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlatformPlan {
    /// What it runs on.
    pub platform: Platform,
    /// The layers that come first and are made elsewhere.
    pub base: Option<BaseImage>,
    /// The layers that are made here, after the base's.
    pub layers: Vec<LayerPlan>,
}

impl PlatformPlan {
    /// Returns the number of layers, the base's included.
    pub fn layer_count(&self) -> usize {
        self.base_layers().len() + self.layers.len()
    }

    /// Returns the stored bytes of all layers, or `None` where only building tells.
    pub fn wire_bytes(&self) -> Option<u64> {
        let base: u64 = self
            .base_layers()
            .iter()
            .map(|layer| layer.layer.wire_bytes())
            .sum();
        self.layers
            .iter()
            .try_fold(base, |sum, layer| Some(sum + layer.recipe.wire_bytes?))
    }

    /// Returns the sum of the regular files' sizes in all layers.
    pub fn unpacked_bytes(&self) -> u64 {
        let base: u64 = self
            .base_layers()
            .iter()
            .map(|layer| layer.unpacked_bytes)
            .sum();
        base + self
            .layers
            .iter()
            .map(|layer| layer.recipe.unpacked_bytes)
            .sum::<u64>()
    }

    /// Returns the length of all uncompressed tars.
    pub fn tar_bytes(&self) -> u64 {
        let base: u64 = self.base_layers().iter().map(|layer| layer.tar_bytes).sum();
        base + self
            .layers
            .iter()
            .map(|layer| layer.recipe.tar_bytes())
            .sum::<u64>()
    }

    pub(crate) fn base_layers(&self) -> &[super::BaseLayer] {
        self.base.as_ref().map_or(&[], |base| &base.layers)
    }
}

/// A layer that is to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerPlan {
    /// What it is to be, to the byte.
    pub recipe: LayerRecipe,
    /// Whether other images have it, too.
    pub role: LayerRole,
    /// What the image's history says of it.
    pub history: String,
}

/// Whether other images of the set have a layer, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LayerRole {
    /// No: its digest and diff_id are unique.
    Own,
    /// Yes, all images of the set for this platform.
    Shared,
    /// It comes from a base, which other images may have.
    Base,
}

impl LayerRole {
    /// Returns the name used in annotations: `own`, `shared`, `base`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Shared => "shared",
            Self::Base => "base",
        }
    }
}

/// An image of the matrix that is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedImage {
    /// The full name it would have, with its tag.
    pub reference: Reference,
    /// How many layers it would have.
    pub layers: u64,
    /// The bytes of its largest layer.
    pub layer_bytes: u64,
    /// What a layer may have at most.
    pub max_layer_bytes: u64,
}

impl SkippedImage {
    /// Says why, in a sentence.
    pub fn reason(&self) -> String {
        let (layer, max) = (self.layer_bytes, self.max_layer_bytes);
        format!("its largest layer has {layer} bytes, more than max_layer ({max})")
    }
}
