//! The documents of an image, wherever it is.

use std::collections::BTreeSet;

use pullstudy_image::{Descriptor, Digest, Document};

use super::error::Ends;
use super::{CopyError, CopySource, Platforms};
use crate::Client;
use crate::image::{MAX_DEPTH, too_deep};

/// A document and what describes it.
pub(super) type Described = (Descriptor, Document);

/// An image's documents, the root first, each before those it names.
pub(super) struct Documents {
    pub(super) all: Vec<Described>,
}

impl Documents {
    /// Reads the documents of an image; of an index only those for the platforms asked for.
    pub(super) async fn read(
        client: &Client,
        source: &CopySource,
        platforms: &Platforms,
        ends: &Ends,
    ) -> Result<Self, CopyError> {
        if let Platforms::One(platform) = platforms {
            let manifest = match source {
                CopySource::Registry(reference) => {
                    let manifest = client.manifest_for(reference, platform).await;
                    manifest.map_err(|source| ends.pull(source))?
                }
                CopySource::Layout(source) => {
                    let image = source.layout.image(&source.descriptor, platform);
                    let image = image.map_err(|source| ends.read(source))?;
                    image.manifest().clone()
                }
            };
            let all = vec![(manifest.descriptor(), Document::Manifest(manifest))];
            return Ok(Self { all });
        }
        let reader = Reader {
            client,
            source,
            ends,
        };
        let root = reader.root().await?;
        reader.follow(root).await
    }

    pub(super) fn root(&self) -> &Descriptor {
        &self.all[0].0
    }

    pub(super) fn manifests(&self) -> usize {
        let is_manifest = |(_, document): &&Described| matches!(document, Document::Manifest(_));
        self.all.iter().filter(is_manifest).count()
    }

    /// Configs, layers, and what else indexes name, each once. Layers that registries do not have are left out.
    pub(super) fn blobs(&self) -> Vec<Descriptor> {
        let mut seen = BTreeSet::new();
        let mut blobs = Vec::new();
        for (_, document) in &self.all {
            let named: Vec<&Descriptor> = match document {
                Document::Manifest(manifest) => std::iter::once(manifest.config())
                    .chain(manifest.layers())
                    .collect(),
                Document::Index(index) => {
                    let other = |entry: &&Descriptor| !is_document(entry);
                    index.manifests().iter().filter(other).collect()
                }
                _ => Vec::new(),
            };
            let wanted = |blob: &&Descriptor| !is_foreign(blob) && seen.insert(blob.digest);
            blobs.extend(named.into_iter().filter(wanted).cloned());
        }
        blobs
    }
}

/// Reads documents from one source.
struct Reader<'a> {
    client: &'a Client,
    source: &'a CopySource,
    ends: &'a Ends,
}

impl Reader<'_> {
    async fn root(&self) -> Result<Described, CopyError> {
        match self.source {
            CopySource::Registry(reference) => {
                let pulled = self.client.pull_document(reference).await;
                pulled.map_err(|source| self.ends.pull_manifest(source))
            }
            CopySource::Layout(image) => self.document(&image.descriptor).await,
        }
    }

    async fn document(&self, descriptor: &Descriptor) -> Result<Described, CopyError> {
        let document = match self.source {
            CopySource::Registry(reference) => {
                let pulled = self.client.document(reference, descriptor).await;
                pulled.map_err(|source| self.ends.pull_manifest(source))?
            }
            CopySource::Layout(image) => {
                let read = image.layout.document(descriptor);
                read.map_err(|source| self.ends.read(source))?
            }
        };
        Ok((descriptor.clone(), document))
    }

    /// Follows indexes level by level.
    async fn follow(&self, root: Described) -> Result<Documents, CopyError> {
        let mut all = vec![root];
        let mut level = 0..1;
        for _ in 0..MAX_DEPTH {
            for entry in new_entries(&all[level.clone()], &all) {
                all.push(self.document(&entry).await?);
            }
            level = level.end..all.len();
            if level.is_empty() {
                return Ok(Documents { all });
            }
        }
        Err(self.too_deep(all[level.start].0.digest))
    }

    fn too_deep(&self, digest: Digest) -> CopyError {
        match self.source {
            CopySource::Registry(reference) => self.ends.pull(too_deep(reference, digest)),
            CopySource::Layout(image) => CopyError::TooDeep {
                layout: image.layout.path().to_owned(),
                digest,
                limit: MAX_DEPTH,
            },
        }
    }
}

fn is_document(entry: &Descriptor) -> bool {
    entry.is_manifest() || entry.is_index()
}

/// Layers that are got from elsewhere, by image-spec 1.1, layer.md, "Non-Distributable Layers".
fn is_foreign(blob: &Descriptor) -> bool {
    let media_type = blob.media_type.to_string();
    media_type.contains(".nondistributable.") || media_type.contains(".foreign.")
}

/// The documents in the indexes of a level that are not known yet, each once.
fn new_entries(level: &[Described], known: &[Described]) -> Vec<Descriptor> {
    let mut seen: BTreeSet<Digest> = known.iter().map(|(known, _)| known.digest).collect();
    let mut new = Vec::new();
    for (_, document) in level {
        if let Document::Index(index) = document {
            let unseen = |entry: &&Descriptor| is_document(entry) && seen.insert(entry.digest);
            new.extend(index.manifests().iter().filter(unseen).cloned());
        }
    }
    new
}
