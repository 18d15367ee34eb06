//! What cannot be simulated, said before anything is.

use super::{Delivery, Scenario};

/// Why a scenario cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// There is nobody who pulls.
    #[error("a simulation of 0 nodes has nothing to say: give at least 1")]
    NoNodes,
    /// More nodes than are simulated.
    #[error("{nodes} nodes are too many: {most} at most")]
    TooManyNodes {
        /// Those wanted.
        nodes: u32,
        /// The limit.
        most: u32,
    },
    /// There is nothing to pull.
    #[error("there is no image to pull: name at least one")]
    NoImages,
    /// An image has no layers, or too many.
    #[error("image {image:?} has {layers} layers: 1 to {most} can be simulated")]
    LayerCount {
        /// The image.
        image: String,
        /// Its layers.
        layers: usize,
        /// The limit.
        most: u32,
    },
    /// A rate is zero, negative or no number.
    #[error("{what} is {value}: give a positive number of bytes a second")]
    BadRate {
        /// Which one, as it is written in a file.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// A rate must be finite.
    #[error("{what} is unlimited: give a number, or nothing would hold a node up")]
    Unlimited {
        /// Which one, as it is written in a file.
        what: &'static str,
    },
    /// A number is out of its range.
    #[error("{what} is {value}: it lies between {least} and {most}")]
    OutOfRange {
        /// Which one, as it is written in a file.
        what: &'static str,
        /// What was given.
        value: f64,
        /// The least that is taken.
        least: f64,
        /// The most that is taken.
        most: f64,
    },
    /// The burst of a disk is below what it does for ever.
    #[error(
        "node.disk.burst_bytes_per_second is {burst}, below its bytes_per_second of {sustained}: a burst is faster"
    )]
    SlowBurst {
        /// The burst.
        burst: f64,
        /// The rate for ever.
        sustained: f64,
    },
    /// Too much would have to be kept at once.
    #[error(
        "{nodes} nodes with {layers} layers are {cells} layers to keep track of: {most} at most; simulate fewer nodes \
         or images at once"
    )]
    TooLarge {
        /// Nodes.
        nodes: u32,
        /// Distinct layers of all images.
        layers: usize,
        /// Their product.
        cells: u64,
        /// The limit.
        most: u64,
    },
    /// It goes on for longer than anybody waits, and than doubles can tell moments apart.
    #[error(
        "the simulated pulls go on for more than {most_seconds} seconds: some rate is far too low for these images"
    )]
    TooLong {
        /// When it was given up.
        most_seconds: f64,
    },
    /// What is said to be on the nodes is no image or shared layer of the scenario.
    #[error(
        "{name:?} is present on the nodes, but no image and no shared layer of the scenario has that name"
    )]
    UnknownPresent {
        /// The name.
        name: String,
    },
    /// A shared layer has two sizes.
    #[error(
        "shared layer {name:?} has {first_bytes} bytes in one place and {other_bytes} in another: it is one layer"
    )]
    SharedLayerDiffers {
        /// Its name.
        name: String,
        /// Wire bytes where it stands first.
        first_bytes: u64,
        /// Wire bytes elsewhere.
        other_bytes: u64,
    },
}

/// Nodes that are simulated: two and a half kilobytes each.
const MOST_NODES: u32 = 1_000_000;

/// Pairs of node and layer that are kept: up to 130 bytes each while the layer comes.
const MOST_CELLS: u64 = 50_000_000;

/// A number that may take any value from 0.
const ANY: f64 = 1e12;

impl Scenario {
    /// Checks everything that a simulation rests on.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] with the first thing that cannot be.
    pub fn check(&self) -> Result<(), ScenarioError> {
        self.check_size()?;
        self.check_registry()?;
        self.check_between()?;
        self.check_node()?;
        self.check_kubelet()?;
        self.check_delivery()?;
        in_range(
            "download_failure_probability",
            self.download_failure_probability,
            0.0,
            0.99,
        )?;
        in_range("unpacked_per_wire", self.unpacked_per_wire, 0.0, 1e6)?;
        in_range("run_seconds", self.run_seconds, 0.0, ANY)
    }

