//! Archives of manifests, fetched from registries that we did not write.

use pullstudy_image::{Archive, ArchiveWriter, Digest, Layout, TagContent};
use pullstudy_registry::{FetchOptions, FetchOutcome, Platforms};

use super::lists::{copy_all, to_registry};
use super::servers::{Kind, Server};
use crate::content::outcomes;
use crate::small_image::Study;

/// What was pushed is what is fetched, to the byte, and a second run has nothing to do.
pub(crate) async fn all_tags(kind: Kind) {
    let server = Server::start(kind);
    let client = server.client();
    let repository = server.reference("study/image");
    let study = Study::new();
    study.tag("study/image:multi", &study.two_platforms().descriptor());
    let single = study.image("s390x", &[b"one", b"two"]);
    for tag in ["single", "again"] {
        study.tag(&format!("study/image:{tag}"), &single.descriptor());
    }
    copy_all(&client, &to_registry(&study, &repository)).await;

    let folder = tempfile::tempdir().unwrap();
    let archive = ArchiveWriter::create(folder.path()).unwrap();
    let mut options = FetchOptions::default();
    options.all_tags = true;
    assert_eq!(options.platforms, Platforms::All);
    let references = [repository.clone()];
    for outcome in [FetchOutcome::Fetched, FetchOutcome::Present] {
        let fetched = client.fetch_manifests(&references, &archive, &options, &|_| {});
        assert_eq!(outcomes(&fetched.await.unwrap()), [outcome; 3]);
    }
    let archive = Archive::open(folder.path()).unwrap();
    let repositories: Vec<_> = archive.repositories().map(Result::unwrap).collect();
    assert_eq!(repositories.len(), 1);
    assert_eq!(repositories[0].name(), repository.name());
    for tag in repositories[0].tags() {
        let content = repositories[0].read(tag);
        assert_eq!(content.missing, [], "{}", tag.name());
        let images = if tag.name() == "multi" { 2 } else { 1 };
        assert_eq!(content.images.len(), images, "{}", tag.name());
        check_bytes(study.writer.layout(), &content);
    }
}

/// Every document is the one in the layout, by bytes.
fn check_bytes(layout: &Layout, content: &TagContent) {
    let check = |digest: Option<Digest>, bytes: &[u8]| {
        let path = layout.blob_path(&digest.unwrap());
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    };
    let root = content.root.as_ref().unwrap().stored();
    check(root.digest, &root.raw);
    for image in &content.images {
        let (stored, config) = (&image.manifest.stored, image.config.as_ref().unwrap());
        check(stored.digest, &stored.raw);
        check(config.digest(), config.raw());
    }
}
