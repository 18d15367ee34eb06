//! Images of a few kilobytes, made by hand, in layouts of their own.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use pullstudy_image::{
    Config, Descriptor, DiffId, Digest, Index, LayoutWriter, Manifest, MediaType, Reference, Tag,
    oci_spec,
};
use pullstudy_registry::{Client, ClientOptions, Server, ServerHandle, ServerOptions};
use tempfile::TempDir;

/// A layout in a folder that goes with it.
pub(crate) struct Study {
    pub(crate) writer: Arc<LayoutWriter>,
    pub(crate) dir: TempDir,
}

impl Study {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let writer = Arc::new(LayoutWriter::create(dir.path()).unwrap());
        Self { writer, dir }
    }

    /// A study of one image under `reference`.
    pub(crate) fn of(reference: &str, layers: &[&[u8]]) -> Self {
        let study = Self::new();
        let manifest = study.image("amd64", layers);
        study.tag(reference, &manifest.descriptor());
        study
    }

    pub(crate) fn blob(&self, media_type: MediaType, bytes: &[u8]) -> Descriptor {
        let digest = self.writer.put_blob(bytes).unwrap();
        Descriptor::new(media_type, digest, bytes.len() as u64)
    }

    /// Writes an image of uncompressed layers, without a tag.
    pub(crate) fn image(&self, architecture: &str, layers: &[&[u8]]) -> Manifest {
        let diff_ids = layers.iter().map(|layer| DiffId::of(layer).to_string());
        let mut rootfs = oci_spec::image::RootFs::default();
        rootfs.set_diff_ids(diff_ids.collect());
        let mut value = oci_spec::image::ImageConfiguration::default();
        value
            .set_rootfs(rootfs)
            .set_architecture(architecture.into())
            .set_os("linux".into());
        let config = Config::new(value).unwrap();
        let config = self.blob(MediaType::ImageConfig, config.raw());
        let layers: Vec<_> = layers
            .iter()
            .map(|layer| self.blob(MediaType::ImageLayer, layer))
            .collect();
        let manifest = Manifest::new(&config, &layers, &BTreeMap::new());
        self.writer.put_blob(manifest.raw()).unwrap();
        manifest
    }

    /// Writes an index of an image for amd64 and one for arm64, without a tag.
    pub(crate) fn two_platforms(&self) -> Index {
        let entries = ["amd64", "arm64"].map(|architecture| {
            let platform = format!("linux/{architecture}").parse().unwrap();
            self.image(architecture, &[architecture.as_bytes()])
                .descriptor()
                .with_platform(platform)
        });
        let index = Index::new(&entries);
        self.writer.put_blob(index.raw()).unwrap();
        index
    }

    pub(crate) fn tag(&self, reference: &str, descriptor: &Descriptor) {
        let tag = Tag::new(reference.parse().unwrap(), descriptor.clone());
        self.writer.put_tags(&[tag]).unwrap();
    }

    /// Adds an entry with a tag and no full reference, as skopeo writes it.
    pub(crate) fn tag_as_skopeo_does(&self, tag: &str, descriptor: &Descriptor) {
        let mut entries = self.writer.layout().index().unwrap().manifests().to_vec();
        let key = "org.opencontainers.image.ref.name";
        entries.push(descriptor.clone().with_annotation(key, tag));
        let index = Index::new(&entries);
        self.writer.replace("index.json", index.raw()).unwrap();
    }

    pub(crate) async fn serve(&self) -> ServerHandle {
        self.serve_with(ServerOptions::default()).await
    }

    pub(crate) async fn serve_at(&self, bytes_per_second: u64) -> ServerHandle {
        let mut options = ServerOptions::default();
        options.bandwidth_bytes_per_second = NonZeroU64::new(bytes_per_second);
        self.serve_with(options).await
    }

    pub(crate) async fn serve_with(&self, options: ServerOptions) -> ServerHandle {
        let layout = self.writer.layout().clone();
        let listen = "127.0.0.1:0".parse().unwrap();
        Server::bind(layout, listen, options).await.unwrap().spawn()
    }
}

/// `name` at the server's address.
pub(crate) fn at(server: &ServerHandle, name: &str) -> Reference {
    format!("{}/{name}", server.address()).parse().unwrap()
}

pub(crate) fn client() -> Client {
    Client::new(options()).unwrap()
}

/// Tries twice, and hardly waits between.
pub(crate) fn options() -> ClientOptions {
    let mut options = ClientOptions::default();
    options.retry.max_tries = 2;
    options.retry.first_wait = std::time::Duration::from_millis(1);
    options
}

/// Bytes that differ at each place, so that a piece out of order shows.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 42_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

pub(crate) fn blob_named(digest: Digest, size_bytes: u64) -> Descriptor {
    Descriptor::new(MediaType::ImageLayer, digest, size_bytes)
}
