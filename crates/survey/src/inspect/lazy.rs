//! Whether an image can be started before all of it is there.

use pullstudy_image::Descriptor;
use serde::Serialize;

/// The index of an eStargz layer (containerd/stargz-snapshotter, docs/estargz.md).
const ESTARGZ: &str = "containerd.io/snapshot/stargz/toc.digest";
/// The index of a zstd:chunked layer (containers/storage, pkg/chunked).
const ZSTD_CHUNKED: &str = "io.github.containers.zstd-chunked.manifest-checksum";
/// Marks the layers of a Nydus image (containerd/nydus-snapshotter, pkg/label).
const NYDUS: [&str; 2] = [
    "containerd.io/snapshot/nydus-blob",
    "containerd.io/snapshot/nydus-bootstrap",
];
/// Marks an OverlayBD layer (containerd/accelerated-container-image).
const OVERLAYBD: &str = "containerd.io/snapshot/overlaybd/blob-digest";
/// Binds an image to its SOCI index, version 2 (awslabs/soci-snapshotter).
const SOCI: &str = "com.amazon.soci.index-digest";

/// How far an image is prepared for one way of lazy pulling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Readiness {
    /// Every layer is prepared.
    Ready,
    /// Some layers are; the others are pulled whole.
    Partly,
    /// Nothing is prepared.
    No,
    /// No preparation is needed, as far as the image goes.
    Eligible,
    /// Something in the image rules it out.
    Ineligible,
    /// It cannot be told from the image: what is needed lies beside it in the registry.
    Unknown,
}

impl Readiness {
    /// Returns the word used in files and tables, such as `partly`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Partly => "partly",
            Self::No => "no",
            Self::Eligible => "eligible",
            Self::Ineligible => "ineligible",
            Self::Unknown => "unknown",
        }
    }
}

/// One way of pulling lazily, and what the image has for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LazyRow {
    /// `estargz`, `zstd-chunked`, `nydus`, `overlaybd`, `soci`, `gke-image-streaming`.
    pub way: &'static str,
    /// How far the image is prepared.
    pub readiness: Readiness,
    /// How many layers are.
    pub layers: usize,
    /// What is in the way, where something is: codes of findings.
    pub obstacles: Vec<&'static str>,
}

/// What lazy pulling looks at.
pub(super) struct Prepared<'a> {
    pub(super) layers: &'a [Descriptor],
    /// Annotations of the manifest.
    pub(super) has_annotation: &'a dyn Fn(&str) -> bool,
    /// Codes of findings that keep images from being streamed.
    pub(super) obstacles: Vec<&'static str>,
}

impl Prepared<'_> {
    /// Tells how far the image is prepared, way by way.
    pub(super) fn rows(&self) -> Vec<LazyRow> {
        vec![
            self.marked("estargz", &[ESTARGZ]),
            self.marked("zstd-chunked", &[ZSTD_CHUNKED]),
            self.marked("nydus", &NYDUS),
            self.marked("overlaybd", &[OVERLAYBD]),
            self.soci(),
            self.gke(),
        ]
    }

    fn marked(&self, way: &'static str, marks: &[&str]) -> LazyRow {
        let is_marked = |layer: &&Descriptor| {
            marks
                .iter()
                .any(|mark| layer.annotations.contains_key(*mark))
        };
        let layers = self.layers.iter().filter(is_marked).count();
        let readiness = match layers {
            0 => Readiness::No,
            some if some == self.layers.len() => Readiness::Ready,
            _ => Readiness::Partly,
        };
        row(way, readiness, layers)
    }

    fn soci(&self) -> LazyRow {
        let readiness = if (self.has_annotation)(SOCI) {
            Readiness::Ready
        } else {
            Readiness::Unknown
        };
        row("soci", readiness, 0)
    }

    fn gke(&self) -> LazyRow {
        let readiness = if self.obstacles.is_empty() {
            Readiness::Eligible
        } else {
            Readiness::Ineligible
        };
        LazyRow {
            obstacles: self.obstacles.clone(),
            ..row("gke-image-streaming", readiness, 0)
        }
    }
}

fn row(way: &'static str, readiness: Readiness, layers: usize) -> LazyRow {
    LazyRow {
        way,
        readiness,
        layers,
        obstacles: Vec::new(),
    }
}
