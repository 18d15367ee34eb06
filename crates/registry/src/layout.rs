//! Images pulled into a layout.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::iter;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use pullstudy_image::{
    BlobSink, Descriptor, Digest, Document, LayoutWriter, Platform, Reference, SinkError, Tag,
    WriteLayoutError,
};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::spawn_blocking;

use crate::digester::Digester;
use crate::image::{MAX_DEPTH, too_deep};
use crate::manifest::raw;
use crate::{BlobStream, Client, PullBlobError, PullImageError};

/// Chunks that may wait to be written, a few hundred KiB each. They even out a slow write; memory stays small.
const CHUNKS_AHEAD: usize = 4;

/// A document and what describes it.
type Pulled = (Descriptor, Document);

/// Which images of an index are meant. A manifest is always taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Platforms {
    /// All of them, and the index itself.
    All,
    /// The one for this platform.
    One(Platform),
}

/// Why an image could not be pulled into a layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullToLayoutError {
    /// Manifest or config could not be pulled.
    #[error("failed to pull {reference} into {}", layout.display())]
    Image {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: PathBuf,
        /// The cause.
        source: PullImageError,
    },
    /// A layer could not be pulled.
    #[error("failed to pull {reference} into {}", layout.display())]
    Blob {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: PathBuf,
        /// The cause.
        source: PullBlobError,
    },
    /// A blob could not be stored.
    #[error("failed to pull {reference} into {}", layout.display())]
    Store {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: PathBuf,
        /// The cause.
        source: SinkError,
    },
    /// The tag could not be written.
    #[error("failed to pull {reference} into {}", layout.display())]
    Tag {
        /// What was asked for.
        reference: Box<Reference>,
        /// The layout's folder.
        layout: PathBuf,
        /// The cause.
        source: WriteLayoutError,
    },
}

impl PullToLayoutError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Image { source, .. } => source.is_retryable(),
            Self::Blob { source, .. } => source.is_retryable(),
            Self::Store { .. } | Self::Tag { .. } => false,
        }
    }
}

impl Client {
    /// Pulls an image with all its blobs into a layout, tags it there, and returns what the tag stands for.
    ///
    /// Blobs that are there already are not pulled again; a blob appears when its digest is checked, the tag comes
    /// last. When the returned future is dropped, downloads end and leave only whole blobs.
    ///
    /// # Errors
    ///
    /// [`PullToLayoutError`]; whole blobs stay in the layout, so that a second try goes on from there.
    pub async fn pull_to_layout(
        &self,
        reference: &Reference,
        layout: &Arc<LayoutWriter>,
        platforms: &Platforms,
    ) -> Result<Descriptor, PullToLayoutError> {
        let target = Target { reference, layout };
        let documents = self.documents(reference, platforms).await;
        let documents = documents.map_err(|source| target.image_error(source))?;
        stream::iter(blobs(&documents))
            .map(|blob| self.store_blob(target, blob))
            .buffer_unordered(self.options().concurrent_downloads.max(1))
            .try_collect::<()>()
            .await?;
        for (descriptor, document) in documents.iter().rev() {
            target.store_document(&descriptor.digest, raw(document))?;
        }
        let (root, _) = &documents[0];
        target.tag(root)?;
        Ok(root.clone())
    }

    /// The documents of an image, each before those it names.
    async fn documents(
        &self,
        reference: &Reference,
        platforms: &Platforms,
    ) -> Result<Vec<Pulled>, PullImageError> {
        if let Platforms::One(platform) = platforms {
            let manifest = self.manifest_for(reference, platform).await?;
            return Ok(vec![(manifest.descriptor(), Document::Manifest(manifest))]);
        }
        let failed = |source| PullImageError::Manifest {
            reference: Box::new(reference.clone()),
            source,
        };
        let mut found = vec![self.pull_document(reference).await.map_err(failed)?];
        let mut level = 0..1;
        for _ in 0..MAX_DEPTH {
            for entry in entries(&found[level.clone()], &found) {
                let document = self.document(reference, &entry).await.map_err(failed)?;
                found.push((entry, document));
            }
            level = level.end..found.len();
            if level.is_empty() {
                return Ok(found);
            }
        }
        Err(too_deep(reference, found[level.start].0.digest))
    }

