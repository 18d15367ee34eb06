//! What is simulated: images, nodes, and what stands between them.

mod check;
mod cluster;
mod file;
mod image;
mod units;

pub use check::ScenarioError;
pub use cluster::{
    Cache, Delivery, Disk, Kubelet, Lazy, Node, Peers, Registry, UnpackOrder, Volume,
};
pub use file::ReadScenarioError;
pub use image::{Image, Inflater, Layer};

use serde::Deserialize;

/// When the images are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImageOrder {
    /// All pods of a node come at once, and its kubelet queues them.
    #[default]
    Together,
    /// The next image comes when all nodes have the one before, as in a pull study.
    OneByOne,
}

/// Nodes that pull images.
///
/// [`Scenario::default`] has one node, no images, and plain assumptions for the rest; each part says its own.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Image, Scenario, simulate};
///
/// let mut scenario = Scenario::default();
/// scenario.nodes = 64;
/// scenario.images = vec![Image::of_equal_layers("app:1", 12, 5_000_000_000, None, 0)];
/// scenario.registry.bytes_per_second = 2e9;
/// let outcome = simulate(&scenario)?;
/// // 64 nodes share 2 GB/s: nobody has his 5 GB before 160 seconds are over.
/// assert!(outcome.pulls.iter().all(|pull| pull.seconds() > 160.0));
/// # Ok::<(), pullstudy_simulator::ScenarioError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scenario {
    /// How many nodes.
    pub nodes: u32,
    /// What each of them pulls.
    pub images: Vec<Image>,
    /// When the images are asked for.
    pub order: ImageOrder,
    /// Where images come from.
    pub registry: Registry,
    /// A registry between.
    pub cache: Option<Cache>,
    /// Nodes that give each other what they have.
    pub peers: Option<Peers>,
    /// A node.
    pub node: Node,
    /// Its kubelet.
    pub kubelet: Kubelet,
    /// How containers get at their files.
    pub delivery: Delivery,
    /// Whether images are pulled before their pods come.
    pub preload: bool,
    /// Probability that one download of a layer fails on its way, 0 to below 1.
    pub download_failure_probability: f64,
    /// Bytes of tar for one byte on the wire, where a layer does not say.
    pub unpacked_per_wire: f64,
    /// Seconds from a container's start until it is ready, when all its files are on the node's disk.
    pub run_seconds: f64,
    /// Names of shared layers, and of whole images, that lie on every node already.
    pub present: Vec<String>,
    /// Seed of everything random.
    pub seed: u64,
}

/// # Source
///
/// 2.6 unpacked bytes for one on the wire is the median of N. Zhao et al., Large-Scale Analysis of the Docker Hub
/// Dataset, IEEE Cluster 2019.
impl Default for Scenario {
    fn default() -> Self {
        Self {
            nodes: 1,
            images: Vec::new(),
            order: ImageOrder::Together,
            registry: Registry::default(),
            cache: None,
            peers: None,
            node: Node::default(),
            kubelet: Kubelet::default(),
            delivery: Delivery::Pull,
            preload: false,
            download_failure_probability: 0.0,
            unpacked_per_wire: 2.6,
            run_seconds: 0.0,
            present: Vec::new(),
            seed: 0,
        }
    }
}

impl Scenario {
    /// Returns the bytes that a layer has unpacked.
    #[must_use]
    pub fn unpacked_bytes(&self, layer: &Layer) -> u64 {
        let guessed = || (layer.wire_bytes as f64 * self.unpacked_per_wire) as u64;
        layer.unpacked_bytes.unwrap_or_else(guessed)
    }

    /// Returns the bytes of tar that a node inflates in a second.
    #[must_use]
    pub fn inflate_bytes_per_second(&self) -> f64 {
        let known = self.node.inflate_bytes_per_second;
        known.unwrap_or_else(|| self.node.inflater.bytes_per_second())
    }
}
