//! What engines and registries take, as data.

use serde::Serialize;

use super::mount;

/// What a limit is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LimitKind {
    /// The number of layers.
    Layers,
    /// The length of the options that mount all layers, in bytes.
    MountOptionsBytes,
    /// The wire bytes of one layer.
    LayerBytes,
    /// The seconds that one layer's upload may take.
    UploadSeconds,
}

/// One limit of an engine or a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// A stable name.
    pub name: &'static str,
    /// Whose it is.
    pub of: &'static str,
    /// What it is on.
    pub kind: LimitKind,
    /// The most that is taken, in the unit of the kind; none where there is no limit.
    pub most: Option<u64>,
    /// Where that is said.
    pub source: &'static str,
}

/// All limits that are looked at.
pub const LIMITS: &[Limit] = &[
    Limit {
        name: "docker-layers",
        of: "Docker Engine with its own image store",
        kind: LimitKind::Layers,
        most: Some(125),
        source: "https://github.com/moby/moby/blob/v28.0.0/layer/layer_store.go (maxLayerDepth)",
    },
    Limit {
        name: "overlay2-layers",
        of: "Docker Engine's storage driver overlay2",
        kind: LimitKind::Layers,
        most: Some(128),
        source: "https://github.com/moby/moby/blob/v28.0.0/daemon/graphdriver/overlay2/overlay.go (maxDepth)",
    },
    Limit {
        name: "containers-storage-layers-old",
        of: "Podman and CRI-O with a containers/storage from before its limit was raised",
        kind: LimitKind::Layers,
        most: Some(128),
        source: "https://github.com/containers/storage/blob/v1.0/drivers/overlay/overlay.go (maxDepth)",
    },
    Limit {
        name: "containers-storage-layers",
        of: "Podman and CRI-O",
        kind: LimitKind::Layers,
        most: Some(500),
        source: "https://github.com/containers/container-libs/blob/main/storage/drivers/overlay/overlay.go (maxDepth)",
    },
    Limit {
        name: "containerd-layers",
        of: "containerd",
        kind: LimitKind::Layers,
        most: None,
        source: "https://github.com/containerd/containerd/blob/v2.0.0/plugins/snapshots/overlay/overlay.go",
    },
    Limit {
        name: "containerd-mount-options",
        of: "containerd's snapshotter overlayfs on pages of 4,096 bytes",
        kind: LimitKind::MountOptionsBytes,
        most: Some(mount::MOST_BYTES),
        source: "https://github.com/containerd/containerd/blob/v2.0.0/core/mount/mount_linux.go (compactLowerdirOption)",
    },
    Limit {
        name: "docker-mount-options",
        of: "Docker Engine's storage driver overlay2 on pages of 4,096 bytes",
        kind: LimitKind::MountOptionsBytes,
        most: Some(mount::MOST_BYTES),
        source: "https://github.com/moby/moby/blob/v28.0.0/daemon/graphdriver/overlay2/overlay.go (idLength)",
    },
    Limit {
        name: "ghcr-layer",
        of: "ghcr.io",
        kind: LimitKind::LayerBytes,
        most: Some(10_000_000_000),
        source: "https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry",
    },
    Limit {
        name: "ghcr-upload",
        of: "ghcr.io",
        kind: LimitKind::UploadSeconds,
        most: Some(600),
        source: "https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry",
    },
    Limit {
        name: "ecr-layer",
        of: "Amazon ECR",
        kind: LimitKind::LayerBytes,
        most: Some(52_000 << 20),
        source: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html",
    },
    Limit {
        name: "ecr-public-layer",
        of: "Amazon ECR Public",
        kind: LimitKind::LayerBytes,
        most: Some(10_000 << 20),
        source: "https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html",
    },
    Limit {
        name: "artifact-registry-request",
        of: "Google Artifact Registry",
        kind: LimitKind::LayerBytes,
        most: Some(9_900_000_000),
        source: "https://cloud.google.com/artifact-registry/quotas",
    },
];

/// A limit, and how near the image is to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LimitRow {
    /// The limit's name, such as `docker-layers`.
    pub limit: &'static str,
    /// Whose it is.
    pub of: &'static str,
    /// What it is on; that is the unit, too.
    pub kind: LimitKind,
    /// The most that is taken; null where there is no limit.
    pub most: Option<u64>,
    /// What the image has; null where it is not known. For a time to upload, see `needs_bytes_per_second`.
    pub actual: Option<u64>,
    /// The layer that is nearest to it, counted from 1, for limits on single layers.
    pub layer: Option<usize>,
    /// How fast the largest layer must be sent to be there in time, for limits on time.
    pub needs_bytes_per_second: Option<u64>,
    /// Whether the image is above it; null where that is not known, or a matter of the line.
    pub exceeded: Option<bool>,
    /// Where the limit is said.
    pub source: &'static str,
}

/// What of an image is compared with limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) layers: usize,
    /// The layer with the most wire bytes, from 1, and these.
    pub(super) largest: Option<(usize, u64)>,
}

/// Compares an image with all limits.
pub(super) fn rows(measured: Measured) -> Vec<LimitRow> {
    LIMITS.iter().map(|limit| row(limit, measured)).collect()
}

fn row(limit: &Limit, measured: Measured) -> LimitRow {
    let of_layer = matches!(limit.kind, LimitKind::LayerBytes | LimitKind::UploadSeconds);
    let largest = measured.largest.filter(|_| of_layer);
    let actual = match limit.kind {
        LimitKind::Layers => Some(measured.layers as u64),
        LimitKind::MountOptionsBytes if limit.name.starts_with("containerd") => {
            Some(mount::containerd_bytes(measured.layers as u64))
        }
        LimitKind::MountOptionsBytes => Some(mount::docker_bytes(measured.layers as u64)),
        LimitKind::LayerBytes => largest.map(|(_, bytes)| bytes),
        LimitKind::UploadSeconds => None,
    };
    let in_time = limit
        .most
        .filter(|_| limit.kind == LimitKind::UploadSeconds);
    LimitRow {
        limit: limit.name,
        of: limit.of,
        kind: limit.kind,
        most: limit.most,
        actual,
        layer: largest.map(|(layer, _)| layer),
        needs_bytes_per_second: in_time
            .and_then(|seconds| Some(largest?.1.div_ceil(seconds.max(1)))),
        exceeded: match (actual, limit.most) {
            (Some(actual), Some(most)) => Some(actual > most),
            (Some(_), None) => Some(false),
            (None, _) => None,
        },
        source: limit.source,
    }
}
