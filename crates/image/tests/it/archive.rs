//! Archives of manifests: what was written reads back, what is missing is told, and what was cut is taken up again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use pullstudy_image::{
    Archive, ArchiveError, ArchiveForm, ArchiveWriter, ArchivedDocument, ArchivedRepository,
    Descriptor, Digest, Index, Manifest, MediaType, Missing, MissingPart, MissingReason, Platform,
    Reference, RepositoryWriter, TagContent, TagRecord, WriteArchiveError,
};

const CONFIG: &[u8] = br#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[]}}"#;

fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

fn writer(dir: &Path, name: &str) -> RepositoryWriter {
    let archive = ArchiveWriter::create(dir).unwrap();
    archive.repository(&reference(name)).unwrap()
}

fn only_repository(dir: &Path) -> ArchivedRepository {
    let archive = Archive::open(dir).unwrap();
    assert_eq!(archive.len(), 1);
    archive.repositories().next().unwrap().unwrap()
}

/// A manifest of one layer of this size, with `CONFIG` for a config.
fn manifest(layer_bytes: u64) -> Manifest {
    let config = Descriptor::new(
        MediaType::ImageConfig,
        Digest::of(CONFIG),
        CONFIG.len() as u64,
    );
    let layer = Descriptor::new(
        MediaType::ImageLayerGzip,
        Digest::of(&layer_bytes.to_le_bytes()),
        layer_bytes,
    );
    Manifest::new(&config, &[layer], &BTreeMap::new())
}

fn put(writer: &RepositoryWriter, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    writer.put_document(&digest, bytes).unwrap();
    digest
}

fn record(tag: &str, digest: Digest) -> TagRecord {
    let mut record = TagRecord::new(tag);
    record.digest = Some(digest);
    record
}

fn content(dir: &Path, tag: &str) -> TagContent {
    let repository = only_repository(dir);
    let mut tags = repository.tags().iter();
    let tag = tags.find(|known| known.name() == tag).unwrap();
    repository.read(tag)
}

#[test]
fn an_index_gives_every_platform_with_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path(), "127.0.0.1:5000/a/b");
    let manifests = [manifest(1), manifest(2)];
    let platforms = ["linux/amd64", "linux/arm64/v8"].map(|text| text.parse::<Platform>().unwrap());
    let entries: Vec<_> = manifests
        .iter()
        .zip(&platforms)
        .map(|(manifest, platform)| manifest.descriptor().with_platform(platform.clone()))
        .collect();
    for manifest in &manifests {
        put(&repository, manifest.raw());
    }
    put(&repository, CONFIG);
    // An index in an index, which lists one of its manifests twice.
    let inner = Index::new(&[entries[0].clone(), entries[1].clone(), entries[0].clone()]);
    put(&repository, inner.raw());
    let outer = Index::new(&[inner.descriptor()]);
    let digest = put(&repository, outer.raw());
    repository.put_record(record("1", digest)).unwrap();

    let read = only_repository(dir.path());
    assert_eq!(read.name(), "127.0.0.1:5000/a/b");
    assert_eq!(read.form(), ArchiveForm::Fetched);
    let content = content(dir.path(), "1");
    assert_eq!(content.missing, []);
    assert_eq!(content.images.len(), 2);
    for ((image, manifest), platform) in content.images.iter().zip(&manifests).zip(&platforms) {
        assert_eq!(image.platform().as_ref(), Some(platform));
        assert_eq!(image.manifest.stored.raw, manifest.raw());
        assert_eq!(image.manifest.stored.digest, Some(manifest.digest()));
        assert_eq!(image.config.as_ref().unwrap().raw(), CONFIG);
        assert_eq!(image.manifest.wire_bytes(), manifest.wire_bytes());
    }
}

#[test]
fn what_is_missing_is_told_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path(), "ghcr.io/a/b");
    let (here, gone, damaged) = (manifest(1), manifest(2), manifest(3));
    let arm64: Platform = "linux/arm64".parse().unwrap();
    let index = Index::new(&[
        here.descriptor(),
        gone.descriptor().with_platform(arm64.clone()),
        damaged.descriptor(),
    ]);
    put(&repository, index.raw());
    put(&repository, here.raw());
    put(&repository, damaged.raw());
    let mut tag = record("1", index.digest());
    let not_found = Missing::new(MissingPart::Manifest, MissingReason::NotFound);
    tag.missing = vec![
        not_found
            .with_digest(gone.digest())
            .with_message("MANIFEST_UNKNOWN"),
    ];
    repository.put_record(tag).unwrap();
    let path = repository.path().join("blobs/sha256");
    fs::write(path.join(damaged.digest().hex()), b"rotten").unwrap();

    let content = content(dir.path(), "1");
    assert_eq!(content.images.len(), 1);
    let told: Vec<_> = content
        .missing
        .iter()
        .map(|missing| (missing.part, missing.digest.unwrap(), missing.reason))
        .collect();
    assert_eq!(
        told,
        [
            (
                MissingPart::Config,
                Digest::of(CONFIG),
                MissingReason::NotAsked
            ),
            (
                MissingPart::Manifest,
                gone.digest(),
                MissingReason::NotFound
            ),
            (
                MissingPart::Manifest,
                damaged.digest(),
                MissingReason::Damaged
            ),
        ]
    );
    assert_eq!(content.missing[1].platform, Some(arm64));
    assert_eq!(
        content.missing[1].message.as_deref(),
        Some("MANIFEST_UNKNOWN")
    );
    assert_eq!(
        repository.document(&damaged.digest()),
        None,
        "what is damaged is to be had again"
    );
}

