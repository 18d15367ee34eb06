//! From a reference to an image: what it stands for, its manifest and its config.

use std::time::Instant;

use pullstudy_events::Phase;
use pullstudy_image::{Config, Descriptor, Document, Image, Manifest};

use crate::pull::{Pull, PullError, blocking};

/// Indexes in indexes are followed this deep. Real ones nest once.
const MAX_DEPTH: usize = 8;

/// An image whose layers are still to come.
pub(crate) struct Prepared {
    pub(crate) image: Image,
    /// Index, manifest, config and layers as stored, as containerd counts them for the kubelet.
    pub(crate) image_size_bytes: u64,
}

impl Pull {
    /// Resolves the reference, and gets index, manifest and config, each unless it is on the node already.
    pub(crate) async fn prepare(&self) -> Result<Prepared, PullError> {
        let start = Instant::now();
        let resolved = self.client.resolve(&self.reference).await;
        self.recorder.add_since(start, Phase::Resolve, 0);
        let resolved = resolved.map_err(|source| PullError::Resolve { source })?;
        let (manifest, document_bytes) = self.manifest(resolved).await?;
        let config = self.config(&manifest).await?;
        let layers_and_config = manifest.wire_bytes() + manifest.config().size_bytes;
        let image = Image::new(manifest, config).map_err(|source| PullError::Image { source })?;
        self.recorder.set_image(&image);
        Ok(Prepared {
            image,
            image_size_bytes: document_bytes + layers_and_config,
        })
    }

    /// Follows indexes to the manifest for the platform; the bytes are of all documents on the way.
    async fn manifest(&self, resolved: Descriptor) -> Result<(Manifest, u64), PullError> {
        let mut current = resolved;
        let mut bytes = 0;
        for _ in 0..MAX_DEPTH {
            let document = self.document(&current).await?;
            bytes += current.size_bytes;
            match document {
                Document::Manifest(manifest) => return Ok((manifest, bytes)),
                Document::Index(index) => {
                    let chosen = index.for_platform(&self.options.platform);
                    current = chosen.cloned().ok_or_else(|| PullError::NoPlatform {
                        reference: Box::new(self.reference.clone()),
                        platform: self.options.platform.clone(),
                    })?;
                }
                _ => break,
            }
        }
        Err(PullError::TooDeep {
            reference: Box::new(self.reference.clone()),
        })
    }

    async fn document(&self, descriptor: &Descriptor) -> Result<Document, PullError> {
        if let Some(bytes) = self.stored(descriptor).await? {
            return Document::parse(bytes).map_err(|source| PullError::StoredDocument {
                digest: descriptor.digest,
                source,
            });
        }
        let start = Instant::now();
        let pulled = self.client.document(&self.reference, descriptor).await;
        let bytes = pulled.as_ref().map_or(0, |_| descriptor.size_bytes);
        self.recorder.add_since(start, Phase::Manifest, bytes);
        let document = pulled.map_err(|source| PullError::Manifest { source })?;
        let raw = match &document {
            Document::Manifest(manifest) => manifest.raw(),
            Document::Index(index) => index.raw(),
            _ => &[],
        };
        self.store(descriptor, raw.to_vec()).await?;
        Ok(document)
    }

    async fn config(&self, manifest: &Manifest) -> Result<Config, PullError> {
        let descriptor = manifest.config();
        if let Some(bytes) = self.stored(descriptor).await? {
            return Config::parse(bytes).map_err(|source| PullError::StoredConfig {
                digest: descriptor.digest,
                source,
            });
        }
        let start = Instant::now();
        let pulled = self.client.config(&self.reference, descriptor).await;
        let bytes = pulled.as_ref().map_or(0, |_| descriptor.size_bytes);
        self.recorder.add_since(start, Phase::Config, bytes);
        let config = pulled.map_err(|source| PullError::Config { source })?;
        self.store(descriptor, config.raw().to_vec()).await?;
        Ok(config)
    }

    async fn stored(&self, descriptor: &Descriptor) -> Result<Option<Vec<u8>>, PullError> {
        let (node, descriptor) = (self.node.clone(), descriptor.clone());
        let read = blocking(move || node.content().read(&descriptor)).await;
        read.map_err(|source| self.store_error(source))
    }

    /// Stores a document. No phase has a row for it: those of the preparation stand for the network.
    async fn store(&self, descriptor: &Descriptor, raw: Vec<u8>) -> Result<(), PullError> {
        let (node, digest) = (self.node.clone(), descriptor.digest);
        let sync = self.options.sync_blobs;
        let stored = blocking(move || node.content().put(&digest, &raw, sync)).await;
        stored.map_err(|source| self.store_error(source))
    }
}