    fn check_size(&self) -> Result<(), ScenarioError> {
        if self.nodes == 0 {
            return Err(ScenarioError::NoNodes);
        }
        if self.nodes > MOST_NODES {
            return Err(ScenarioError::TooManyNodes {
                nodes: self.nodes,
                most: MOST_NODES,
            });
        }
        if self.images.is_empty() {
            return Err(ScenarioError::NoImages);
        }
        self.check_layers()
    }

    fn check_layers(&self) -> Result<(), ScenarioError> {
        let most = super::image::MOST_LAYERS;
        for image in &self.images {
            if image.layers.is_empty() || image.layers.len() > most as usize {
                return Err(ScenarioError::LayerCount {
                    image: image.image.clone(),
                    layers: image.layers.len(),
                    most,
                });
            }
        }
        let layers: usize = self.images.iter().map(|image| image.layers.len()).sum();
        let cells = u64::from(self.nodes).saturating_mul(layers as u64);
        if cells > MOST_CELLS {
            return Err(ScenarioError::TooLarge {
                nodes: self.nodes,
                layers,
                cells,
                most: MOST_CELLS,
            });
        }
        Ok(())
    }

    fn check_registry(&self) -> Result<(), ScenarioError> {
        let registry = &self.registry;
        rate("registry.bytes_per_second", registry.bytes_per_second)?;
        rate(
            "registry.connection_bytes_per_second",
            registry.connection_bytes_per_second,
        )?;
        in_range(
            "registry.latency_seconds",
            registry.latency_seconds,
            0.0,
            ANY,
        )?;
        in_range(
            "registry.retry_after_seconds",
            registry.retry_after_seconds,
            0.01,
            ANY,
        )?;
        if let Some(requests) = registry.requests_per_second {
            in_range("registry.requests_per_second", requests, 0.1, ANY)?;
        }
        let burst = registry.burst_requests.unwrap_or(1.0);
        in_range("registry.burst_requests", burst, 1.0, ANY)
    }

    fn check_between(&self) -> Result<(), ScenarioError> {
        if let Some(cache) = &self.cache {
            rate("cache.bytes_per_second", cache.bytes_per_second)?;
            finite_rate("cache.link_bytes_per_second", cache.link_bytes_per_second)?;
            in_range("cache.latency_seconds", cache.latency_seconds, 0.0, ANY)?;
        }
        if let Some(peers) = &self.peers {
            finite_rate(
                "peers.upload_bytes_per_second",
                peers.upload_bytes_per_second,
            )?;
            finite_rate("peers.seed_bytes_per_second", peers.seed_bytes_per_second)?;
            in_range("peers.piece_bytes", peers.piece_bytes as f64, 1.0, 1e12)?;
            in_range("peers.connections", f64::from(peers.connections), 1.0, 1e6)?;
            let children = f64::from(peers.children.unwrap_or(1));
            in_range("peers.children", children, 1.0, 1e6)?;
            in_range("peers.latency_seconds", peers.latency_seconds, 0.0, ANY)?;
        }
        Ok(())
    }

    fn check_node(&self) -> Result<(), ScenarioError> {
        let node = &self.node;
        finite_rate("node.link_bytes_per_second", node.link_bytes_per_second)?;
        rate("node.hash_bytes_per_second", node.hash_bytes_per_second)?;
        if let Some(inflate) = node.inflate_bytes_per_second {
            rate("node.inflate_bytes_per_second", inflate)?;
        }
        let counts = [
            ("node.parallel_downloads", node.parallel_downloads),
            ("node.ranges", node.ranges),
            ("node.parallel_unpacks", node.parallel_unpacks),
            ("node.cores", node.cores),
        ];
        for (what, count) in counts {
            in_range(what, f64::from(count), 1.0, 1024.0)?;
        }
        in_range("node.layer_seconds", node.layer_seconds, 0.0, ANY)?;
        in_range("node.file_seconds", node.file_seconds, 0.0, ANY)?;
        in_range("node.speed_spread", node.speed_spread, 0.0, 1.0)?;
        self.check_disk()
    }