#[test]
fn tags_that_were_listed_and_not_fetched_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path(), "busybox");
    let tags = ["3", "1", "2"].map(str::to_owned);
    repository.put_tags(&tags, Some(1_731_221_311)).unwrap();
    let digest = put(&repository, manifest(1).raw());
    repository.put_record(record("2", digest)).unwrap();
    repository.put_record(TagRecord::of_digest(digest)).unwrap();
    let refused = Missing::new(MissingPart::Tags, MissingReason::NoAccess);
    repository.put_missing_tags(refused.clone(), None).unwrap();

    let read = only_repository(dir.path());
    assert_eq!(read.name(), "docker.io/library/busybox");
    let names: Vec<_> = read.tags().iter().map(|tag| tag.name()).collect();
    assert_eq!(names, ["3", "1", "2", digest.to_string().as_str()]);
    assert_eq!(read.tags()[3].tag(), None);
    assert_eq!(read.listed_tags(), tags);
    assert_eq!(read.missing_tags(), Some(&refused));
    let reason = content(dir.path(), "1").missing[0].reason;
    assert_eq!(reason, MissingReason::NotAsked);
}

#[test]
fn a_document_under_a_wrong_digest_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path(), "busybox");
    let error = repository
        .put_document(&Digest::of(b"other"), b"{}")
        .unwrap_err();
    assert!(
        matches!(error, WriteArchiveError::DigestMismatch { actual, .. } if actual == Digest::of(b"{}"))
    );
    // The form of SHA-512, which is registered and rare.
    let empty = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
    repository
        .put_document(&empty.parse().unwrap(), b"")
        .unwrap();
    assert_eq!(
        repository.document(&empty.parse().unwrap()),
        Some(Vec::new())
    );
}

#[test]
fn one_writer_a_repository() {
    let dir = tempfile::tempdir().unwrap();
    let archive = ArchiveWriter::create(dir.path()).unwrap();
    let first = archive.repository(&reference("ghcr.io/a/b")).unwrap();
    assert!(matches!(
        archive.repository(&reference("ghcr.io/a/b:tag")),
        Err(WriteArchiveError::Busy { .. })
    ));
    archive.repository(&reference("ghcr.io/a/b/c")).unwrap();
    drop(first);
    archive.repository(&reference("ghcr.io/a/b")).unwrap();
}

#[test]
fn a_kill_leaves_half_a_line_and_half_a_document_and_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path(), "busybox");
    let digest = put(&repository, manifest(1).raw());
    repository.put_record(record("1", digest)).unwrap();
    let folder = repository.path().to_owned();
    drop(repository);
    let journal = folder.join("tags.jsonl");
    let whole = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, format!("{whole}{{\"record\":\"tag\",\"ta")).unwrap();
    fs::create_dir_all(folder.join(".partial")).unwrap();
    fs::write(folder.join(".partial/7"), b"{\"sche").unwrap();

    assert_eq!(only_repository(dir.path()).tags().len(), 1);
    let repository = writer(dir.path(), "busybox");
    assert_eq!(repository.record("1"), Some(record("1", digest)));
    repository.put_record(record("2", digest)).unwrap();
    drop(repository);
    assert_eq!(only_repository(dir.path()).tags().len(), 2);
    assert!(!folder.join(".partial").exists());
}

#[test]
fn a_broken_repository_does_not_hide_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let broken = writer(dir.path(), "ghcr.io/a/broken");
    drop(writer(dir.path(), "ghcr.io/a/whole"));
    let journal = broken.path().join("tags.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, format!("{text}nonsense\n")).unwrap();
    let published = dir.path().join("study/image");
    fs::create_dir_all(&published).unwrap();
    fs::write(
        published.join("manifests-config-layers.json"),
        br#"{"tags":7}"#,
    )
    .unwrap();

    let archive = Archive::open(dir.path()).unwrap();
    let mut repositories = archive.repositories();
    let error = repositories.next().unwrap().unwrap_err();
    assert!(
        matches!(error, ArchiveError::Line { line: 2, .. }),
        "{error}"
    );
    let whole = repositories.next().unwrap().unwrap();
    assert_eq!(whole.name(), "ghcr.io/a/whole");
    let error = repositories.next().unwrap().unwrap_err();
    assert!(matches!(error, ArchiveError::Json { .. }), "{error}");
    drop(broken);
    let error = ArchiveWriter::create(dir.path())
        .unwrap()
        .repository(&reference("ghcr.io/a/broken"))
        .unwrap_err();
    assert!(matches!(error, WriteArchiveError::Existing { .. }));
}

