//! Images made straight into a repository.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io;

use pullstudy_console::runtime;
use pullstudy_crafter::{ImageSink, LayerReceipt, Plan, RecipeFingerprint};
use pullstudy_image::{
    BlobSink, BlobWriter, Descriptor, Digest, Document, Reference, SinkError, Tag,
};
use pullstudy_registry::{Client, PushBlobError, RemoteSink};

/// A repository that takes layers while they are made.
pub(crate) struct PushSink {
    remote: RemoteSink,
    repository: Reference,
    /// Where the base is, if that is a registry: its layers are mounted where the registry is the same.
    base: Option<Reference>,
    /// Layers of images that an earlier run pushed.
    finished: HashMap<RecipeFingerprint, LayerReceipt>,
}

impl PushSink {
    pub(crate) fn new(
        client: Client,
        repository: Reference,
        base: Option<Reference>,
        plan: &Plan,
    ) -> io::Result<Self> {
        let runtime = runtime()?;
        Ok(Self {
            finished: runtime.block_on(finished(&client, &repository, plan)),
            remote: RemoteSink::new(client, repository.clone(), runtime),
            repository,
            base,
        })
    }

    fn failed(&self, source: impl Error + Send + Sync + 'static) -> SinkError {
        SinkError::new(self.place(), source)
    }
}

impl BlobSink for PushSink {
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError> {
        self.remote.contains(digest)
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        self.remote.start()
    }
}

impl ImageSink for PushSink {
    fn place(&self) -> String {
        self.remote.place()
    }

    fn put_document(&self, document: &Document) -> Result<(), SinkError> {
        let put = self.remote.put_document(document);
        put.map(drop).map_err(|error| self.failed(error))
    }

    fn adopt(&self, layer: &Descriptor) -> Result<bool, SinkError> {
        let here = |base: &&Reference| {
            base.registry() == self.repository.registry()
                && base.repository() != self.repository.repository()
        };
        match self.base.as_ref().filter(here) {
            Some(base) => self.remote.mount(&layer.digest, base.repository()),
            None => Ok(false),
        }
    }

    fn has_lost(&self, error: &(dyn Error + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if is_lost(error) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    fn recall(&self, recipe: &RecipeFingerprint) -> Option<LayerReceipt> {
        self.finished.get(recipe).copied()
    }

    fn put_tags(&self, tags: &[Tag]) -> Result<(), SinkError> {
        let put = |tag| self.remote.put_tag(tag).map_err(|error| self.failed(error));
        tags.iter().try_for_each(put)
    }
}

/// Finds the layers of images of the plan that are there already, as they are after a run that was cut short.
///
/// What cannot be had is made anew: if the registry is out of order, pushing will say so.
async fn finished(
    client: &Client,
    repository: &Reference,
    plan: &Plan,
) -> HashMap<RecipeFingerprint, LayerReceipt> {
    let there: BTreeSet<String> = match client.tags(repository).await {
        Ok(tags) => tags.into_iter().collect(),
        Err(_) => return HashMap::new(),
    };
    let mut finished = HashMap::new();
    for planned in plan
        .images
        .iter()
        .filter(|image| there.contains(image.tag()))
    {
        let reference = &planned.reference;
        for platform in &planned.platforms {
            let image = client.pull_image(reference, &platform.platform).await;
            finished.extend(image.iter().flat_map(LayerReceipt::of_crafted));
        }
    }
    finished
}

/// An I/O error hides the error it is made of from the chain of causes.
fn is_lost(error: &(dyn Error + 'static)) -> bool {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
        .map(|inner| inner as &(dyn Error + 'static));
    let error = inner.unwrap_or(error);
    matches!(error.downcast_ref(), Some(PushBlobError::UploadLost { .. }))
}
