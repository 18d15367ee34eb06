//! Which repository has which tags, manifests and blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pullstudy_image::{
    Descriptor, Digest, Document, Index, Layout, LayoutError, Manifest, MediaType, Reference,
    TaggedImage, oci_spec,
};
use tokio::task::spawn_blocking;

/// Indexes in indexes are followed this deep. Real ones nest once.
const MAX_DEPTH: usize = 8;

/// A layout, and what was read of it last.
#[derive(Debug)]
pub(super) struct Catalog {
    layout: Layout,
    latest: Mutex<Option<Arc<View>>>,
}

/// All repositories of a layout, as `index.json` had them.
#[derive(Debug, Default)]
pub(super) struct View {
    index: Vec<u8>,
    named: BTreeMap<String, Repository>,
    /// Entries without a repository of their own.
    anywhere: Repository,
}

/// What can be pulled from one repository.
#[derive(Debug, Default)]
struct Repository {
    tags: BTreeMap<String, Digest>,
    manifests: BTreeMap<Digest, MediaType>,
    blobs: BTreeSet<Digest>,
    /// Manifests by the digest they refer to.
    referrers: BTreeMap<Digest, Vec<oci_spec::image::Descriptor>>,
}

/// One name as a client sees it: what belongs to it, and what is served everywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visible<'a> {
    own: Option<&'a Repository>,
    anywhere: &'a Repository,
}

impl Catalog {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout,
            latest: Mutex::new(None),
        }
    }

    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.layout.blob_path(digest)
    }

    /// Returns what the layout holds now.
    ///
    /// Documents are named by their digest and never change, so they are read again only when `index.json` changed.
    pub(super) async fn view(&self) -> Result<Arc<View>, LayoutError> {
        let index = self.layout.path().join("index.json");
        if let (Ok(now), Some(latest)) = (tokio::fs::read(index).await, self.latest())
            && latest.index == now
        {
            return Ok(latest);
        }
        let layout = self.layout.clone();
        let view = spawn_blocking(move || View::read(&layout))
            .await
            .expect("reading a layout does not panic")?;
        let view = Arc::new(view);
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&view));
        Ok(view)
    }

    fn latest(&self) -> Option<Arc<View>> {
        self.latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl View {
    fn read(layout: &Layout) -> Result<Self, LayoutError> {
        let index = layout.index()?;
        let mut view = Self {
            index: index.raw().to_vec(),
            ..Self::default()
        };
        for entry in layout.images()? {
            let (repository, tag) = view.place(&entry);
            repository.add(layout, &entry.descriptor, 0)?;
            if let Some(tag) = tag {
                repository.tags.insert(tag, entry.descriptor.digest);
            }
        }
        Ok(view)
    }

    /// Finds where an entry belongs, and its tag there.
    fn place(&mut self, entry: &TaggedImage) -> (&mut Repository, Option<String>) {
        let name = entry.name.as_deref().or(entry.tag.as_deref());
        // A tag alone reads as a repository of Docker Hub; only a name says where it belongs.
        let full = name.filter(|name| entry.name.is_some() || name.contains(['/', ':']));
        match full.map(str::parse::<Reference>) {
            Some(Ok(reference)) => {
                let tag = reference.tag().map(str::to_owned);
                let tag = tag.or_else(|| entry.tag.clone().filter(|_| entry.name.is_some()));
                let repository = reference.repository().to_owned();
                (self.named.entry(repository).or_default(), tag)
            }
            _ => (&mut self.anywhere, entry.tag.clone()),
        }
    }

    /// Returns what can be seen at `name`, or nothing if there is no such repository.
    pub(super) fn repository(&self, name: &str) -> Option<Visible<'_>> {
        let own = self.named.get(name);
        (own.is_some() || !self.anywhere.manifests.is_empty()).then_some(Visible {
            own,
            anywhere: &self.anywhere,
        })
    }
}

impl Repository {
    /// Adds a manifest or an index, and all it names.
    fn add(
        &mut self,
        layout: &Layout,
        entry: &Descriptor,
        depth: usize,
    ) -> Result<(), LayoutError> {
        if depth > MAX_DEPTH {
            return Err(LayoutError::TooDeep {
                path: layout.path().to_owned(),
                digest: entry.digest,
            });
        }
        if entry.is_manifest() || entry.is_index() {
            match layout.document(entry)? {
                Document::Manifest(manifest) => self.add_manifest(&manifest),
                Document::Index(index) => self.add_index(layout, &index, depth)?,
                _ => {}
            }
        }
        let media_type = entry.media_type.clone();
        self.manifests.insert(entry.digest, media_type);
        Ok(())
    }

    fn add_index(
        &mut self,
        layout: &Layout,
        index: &Index,
        depth: usize,
    ) -> Result<(), LayoutError> {
        for entry in index.manifests() {
            match self.add(layout, entry, depth + 1) {
                // Image-spec 1.1, "Image Layout": a layout may hold an index without all it lists.
                Err(LayoutError::Read { source, .. })
                    if source.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
        Ok(())
    }

    fn add_manifest(&mut self, manifest: &Manifest) {
        let layers = manifest.layers().iter().map(|layer| layer.digest);
        self.blobs.extend(layers);
        self.blobs.insert(manifest.config().digest);
        let subject = manifest.spec().subject().as_ref();
        let subject = subject.and_then(|subject| subject.digest().to_string().parse().ok());
        if let Some(subject) = subject {
            let referrer = referrer(manifest);
            self.referrers.entry(subject).or_default().push(referrer);
        }
    }
}

/// Describes a manifest as distribution-spec 1.1, "Listing Referrers", wants it.
fn referrer(manifest: &Manifest) -> oci_spec::image::Descriptor {
    let spec = manifest.spec();
    let artifact_type = spec.artifact_type().as_ref();
    let artifact_type = artifact_type.unwrap_or(spec.config().media_type());
    let mut descriptor = manifest.descriptor().to_spec();
    descriptor.set_artifact_type(Some(artifact_type.clone()));
    descriptor.set_annotations(spec.annotations().clone());
    descriptor
}

impl Visible<'_> {
    fn repositories(&self) -> impl Iterator<Item = &Repository> {
        self.own.into_iter().chain([self.anywhere])
    }

    /// Returns what a tag stands for.
    pub(super) fn tag(&self, tag: &str) -> Option<Digest> {
        self.repositories()
            .find_map(|repository| repository.tags.get(tag))
            .copied()
    }

    /// Returns the tags in lexical order, each once.
    pub(super) fn tags(&self) -> BTreeSet<&str> {
        self.repositories()
            .flat_map(|repository| repository.tags.keys())
            .map(String::as_str)
            .collect()
    }

    /// Returns the media type of a manifest or an index, if it is here.
    pub(super) fn manifest(&self, digest: &Digest) -> Option<&MediaType> {
        self.repositories()
            .find_map(|repository| repository.manifests.get(digest))
    }

    /// Tells whether a config or a layer is here.
    pub(super) fn has_blob(&self, digest: &Digest) -> bool {
        self.repositories()
            .any(|repository| repository.blobs.contains(digest))
    }

    /// Returns the manifests that refer to `digest`.
    pub(super) fn referrers(&self, digest: &Digest) -> Vec<oci_spec::image::Descriptor> {
        self.repositories()
            .filter_map(|repository| repository.referrers.get(digest))
            .flatten()
            .cloned()
            .collect()
    }
}
