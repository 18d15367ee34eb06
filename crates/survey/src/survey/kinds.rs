//! What layers are stored as, and images that count although something about them is unusual.

use std::collections::BTreeMap;

use pullstudy_image::{Compression, MediaType};

use super::reuse::SharedLayer;
use crate::artifact;
use crate::{CollectedImage, Collection};

/// How many layers are of a media type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerKind {
    /// The media type, as the first manifest with the layer says.
    pub media_type: String,
    /// The compression that the media type tells; nothing for what is no tar layer.
    pub compression: Option<Compression>,
    /// Whether registries do not hand the layer out: Windows' base layers, fetched from elsewhere.
    pub is_foreign: bool,
    /// Rows: layers of images.
    pub rows: u64,
    /// Unique layers.
    pub layers: u64,
    /// Their bytes, each once.
    pub unique_bytes: u64,
}

/// What is unusual about images that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddity {
    /// The word used in files, such as `no-media-type`.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// How many images.
    pub images: u64,
}

pub(super) fn layer_kinds(collection: &Collection, layers: &[SharedLayer]) -> Vec<LayerKind> {
    let mut kinds: BTreeMap<&str, LayerKind> = BTreeMap::new();
    for layer in layers {
        let media_type = &*collection.layer(layer.layer).media_type;
        let kind = kinds
            .entry(media_type)
            .or_insert_with(|| LayerKind::new(media_type));
        kind.rows += layer.rows;
        kind.layers += 1;
        kind.unique_bytes = kind.unique_bytes.saturating_add(layer.size_bytes);
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.rows));
    kinds
}

impl LayerKind {
    fn new(media_type: &str) -> Self {
        Self {
            media_type: media_type.to_owned(),
            compression: Compression::of_layer(&MediaType::from(media_type)).ok(),
            is_foreign: artifact::is_foreign(media_type),
            rows: 0,
            layers: 0,
            unique_bytes: 0,
        }
    }
}

/// Returns each oddity that at least one image has.
pub(super) fn oddities(collection: &Collection) -> Vec<Oddity> {
    let has_layer = |image: &CollectedImage, is: &dyn Fn(&str) -> bool| {
        let mut layers = image.layers.iter();
        layers.any(|&layer| is(&collection.layer(layer).media_type))
    };
    let oddity = |name, meaning, holds: &dyn Fn(&CollectedImage) -> bool| Oddity {
        name,
        meaning,
        images: collection
            .images()
            .iter()
            .filter(|image| holds(image))
            .count() as u64,
    };
    let all = [
        oddity(
            "no-media-type",
            "manifests without a media type",
            &|image| image.media_type.is_none(),
        ),
        oddity("no-config", "images whose config is missing", &|image| {
            !image.has_config
        }),
        oddity(
            "no-history",
            "images of which no build step is known",
            &|image| image.has_config && image.steps.is_empty(),
        ),
        oddity("no-layers", "images without a layer", &|image| {
            image.layers.is_empty()
        }),
        oddity(
            "foreign-layer",
            "images with layers that come from elsewhere",
            &|image| has_layer(image, &artifact::is_foreign),
        ),
        oddity("signature", "signatures that look like images", &|image| {
            has_layer(image, &|media_type| media_type.starts_with(SIGNATURE))
        }),
        oddity(
            "other-sizes",
            "images whose manifest says another size of a layer than one before it",
            &|image| image.has_other_sizes,
        ),
        oddity(
            "repeated-layer",
            "images that have a layer twice",
            &has_repeated_layer,
        ),
    ];
    all.into_iter().filter(|oddity| oddity.images > 0).collect()
}

/// Signatures of cosign.
const SIGNATURE: &str = "application/vnd.dev.cosign.";

fn has_repeated_layer(image: &CollectedImage) -> bool {
    let mut layers = image.layers.clone();
    layers.sort_unstable();
    layers.windows(2).any(|pair| pair[0] == pair[1])
}
