//! The parts that strategies are made of.

use std::fmt;

use crate::scenario::{Cache, Inflater, Lazy, Peers, Volume};

/// Something that is done about slow pulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StrategyKind {
    /// A registry in the same region.
    NearerRegistry,
    /// Images on a disk of the node itself.
    LocalSsd,
    /// Layers compressed by zstd.
    Zstd,
    /// `unpigz` on the nodes.
    Pigz,
    /// `igzip` on the nodes.
    Igzip,
    /// A registry between that keeps what it passes on.
    PullThroughCache,
    /// Nodes give each other what they have.
    PeerToPeer,
    /// A DaemonSet pulls images before their pods come.
    Preload,
    /// Images unpacked once onto a volume that nodes mount.
    SharedVolume,
    /// Containers start before their image has come.
    Lazy,
    /// Fewer layers of the same bytes.
    MergeLayers,
    /// Layers are unpacked as they come.
    ParallelUnpack,
    /// Kubelets pull several images at once.
    ParallelPulls,
    /// Layers come in ranges over several connections.
    RangedFetch,
}

impl StrategyKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::NearerRegistry,
        Self::LocalSsd,
        Self::Zstd,
        Self::Pigz,
        Self::Igzip,
        Self::PullThroughCache,
        Self::PeerToPeer,
        Self::Preload,
        Self::SharedVolume,
        Self::Lazy,
        Self::MergeLayers,
        Self::ParallelUnpack,
        Self::ParallelPulls,
        Self::RangedFetch,
    ];

    /// Returns the name by which it is asked for.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NearerRegistry => "nearer-registry",
            Self::LocalSsd => "local-ssd",
            Self::Zstd => "zstd",
            Self::Pigz => "pigz",
            Self::Igzip => "igzip",
            Self::PullThroughCache => "pull-through-cache",
            Self::PeerToPeer => "peer-to-peer",
            Self::Preload => "preload",
            Self::SharedVolume => "shared-volume",
            Self::Lazy => "lazy",
            Self::MergeLayers => "merge-layers",
            Self::ParallelUnpack => "parallel-unpack",
            Self::ParallelPulls => "parallel-pulls",
            Self::RangedFetch => "ranged-fetch",
        }
    }

    /// Returns why it cannot be had together with another, if it cannot.
    pub(super) fn contradiction(self, other: Self) -> Option<Contradiction> {
        let reason = |left, right| {
            CONTRADICTIONS
                .iter()
                .find(|row| (row.0, row.1) == (left, right))
        };
        let row = reason(self, other).or_else(|| reason(other, self));
        let why = match row {
            Some(row) => row.2,
            None if self == other => "it is there twice",
            None => return None,
        };
        Some(Contradiction {
            first: self,
            second: other,
            why,
        })
    }
}

impl fmt::Display for StrategyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Two parts that cannot be had together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contradiction {
    /// One.
    pub first: StrategyKind,
    /// The other.
    pub second: StrategyKind,
    /// Why not.
    pub why: &'static str,
}

const CONTRADICTIONS: &[(StrategyKind, StrategyKind, &str)] = &[
    (
        StrategyKind::Lazy,
        StrategyKind::SharedVolume,
        "a container reads its files from the registry or from the volume",
    ),
    (
        StrategyKind::Lazy,
        StrategyKind::Preload,
        "what is there before the pod comes is not fetched when it starts",
    ),
    (
        StrategyKind::Preload,
        StrategyKind::SharedVolume,
        "images lie on the nodes or on the volume",
    ),
    (
        StrategyKind::Zstd,
        StrategyKind::Pigz,
        "pigz inflates gzip, and the layers are zstd then",
    ),
    (
        StrategyKind::Zstd,
        StrategyKind::Igzip,
        "igzip inflates gzip, and the layers are zstd then",
    ),
    (
        StrategyKind::Pigz,
        StrategyKind::Igzip,
        "one program inflates a layer",
    ),
];

