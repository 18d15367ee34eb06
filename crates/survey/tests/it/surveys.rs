//! Collections and surveys of archives in our own form: indexes are followed, empty layers are traced to their steps.

use std::collections::BTreeMap;
use std::path::Path;

use pullstudy_image::{
    Archive, ArchiveWriter, Descriptor, DiffId, Digest, Index, Manifest, MediaType, Platform,
    RepositoryWriter, StepsWanted, TagRecord,
};
use pullstudy_survey::{
    Collection, CollectionOptions, ImageChoice, LeftOutKind, Method, Survey, WhyEmpty,
};
use serde_json::{Value, json};

fn writer(dir: &Path) -> RepositoryWriter {
    let archive = ArchiveWriter::create(dir).unwrap();
    archive
        .repository(&"ghcr.io/org/image".parse().unwrap())
        .unwrap()
}

fn put(repository: &RepositoryWriter, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    repository.put_document(&digest, bytes).unwrap();
    digest
}

fn layer(name: &str, size_bytes: u64) -> Descriptor {
    Descriptor::new(
        MediaType::ImageLayerGzip,
        Digest::of(name.as_bytes()),
        size_bytes,
    )
}

/// Puts a manifest of these layers and a config, and describes it.
fn put_image(repository: &RepositoryWriter, layers: &[Descriptor], config: &Value) -> Descriptor {
    let config = config.to_string();
    let digest = put(repository, config.as_bytes());
    let config = Descriptor::new(MediaType::ImageConfig, digest, config.len() as u64);
    let manifest = Manifest::new(&config, layers, &BTreeMap::new());
    put(repository, manifest.raw());
    manifest.descriptor()
}

fn tag(repository: &RepositoryWriter, name: &str, digest: Digest) {
    let mut record = TagRecord::new(name);
    record.digest = Some(digest);
    repository.put_record(record).unwrap();
}

fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

/// A tag of three entries: two images and a statement about one of them; and an index without its images.
fn indexes(dir: &Path) {
    let repository = writer(dir);
    let of = |architecture: &str| json!({"os": "linux", "architecture": architecture});
    let shared = layer("shared", 100);
    let entries = [
        put_image(
            &repository,
            &[shared.clone(), layer("amd64", 10)],
            &of("amd64"),
        )
        .with_platform(platform("linux/amd64")),
        put_image(&repository, &[shared, layer("arm64", 20)], &of("arm64"))
            .with_platform(platform("linux/arm64/v8")),
        put_image(&repository, &[layer("statement", 5)], &json!({}))
            .with_platform(platform("unknown/unknown")),
    ];
    let index = Index::new(&entries);
    tag(&repository, "1", put(&repository, index.raw()));
    let elsewhere = Descriptor::new(MediaType::ImageManifest, Digest::of(b"elsewhere"), 9);
    let lost = Index::new(&[elsewhere.clone().with_platform(platform("linux/arm/v7"))]);
    tag(&repository, "2", put(&repository, lost.raw()));
    let half = Index::new(&[entries[0].clone(), elsewhere]);
    tag(&repository, "3", put(&repository, half.raw()));
}

fn read(dir: &Path, change: impl FnOnce(&mut CollectionOptions)) -> Collection {
    let mut options = CollectionOptions::default();
    change(&mut options);
    Collection::read(&Archive::open(dir).unwrap(), &options)
}

fn names(collection: &Collection) -> Vec<String> {
    (0..collection.len())
        .map(|image| collection.name(image))
        .collect()
}

#[test]
fn an_index_counts_with_every_image_that_is_there() {
    let dir = tempfile::tempdir().unwrap();
    indexes(dir.path());
    let collection = read(dir.path(), |_| {});
    let expected = [
        "ghcr.io/org/image:1 (linux/amd64)",
        "ghcr.io/org/image:1 (linux/arm64/v8)",
        "ghcr.io/org/image:3 (linux/amd64)",
    ];
    assert_eq!(names(&collection), expected);
    assert_eq!(collection.layers_of(0)[0], collection.layers_of(1)[0]);
    for (kind, count) in [
        (LeftOutKind::Artifact, 1),
        (LeftOutKind::IndexNotFollowed, 1),
        (LeftOutKind::ListedImageMissing, 1),
    ] {
        assert_eq!(collection.left_out().count(kind), count, "{kind:?}");
    }
}

