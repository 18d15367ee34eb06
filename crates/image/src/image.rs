//! A manifest and its config, put together.

use crate::{Compression, Config, Descriptor, DiffId, Digest, Manifest, UnknownLayerType};

/// One layer: what is stored, and what it unpacks to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layer {
    /// What the manifest says of the stored blob.
    pub descriptor: Descriptor,
    /// The hash of the uncompressed tar, from the config.
    pub diff_id: DiffId,
    /// How the tar is stored.
    pub compression: Compression,
}

impl Layer {
    /// Returns the hash of the stored bytes.
    pub fn digest(&self) -> Digest {
        self.descriptor.digest
    }

    /// Returns how many bytes a registry sends for this layer.
    pub fn wire_bytes(&self) -> u64 {
        self.descriptor.size_bytes
    }
}

/// One image for one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    manifest: Manifest,
    config: Config,
    layers: Vec<Layer>,
}

/// Why a manifest and a config make no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// They count differently.
    #[error("manifest {manifest} has {layers} layers, its config {diff_ids} diff_ids")]
    LayerCount {
        /// The manifest's digest.
        manifest: Digest,
        /// Layers in the manifest.
        layers: usize,
        /// diff_ids in the config.
        diff_ids: usize,
    },
    /// A layer is no tar, as in artifacts that are no images.
    #[error("layer {digest} of manifest {manifest} cannot be unpacked")]
    LayerType {
        /// The manifest's digest.
        manifest: Digest,
        /// The layer's digest.
        digest: Digest,
        /// Its media type.
        source: UnknownLayerType,
    },
}

impl Image {
    /// Puts a manifest and its config together.
    ///
    /// # Errors
    ///
    /// [`ImageError`] when they do not count the same layers, or a layer is no tar.
    pub fn new(manifest: Manifest, config: Config) -> Result<Self, ImageError> {
        if manifest.layers().len() != config.diff_ids().len() {
            return Err(ImageError::LayerCount {
                manifest: manifest.digest(),
                layers: manifest.layers().len(),
                diff_ids: config.diff_ids().len(),
            });
        }
        let pairs = manifest.layers().iter().zip(config.diff_ids());
        let layers = pairs
            .map(|(descriptor, diff_id)| layer(&manifest, descriptor, *diff_id))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            manifest,
            config,
            layers,
        })
    }

    /// Returns the manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the config.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }
}

fn layer(
    manifest: &Manifest,
    descriptor: &Descriptor,
    diff_id: DiffId,
) -> Result<Layer, ImageError> {
    let compression =
        Compression::of_layer(&descriptor.media_type).map_err(|source| ImageError::LayerType {
            manifest: manifest.digest(),
            digest: descriptor.digest,
            source,
        })?;
    Ok(Layer {
        descriptor: descriptor.clone(),
        diff_id,
        compression,
    })
}
