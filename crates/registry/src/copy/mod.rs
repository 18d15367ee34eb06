//! Images copied between registries and layouts.

mod damage;
mod documents;
mod error;
mod job;
mod lane;
mod session;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use pullstudy_image::{Descriptor, Layout, LayoutWriter, Platform, Reference};

use crate::{Client, Observer};
use job::Job;
use session::Session;

pub use error::CopyError;

/// Images copied at a time: enough to hide the waiting for small ones behind that for others. Blobs are limited apart.
const IMAGES_AT_ONCE: usize = 4;

/// Which images of an index are meant. A manifest is always taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Platforms {
    /// All of them, and the index itself.
    All,
    /// The one for this platform.
    One(Platform),
}

/// An image to be copied, and where to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CopyJob {
    /// Where it is.
    pub from: CopySource,
    /// Where it should be.
    pub to: CopyTarget,
}

impl CopyJob {
    /// Copies `from` to `to`.
    pub fn new(from: CopySource, to: CopyTarget) -> Self {
        Self { from, to }
    }
}

/// Where an image is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CopySource {
    /// In a registry, under this name.
    Registry(Reference),
    /// In a layout.
    Layout(Box<LayoutImage>),
}

/// An image of a layout.
#[derive(Clone, Debug)]
pub struct LayoutImage {
    /// The layout.
    pub layout: Layout,
    /// The image's manifest or index.
    pub descriptor: Descriptor,
    /// What errors call it: folder and tag.
    pub name: String,
    /// Where its blobs may be in a registry: they are mounted from there if it is the target's.
    pub origin: Option<Reference>,
}

/// Where an image should be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CopyTarget {
    /// In a registry, under this name.
    Registry(Reference),
    /// In a layout, under this name.
    Layout(Arc<LayoutWriter>, Reference),
}

/// An image that is where it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// What it is called there.
    pub reference: Reference,
    /// What its name stands for.
    pub descriptor: Descriptor,
    /// Manifests, of one platform each.
    pub manifests: usize,
    /// Its configs and layers, each once.
    pub blobs: usize,
    /// Their size.
    pub bytes: u64,
    /// Blobs whose bytes were moved for it; the rest was there, mounted, or moved for another image.
    pub moved_blobs: usize,
    /// Their size.
    pub moved_bytes: u64,
    /// Blobs mounted for it.
    pub mounted_blobs: usize,
    /// The name stood for this image before: nothing was asked but that.
    pub present: bool,
}

impl Client {
    /// Copies images, several at a time, and tells of each what became of it, in the order of `jobs`.
    ///
    /// Bytes and digests stay as they are. A blob that several images share moves once; one that is there is not moved;
    /// one that another repository of the same registry has is mounted. The manifest comes last, so that an image
    /// is visible when it is whole. What was moved before a failure, or before the future is dropped, is not moved again
    /// by the next try: blobs in a layout even go on in their middle.
    pub async fn copy(
        &self,
        jobs: &[CopyJob],
        platforms: &Platforms,
    ) -> Vec<Result<Copied, CopyError>> {
        let session = Session::new(self, platforms);
        let mut results: Vec<(usize, Result<Copied, CopyError>)> =
            stream::iter(jobs.iter().enumerate())
                .map(|(index, job)| {
                    let job = Job::new(&session, job);
                    async move { (index, job.run().await) }
                })
                .buffer_unordered(IMAGES_AT_ONCE)
                .collect()
                .await;
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Pulls an image with all its blobs into a layout, tags it there, and returns what the tag stands for.
    ///
    /// # Errors
    ///
    /// [`CopyError`]; what was pulled stays in the layout, so that a second try goes on from there.
    pub async fn pull_to_layout(
        &self,
        reference: &Reference,
        layout: &Arc<LayoutWriter>,
        platforms: &Platforms,
    ) -> Result<Descriptor, CopyError> {
        let from = CopySource::Registry(reference.clone());
        let to = CopyTarget::Layout(Arc::clone(layout), reference.clone());
        let session = Session::new(self, platforms);
        let job = CopyJob::new(from, to);
        let copied = Job::new(&session, &job).run().await?;
        Ok(copied.descriptor)
    }

    fn observer(&self) -> &Observer {
        &self.options().observer
    }
}