/// A part with its settings.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    NearerRegistry(NearerRegistry),
    LocalSsd(LocalSsd),
    Zstd(Zstd),
    Inflater(Inflater),
    PullThroughCache(Cache),
    PeerToPeer(Peers),
    Preload,
    SharedVolume(Volume),
    Lazy(Lazy),
    MergeLayers(MergeLayers),
    ParallelUnpack(ParallelUnpack),
    ParallelPulls(ParallelPulls),
    RangedFetch(RangedFetch),
}

/// A registry 2 ms away.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NearerRegistry {
    pub(super) latency_seconds: f64,
    pub(super) bytes_per_second: Option<f64>,
    pub(super) connection_bytes_per_second: Option<f64>,
}

/// One local SSD of Google's: 350 MB/s written (cloud.google.com/compute/docs/disks/performance).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LocalSsd {
    pub(super) bytes_per_second: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Zstd {
    /// Bytes of a zstd layer for one of the layer that it takes the place of: a tar of `/usr` by `zstd -3` has 0.97 of the
    /// bytes that it has by `gzip -6` (`docs/simulate.md`).
    pub(super) wire_ratio: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct MergeLayers {
    pub(super) into: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParallelUnpack {
    pub(super) layers: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ParallelPulls {
    pub(super) images: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct RangedFetch {
    pub(super) ranges: u32,
}

impl Part {
    /// A part with settings that nobody changed.
    pub(super) fn new(kind: StrategyKind) -> Self {
        match kind {
            StrategyKind::NearerRegistry => Self::NearerRegistry(NearerRegistry {
                latency_seconds: 0.002,
                bytes_per_second: None,
                connection_bytes_per_second: None,
            }),
            StrategyKind::LocalSsd => Self::LocalSsd(LocalSsd {
                bytes_per_second: 350e6,
            }),
            StrategyKind::Zstd => Self::Zstd(Zstd { wire_ratio: 0.97 }),
            StrategyKind::Pigz => Self::Inflater(Inflater::Pigz),
            StrategyKind::Igzip => Self::Inflater(Inflater::Igzip),
            StrategyKind::PullThroughCache => Self::PullThroughCache(Cache::default()),
            StrategyKind::PeerToPeer => Self::PeerToPeer(Peers::default()),
            StrategyKind::Preload => Self::Preload,
            StrategyKind::SharedVolume => Self::SharedVolume(Volume::default()),
            StrategyKind::Lazy => Self::Lazy(Lazy::default()),
            StrategyKind::MergeLayers => Self::MergeLayers(MergeLayers { into: 1 }),
            StrategyKind::ParallelUnpack => Self::ParallelUnpack(ParallelUnpack { layers: 4 }),
            StrategyKind::ParallelPulls => Self::ParallelPulls(ParallelPulls { images: 4 }),
            StrategyKind::RangedFetch => Self::RangedFetch(RangedFetch { ranges: 4 }),
        }
    }

    pub(super) fn kind(&self) -> StrategyKind {
        match self {
            Self::NearerRegistry(_) => StrategyKind::NearerRegistry,
            Self::LocalSsd(_) => StrategyKind::LocalSsd,
            Self::Zstd(_) => StrategyKind::Zstd,
            Self::Inflater(Inflater::Igzip) => StrategyKind::Igzip,
            Self::Inflater(_) => StrategyKind::Pigz,
            Self::PullThroughCache(_) => StrategyKind::PullThroughCache,
            Self::PeerToPeer(_) => StrategyKind::PeerToPeer,
            Self::Preload => StrategyKind::Preload,
            Self::SharedVolume(_) => StrategyKind::SharedVolume,
            Self::Lazy(_) => StrategyKind::Lazy,
            Self::MergeLayers(_) => StrategyKind::MergeLayers,
            Self::ParallelUnpack(_) => StrategyKind::ParallelUnpack,
            Self::ParallelPulls(_) => StrategyKind::ParallelPulls,
            Self::RangedFetch(_) => StrategyKind::RangedFetch,
        }
    }
}
