//! What of an image a node had to fetch, by a small archive of manifests.

use std::collections::BTreeMap;

use pullstudy_events::{ImageLayers, NewLayers, Pull, PullOutcome};
use pullstudy_image::{
    Archive, ArchiveWriter, Descriptor, Digest, Index, Manifest, MediaType, RepositoryWriter,
    TagRecord,
};
use tempfile::TempDir;

use crate::made::{at, place};

const V1: &str = "ghcr.io/team/app:v1";
const V2: &str = "ghcr.io/team/app:v2";
const CONFIG: &[u8] = br#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[]}}"#;

/// `v1` and `v2` share a layer of 100 bytes, which `v2` also lists twice; `both` is there for two platforms.
struct Study {
    dir: TempDir,
    v1: Digest,
    both: Digest,
}

/// A layer is named by its size.
fn manifest(layers: &[u64]) -> Manifest {
    let config = Descriptor::new(
        MediaType::ImageConfig,
        Digest::of(CONFIG),
        CONFIG.len() as u64,
    );
    let layer = |&bytes: &u64| {
        let digest = Digest::of(&bytes.to_le_bytes());
        Descriptor::new(MediaType::ImageLayerGzip, digest, bytes)
    };
    let layers: Vec<_> = layers.iter().map(layer).collect();
    Manifest::new(&config, &layers, &BTreeMap::new())
}

fn put(to: &RepositoryWriter, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    to.put_document(&digest, bytes).unwrap();
    digest
}

fn put_tag(to: &RepositoryWriter, tag: &str, document: &[u8]) -> Digest {
    let mut record = TagRecord::new(tag);
    record.digest = Some(put(to, document));
    let digest = record.digest.unwrap();
    to.put_record(record).unwrap();
    digest
}

impl Study {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let archive = ArchiveWriter::create(dir.path()).unwrap();
        let app = archive.repository(&V1.parse().unwrap()).unwrap();
        put(&app, CONFIG);
        let v1 = put_tag(&app, "v1", manifest(&[100, 10]).raw());
        put_tag(&app, "v2", manifest(&[100, 20, 100]).raw());
        let both = put_tag(&app, "both", index(&app).raw());
        let library = archive.repository(&"busybox".parse().unwrap()).unwrap();
        put(&library, CONFIG);
        put_tag(&library, "latest", manifest(&[7]).raw());
        Self { dir, v1, both }
    }

    fn images(&self, platform: &str) -> ImageLayers {
        let archive = Archive::open(self.dir.path()).unwrap();
        ImageLayers::of_archive(&archive, &platform.parse().unwrap()).unwrap()
    }

    fn new_layers(&self, pulls: &[Pull]) -> Vec<Option<NewLayers>> {
        self.images("linux/amd64").new_layers(pulls)
    }

    /// Bytes of the layers, and of the new ones.
    fn bytes(&self, pulls: &[Pull]) -> Vec<Option<(u64, u64)>> {
        let new = self.new_layers(pulls).into_iter();
        new.map(|new| new.map(|new| (new.wire_bytes, new.new_layer_bytes)))
            .collect()
    }
}

fn index(to: &RepositoryWriter) -> Index {
    let entries = [("linux/amd64", [100, 30]), ("linux/arm64", [500, 60])];
    Index::new(&entries.map(|(platform, layers)| {
        let manifest = manifest(&layers);
        put(to, manifest.raw());
        manifest
            .descriptor()
            .with_platform(platform.parse().unwrap())
    }))
}

/// A pull on a node, from one second to another.
fn on(node: &str, image: &str, from: u64, until: u64) -> Pull {
    let mut pull = Pull::new(place("run1", 2), PullOutcome::Pulled);
    pull.node = Some(node.into());
    pull.image = Some(image.into());
    pull.pulling_at = Some(at(from * 1000));
    pull.pulled_at = Some(at(until * 1000));
    pull
}

fn present(node: &str, image: &str, when: u64) -> Pull {
    let mut pull = on(node, image, when, when);
    pull.outcome = PullOutcome::Present;
    pull.pulling_at = None;
    pull
}

