//! The documents of an image whose layers are there.

use pullstudy_image::{Compression, Descriptor, Document, Index, Manifest, MediaType, SinkError};

use super::config::{annotations, config};
use super::sink::put_small;
use super::unit::Done;
use super::{BuiltImage, BuiltPlatform, ImageSink, RecipeFingerprint};
use crate::annotation::{
    ANNOTATION_RECIPE, ANNOTATION_ROLE, ANNOTATION_TAR_BYTES, ANNOTATION_UNPACKED_BYTES,
};
use crate::{ImagePlan, LayerReceipt, LayerRole, Plan, PlatformPlan};

/// Stores an image's config and manifest for every platform, and the index over several.
///
/// `layers` has what became of every layer, by platform.
pub(super) fn assemble(
    plan: &Plan,
    image: &ImagePlan,
    layers: &[Vec<Done>],
    sink: &dyn ImageSink,
) -> Result<BuiltImage, SinkError> {
    let platforms: Vec<BuiltPlatform> = image
        .platforms
        .iter()
        .zip(layers)
        .map(|(platform, layers)| put_platform(plan, platform, layers, sink))
        .collect::<Result<_, _>>()?;
    let descriptor = match platforms.as_slice() {
        [only] => only.manifest.clone(),
        several => put_index(several, sink)?,
    };
    Ok(BuiltImage {
        reference: image.reference.clone(),
        descriptor,
        platforms,
    })
}

fn put_index(platforms: &[BuiltPlatform], sink: &dyn ImageSink) -> Result<Descriptor, SinkError> {
    let entries: Vec<Descriptor> = platforms
        .iter()
        .map(|built| built.manifest.clone().with_platform(built.platform.clone()))
        .collect();
    let index = Index::new(&entries);
    let descriptor = index.descriptor();
    sink.put_document(&Document::Index(index))?;
    Ok(descriptor)
}

fn put_platform(
    plan: &Plan,
    platform: &PlatformPlan,
    layers: &[Done],
    sink: &dyn ImageSink,
) -> Result<BuiltPlatform, SinkError> {
    let receipts: Vec<LayerReceipt> = layers.iter().map(|done| done.receipt).collect();
    let sizes = Sizes::of(&receipts);
    let annotations = annotations(plan, platform, sizes);
    let config = config(platform, &receipts, &annotations);
    let config_bytes = config.raw().len() as u64;
    let digest = put_small(sink, config.raw())?;
    let config = Descriptor::new(MediaType::ImageConfig, digest, config_bytes);
    let manifest = Manifest::new(&config, &descriptors(platform, &receipts), &annotations);
    let descriptor = manifest.descriptor();
    sink.put_document(&Document::Manifest(manifest))?;
    Ok(BuiltPlatform {
        platform: platform.platform.clone(),
        manifest: descriptor,
        config_bytes,
        layers: layers.len(),
        wire_bytes: sizes.wire_bytes,
        unpacked_bytes: sizes.unpacked_bytes,
        tar_bytes: sizes.tar_bytes,
        work_seconds: layers.iter().map(|done| done.work_seconds).sum(),
    })
}

/// The sizes of all layers together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    pub(super) wire_bytes: u64,
    pub(super) unpacked_bytes: u64,
    pub(super) tar_bytes: u64,
}

impl Sizes {
    fn of(receipts: &[LayerReceipt]) -> Self {
        receipts.iter().fold(Self::default(), |sum, receipt| Self {
            wire_bytes: sum.wire_bytes + receipt.wire_bytes,
            unpacked_bytes: sum.unpacked_bytes + receipt.unpacked_bytes,
            tar_bytes: sum.tar_bytes + receipt.tar_bytes,
        })
    }
}

/// How a layer is stored, what it is in its image, and what it was made from.
type Kind = (Compression, LayerRole, Option<RecipeFingerprint>);

/// Describes the layers, base layers first. Docker's media types become OCI's, as the manifest is an OCI one.
fn descriptors(platform: &PlatformPlan, receipts: &[LayerReceipt]) -> Vec<Descriptor> {
    let base = platform
        .base_layers()
        .iter()
        .map(|base| (base.layer.compression, LayerRole::Base, None));
    let made = platform.layers.iter().map(|layer| {
        let fingerprint = RecipeFingerprint::of(&layer.recipe);
        let compression = layer.recipe.codec.compression();
        (compression, layer.role, Some(fingerprint))
    });
    let describe = |((compression, role, recipe), receipt): (Kind, &LayerReceipt)| {
        let descriptor = Descriptor::new(
            compression.layer_media_type(),
            receipt.digest,
            receipt.wire_bytes,
        )
        .with_annotation(ANNOTATION_ROLE, role.name())
        .with_annotation(
            ANNOTATION_UNPACKED_BYTES,
            receipt.unpacked_bytes.to_string(),
        )
        .with_annotation(ANNOTATION_TAR_BYTES, receipt.tar_bytes.to_string());
        match recipe {
            Some(recipe) => descriptor.with_annotation(ANNOTATION_RECIPE, recipe.to_string()),
            None => descriptor,
        }
    };
    base.chain(made).zip(receipts).map(describe).collect()
}
