//! What names a root filesystem.

use pullstudy_image::{Digest, Image};

/// Returns for each layer of an image what names the root filesystem up to it: a hash over the diff_ids of the layer and
/// all below it.
///
/// # Source
///
/// OCI image-spec 1.1, config.md, "Layer ChainID".
pub(crate) fn chain_ids(image: &Image) -> Vec<String> {
    let mut chain: Option<String> = None;
    let layers = image.layers().iter();
    let ids = layers.map(|layer| {
        let id = match &chain {
            None => layer.diff_id.to_string(),
            Some(below) => Digest::of(format!("{below} {}", layer.diff_id).as_bytes()).to_string(),
        };
        chain = Some(id.clone());
        id
    });
    ids.collect()
}
