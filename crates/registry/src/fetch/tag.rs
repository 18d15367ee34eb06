//! One tag: its manifest or index, and all that this names.

use std::collections::HashSet;
use std::sync::Arc;

use pullstudy_image::{
    ArchivedConfig, ArchivedDocument, ArchivedManifest, Descriptor, Digest, Missing, MissingPart,
    MissingReason, Platform, Reference, TagRecord,
};

use super::ask::{Asker, Received, Refusal};
use super::{FetchManifestsError, FetchOutcome, FetchedTag, Repository};
use crate::image::MAX_DEPTH;
use crate::{Platforms, near_tags};

/// A tag on its way into the archive.
pub(super) struct TagFetch {
    repository: Arc<Repository>,
    reference: Reference,
    row: FetchedTag,
    record: TagRecord,
    /// What an index lists twice is fetched once, so that indexes of indexes cannot multiply.
    visited: HashSet<Digest>,
    /// Whether the registry was asked for anything.
    asked: bool,
}

/// A document to be followed, and how deep it lies.
struct Step {
    entry: Option<Descriptor>,
    document: ArchivedDocument,
    depth: usize,
}

/// Bytes, or why there are none; the archive's own failure ends everything.
type Fetched<T> = Result<Result<T, Missing>, FetchManifestsError>;

impl TagFetch {
    pub(super) fn new(repository: Arc<Repository>, reference: Reference) -> Self {
        let row = FetchedTag::new(&reference);
        let record = match (&row.tag, reference.digest()) {
            (Some(tag), _) => TagRecord::new(tag),
            (None, Some(digest)) => TagRecord::of_digest(*digest),
            (None, None) => TagRecord::default(),
        };
        Self {
            repository,
            reference,
            row,
            record,
            visited: HashSet::new(),
            asked: false,
        }
    }

    /// Fetches what is not there, and writes down what could not be had.
    pub(super) async fn run(
        mut self,
        asker: &Asker<'_>,
    ) -> Result<FetchedTag, FetchManifestsError> {
        match self.root(asker).await? {
            Ok(document) => self.follow(asker, document).await?,
            Err(missing) => self.row.missing.push(missing),
        }
        self.record.missing.clone_from(&self.row.missing);
        self.write_record()?;
        self.row.outcome = self.outcome();
        Ok(self.row)
    }

    fn outcome(&self) -> FetchOutcome {
        match (self.row.digest, self.row.missing.is_empty()) {
            (None, _) => FetchOutcome::Failed,
            (Some(_), false) => FetchOutcome::Incomplete,
            (Some(_), true) if self.asked => FetchOutcome::Fetched,
            (Some(_), true) => FetchOutcome::Present,
        }
    }

    fn write_record(&self) -> Result<(), FetchManifestsError> {
        let written = self.repository.writer.put_record(self.record.clone());
        written.map_err(|source| self.repository.failed(source))
    }

    /// Reads or fetches what the tag itself stands for.
    async fn root(&mut self, asker: &Asker<'_>) -> Fetched<ArchivedDocument> {
        if let Some(document) = self.known_root(asker) {
            return Ok(Ok(document));
        }
        self.asked = true;
        let received = match asker.manifest(&self.reference).await {
            Ok(received) => received,
            Err(refusal) => return self.no_root(asker, refusal).await.map(Err),
        };
        let size_bytes = received.bytes.len() as u64;
        self.stored(&received)?;
        self.record.digest = Some(received.digest);
        self.record.media_type = received.media_type;
        self.record.size_bytes = Some(size_bytes);
        self.record.asked_at_unix_seconds = asker.options.asked_at_unix_seconds;
        // From here on a kill costs nothing but what is in flight.
        self.write_record()?;
        let digest = received.digest;
        Ok(Ok(self.entered(received.bytes, digest)))
    }

    /// What an earlier run recorded, if its bytes are there; and if the reference's digest is the one recorded.
    fn known_root(&mut self, asker: &Asker<'_>) -> Option<ArchivedDocument> {
        let key = self.record_key();
        let known = self.repository.writer.record(&key)?;
        let moved = self.reference.digest().copied();
        let digest = known.digest.filter(|digest| match moved {
            Some(wanted) => *digest == wanted,
            None => !asker.options.refresh,
        })?;
        let bytes = self.repository.writer.document(&digest)?;
        self.record = known;
        self.record.missing.clear();
        Some(self.entered(bytes, digest))
    }

    fn record_key(&self) -> String {
        match (&self.row.tag, self.reference.digest()) {
            (Some(tag), _) => tag.clone(),
            (None, digest) => digest.map_or_else(String::new, ToString::to_string),
        }
    }

    fn entered(&mut self, bytes: Vec<u8>, digest: Digest) -> ArchivedDocument {
        self.row.digest = Some(digest);
        self.row.media_type.clone_from(&self.record.media_type);
        self.visited.insert(digest);
        ArchivedDocument::new(bytes, Some(digest))
    }

    /// Says why there is no manifest. An older one stays in the archive, and is not lost from its list.
    async fn no_root(
        &mut self,
        asker: &Asker<'_>,
        refusal: Refusal,
    ) -> Result<Missing, FetchManifestsError> {
        if let Some(known) = self.repository.writer.record(&self.record_key()) {
            self.record = known;
        }
        self.record.asked_at_unix_seconds = asker.options.asked_at_unix_seconds;
        let digest = self.reference.digest();
        let refusal = if digest.is_none() && refusal.is_not_found() {
            refusal.with_message(self.not_there(asker).await)
        } else {
            refusal
        };
        let missing = refusal.into_part(MissingPart::Manifest);
        Ok(digest.map_or(missing.clone(), |digest| missing.with_digest(*digest)))
    }