#[test]
fn an_index_may_list_a_platform_twice() {
    let dir = tempfile::tempdir().unwrap();
    let published = dir.path().join("ghcr.io/org/image");
    std::fs::create_dir_all(&published).unwrap();
    let file = r#"{"tags":["other"],"manifests":{}}"#;
    std::fs::write(published.join("manifests-config-layers.json"), file).unwrap();
    let repository = writer(dir.path());
    let releases = ["2019", "2022"].map(|release| {
        let config = json!({"os": "windows", "architecture": "amd64", "os.version": release});
        put_image(&repository, &[layer(release, 100)], &config)
            .with_platform(platform("windows/amd64"))
    });
    tag(
        &repository,
        "1",
        put(&repository, Index::new(&releases).raw()),
    );
    let collection = read(dir.path(), |_| {});
    assert_eq!(collection.len(), 2);
    assert_eq!(collection.left_out().count(LeftOutKind::Repeated), 0);
}

#[test]
fn the_published_method_follows_no_index() {
    let dir = tempfile::tempdir().unwrap();
    indexes(dir.path());
    let collection = read(dir.path(), |options| options.method = Method::Published);
    assert!(collection.is_empty());
    assert_eq!(collection.left_out().count(LeftOutKind::NoLayers), 3);
}

#[test]
fn images_are_chosen_by_platform_or_one_of_each_repository() {
    let dir = tempfile::tempdir().unwrap();
    indexes(dir.path());
    let arm = read(dir.path(), |options| {
        options.platform = Some(platform("linux/arm64"))
    });
    assert_eq!(names(&arm), ["ghcr.io/org/image:1 (linux/arm64/v8)"]);
    assert_eq!(arm.left_out().count(LeftOutKind::OtherPlatform), 2);
    let one = read(dir.path(), |options| {
        options.choice = ImageChoice::OnePerRepository
    });
    assert_eq!(names(&one), ["ghcr.io/org/image:1 (linux/amd64)"]);
    assert_eq!(
        one.layers().len(),
        2,
        "layers of images that do not count are no layers"
    );
}

#[test]
fn empty_layers_are_traced_to_their_steps() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path());
    let empty = DiffId::of(&[0; 1024]);
    let config = json!({
        "os": "linux", "architecture": "amd64", "created": "2021-05-04T03:02:01Z",
        "rootfs": {"type": "layers", "diff_ids": [DiffId::of(b"files"), empty, empty]},
        "history": [
            {"created_by": "/bin/sh -c #(nop) ADD file:1 in /"},
            {"created_by": "ENV A=b", "empty_layer": true},
            {"created_by": "/bin/sh -c #(nop) WORKDIR /app"},
            {"created_by": "RUN /bin/sh -c true # buildkit"},
        ],
    });
    let nothing = layer("nothing", 32);
    let layers = [layer("files", 900), nothing.clone(), nothing];
    let image = put_image(&repository, &layers, &config);
    tag(&repository, "1", image.digest);
    let survey = Survey::of(&read(dir.path(), |_| {}), 3);
    let [found] = &survey.empty_layers[..] else {
        panic!("{:?}", survey.empty_layers)
    };
    assert_eq!(
        (found.why, found.rows, found.images),
        (WhyEmpty::EmptyTar, 2, 1)
    );
    let sources = found.sources.iter();
    let sources: Vec<_> = sources
        .map(|source| (source.instruction, source.rows))
        .collect();
    assert_eq!(sources, [(Some("RUN"), 1), (Some("WORKDIR"), 1)]);
    assert_eq!(survey.by_year[0].key.as_deref(), Some("2021"));
    let without = read(dir.path(), |options| options.steps = StepsWanted::None);
    let survey = Survey::of(&without, 3);
    assert_eq!(survey.empty_layers[0].rows, 2);
    assert!(survey.empty_layers[0].sources.is_empty());
}

#[test]
fn a_damaged_document_is_told_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let repository = writer(dir.path());
    let digest = put(&repository, b"{}");
    tag(&repository, "1", digest);
    let path = dir
        .path()
        .join("ghcr.io/org/image/_manifests/blobs/sha256")
        .join(digest.hex());
    std::fs::write(path, "[]").unwrap();
    let collection = read(dir.path(), |_| {});
    let (kind, tally) = collection.left_out().tallies().next().unwrap();
    assert_eq!(kind, LeftOutKind::UnknownDocument);
    assert!(
        tally.names[0].starts_with("ghcr.io/org/image:1: damaged, "),
        "{:?}",
        tally.names
    );
}
