//! Finished layers, as the images that have them tell of them.

use pullstudy_image::{Image, Layer};

use super::RecipeFingerprint;
use crate::LayerReceipt;
use crate::annotation::{ANNOTATION_RECIPE, ANNOTATION_TAR_BYTES, ANNOTATION_UNPACKED_BYTES};

impl LayerReceipt {
    /// Lists the layers that a crafted image says were made from a recipe, with the recipe's fingerprint.
    ///
    /// A sink that finds such an image need not have them made again: same fingerprint, same bytes. What is believed is
    /// what the image says of itself; base layers and images of others give nothing.
    pub fn of_crafted(image: &Image) -> Vec<(RecipeFingerprint, Self)> {
        image.layers().iter().filter_map(remembered).collect()
    }
}

fn remembered(layer: &Layer) -> Option<(RecipeFingerprint, LayerReceipt)> {
    let annotation = |key: &str| layer.descriptor.annotations.get(key);
    let receipt = LayerReceipt {
        digest: layer.digest(),
        diff_id: layer.diff_id,
        wire_bytes: layer.wire_bytes(),
        unpacked_bytes: annotation(ANNOTATION_UNPACKED_BYTES)?.parse().ok()?,
        tar_bytes: annotation(ANNOTATION_TAR_BYTES)?.parse().ok()?,
    };
    Some((annotation(ANNOTATION_RECIPE)?.parse().ok()?, receipt))
}