    fn check_disk(&self) -> Result<(), ScenarioError> {
        let disk = &self.node.disk;
        rate("node.disk.bytes_per_second", disk.bytes_per_second)?;
        let Some(burst) = disk.burst_bytes_per_second else {
            return Ok(());
        };
        finite_rate("node.disk.burst_bytes_per_second", burst)?;
        if burst < disk.bytes_per_second {
            return Err(ScenarioError::SlowBurst {
                burst,
                sustained: disk.bytes_per_second,
            });
        }
        Ok(())
    }

    fn check_kubelet(&self) -> Result<(), ScenarioError> {
        let kubelet = &self.kubelet;
        let parallel = f64::from(kubelet.parallel_pulls);
        in_range("kubelet.parallel_pulls", parallel, 1.0, 1e6)?;
        in_range(
            "kubelet.pulls_per_second",
            kubelet.pulls_per_second,
            0.0,
            ANY,
        )?;
        in_range("kubelet.burst_pulls", kubelet.burst_pulls, 1.0, ANY)?;
        in_range(
            "kubelet.start_spread_seconds",
            kubelet.start_spread_seconds,
            0.0,
            ANY,
        )?;
        in_range(
            "kubelet.back_off_seconds",
            kubelet.back_off_seconds,
            0.001,
            ANY,
        )?;
        let longest = kubelet.longest_back_off_seconds;
        in_range(
            "kubelet.longest_back_off_seconds",
            longest,
            kubelet.back_off_seconds,
            ANY,
        )?;
        in_range("kubelet.tries", f64::from(kubelet.tries), 1.0, 1e6)
    }

    fn check_delivery(&self) -> Result<(), ScenarioError> {
        match &self.delivery {
            Delivery::Pull => Ok(()),
            Delivery::Lazy(lazy) => {
                in_range("lazy.share", lazy.share, 0.0, 1.0)?;
                in_range("lazy.read_bytes", lazy.read_bytes as f64, 1.0, 1e12)?;
                in_range(
                    "lazy.parallel_reads",
                    f64::from(lazy.parallel_reads),
                    1.0,
                    1e6,
                )
            }
            Delivery::Volume(volume) => {
                rate("volume.bytes_per_second", volume.bytes_per_second)?;
                in_range("volume.share", volume.share, 0.0, 1.0)?;
                in_range("volume.attach_seconds", volume.attach_seconds, 0.0, ANY)?;
                in_range("volume.latency_seconds", volume.latency_seconds, 0.0, ANY)?;
                in_range("volume.read_bytes", volume.read_bytes as f64, 1.0, 1e12)?;
                in_range(
                    "volume.parallel_reads",
                    f64::from(volume.parallel_reads),
                    1.0,
                    1e6,
                )
            }
        }
    }
}

fn rate(what: &'static str, value: f64) -> Result<(), ScenarioError> {
    // Written so that NaN fails.
    match value > 0.0 {
        true => Ok(()),
        false => Err(ScenarioError::BadRate { what, value }),
    }
}

fn finite_rate(what: &'static str, value: f64) -> Result<(), ScenarioError> {
    rate(what, value)?;
    match value.is_finite() {
        true => Ok(()),
        false => Err(ScenarioError::Unlimited { what }),
    }
}

fn in_range(what: &'static str, value: f64, least: f64, most: f64) -> Result<(), ScenarioError> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(ScenarioError::OutOfRange {
            what,
            value,
            least,
            most,
        }),
    }
}
