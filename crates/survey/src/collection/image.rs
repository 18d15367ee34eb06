//! One image of a collection, and its layers.

use std::sync::Arc;

use pullstudy_image::Digest;

/// A layer, however many images it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectedLayer {
    /// The hash of the stored bytes.
    pub digest: Digest,
    /// How many bytes are stored: what a registry sends. As the first manifest with it says.
    pub size_bytes: u64,
    /// What the layer is, as the first manifest with it says.
    pub media_type: Arc<str>,
}

/// An image of a collection. Its layers are numbers of the collection's layers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectedImage {
    /// The number of its repository.
    pub repository: u32,
    /// The tag, or the digest of what was asked for by digest alone.
    pub tag: Box<str>,
    /// What the image runs on, where an index lists it for that: `linux/arm64/v8`.
    pub listed_platform: Option<Box<str>>,
    /// The media type in the manifest.
    pub media_type: Option<Arc<str>>,
    /// The system, as the config says, or else the index.
    pub os: Option<Arc<str>>,
    /// The architecture, as the config says, or else the index. Some builders left it empty.
    pub architecture: Option<Arc<str>>,
    /// When the image was made, as its builder wrote it.
    pub created: Option<Box<str>>,
    /// Whether the archive has the config.
    pub has_config: bool,
    /// Whether the manifest says another size of a layer than a manifest before it. The first one's counts.
    pub has_other_sizes: bool,
    /// The layers, first to last; one may stand there twice.
    pub layers: Vec<u32>,
    /// The hashes of the uncompressed layers, as numbers; nothing where the config does not list them.
    pub diff_ids: Option<Vec<u32>>,
    /// The steps of the image's making, first to last; none where they were not wanted or not kept.
    pub steps: Vec<Step>,
}

/// A step of an image's making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The number of the command, where the builder kept it.
    pub command: Option<u32>,
    /// Whether the step made no layer.
    pub empty_layer: bool,
}

impl CollectedImage {
    /// Returns the year of the image's making; nothing where the config does not tell.
    ///
    /// Builders that want the same bytes each time write 1970, 1980 or 0001.
    pub fn year(&self) -> Option<u16> {
        let year = self.created.as_deref()?.split('-').next()?;
        if year.len() == 4 {
            year.parse().ok()
        } else {
            None
        }
    }

    /// Returns the step that made each layer, first layer to last; nothing where the steps that made one are not as many
    /// as the layers.
    pub fn steps_of_layers(&self) -> Option<Vec<&Step>> {
        let steps: Vec<_> = self.steps.iter().filter(|step| !step.empty_layer).collect();
        (steps.len() == self.layers.len()).then_some(steps)
    }
}