    /// Says that there is no such tag, and which look like it.
    async fn not_there(&self, asker: &Asker<'_>) -> String {
        let (reference, tag) = (&self.reference, self.reference.tag_or_latest());
        let list = async || match asker.admitted(reference.registry()).await {
            Ok(()) => asker.client.tags(reference).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let near = near_tags(tag, self.repository.tags.get_or_init(list).await);
        if near.is_empty() {
            return format!("tag {tag} is not there");
        }
        format!("tag {tag} is not there; near: {}", near.join(", "))
    }

    /// Goes down from the root to every config. Depth first, in the order of the indexes.
    async fn follow(
        &mut self,
        asker: &Asker<'_>,
        root: ArchivedDocument,
    ) -> Result<(), FetchManifestsError> {
        let mut steps = vec![Step {
            entry: None,
            document: root,
            depth: 0,
        }];
        while let Some(Step {
            entry,
            document,
            depth,
        }) = steps.pop()
        {
            match &document {
                ArchivedDocument::Manifest(manifest) => {
                    self.image(asker, manifest, entry.as_ref()).await?;
                }
                ArchivedDocument::Index(index) => {
                    let mut below = self.entries(asker, &index.manifests, depth).await?;
                    below.reverse();
                    steps.append(&mut below);
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn entries(
        &mut self,
        asker: &Asker<'_>,
        entries: &[Descriptor],
        depth: usize,
    ) -> Result<Vec<Step>, FetchManifestsError> {
        let platforms = &asker.options.platforms;
        let wanted: Vec<_> = entries
            .iter()
            .filter(|entry| is_wanted(entry, platforms))
            .collect();
        if let (true, Platforms::One(platform)) = (wanted.is_empty(), platforms) {
            let message = format!("it has no image for {platform}");
            let missing = Missing::new(MissingPart::Manifest, MissingReason::NotFound);
            self.row.missing.push(missing.with_message(message));
        }
        let mut steps = Vec::new();
        for entry in wanted {
            if !self.visited.insert(entry.digest) {
                continue;
            }
            match self.entry(asker, entry, depth).await? {
                Ok(document) => steps.push(Step {
                    entry: Some(entry.clone()),
                    document,
                    depth: depth + 1,
                }),
                Err(missing) => self
                    .row
                    .missing
                    .push(located(missing, entry.digest, Some(entry))),
            }
        }
        Ok(steps)
    }

    async fn entry(
        &mut self,
        asker: &Asker<'_>,
        entry: &Descriptor,
        depth: usize,
    ) -> Fetched<ArchivedDocument> {
        if depth >= MAX_DEPTH {
            let message = format!("indexes are nested more than {MAX_DEPTH} deep");
            let missing = Missing::new(MissingPart::Manifest, MissingReason::Unusable);
            return Ok(Err(missing.with_message(message)));
        }
        let bytes = self
            .document(asker, &entry.digest, MissingPart::Manifest)
            .await?;
        Ok(bytes.map(|bytes| ArchivedDocument::new(bytes, Some(entry.digest))))
    }

    async fn image(
        &mut self,
        asker: &Asker<'_>,
        manifest: &ArchivedManifest,
        entry: Option<&Descriptor>,
    ) -> Result<(), FetchManifestsError> {
        let digest = manifest.config.digest;
        let listed = entry.and_then(|entry| entry.platform.clone());
        let platform = match self.document(asker, &digest, MissingPart::Config).await? {
            Ok(bytes) => listed.or_else(|| ArchivedConfig::new(bytes, Some(digest)).platform()),
            Err(missing) => {
                self.row.missing.push(located(missing, digest, entry));
                listed
            }
        };
        if platform.as_ref().is_none_or(is_real) {
            self.row.platforms.extend(platform);
            self.row.layers += manifest.layers.len();
            self.row.wire_bytes = self.row.wire_bytes.saturating_add(manifest.wire_bytes());
        }
        Ok(())
    }

    /// Reads a document from the archive, or fetches it.
    async fn document(
        &mut self,
        asker: &Asker<'_>,
        digest: &Digest,
        part: MissingPart,
    ) -> Fetched<Vec<u8>> {
        let repository = Arc::clone(&self.repository);
        let _turn = repository.turns.take(digest).await;
        if let Some(bytes) = repository.writer.document(digest) {
            return Ok(Ok(bytes));
        }
        self.asked = true;
        let received = match part {
            MissingPart::Config => asker.config(&self.reference, *digest).await,
            _ => {
                let reference = self.reference.with_digest(*digest);
                asker.manifest(&reference).await
            }
        };
        match received {
            Ok(received) => {
                self.stored(&received)?;
                Ok(Ok(received.bytes))
            }
            Err(refusal) => Ok(Err(refusal.into_part(part))),
        }
    }

    fn stored(&self, received: &Received) -> Result<(), FetchManifestsError> {
        let writer = &self.repository.writer;
        let stored = writer.put_document(&received.digest, &received.bytes);
        stored.map_err(|source| self.repository.failed(source))
    }
}

fn located(missing: Missing, digest: Digest, entry: Option<&Descriptor>) -> Missing {
    let mut missing = missing.with_digest(digest);
    missing.platform = entry.and_then(|entry| entry.platform.clone());
    missing
}

/// An entry without a platform may be anything, also an index of the platform that is wanted.
fn is_wanted(entry: &Descriptor, platforms: &Platforms) -> bool {
    match (platforms, &entry.platform) {
        (Platforms::One(wanted), Some(own)) => wanted.accepts(own),
        _ => true,
    }
}

/// Builders list statements about images (attestations) beside them, for a platform that is none.
fn is_real(platform: &Platform) -> bool {
    platform.os != "unknown"
}
