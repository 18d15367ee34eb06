//! Layouts are written so that a reader never sees half a thing, and damage is named.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use pullstudy_image::{
    BlobSink, BlobSource, Config, Descriptor, DiffId, Digest, Image, Index, Layout, LayoutError,
    LayoutWriter, Manifest, MediaType, Platform, Reference, Tag, WriteLayoutError, oci_spec,
};

/// Writes a whole image of one uncompressed layer and returns its manifest's descriptor.
fn write_image(writer: &LayoutWriter, tar: &[u8], architecture: &str) -> Descriptor {
    let layer = Descriptor::new(
        MediaType::ImageLayer,
        writer.put_blob(tar).unwrap(),
        tar.len() as u64,
    );
    let mut rootfs = oci_spec::image::RootFs::default();
    rootfs.set_diff_ids(vec![DiffId::of(tar).to_string()]);
    let mut value = oci_spec::image::ImageConfiguration::default();
    value
        .set_rootfs(rootfs)
        .set_architecture(architecture.into())
        .set_os("linux".into());
    let config = Config::new(value).unwrap();
    let config_digest = writer.put_blob(config.raw()).unwrap();
    let config = Descriptor::new(
        MediaType::ImageConfig,
        config_digest,
        config.raw().len() as u64,
    );
    let manifest = Manifest::new(&config, &[layer], &BTreeMap::new());
    writer.put_blob(manifest.raw()).unwrap();
    manifest.descriptor()
}

fn tag(reference: &str, descriptor: &Descriptor) -> Tag {
    Tag::new(reference.parse::<Reference>().unwrap(), descriptor.clone())
}

fn only_image(layout: &Layout) -> Image {
    let entry = layout.images().unwrap().remove(0);
    layout
        .image(&entry.descriptor, &Platform::linux_amd64())
        .unwrap()
}

#[test]
fn an_image_is_read_back_by_tag() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(dir.path()).unwrap();
    let descriptor = write_image(&writer, &[0; 1024], "amd64");
    writer
        .put_tags(&[tag("ghcr.io/study/image:one", &descriptor)])
        .unwrap();

    let layout = Layout::open(dir.path()).unwrap();
    let entry = &layout.images().unwrap()[0];
    assert_eq!(entry.tag.as_deref(), Some("one"));
    assert_eq!(entry.name.as_deref(), Some("ghcr.io/study/image:one"));
    assert_eq!(
        only_image(&layout).layers()[0].diff_id,
        DiffId::of(&[0; 1024])
    );
}

#[test]
fn a_tag_moves_and_the_same_tag_of_another_repository_stays() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(dir.path()).unwrap();
    let (old, new) = (
        write_image(&writer, &[1; 512], "amd64"),
        write_image(&writer, &[2; 512], "amd64"),
    );
    writer
        .put_tags(&[tag("ghcr.io/a/x:1", &old), tag("ghcr.io/b/x:1", &old)])
        .unwrap();
    writer.put_tags(&[tag("ghcr.io/a/x:1", &new)]).unwrap();

    let entries = writer.layout().images().unwrap();
    let find = |name: &str| {
        entries
            .iter()
            .find(|entry| entry.name.as_deref() == Some(name))
            .unwrap()
    };
    assert_eq!(entries.len(), 2);
    assert_eq!(find("ghcr.io/a/x:1").descriptor.digest, new.digest);
    assert_eq!(find("ghcr.io/b/x:1").descriptor.digest, old.digest);
}

#[test]
fn an_index_gives_the_image_of_a_platform_or_names_the_lack() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(dir.path()).unwrap();
    let entries = ["amd64", "arm64"].map(|architecture| {
        let platform = format!("linux/{architecture}").parse().unwrap();
        write_image(&writer, architecture.as_bytes(), architecture).with_platform(platform)
    });
    let index = Index::new(&entries);
    writer.put_blob(index.raw()).unwrap();

    let arm64 = writer
        .layout()
        .image(&index.descriptor(), &"linux/arm64".parse().unwrap())
        .unwrap();
    assert_eq!(arm64.config().platform().to_string(), "linux/arm64");
    assert_eq!(
        writer
            .layout()
            .all_images(&index.descriptor())
            .unwrap()
            .len(),
        2
    );
    let error = writer
        .layout()
        .image(&index.descriptor(), &"linux/s390x".parse().unwrap())
        .unwrap_err();
    assert!(matches!(error, LayoutError::NoPlatform { .. }), "{error}");
}

#[test]
fn a_dropped_blob_leaves_nothing_and_a_finished_one_survives_the_next_writer() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Digest::of(b"kept");
    {
        let writer = LayoutWriter::create(dir.path()).unwrap();
        writer
            .start()
            .unwrap()
            .write_all(b"half of a blob")
            .unwrap();
        writer.put_blob(b"kept").unwrap();
    }
    // What a killed process leaves: a partial blob, and no lock.
    fs::create_dir_all(dir.path().join(".partial")).unwrap();
    fs::write(dir.path().join(".partial/0"), b"left by a kill").unwrap();

    let writer = LayoutWriter::create(dir.path()).unwrap();
    assert!(writer.contains(&kept).unwrap());
    assert_eq!(
        fs::read_dir(dir.path().join("blobs/sha256"))
            .unwrap()
            .count(),
        1
    );
    assert_eq!(
        fs::read_dir(dir.path().join(".partial")).unwrap().count(),
        0
    );
}

#[test]
fn two_writers_at_once_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = LayoutWriter::create(dir.path()).unwrap();
    assert!(matches!(
        LayoutWriter::create(dir.path()),
        Err(WriteLayoutError::Busy { .. })
    ));
    drop(first);
    LayoutWriter::create(dir.path()).unwrap();
}

#[test]
fn a_folder_of_other_things_is_not_written_into() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), b"precious").unwrap();
    assert!(matches!(
        LayoutWriter::create(dir.path()),
        Err(WriteLayoutError::Foreign { .. })
    ));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn damage_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(dir.path()).unwrap();
    let descriptor = write_image(&writer, &[0; 1024], "amd64");
    let path = writer.layout().blob_path(&descriptor.digest);

    fs::write(&path, b"{}").unwrap();
    let error = writer.layout().document(&descriptor).unwrap_err();
    assert!(
        matches!(
            error,
            LayoutError::Damaged {
                actual_bytes: 2,
                ..
            }
        ),
        "{error}"
    );

    fs::remove_file(&path).unwrap();
    let error = writer.layout().document(&descriptor).unwrap_err();
    assert!(matches!(error, LayoutError::Read { .. }), "{error}");
    assert!(writer.layout().open(&descriptor).is_err());
}

#[test]
fn what_is_no_layout_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Layout::open(dir.path()),
        Err(LayoutError::NotALayout { .. })
    ));
    fs::write(
        dir.path().join("oci-layout"),
        br#"{"imageLayoutVersion":"2.0.0"}"#,
    )
    .unwrap();
    let error = Layout::open(dir.path()).unwrap_err();
    assert!(error.to_string().contains("2.0.0"), "{error}");
}

#[test]
fn an_index_that_points_at_itself_ends() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(dir.path()).unwrap();
    let mut entry = Index::new(&[]).descriptor();
    for _ in 0..10 {
        let index = Index::new(&[entry]);
        writer.put_blob(index.raw()).unwrap();
        entry = index.descriptor();
    }
    assert!(matches!(
        writer.layout().all_images(&entry),
        Err(LayoutError::TooDeep { .. })
    ));
    assert!(matches!(
        writer.layout().image(&entry, &Platform::linux_amd64()),
        Err(LayoutError::TooDeep { .. })
    ));
}
