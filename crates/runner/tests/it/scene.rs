//! A registry with a few images, and studies that pull from it.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pullstudy_events::Event;
use pullstudy_image::{Compression, Layout, LayoutWriter, Reference};
use pullstudy_registry::{Server, ServerHandle, ServerOptions};
use pullstudy_runner::LocalStudy;

use crate::layouts::LayerRecipe;
use crate::tars::Tar;

/// A layout in a folder, served.
pub(crate) struct Scene {
    dir: tempfile::TempDir,
    server: ServerHandle,
}

impl Scene {
    /// Serves what `build` writes, under the repository `study/image`.
    pub(crate) async fn new(build: impl FnOnce(&LayoutWriter)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let writer = LayoutWriter::create(dir.path().join("layout")).unwrap();
        build(&writer);
        let layout = Layout::open(dir.path().join("layout")).unwrap();
        let listen = ([127, 0, 0, 1], 0).into();
        let server = Server::bind(layout, listen, ServerOptions::default())
            .await
            .unwrap();
        Self {
            dir,
            server: server.spawn(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::open(self.path().join("layout")).unwrap()
    }

    pub(crate) fn reference(&self, tag: &str) -> Reference {
        format!("{}/study/image:{tag}", self.address())
            .parse()
            .unwrap()
    }

    /// A study that never pauses between attempts.
    pub(crate) fn study(&self, tags: &[&str], nodes: u32) -> LocalStudy {
        let images = tags.iter().map(|tag| self.reference(tag)).collect();
        let mut study = LocalStudy::new("test", images, nodes, self.path().join("out"));
        study.options.back_off = Duration::ZERO;
        study.options.attempts = NonZeroUsize::MIN;
        study
    }

    pub(crate) fn node(&self, number: usize) -> PathBuf {
        self.path().join(format!("out/nodes/node-{number}"))
    }

    /// Returns the root filesystems of a kept node, and what is half-made.
    pub(crate) fn snapshots(&self, node: usize) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.node(node).join("snapshots")).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// Counts the files in a folder of a kept node.
    pub(crate) fn count(&self, node: usize, folder: &str) -> usize {
        fs::read_dir(self.node(node).join(folder)).unwrap().count()
    }
}

/// A layer with one file of noise, different for each seed.
pub(crate) fn layer(seed: u8, bytes: usize, compression: Compression) -> LayerRecipe {
    let mut state = u64::from(seed) + 1;
    let noise = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    let content: Vec<u8> = noise.take(bytes).collect();
    let tar = Tar::new()
        .folder("data", 0o755)
        .file(&format!("data/{seed}"), &content);
    (tar.bytes(), compression)
}

/// Reads a file of events.
pub(crate) fn read_events(path: &Path) -> Vec<Event> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the reasons of a pod's events.
pub(crate) fn reasons(events: &[Event], pod: &str) -> Vec<String> {
    let of_pod = events
        .iter()
        .filter(|event| event.involved_object.name.as_deref() == Some(pod));
    of_pod.map(|event| event.reason.clone()).collect()
}
