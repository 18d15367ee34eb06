//! A build that ended early goes on where it was, and a sink that fails is named.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use pullstudy_crafter::{
    BuildError, BuildIdentity, BuildProgress, ImageSink, LayerReceipt, LayoutSink,
    RecipeFingerprint, build,
};
use pullstudy_image::{BlobSink, BlobWriter, Digest, SinkError, Tag};

use crate::crafted::{build_into, contents, jobs, mismatches, plan};

const SET: &str = "sizes: [{total: 300kB}, {total: 400kB}]\nlayers: [{exact: 3}, {exact: 4}]";

/// A sink that takes a number of bytes and then fails as a full disk does.
struct Filling<'a> {
    inner: &'a LayoutSink,
    room_bytes: AtomicUsize,
}

impl BlobSink for Filling<'_> {
    fn contains(&self, digest: &Digest) -> Result<bool, SinkError> {
        self.inner.contains(digest)
    }

    fn start(&self) -> Result<Box<dyn BlobWriter + '_>, SinkError> {
        let inner = self.inner.start()?;
        Ok(Box::new(FillingBlob {
            inner,
            room_bytes: &self.room_bytes,
        }))
    }
}

impl ImageSink for Filling<'_> {
    fn place(&self) -> String {
        "the test's disk".to_owned()
    }

    fn put_tags(&self, tags: &[Tag]) -> Result<(), SinkError> {
        self.inner.put_tags(tags)
    }

    fn recall(&self, recipe: &RecipeFingerprint) -> Option<LayerReceipt> {
        self.inner.recall(recipe)
    }

    fn record(&self, recipe: &RecipeFingerprint, receipt: &LayerReceipt) -> Result<(), SinkError> {
        self.inner.record(recipe, receipt)
    }
}

struct FillingBlob<'a> {
    inner: Box<dyn BlobWriter + 'a>,
    room_bytes: &'a AtomicUsize,
}

impl Write for FillingBlob<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let take = |room: usize| room.checked_sub(buffer.len());
        match self
            .room_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        {
            Ok(_) => self.inner.write(buffer),
            Err(_) => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl BlobWriter for FillingBlob<'_> {
    fn finish(self: Box<Self>, digest: &Digest) -> Result<(), SinkError> {
        self.inner.finish(digest)
    }
}

fn open(dir: &Path) -> LayoutSink {
    LayoutSink::open(dir, &BuildIdentity::of(&["test"]), 3).unwrap()
}

/// Fills a disk until the build fails, and returns why.
fn fail_after(dir: &Path, room_bytes: usize, job_count: usize) -> BuildError {
    let inner = open(dir);
    let sink = Filling {
        inner: &inner,
        room_bytes: AtomicUsize::new(room_bytes),
    };
    build(&plan(SET, 3), &sink, jobs(job_count), &|_| ()).unwrap_err()
}

fn blob_times(dir: &Path) -> BTreeMap<String, SystemTime> {
    let blobs = fs::read_dir(dir.join("blobs/sha256"))
        .unwrap()
        .map(Result::unwrap);
    blobs
        .map(|blob| {
            (
                blob.file_name().into_string().unwrap(),
                blob.metadata().unwrap().modified().unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_full_disk_is_named_with_its_remedy_and_leaves_only_whole_things() {
    for (room_bytes, job_count) in [(0, 1), (250_000, 1), (700_000, 2), (1_390_000, 2)] {
        let dir = tempfile::tempdir().unwrap();
        let error = fail_after(dir.path(), room_bytes, job_count);
        let text = error.to_string();
        assert!(matches!(error, BuildError::DiskFull { .. }), "{text}");
        assert!(
            text.contains("the test's disk is full") && text.contains("free some space"),
            "{text}"
        );
        assert_eq!(mismatches(dir.path()), [], "after {room_bytes} bytes");
        assert!(
            !dir.path().join(".partial").exists(),
            "no half blob is left"
        );
    }
}

#[test]
fn a_second_run_makes_only_what_is_missing() {
    let (whole, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    build_into(whole.path(), &plan(SET, 3), 2);
    fail_after(dir.path(), 700_000, 2);
    let before = blob_times(dir.path());
    assert!(before.len() >= 3, "some layers were finished");

    let finished = AtomicUsize::new(0);
    let sink = open(dir.path());
    let progress = |event: BuildProgress<'_>| {
        if let BuildProgress::Started {
            finished_layers, ..
        } = event
        {
            finished.store(finished_layers, Ordering::Relaxed);
        }
    };
    build(&plan(SET, 3), &sink, jobs(2), &progress).unwrap();
    assert!(finished.load(Ordering::Relaxed) >= 3);
    let after = blob_times(dir.path());
    assert!(
        before.iter().all(|(name, time)| after[name] == *time),
        "no finished blob was written again"
    );
    assert_eq!(contents(dir.path()), contents(whole.path()));
}

#[test]
fn the_journal_is_not_believed_about_blobs_that_are_gone_or_short() {
    let dir = tempfile::tempdir().unwrap();
    build_into(dir.path(), &plan(SET, 3), 2);
    let whole = contents(dir.path());
    let blob = |index: usize| {
        let layer = crate::crafted::images(dir.path())[0].layers()[index].digest();
        dir.path().join("blobs/sha256").join(layer.hex())
    };
    fs::remove_file(blob(0)).unwrap();
    fs::write(blob(1), b"short").unwrap();
    build_into(dir.path(), &plan(SET, 3), 2);
    assert_eq!(contents(dir.path()), whole);
}

#[test]
fn progress_adds_up() {
    let (promised, wrote) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let progress = |event: BuildProgress<'_>| match event {
        BuildProgress::Started { bytes, .. } => promised.store(bytes as usize, Ordering::Relaxed),
        BuildProgress::Wrote { bytes } => drop(wrote.fetch_add(bytes as usize, Ordering::Relaxed)),
        _ => {}
    };
    let dir = tempfile::tempdir().unwrap();
    build(&plan(SET, 3), &open(dir.path()), jobs(2), &progress).unwrap();
    assert_eq!(promised.load(Ordering::Relaxed), 1_400_000);
    assert_eq!(wrote.load(Ordering::Relaxed), 1_400_000);
}
