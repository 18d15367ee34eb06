//! Images on their way between layouts and registries, looked at by others.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pullstudy_image::{
    BlobSink as _, Descriptor, Digest, Document, Layout, LayoutWriter, Platform, Reference, Tag,
};
use pullstudy_registry::{
    Client, Copied, CopyJob, CopySource, CopyTarget, LayoutImage, Platforms, RemoteSink,
};

use super::programs::{oci, run};
use super::servers::{Kind, Server};
use crate::small_image::{Study, bytes};

/// The image of a layout that has only one.
pub(crate) fn in_layout(folder: &Path) -> CopySource {
    CopySource::Layout(Box::new(LayoutImage {
        layout: Layout::open(folder).unwrap(),
        descriptor: only_image(folder),
        name: folder.display().to_string(),
        origin: None,
    }))
}

/// Copies one image, with all its platforms.
pub(crate) async fn copy(client: &Client, source: CopySource, target: &Reference) -> Copied {
    let jobs = [CopyJob::new(source, CopyTarget::Registry(target.clone()))];
    let mut results = client.copy(&jobs, &Platforms::All).await;
    results.remove(0).unwrap()
}

/// Pulls into a new layout.
async fn pull(client: &Client, reference: &Reference, folder: &Path) -> Descriptor {
    let writer = Arc::new(LayoutWriter::create(folder).unwrap());
    let pulled = client.pull_to_layout(reference, &writer, &Platforms::All);
    pulled.await.unwrap()
}

pub(crate) fn with_flags<'a>(
    fixed: &[&'a str],
    flags: &'a [String],
    rest: &[&'a str],
) -> Vec<&'a str> {
    let flags = flags.iter().map(String::as_str);
    fixed
        .iter()
        .copied()
        .chain(flags)
        .chain(rest.iter().copied())
        .collect()
}

/// Lets skopeo copy an image, all platforms of it, out of a registry.
fn skopeo_pulls(server: &Server, reference: &Reference, folder: &Path) -> Descriptor {
    let (source, target) = (format!("docker://{reference}"), oci(folder, "1"));
    let fixed = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
    run(
        "skopeo",
        &with_flags(&fixed, &server.skopeo_flags("src"), &[&source, &target]),
    );
    only_image(folder)
}

fn skopeo_pushes(server: &Server, study: &Study, tag: &str, reference: &Reference) {
    let (source, target) = (oci(study.dir.path(), tag), format!("docker://{reference}"));
    let fixed = ["--insecure-policy", "copy", "--all", "--preserve-digests"];
    run(
        "skopeo",
        &with_flags(&fixed, &server.skopeo_flags("dest"), &[&source, &target]),
    );
}

pub(crate) fn only_image(folder: &Path) -> Descriptor {
    let images = Layout::open(folder).unwrap().images().unwrap();
    let [image] = &images[..] else {
        panic!("{images:?}");
    };
    image.descriptor.clone()
}

/// The same manifests, and under each digest bytes that have it.
fn assert_same(a: &Path, b: &Path, root: &Descriptor) {
    let images = [a, b].map(|folder| Layout::open(folder).unwrap().all_images(root).unwrap());
    assert_eq!(images[0], images[1]);
    for folder in [a, b] {
        let layout = Layout::open(folder).unwrap();
        for layer in images[0].iter().flat_map(pullstudy_image::Image::layers) {
            layout.read_blob(&layer.descriptor).unwrap();
        }
    }
}

pub(crate) async fn there_and_back(kind: Kind) {
    let server = Server::start(kind);
    let layers = [bytes(2_000_000), bytes(10), Vec::new()];
    let study = Study::of("study/image:1", &[&layers[0], &layers[1], &layers[2]]);
    let reference = server.reference("study/image:1");
    let client = server.client();
    copy(&client, in_layout(study.dir.path()), &reference).await;

    let stored = only_image(study.dir.path());
    let resolved = client.resolve(&reference).await.unwrap();
    assert_eq!(
        (resolved.digest, resolved.size_bytes),
        (stored.digest, stored.size_bytes)
    );
    let folder = tempfile::tempdir().unwrap();
    pull(&client, &reference, &folder.path().join("ours")).await;
    assert_same(study.dir.path(), &folder.path().join("ours"), &stored);
    let theirs = skopeo_pulls(&server, &reference, &folder.path().join("theirs"));
    assert_eq!(theirs.digest, stored.digest);
    assert_same(study.dir.path(), &folder.path().join("theirs"), &stored);

    let name = format!("docker://{reference}");
    let raw = run(
        "skopeo",
        &with_flags(&["inspect", "--raw"], &server.skopeo_flags(""), &[&name]),
    );
    assert_eq!(Digest::of(&raw.stdout), stored.digest);
}

