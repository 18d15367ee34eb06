//! What the client is asked to do.

use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use pullstudy_image::{ArchiveWriter, BlobSink as _, Digest, Document, Layout, LayoutWriter, Tag};
use pullstudy_registry::{
    CopyJob, CopySource, CopyTarget, FetchOptions, FetchedTag, LayoutImage, Platforms,
    PushBlobError, RemoteSink,
};
use tokio::runtime::Handle;

use crate::scene::Scene;
use crate::schedule::{Operation, Schedule, TRIES};

type AnyError = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(scene: &Scene, schedule: &Schedule) -> Result<(), AnyError> {
    match schedule.operation {
        Operation::Push => push(scene, schedule).await,
        Operation::Stream => stream(scene, schedule).await,
        Operation::Pull => pull(scene).await,
        Operation::Copy => copy(scene, schedule).await,
        Operation::Fetch => fetch(scene, schedule).await,
    }
}

async fn move_image(scene: &Scene, from: CopySource, to: CopyTarget) -> Result<(), AnyError> {
    let jobs = [CopyJob::new(from, to)];
    let mut results = scene.client.copy(&jobs, &Platforms::All).await;
    let copied = results.remove(0)?;
    assert_eq!(copied.descriptor.digest, scene.content.root.digest);
    Ok(())
}

async fn push(scene: &Scene, schedule: &Schedule) -> Result<(), AnyError> {
    let layout = Layout::open(scene.folder.path().join("source"))?;
    let from = CopySource::Layout(Box::new(LayoutImage {
        layout,
        descriptor: scene.content.root.clone(),
        name: "the layout".to_owned(),
        origin: None,
    }));
    move_image(
        scene,
        from,
        CopyTarget::Registry(scene.target_reference(schedule)),
    )
    .await
}

async fn pull(scene: &Scene) -> Result<(), AnyError> {
    let writer = LayoutWriter::create(scene.folder.path().join("target"))?;
    let to = CopyTarget::Layout(Arc::new(writer), scene.source_reference());
    move_image(scene, CopySource::Registry(scene.source_reference()), to).await
}

async fn copy(scene: &Scene, schedule: &Schedule) -> Result<(), AnyError> {
    let from = CopySource::Registry(scene.source_reference());
    move_image(
        scene,
        from,
        CopyTarget::Registry(scene.target_reference(schedule)),
    )
    .await
}

/// Fetches the documents of all tags.
async fn fetch(scene: &Scene, schedule: &Schedule) -> Result<(), AnyError> {
    let archive = ArchiveWriter::create(scene.folder.path().join("target"))?;
    let mut options = FetchOptions::default();
    options.all_tags = true;
    options.tags_at_once = NonZeroUsize::new(schedule.transfers).unwrap();
    let references = [scene.source_reference()];
    let fetching = scene
        .client
        .fetch_manifests(&references, &archive, &options, &|_| {});
    let rows = fetching.await?;
    match rows.iter().find(|row| !row.outcome.is_complete()) {
        Some(row) => Err(told(row).into()),
        None => Ok(()),
    }
}

/// A row that tells of a failure, as a program prints it.
fn told(row: &FetchedTag) -> String {
    let tag = row.tag.as_deref().unwrap_or("all tags");
    let missing = row.missing.first();
    let reason = missing.map_or("nothing", |missing| missing.reason.name());
    let message = missing.and_then(|missing| missing.message.as_deref());
    format!(
        "{} {tag}: {reason}: {}",
        row.repository,
        message.unwrap_or_default()
    )
}

/// Writes blobs while they are made, as a generator does: one that is lost is made again.
async fn stream(scene: &Scene, schedule: &Schedule) -> Result<(), AnyError> {
    let reference = scene.target_reference(schedule);
    let sink = RemoteSink::new(scene.client.clone(), reference.clone(), Handle::current());
    let blobs: Vec<_> = scene
        .content
        .blobs
        .iter()
        .map(|(digest, bytes)| (*digest, bytes.clone()))
        .collect();
    let documents = scene.content.documents_leaves_first();
    let tag = Tag::new(reference, scene.content.root.clone());
    let write = move || {
        for (digest, bytes) in &blobs {
            write_blob(&sink, digest, bytes)?;
        }
        for document in documents {
            sink.put_document(&Document::parse(document)?)?;
        }
        sink.put_tag(&tag)?;
        Ok(())
    };
    tokio::task::spawn_blocking(write).await?
}

fn write_blob(sink: &RemoteSink, digest: &Digest, bytes: &[u8]) -> Result<(), AnyError> {
    if sink.contains(digest)? {
        return Ok(());
    }
    let mut tries = 1;
    loop {
        match try_blob(sink, digest, bytes) {
            Err(error) if tries < TRIES && is_lost(&*error) => tries += 1,
            result => return result,
        }
    }
}

fn try_blob(sink: &RemoteSink, digest: &Digest, bytes: &[u8]) -> Result<(), AnyError> {
    let mut blob = sink.start()?;
    for piece in bytes.chunks(7_001) {
        blob.write_all(piece)?;
    }
    blob.finish(digest)?;
    Ok(())
}

/// Tells whether the registry has forgotten the upload.
fn is_lost(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let within = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    let within = within.map(|error| error as &(dyn Error + 'static));
    let cause = within.or_else(|| error.source());
    let lost = cause.and_then(|cause| cause.downcast_ref::<PushBlobError>());
    matches!(lost, Some(PushBlobError::UploadLost { .. }))
}