    async fn store_blob(
        &self,
        target: Target<'_>,
        blob: Descriptor,
    ) -> Result<(), PullToLayoutError> {
        let present = target.layout.contains(&blob.digest);
        if present.map_err(|source| target.store_error(source))? {
            return Ok(());
        }
        let stream = self.blob(target.reference, &blob).await;
        let stream = stream.map_err(|source| target.blob_error(source))?;
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let layout = Arc::clone(target.layout);
        let storing = spawn_blocking(move || store(&*layout, &blob.digest, receiver));
        let received = forward(stream, sender).await;
        let stored = storing.await.expect("storing a blob does not panic");
        // A broken connection ends the blob early, so its cause comes before the digest that is wrong then.
        received.map_err(|source| target.blob_error(source))?;
        match stored.map_err(|source| target.store_error(source))? {
            actual if actual == blob.digest => Ok(()),
            actual => Err(target.blob_error(PullBlobError::DigestMismatch {
                repository: target.reference.name(),
                expected: blob.digest,
                actual,
            })),
        }
    }
}

/// Hands chunks over until the blob ends, or until nobody takes them.
async fn forward(mut stream: BlobStream, sender: Sender<Bytes>) -> Result<(), PullBlobError> {
    while let Some(chunk) = stream.next_chunk().await? {
        if sender.send(chunk).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Hashes and writes on a thread of its own, and keeps the blob if it is the one expected.
fn store(
    sink: &dyn BlobSink,
    expected: &Digest,
    mut chunks: Receiver<Bytes>,
) -> Result<Digest, SinkError> {
    let mut blob = sink.start()?;
    let mut digester = Digester::new(expected.algorithm());
    while let Some(chunk) = chunks.blocking_recv() {
        digester.update(&chunk);
        blob.write_all(&chunk)
            .map_err(|source| SinkError::new(expected.to_string(), source))?;
    }
    let actual = digester.finish();
    if actual == *expected {
        blob.finish(&actual)?;
    }
    Ok(actual)
}

/// Where an image goes, for errors to name.
#[derive(Clone, Copy)]
struct Target<'a> {
    reference: &'a Reference,
    layout: &'a Arc<LayoutWriter>,
}

impl Target<'_> {
    fn store_document(&self, digest: &Digest, raw: &[u8]) -> Result<(), PullToLayoutError> {
        let put = || {
            if self.layout.contains(digest)? {
                return Ok(());
            }
            let mut blob = self.layout.start()?;
            blob.write_all(raw)
                .map_err(|source| SinkError::new(digest.to_string(), source))?;
            blob.finish(digest)
        };
        put().map_err(|source| self.store_error(source))
    }

    fn tag(&self, descriptor: &Descriptor) -> Result<(), PullToLayoutError> {
        let tag = Tag::new(self.reference.clone(), descriptor.clone());
        let (reference, layout) = self.names();
        self.layout
            .put_tags(&[tag])
            .map_err(|source| PullToLayoutError::Tag {
                reference,
                layout,
                source,
            })
    }

    fn names(&self) -> (Box<Reference>, PathBuf) {
        let layout = self.layout.layout().path().to_owned();
        (Box::new(self.reference.clone()), layout)
    }

    fn image_error(&self, source: PullImageError) -> PullToLayoutError {
        let (reference, layout) = self.names();
        PullToLayoutError::Image {
            reference,
            layout,
            source,
        }
    }

    fn blob_error(&self, source: PullBlobError) -> PullToLayoutError {
        let (reference, layout) = self.names();
        PullToLayoutError::Blob {
            reference,
            layout,
            source,
        }
    }

    fn store_error(&self, source: SinkError) -> PullToLayoutError {
        let (reference, layout) = self.names();
        PullToLayoutError::Store {
            reference,
            layout,
            source,
        }
    }
}

/// The entries of the indexes of a level that are not known yet, each once.
fn entries(level: &[Pulled], known: &[Pulled]) -> Vec<Descriptor> {
    let mut seen: BTreeSet<Digest> = known.iter().map(|(known, _)| known.digest).collect();
    let mut new = Vec::new();
    for (_, document) in level {
        if let Document::Index(index) = document {
            let unseen = |entry: &&Descriptor| seen.insert(entry.digest);
            new.extend(index.manifests().iter().filter(unseen).cloned());
        }
    }
    new
}

/// Configs and layers, each once.
fn blobs(documents: &[Pulled]) -> Vec<Descriptor> {
    let mut seen = BTreeSet::new();
    let mut blobs = Vec::new();
    for (_, document) in documents {
        if let Document::Manifest(manifest) = document {
            let all = iter::once(manifest.config()).chain(manifest.layers());
            blobs.extend(all.filter(|blob| seen.insert(blob.digest)).cloned());
        }
    }
    blobs
}
