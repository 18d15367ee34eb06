//! A base image that was made elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use pullstudy_image::{BlobSource, Config, Digest, Image, Layer, Platform, SourceError};

use crate::examine::{Algorithms, Examined, ExaminedTar, examine};

/// A base image for every platform of a set, measured.
///
/// The source is kept: building copies the base's layers from it.
#[derive(Clone)]
pub struct Base {
    pub(crate) name: String,
    pub(crate) source: Arc<dyn BlobSource>,
    pub(crate) images: Vec<(Platform, BaseImage)>,
}

/// A base image for one platform.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BaseImage {
    /// Its config, whose command, environment and history are kept.
    pub config: Config,
    /// Its layers, first to last.
    pub layers: Vec<BaseLayer>,
}

impl BaseImage {
    /// Returns the stored bytes of all layers.
    pub fn wire_bytes(&self) -> u64 {
        self.layers
            .iter()
            .map(|layer| layer.layer.wire_bytes())
            .sum()
    }

    /// Returns the sum of the regular files' sizes in all layers.
    pub fn unpacked_bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.unpacked_bytes).sum()
    }
}

/// A layer of a base image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BaseLayer {
    /// Its descriptor and diff_id.
    pub layer: Layer,
    /// Sum of the regular files' sizes.
    pub unpacked_bytes: u64,
    /// Length of the uncompressed tar.
    pub tar_bytes: u64,
}

/// Why an image cannot be a base.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
    /// It does not run on a platform that is asked for.
    #[error(
        "base {base} has no image for {platform}, only for {available}: change platforms, or use another base"
    )]
    Platform {
        /// The base.
        base: String,
        /// The platform asked for.
        platform: Platform,
        /// The platforms there are, separated by commas.
        available: String,
    },
    /// A layer could not be opened.
    #[error("failed to open a layer of base {base}")]
    Open {
        /// The base.
        base: String,
        /// Why.
        source: SourceError,
    },
    /// A layer could not be read, decompressed or taken apart.
    #[error("failed to read layer {digest} of base {base}")]
    Read {
        /// The base.
        base: String,
        /// The layer's digest.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// A layer is not what its digest and diff_id say.
    #[error("layer {digest} of base {base} is damaged: fetch the base again")]
    Damaged {
        /// The base.
        base: String,
        /// The layer's digest.
        digest: Digest,
    },
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base")
            .field("name", &self.name)
            .field("images", &self.images)
            .finish_non_exhaustive()
    }
}

impl Base {
    /// Measures a base: reads every layer that the platforms need once, and checks it.
    ///
    /// `images` are all images of the base, `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// [`BaseError`] when a platform is missing, or a layer cannot be read or is damaged.
    pub fn measure(
        name: &str,
        source: Arc<dyn BlobSource>,
        images: &[Image],
        platforms: &[Platform],
    ) -> Result<Self, BaseError> {
        let mut measured = BTreeMap::new();
        let mut chosen = Vec::new();
        for platform in platforms {
            let image = find(name, images, platform)?;
            let layers = image
                .layers()
                .iter()
                .map(|layer| measure_once(name, source.as_ref(), layer, &mut measured))
                .collect::<Result<_, _>>()?;
            let config = image.config().clone();
            chosen.push((platform.clone(), BaseImage { config, layers }));
        }
        Ok(Self {
            name: name.to_owned(),
            source,
            images: chosen,
        })
    }

    /// Returns the image for a platform it was measured for.
    pub fn image(&self, platform: &Platform) -> Option<&BaseImage> {
        self.images
            .iter()
            .find(|(own, _)| own == platform)
            .map(|(_, image)| image)
    }
}

fn find<'a>(name: &str, images: &'a [Image], platform: &Platform) -> Result<&'a Image, BaseError> {
    let fits = |image: &&Image| platform.accepts(&image.config().platform());
    images.iter().find(fits).ok_or_else(|| {
        let available: Vec<_> = images
            .iter()
            .map(|image| image.config().platform().to_string())
            .collect();
        BaseError::Platform {
            base: name.to_owned(),
            platform: platform.clone(),
            available: available.join(", "),
        }
    })
}

fn measure_once(
    base: &str,
    source: &dyn BlobSource,
    layer: &Layer,
    measured: &mut BTreeMap<Digest, BaseLayer>,
) -> Result<BaseLayer, BaseError> {
    if let Some(known) = measured.get(&layer.digest()) {
        return Ok(known.clone());
    }
    let new = measure_layer(base, source, layer)?;
    measured.insert(layer.digest(), new.clone());
    Ok(new)
}

fn measure_layer(
    base: &str,
    source: &dyn BlobSource,
    layer: &Layer,
) -> Result<BaseLayer, BaseError> {
    let digest = layer.digest();
    let failed = |source| BaseError::Read {
        base: base.to_owned(),
        digest,
        source,
    };
    let mut stored = source
        .open(&layer.descriptor)
        .map_err(|source| BaseError::Open {
            base: base.to_owned(),
            source,
        })?;
    let algorithms = Algorithms {
        digest: digest.algorithm(),
        diff_id: layer.diff_id.algorithm(),
    };
    let examined = examine(&mut stored, layer.compression, algorithms).map_err(failed)?;
    if !is_intact(layer, &examined) {
        return Err(BaseError::Damaged {
            base: base.to_owned(),
            digest,
        });
    }
    let tar = examined.tar.map_err(failed)?;
    Ok(BaseLayer {
        layer: layer.clone(),
        unpacked_bytes: tar.unpacked_bytes.map_err(failed)?,
        tar_bytes: tar.tar_bytes,
    })
}

/// Tells whether a layer is what its descriptor and diff_id say, as far as it can be read.
fn is_intact(layer: &Layer, examined: &Examined) -> bool {
    let stored = (examined.digest, examined.wire_bytes);
    let is_tar_intact = |tar: &ExaminedTar| tar.diff_id == layer.diff_id;
    stored == (layer.digest(), layer.wire_bytes())
        && examined.tar.as_ref().map_or(true, is_tar_intact)
}
