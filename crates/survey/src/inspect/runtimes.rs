//! Which engines inflate zstd, as data.

use serde::Serialize;

/// An engine, and the first of its releases that reads what an image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuntimeRow {
    /// The engine.
    pub runtime: &'static str,
    /// The first release that does; null where that is not known for sure.
    pub since: Option<&'static str>,
    /// Where that is said.
    pub source: &'static str,
}

/// Since when engines inflate layers of zstd.
pub const ZSTD_RUNTIMES: &[RuntimeRow] = &[
    RuntimeRow {
        runtime: "containerd",
        since: Some("1.5.0"),
        source: "https://github.com/containerd/containerd/releases/tag/v1.5.0",
    },
    RuntimeRow {
        runtime: "Docker Engine",
        since: Some("23.0.0"),
        source: "https://docs.docker.com/engine/release-notes/23.0/",
    },
    RuntimeRow {
        runtime: "Podman, Buildah and CRI-O",
        since: None,
        source: "https://github.com/opencontainers/image-spec/issues/803",
    },
];