#[test]
fn what_is_no_archive_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Archive::open(dir.path()),
        Err(ArchiveError::NoArchive { .. })
    ));
    assert!(matches!(
        Archive::open(dir.path().join("absent")),
        Err(ArchiveError::Read { .. })
    ));
}

#[test]
fn a_published_file_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let one = String::from_utf8(manifest(1).raw().to_vec()).unwrap();
    let two = manifest(2);
    let index = String::from_utf8(
        Index::new(&[two.descriptor().with_platform(Platform::linux_amd64())])
            .raw()
            .to_vec(),
    )
    .unwrap();
    let config = String::from_utf8(CONFIG.to_vec()).unwrap();
    let text = format!(
        r#"{{"manifests":{{"z":{one},"a":{index},"extra":{one},"n":null,"odd":[1]}},"tags":["z","a","z","never"],"configs":{{"a":{config},"z":{config},"alone":{config}}}}}"#
    );
    fs::write(dir.path().join("manifests-config-layers.json"), text).unwrap();

    let read = only_repository(dir.path());
    assert_eq!(read.form(), ArchiveForm::Published);
    let folder = dir.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(read.name(), folder);
    assert_eq!(read.listed_tags().len(), 4);
    let names: Vec<_> = read.tags().iter().map(|tag| tag.name()).collect();
    assert_eq!(names, ["z", "a", "never", "extra", "n", "odd", "alone"]);

    let z = content(dir.path(), "z");
    assert_eq!(z.images[0].manifest.layers.len(), 1);
    assert_eq!(z.images[0].manifest.stored.digest, None);
    assert_eq!(
        z.images[0].platform(),
        Some(Platform::linux_amd64()),
        "from the config"
    );
    let a = content(dir.path(), "a");
    assert!(matches!(a.root, Some(ArchivedDocument::Index(_))));
    assert_eq!(a.missing[0].digest, Some(two.digest()));
    assert_eq!(a.missing[0].platform, Some(Platform::linux_amd64()));
    assert!(a.unplaced_config.is_some());
    for tag in ["never", "n", "alone"] {
        let content = content(dir.path(), tag);
        assert_eq!((content.root, content.missing.len()), (None, 1), "{tag}");
        assert_eq!(content.unplaced_config.is_some(), tag == "alone");
    }
    let odd = content(dir.path(), "odd");
    assert!(matches!(odd.root, Some(ArchivedDocument::Other(_))));
    let extra = content(dir.path(), "extra");
    assert_eq!(extra.missing[0].part, MissingPart::Config);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_is_written_reads_back(
        documents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..8),
        tags in prop::collection::btree_map("[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", (0_usize..8, any::<Option<u32>>(), ".{0,20}"), 0..12),
        reopened in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut repository = writer(dir.path(), "ghcr.io/org/image");
        let mut records = Vec::new();
        for (tag, (position, asked_at, message)) in &tags {
            let bytes = &documents[position % documents.len()];
            let mut record = record(tag, put(&repository, bytes));
            record.asked_at_unix_seconds = asked_at.map(u64::from);
            let missing = Missing::new(MissingPart::Config, MissingReason::Failed);
            record.missing = vec![missing.with_message(message.as_str())];
            repository.put_record(record.clone()).unwrap();
            records.push((record, bytes));
            if reopened {
                drop(repository);
                repository = writer(dir.path(), "ghcr.io/org/image");
            }
        }
        let read = only_repository(dir.path());
        prop_assert_eq!(read.tags().len(), records.len());
        for (tag, (record, bytes)) in read.tags().iter().zip(records) {
            prop_assert_eq!(tag.record(), &record);
            let root = read.read(tag).root.unwrap();
            prop_assert_eq!(&root.stored().raw, bytes);
            prop_assert_eq!(root.stored().digest, record.digest);
        }
    }

    #[test]
    fn no_published_file_makes_the_reader_panic(text in r#"[{]("(tags|manifests|configs)":([\[{]"a"(:[{]"layers":\[\]})?[\]}]|null|1),?){0,3}[}]"#) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("manifests-config-layers.json"), text).unwrap();
        for repository in Archive::open(dir.path()).unwrap().repositories().flatten() {
            for tag in repository.tags() {
                repository.read(tag);
            }
        }
    }
}
