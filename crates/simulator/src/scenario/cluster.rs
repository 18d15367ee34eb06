//! What images come from and go to: a registry, what may stand between, and nodes.

use serde::{Deserialize, Serialize};

use super::image::Inflater;
use super::units;

/// Where images come from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Registry {
    /// Bytes a second to all nodes together.
    #[serde(deserialize_with = "units::rate")]
    pub bytes_per_second: f64,
    /// Bytes a second over one connection.
    #[serde(deserialize_with = "units::rate")]
    pub connection_bytes_per_second: f64,
    /// Seconds from a request to the first byte of its answer.
    pub latency_seconds: f64,
    /// Requests that it answers in a second; more get a 429. Left out, there is no limit.
    pub requests_per_second: Option<f64>,
    /// Requests that it answers at once before the limit holds; left out, those of one second.
    pub burst_requests: Option<f64>,
    /// `Retry-After` of a 429.
    pub retry_after_seconds: f64,
}

/// No limit but that of the nodes, 20 ms away.
impl Default for Registry {
    fn default() -> Self {
        Self {
            bytes_per_second: f64::INFINITY,
            connection_bytes_per_second: f64::INFINITY,
            latency_seconds: 0.02,
            requests_per_second: None,
            burst_requests: None,
            retry_after_seconds: 1.0,
        }
    }
}

/// A registry near the nodes that asks the one above once for each layer, and keeps it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Cache {
    /// Bytes a second to all nodes together.
    #[serde(deserialize_with = "units::rate")]
    pub bytes_per_second: f64,
    /// Bytes a second from the registry.
    #[serde(deserialize_with = "units::rate")]
    pub link_bytes_per_second: f64,
    /// Seconds from a request to the first byte of its answer.
    pub latency_seconds: f64,
}

/// One server with 10 Gbit/s both ways, 1 ms away.
impl Default for Cache {
    fn default() -> Self {
        Self {
            bytes_per_second: 1.25e9,
            link_bytes_per_second: 1.25e9,
            latency_seconds: 0.001,
        }
    }
}

/// Nodes that give each other what they have, in pieces, while they still receive.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Peers {
    /// Bytes a second that a node sends to its peers.
    #[serde(deserialize_with = "units::rate")]
    pub upload_bytes_per_second: f64,
    /// Bytes a second that the seeds send to peers, and take from above.
    #[serde(deserialize_with = "units::rate")]
    pub seed_bytes_per_second: f64,
    /// Size of a piece.
    #[serde(deserialize_with = "units::bytes")]
    pub piece_bytes: u64,
    /// Peers that a node talks to at once.
    pub connections: u32,
    /// Seconds to find peers, for each layer.
    pub latency_seconds: f64,
    /// Nodes that each sends to, where parents are given to children in a tree; then only one node in so many sends at
    /// all. Left out, all nodes send to all (a swarm).
    pub children: Option<u32>,
}

/// 10 Gbit/s, one seed, pieces of 4 MiB and 10 peers.
///
/// # Source
///
/// Kraken and Dragonfly cut layers into pieces of 4 MiB; a Kraken agent keeps 10 connections a torrent. That of a tree
/// with k children only one node in k sends: E. W. Biersack, P. Rodriguez, P. Felber, Performance Analysis of Peer-to-Peer
/// Networks for File Distribution (2004).
impl Default for Peers {
    fn default() -> Self {
        Self {
            upload_bytes_per_second: 1.25e9,
            seed_bytes_per_second: 1.25e9,
            piece_bytes: 4 << 20,
            connections: 10,
            latency_seconds: 0.01,
            children: None,
        }
    }
}

/// In which order a node unpacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnpackOrder {
    /// One layer after the other, the lowest first: containerd to 2.1, Docker.
    #[default]
    InOrder,
    /// Whatever layer has come, as many as `parallel_unpacks`: containerd from 2.2 with a snapshotter that can.
    AsTheyCome,
}

/// A node, and how its runtime pulls.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Node {
    /// Bytes a second that its network takes.
    #[serde(deserialize_with = "units::rate")]
    pub link_bytes_per_second: f64,
    /// Layers of an image that are received at once.
    pub parallel_downloads: u32,
    /// Ranges, each over a connection of its own, in which one layer is asked for.
    pub ranges: u32,
    /// Bytes a second that one core hashes: stored bytes while they come, the tar while it is unpacked.
    #[serde(deserialize_with = "units::rate")]
    pub hash_bytes_per_second: f64,
    /// What inflates layers.
    pub inflater: Inflater,
    /// Bytes of tar that it inflates in a second, where that was measured; left out, the inflater's.
    #[serde(deserialize_with = "units::optional_rate")]
    pub inflate_bytes_per_second: Option<f64>,
    /// In which order layers are unpacked.
    pub unpack_order: UnpackOrder,
    /// Layers of an image that are unpacked at once, when not in order.
    pub parallel_unpacks: u32,
    /// Layers that it unpacks at once, of whatever images: each takes a core.
    pub cores: u32,
    /// Seconds for a layer whatever its size: snapshot, mount, metadata.
    pub layer_seconds: f64,
    /// Seconds for each file.
    pub file_seconds: f64,
    /// Its disk.
    pub disk: Disk,
    /// Standard deviation of the logarithm of nodes' speed (disk, inflating, link): 0.05 for nodes that differ by 5 %.
    pub speed_spread: f64,
}