#[test]
fn a_layer_that_an_earlier_image_brought_is_not_new() {
    let study = Study::new();
    let new = study.new_layers(&[on("a", V1, 0, 5), on("a", V2, 10, 12)]);
    let second = new[1].unwrap();
    assert_eq!((second.layers, second.wire_bytes), (2, 120));
    assert_eq!((second.new_layers, second.new_layer_bytes), (1, 20));
    assert_eq!(second.unknown_images, 0);
    assert_eq!(new[0].unwrap().new_layer_bytes, 110);
}

#[test]
fn each_node_has_its_own_layers_and_the_order_of_rows_does_not_matter() {
    let study = Study::new();
    let pulls = [on("b", V2, 10, 12), on("a", V2, 10, 12), on("a", V1, 0, 5)];
    let expected = [Some((120, 120)), Some((120, 20)), Some((110, 110))];
    assert_eq!(study.bytes(&pulls), expected);
}

#[test]
fn an_image_that_was_present_has_its_layers_there_and_is_no_pull() {
    let study = Study::new();
    let pulls = [present("a", V1, 1), on("a", V2, 10, 12)];
    assert_eq!(study.bytes(&pulls), [None, Some((120, 20))]);
}

#[test]
fn the_same_image_again_brings_nothing() {
    let study = Study::new();
    let pulls = [on("a", V1, 0, 5), on("a", V1, 5, 6)];
    assert_eq!(study.bytes(&pulls), [Some((110, 110)), Some((110, 0))]);
}

#[test]
fn pulls_that_overlap_do_not_know_of_each_other() {
    let study = Study::new();
    let pulls = [on("a", V1, 0, 5), on("a", V2, 4, 12), on("a", V1, 5, 6)];
    let expected = [Some((110, 110)), Some((120, 120)), Some((110, 0))];
    assert_eq!(study.bytes(&pulls), expected);
}

#[test]
fn a_reference_may_have_a_digest_no_tag_or_no_registry() {
    let study = Study::new();
    let wire_bytes = |image: &str| study.bytes(&[on("a", image, 0, 1)])[0].map(|(wire, _)| wire);
    assert_eq!(
        wire_bytes(&format!("ghcr.io/team/app@{}", study.v1)),
        Some(110)
    );
    // The digest decides, as it does for a container runtime.
    assert_eq!(wire_bytes(&format!("{V2}@{}", study.v1)), Some(110));
    assert_eq!(
        wire_bytes(&format!("ghcr.io/team/app@{}", study.both)),
        Some(130)
    );
    for image in ["busybox", "docker.io/library/busybox:latest"] {
        assert_eq!(wire_bytes(image), Some(7), "{image}");
    }
    for image in ["ghcr.io/team/app:v3", "team/app:v1", "Not A Reference"] {
        assert_eq!(wire_bytes(image), None, "{image}");
    }
}

#[test]
fn of_an_index_the_platform_counts() {
    let study = Study::new();
    let largest = |platform: &str, image: &str| study.images(platform).largest_layer_bytes(image);
    let both = "ghcr.io/team/app:both";
    assert_eq!(largest("linux/amd64", both), Some(100));
    assert_eq!(largest("linux/arm64", both), Some(500));
    assert_eq!(largest("windows/amd64", both), None);
    // A manifest alone is for whoever asks.
    assert_eq!(largest("linux/arm64", V1), Some(100));
}

#[test]
fn images_that_the_archive_has_not_got_are_counted() {
    let study = Study::new();
    let other = "ghcr.io/team/other:1";
    let pulls = [
        on("a", other, 0, 1),
        present("a", other, 2),
        on("a", V1, 3, 4),
    ];
    let new = study.new_layers(&pulls);
    assert_eq!(new[..2], [None, None]);
    assert_eq!(new[2].unwrap().unknown_images, 1);
    assert_eq!(new[2].unwrap().new_layer_bytes, 110);
}

#[test]
fn what_did_not_succeed_or_has_no_node_or_no_end_gives_nothing() {
    let study = Study::new();
    let mut failed = on("a", V1, 0, 1);
    failed.outcome = PullOutcome::Failed;
    let mut nowhere = on("a", V1, 0, 1);
    nowhere.node = None;
    let mut endless = on("a", V1, 0, 1);
    endless.pulled_at = None;
    let pulls = [failed, nowhere, endless, on("a", V1, 5, 6)];
    assert_eq!(study.bytes(&pulls), [None, None, None, Some((110, 110))]);
}
