//! One image on its way.

use futures_util::{StreamExt, stream};
use pullstudy_image::{BlobSink, Descriptor, Reference, SinkError, Tag};

use super::damage::damage;
use super::documents::{Described, Documents};
use super::error::{BlobError, Ends};
use super::session::{Passage, Session};
use super::{Copied, CopyError, CopyJob, CopySource, CopyTarget};
use crate::observer::BlobOutcome;
use crate::{PullManifestError, PushManifestError, TransferEvent};

/// One image of a session.
pub(super) struct Job<'a> {
    session: &'a Session<'a>,
    from: &'a CopySource,
    to: &'a CopyTarget,
    ends: Ends,
}

impl<'a> Job<'a> {
    pub(super) fn new(session: &'a Session<'a>, job: &'a CopyJob) -> Self {
        Self {
            session,
            from: &job.from,
            to: &job.to,
            ends: Ends::new(job),
        }
    }

    /// Copies the image: blobs first, its name last.
    pub(super) async fn run(&self) -> Result<Copied, CopyError> {
        let session = self.session;
        let documents =
            Documents::read(session.client, self.from, session.platforms, &self.ends).await?;
        let blobs = documents.blobs();
        let mut copied = self.nothing_moved(&documents, &blobs);
        if self.is_there(documents.root()).await? {
            copied.present = true;
            self.tell(&copied);
            return Ok(copied);
        }
        let damaged = match self.from {
            CopySource::Layout(image) => damage(image, &blobs).await,
            CopySource::Registry(_) => Vec::new(),
        };
        if !damaged.is_empty() {
            return Err(self.ends.damaged(damaged));
        }
        session.plan(self.to, &blobs);
        self.bring(blobs, &mut copied).await?;
        for described in self.under_digest(&documents).iter().rev() {
            self.put(described).await?;
        }
        self.tag(&documents).await?;
        self.tell(&copied);
        Ok(copied)
    }

    fn nothing_moved(&self, documents: &Documents, blobs: &[Descriptor]) -> Copied {
        Copied {
            reference: self.target().clone(),
            descriptor: documents.root().clone(),
            manifests: documents.manifests(),
            blobs: blobs.len(),
            bytes: blobs
                .iter()
                .fold(0, |sum, blob| blob.size_bytes.saturating_add(sum)),
            moved_blobs: 0,
            moved_bytes: 0,
            mounted_blobs: 0,
            present: false,
        }
    }

    fn target(&self) -> &Reference {
        match self.to {
            CopyTarget::Registry(reference) | CopyTarget::Layout(_, reference) => reference,
        }
    }

    /// A registry takes a manifest only when all it names is there, so its word is enough.
    ///
    /// One that cannot be reached is not tried for every image anew. Any other refusal is left to pushing, which may be
    /// allowed where reading is not.
    async fn is_there(&self, root: &Descriptor) -> Result<bool, CopyError> {
        let CopyTarget::Registry(reference) = self.to else {
            return Ok(false);
        };
        if self.session.is_out_of_reach(reference) {
            return Err(self.ends.out_of_reach(reference));
        }
        match self.session.client.find(reference).await {
            Ok(found) => Ok(found.digest == root.digest),
            Err(PullManifestError::Transport { source, .. }) if source.is_out_of_reach() => {
                self.session.give_up(reference);
                Err(self.ends.push(PushManifestError::Transport {
                    reference: Box::new(reference.clone()),
                    source,
                }))
            }
            Err(_) => Ok(false),
        }
    }

    /// Brings all blobs. Of a damaged layout all damage is told; any other failure ends the image at once.
    async fn bring(&self, blobs: Vec<Descriptor>, copied: &mut Copied) -> Result<(), CopyError> {
        let at_once = self.session.client.options().concurrent_transfers.max(1);
        let mut under_way = stream::iter(blobs)
            .map(|blob| self.bring_one(blob))
            .buffer_unordered(at_once);
        let mut damaged = Vec::new();
        while let Some(brought) = under_way.next().await {
            match brought {
                Ok((Some(BlobOutcome::Moved), bytes)) => {
                    copied.moved_blobs += 1;
                    copied.moved_bytes += bytes;
                }
                Ok((Some(BlobOutcome::Mounted), _)) => copied.mounted_blobs += 1,
                Ok(_) => {}
                Err(BlobError::Damaged(error)) => damaged.push(error),
                Err(error) => return Err(self.ends.blob_error(error)),
            }
        }
        match damaged.is_empty() {
            true => Ok(()),
            false => Err(self.ends.damaged(damaged)),
        }
    }

    async fn bring_one(&self, blob: Descriptor) -> Result<(Option<BlobOutcome>, u64), BlobError> {
        let bytes = blob.size_bytes;
        let passage = Passage {
            from: self.from,
            to: self.to,
            blob,
        };
        Ok((self.session.blob(&passage).await?, bytes))
    }

    /// The documents to store under their digests: not the root, where a registry gets it with its tag.
    fn under_digest<'d>(&self, documents: &'d Documents) -> &'d [Described] {
        match self.to {
            CopyTarget::Registry(reference) if is_tagged(reference) => &documents.all[1..],
            _ => &documents.all,
        }
    }

    /// Stores a document under its digest.
    async fn put(&self, (descriptor, document): &Described) -> Result<(), CopyError> {
        match self.to {
            CopyTarget::Registry(reference) => {
                let client = self.session.client;
                let reference = reference.with_digest(descriptor.digest);
                let pushed = client.push_document(&reference, document).await;
                pushed.map(drop).map_err(|source| self.ends.push(source))
            }
            CopyTarget::Layout(layout, _) => {
                let put = || {
                    if layout.holds(descriptor)? {
                        return Ok(());
                    }
                    let mut blob = layout.start()?;
                    let written = blob.write_all(document.raw());
                    written.map_err(|source| SinkError::new(self.ends.to.clone(), source))?;
                    blob.finish(&descriptor.digest)
                };
                put().map_err(|source| self.ends.store(source))
            }
        }
    }

    async fn tag(&self, documents: &Documents) -> Result<(), CopyError> {
        let (descriptor, document) = &documents.all[0];
        match self.to {
            CopyTarget::Registry(reference) => {
                if !is_tagged(reference) {
                    return Ok(());
                }
                let client = self.session.client;
                let pushed = client.push_document(reference, document).await;
                pushed.map(drop).map_err(|source| self.ends.push(source))
            }
            CopyTarget::Layout(layout, reference) => {
                let _alone = self.session.tagging.lock().await;
                let tag = Tag::new(reference.clone(), descriptor.clone());
                let put = layout.put_tags(&[tag]);
                put.map_err(|source| self.ends.tag(source))
            }
        }
    }

    fn tell(&self, copied: &Copied) {
        let observer = self.session.client.observer();
        observer.tell(&TransferEvent::Image {
            reference: &copied.reference,
            digest: copied.descriptor.digest,
            present: copied.present,
        });
    }
}

fn is_tagged(reference: &Reference) -> bool {
    reference.tag().is_some() && reference.digest().is_none()
}
