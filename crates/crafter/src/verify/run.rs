//! The course of a verification.

use std::num::NonZeroUsize;

use pullstudy_image::{BlobSource, Descriptor, Digest, Layout, LayoutError, Platform};

use super::compare::compare;
use super::documents::read_documents;
use super::layers::examine_layers;
use super::unique::compare_all;
use super::{Mismatch, mismatch};

/// An image to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyTarget {
    /// What messages call it: its full name, where it has one.
    pub name: String,
    /// Its manifest or index.
    pub descriptor: Descriptor,
}

impl VerifyTarget {
    /// Lists every image of a layout, by full name, tag or digest, whichever it has first.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] when the layout's index cannot be read.
    pub fn all_of(layout: &Layout) -> Result<Vec<Self>, LayoutError> {
        let target = |image: pullstudy_image::TaggedImage| Self {
            name: image
                .name
                .or(image.tag)
                .unwrap_or_else(|| image.descriptor.digest.to_string()),
            descriptor: image.descriptor,
        };
        Ok(layout.images()?.into_iter().map(target).collect())
    }
}

/// How a verification goes about its work.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions {
    /// How many layers are read at a time.
    pub jobs: NonZeroUsize,
}

/// What happens during a verification. Calls come from several threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyProgress {
    /// The documents are read, and the work is known.
    Started {
        /// Distinct layers.
        layers: usize,
        /// Their stored bytes.
        bytes: u64,
    },
    /// A layer was read to its end.
    Layer {
        /// Its stored bytes.
        bytes: u64,
    },
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// Every image whose manifest could be read.
    pub images: Vec<VerifiedImage>,
    /// Everything that is not as said, in the order it was found.
    pub mismatches: Vec<Mismatch>,
}

/// An image, measured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedImage {
    /// All names that lead to it.
    pub names: Vec<String>,
    /// The platform, where an index or the config names it.
    pub platform: Option<Platform>,
    /// The hash of its manifest as found.
    pub digest: Digest,
    /// Number of layers.
    pub layers: usize,
    /// Sum of the stored sizes of the layers as found.
    pub wire_bytes: u64,
    /// Sum of the regular files' sizes, unless a layer cannot be read.
    pub unpacked_bytes: Option<u64>,
    /// Length of the uncompressed tars, unless a layer cannot be decompressed.
    pub tar_bytes: Option<u64>,
    /// How many mismatches concern it.
    pub mismatches: usize,
}

/// Reads every byte of some images and compares it with what they say of themselves.
///
/// Nothing stops it: what is damaged is reported, and the rest is read all the same. Each layer is read once, however
/// many images have it. The crate's own example shows it.
pub fn verify(
    source: &dyn BlobSource,
    targets: &[VerifyTarget],
    options: VerifyOptions,
    progress: &(dyn Fn(VerifyProgress) + Sync),
) -> VerifyReport {
    let mut mismatches = Vec::new();
    let documents = read_documents(source, targets, &mut mismatches);
    let layers = examine_layers(source, &documents, options.jobs, progress);
    let found: Vec<_> = documents
        .iter()
        .map(|image| compare(image, &layers, &mut mismatches))
        .collect();
    compare_all(&documents, &layers, &mut mismatches);
    let image = |(documents, sizes): (
        &super::documents::ImageDocuments,
        &super::compare::FoundSizes,
    )| VerifiedImage {
        names: documents.names.clone(),
        platform: documents
            .platform
            .clone()
            .or_else(|| documents.config.as_ref().map(|config| config.platform())),
        digest: documents.digest,
        layers: documents.manifest.layers().len(),
        wire_bytes: sizes.wire_bytes,
        unpacked_bytes: sizes.unpacked_bytes,
        tar_bytes: sizes.tar_bytes,
        mismatches: mismatch::count(
            &mismatches,
            &documents.names[0],
            documents.platform.as_ref(),
        ),
    };
    VerifyReport {
        images: documents.iter().zip(&found).map(image).collect(),
        mismatches,
    }
}