/// Four cores, 10 Gbit/s, containerd's three downloads at once and its order, Go's gzip.
///
/// # Source
///
/// containerd's `max_concurrent_downloads` is 3; 36 to 60 ms a layer were measured on containerd 1.6 and 1.7.
impl Default for Node {
    fn default() -> Self {
        Self {
            link_bytes_per_second: 1.25e9,
            parallel_downloads: 3,
            ranges: 1,
            hash_bytes_per_second: 500e6,
            inflater: Inflater::GoGzip,
            inflate_bytes_per_second: None,
            unpack_order: UnpackOrder::InOrder,
            parallel_unpacks: 4,
            cores: 4,
            layer_seconds: 0.048,
            file_seconds: 0.00002,
            disk: Disk::default(),
            speed_spread: 0.0,
        }
    }
}

/// A node's disk.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Disk {
    /// Bytes a second that it writes for ever.
    #[serde(deserialize_with = "units::rate")]
    pub bytes_per_second: f64,
    /// Bytes a second that it writes as long as its credit lasts; left out, there is no burst.
    #[serde(deserialize_with = "units::optional_rate")]
    pub burst_bytes_per_second: Option<f64>,
    /// Bytes that a full credit lasts for at that rate.
    #[serde(deserialize_with = "units::bytes")]
    pub burst_bytes: u64,
}

/// 200 MB/s without a burst.
impl Default for Disk {
    fn default() -> Self {
        Self {
            bytes_per_second: 200e6,
            burst_bytes_per_second: None,
            burst_bytes: 0,
        }
    }
}

/// How kubelets ask for images.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Kubelet {
    /// Images that a node pulls at once; 1 is `serializeImagePulls: true`.
    pub parallel_pulls: u32,
    /// Pulls that it starts in a second (`registryPullQPS`); what comes above fails and is backed off. 0 is no limit.
    pub pulls_per_second: f64,
    /// Pulls that it starts at once (`registryBurst`).
    pub burst_pulls: f64,
    /// Pods come to the nodes at random within so many seconds.
    pub start_spread_seconds: f64,
    /// Seconds before the first retry; they double with each.
    pub back_off_seconds: f64,
    /// Seconds that they double to.
    pub longest_back_off_seconds: f64,
    /// Times that a pull is tried before it counts as failed.
    pub tries: u32,
}

/// A kubelet's own defaults, all pods at once.
///
/// # Source
///
/// `KubeletConfiguration` v1beta1: `serializeImagePulls` true, `registryPullQPS` 5, `registryBurst` 10; back-off in
/// `pkg/kubelet/kubelet.go` (`imageBackOffPeriod` 10 s, `MaxImageBackOff` 300 s).
impl Default for Kubelet {
    fn default() -> Self {
        Self {
            parallel_pulls: 1,
            pulls_per_second: 5.0,
            burst_pulls: 10.0,
            start_spread_seconds: 0.0,
            back_off_seconds: 10.0,
            longest_back_off_seconds: 300.0,
            tries: 20,
        }
    }
}

/// How containers get at their files.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Delivery {
    /// The image is pulled and unpacked before the container starts.
    #[default]
    Pull,
    /// The container starts on an image of which little is there, and fetches what it reads.
    Lazy(Lazy),
    /// The image lies unpacked on a volume that all nodes read.
    Volume(Volume),
}

/// Lazy pulling: stargz, SOCI, Nydus, image streaming.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Lazy {
    /// Share of the image's bytes that a container reads before it is ready, 0 to 1.
    pub share: f64,
    /// Bytes of one read.
    #[serde(deserialize_with = "units::bytes")]
    pub read_bytes: u64,
    /// Reads at once.
    pub parallel_reads: u32,
    /// Requests for the index of each layer.
    pub requests_per_layer: u32,
}

/// # Source
///
/// The share is that of T. Harter et al., Slacker, FAST 2016: 6.4 % of an image's data is needed at start.
impl Default for Lazy {
    fn default() -> Self {
        Self {
            share: 0.064,
            read_bytes: 1 << 20,
            parallel_reads: 1,
            requests_per_layer: 2,
        }
    }
}

/// A volume that is filled once and that all nodes mount.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Volume {
    /// Bytes a second to all nodes together.
    #[serde(deserialize_with = "units::rate")]
    pub bytes_per_second: f64,
    /// Seconds to attach and mount it.
    pub attach_seconds: f64,
    /// Share of the unpacked bytes that a container reads before it is ready, 0 to 1.
    pub share: f64,
    /// Seconds of one read, its way included.
    pub latency_seconds: f64,
    /// Bytes of one read.
    #[serde(deserialize_with = "units::bytes")]
    pub read_bytes: u64,
    /// Reads at once.
    pub parallel_reads: u32,
}

impl Default for Volume {
    fn default() -> Self {
        Self {
            bytes_per_second: 1.2e9,
            attach_seconds: 5.0,
            share: 0.064,
            latency_seconds: 0.001,
            read_bytes: 128 << 10,
            parallel_reads: 4,
        }
    }
}
