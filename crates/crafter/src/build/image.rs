//! What was built.

use pullstudy_image::{Descriptor, Platform, Reference};

/// An image that is in the sink, tag and all.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BuiltImage {
    /// The full name, with its tag.
    pub reference: Reference,
    /// What the tag stands for: a manifest, or an index where there are several platforms.
    pub descriptor: Descriptor,
    /// The image for each platform, in the order of the plan.
    pub platforms: Vec<BuiltPlatform>,
}

/// An image for one platform that is in the sink.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BuiltPlatform {
    /// What it runs on.
    pub platform: Platform,
    /// The manifest.
    pub manifest: Descriptor,
    /// Size of the config.
    pub config_bytes: u64,
    /// Number of layers, base layers included.
    pub layers: usize,
    /// Sum of the layer descriptors' sizes.
    pub wire_bytes: u64,
    /// Sum of the regular files' sizes in the layers.
    pub unpacked_bytes: u64,
    /// Length of the uncompressed tars.
    pub tar_bytes: u64,
    /// Seconds of work that making its layers took, summed over the threads; 0 where they were there already.
    ///
    /// A layer that several images share counts in each of them.
    pub work_seconds: f64,
}

impl BuiltPlatform {
    /// Returns unpacked bytes divided by wire bytes.
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no 53 bits")]
    pub fn ratio(&self) -> f64 {
        self.unpacked_bytes as f64 / self.wire_bytes as f64
    }
}