pub(crate) async fn from_skopeo(kind: Kind) {
    let server = Server::start(kind);
    let study = Study::new();
    let index = study.two_platforms();
    study.tag("study/image:both", &index.descriptor());
    let reference = server.reference("study/image:both");
    skopeo_pushes(&server, &study, "both", &reference);

    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server.client(), &reference, folder.path()).await;
    assert_eq!(pulled.digest, index.digest());
    assert_same(study.dir.path(), folder.path(), &pulled);
}

/// umoci makes an image, we push and pull it, and umoci unpacks what came of it.
pub(crate) async fn from_umoci(kind: Kind) {
    let server = Server::start(kind);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (layout, file) = (path("layout"), path("file"));
    let image = format!("{}:1", layout.display());
    fs::write(&file, "by umoci").unwrap();
    run("umoci", &["init", "--layout", layout.to_str().unwrap()]);
    run("umoci", &["new", "--image", &image]);
    run(
        "umoci",
        &[
            "insert",
            "--rootless",
            "--image",
            &image,
            file.to_str().unwrap(),
            "/file",
        ],
    );

    let client = server.client();
    let reference = server.reference("study/umoci:1");
    copy(&client, in_layout(&layout), &reference).await;
    let root = pull(&client, &reference, &path("pulled")).await;
    assert_same(&layout, &path("pulled"), &root);
    let pulled = format!("{}:1", path("pulled").display());
    run(
        "umoci",
        &[
            "unpack",
            "--rootless",
            "--image",
            &pulled,
            path("bundle").to_str().unwrap(),
        ],
    );
    assert_eq!(
        fs::read_to_string(path("bundle/rootfs/file")).unwrap(),
        "by umoci"
    );
}

/// From repository to repository of one registry, and on to another registry.
pub(crate) async fn between(kind: Kind) {
    let (here, there) = (Server::start(kind), Server::start(Kind::Docker));
    let study = Study::new();
    let index = study.two_platforms();
    study.tag("study/image:both", &index.descriptor());
    let first = here.reference("study/image:both");
    skopeo_pushes(&here, &study, "both", &first);

    let client = here.client();
    let second = here.reference("study/other:again");
    let copied = copy(&client, CopySource::Registry(first), &second).await;
    // Each image has a config and a layer; ferro-oci-server does not mount.
    let mounts = kind != Kind::Ferro;
    assert_eq!(
        (copied.blobs, copied.mounted_blobs),
        (4, if mounts { 4 } else { 0 })
    );
    assert_eq!(
        client.resolve(&second).await.unwrap().digest,
        index.digest()
    );
    // TLS is set for all registries of a client, so the plain one is left out there.
    if kind == Kind::DockerTls {
        return;
    }
    let third = there.reference("study/elsewhere:both");
    copy(&client, CopySource::Registry(second), &third).await;
    let folder = tempfile::tempdir().unwrap();
    let copied = skopeo_pulls(&there, &third, folder.path());
    assert_eq!(copied.digest, index.digest());
    assert_same(study.dir.path(), folder.path(), &copied);
}

/// Blobs whose digest is known at the end, then the manifest of them.
pub(crate) async fn while_made(kind: Kind) {
    let server = Server::start(kind);
    let mut options = server.options();
    // So that it takes several chunks.
    options.chunk_bytes = 300_000;
    let client = Client::new(options).unwrap();
    let reference = server.reference("study/made:1");
    let layers = [bytes(1_000_000), bytes(7)];
    let study = Study::of("study/made:1", &[&layers[0], &layers[1]]);
    let root = only_image(study.dir.path());
    let layout = study.writer.layout().clone();
    let image = layout.image(&root, &Platform::linux_amd64()).unwrap();
    let Document::Manifest(manifest) = layout.document(&root).unwrap() else {
        panic!("an image");
    };
    let sink = RemoteSink::new(
        client.clone(),
        reference.clone(),
        tokio::runtime::Handle::current(),
    );
    let tagged = reference.clone();
    let make = move || {
        let parts = image.layers().iter().map(|layer| layer.descriptor.clone());
        for part in parts.chain([manifest.config().clone()]) {
            let blob = layout.read_blob(&part).unwrap();
            let mut writer = sink.start().unwrap();
            for piece in blob.chunks(9_999) {
                writer.write_all(piece).unwrap();
            }
            writer.finish(&part.digest).unwrap();
        }
        let stored = sink.put_document(&Document::Manifest(manifest)).unwrap();
        sink.put_tag(&Tag::new(tagged, stored)).unwrap();
    };
    tokio::task::spawn_blocking(make).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pulled = skopeo_pulls(&server, &reference, folder.path());
    assert_eq!(pulled.digest, root.digest);
    assert_same(study.dir.path(), folder.path(), &root);
}
