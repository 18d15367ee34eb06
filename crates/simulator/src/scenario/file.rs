//! Scenario files.

use std::path::PathBuf;

use serde::Deserialize;

use super::{
    Cache, Delivery, Image, ImageOrder, Kubelet, Lazy, Node, Peers, Registry, Scenario, Volume,
};

/// The version of scenario files that this crate reads.
const FORMAT_VERSION: u32 = 1;

/// Why a scenario file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadScenarioError {
    /// The file could not be opened or read.
    #[error("failed to read scenario {}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no scenario.
    #[error("{name} is no scenario")]
    Malformed {
        /// What was read.
        name: String,
        /// What is wrong, and where.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It was written for a later version.
    #[error(
        "{name} has format_version {found}; this program reads {FORMAT_VERSION}: take a newer one"
    )]
    Version {
        /// What was read.
        name: String,
        /// Its version.
        found: u32,
    },
}

/// A scenario as it stands in a file.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    format_version: u32,
    nodes: u32,
    images: Vec<Image>,
    order: ImageOrder,
    registry: Registry,
    cache: Option<Cache>,
    peers: Option<Peers>,
    node: Node,
    kubelet: Kubelet,
    lazy: Option<Lazy>,
    volume: Option<Volume>,
    preload: bool,
    download_failure_probability: f64,
    unpacked_per_wire: f64,
    run_seconds: f64,
    present: Vec<String>,
    seed: u64,
}

impl Default for Written {
    fn default() -> Self {
        let scenario = Scenario::default();
        Self {
            format_version: FORMAT_VERSION,
            nodes: scenario.nodes,
            images: scenario.images,
            order: scenario.order,
            registry: scenario.registry,
            cache: None,
            peers: None,
            node: scenario.node,
            kubelet: scenario.kubelet,
            lazy: None,
            volume: None,
            preload: false,
            download_failure_probability: scenario.download_failure_probability,
            unpacked_per_wire: scenario.unpacked_per_wire,
            run_seconds: scenario.run_seconds,
            present: Vec::new(),
            seed: scenario.seed,
        }
    }
}

impl Scenario {
    /// Reads a scenario from YAML. What it does not say stays as in [`Scenario::default`]. Nothing is checked but the
    /// form; [`check`](Self::check) does the rest.
    ///
    /// # Errors
    ///
    /// [`ReadScenarioError`] with `name`, what is wrong and its line.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_simulator::Scenario;
    ///
    /// let scenario = Scenario::from_yaml(
    ///     "cluster.yaml",
    ///     "{nodes: 16, images: [{image: app, layers: 9, wire_bytes: 3GB}], registry: {bytes_per_second: 1.25GB}}",
    /// )?;
    /// assert_eq!((scenario.nodes, scenario.images[0].layers.len()), (16, 9));
    /// let error = Scenario::from_yaml("cluster.yaml", "nodse: 16").unwrap_err();
    /// assert_eq!(error.to_string(), "cluster.yaml is no scenario");
    /// # Ok::<(), pullstudy_simulator::ReadScenarioError>(())
    /// ```
    pub fn from_yaml(name: &str, text: &str) -> Result<Self, ReadScenarioError> {
        let malformed = |source| ReadScenarioError::Malformed {
            name: name.to_owned(),
            source,
        };
        let written: Written =
            serde_saphyr::from_str(text).map_err(|error| malformed(Box::from(error)))?;
        if written.format_version != FORMAT_VERSION {
            return Err(ReadScenarioError::Version {
                name: name.to_owned(),
                found: written.format_version,
            });
        }
        written
            .scenario()
            .map_err(|reason| malformed(Box::from(reason)))
    }

    /// Reads a scenario from a file of YAML; see [`from_yaml`](Self::from_yaml).
    ///
    /// # Errors
    ///
    /// [`ReadScenarioError`] with the file's name.
    pub fn read(file: impl Into<PathBuf>) -> Result<Self, ReadScenarioError> {
        let file = file.into();
        match std::fs::read_to_string(&file) {
            Ok(text) => Self::from_yaml(&file.display().to_string(), &text),
            Err(source) => Err(ReadScenarioError::Io { file, source }),
        }
    }
}

impl Written {
    fn scenario(self) -> Result<Scenario, &'static str> {
        Ok(Scenario {
            delivery: delivery(self.lazy, self.volume)?,
            nodes: self.nodes,
            images: self.images,
            order: self.order,
            registry: self.registry,
            cache: self.cache,
            peers: self.peers,
            node: self.node,
            kubelet: self.kubelet,
            preload: self.preload,
            download_failure_probability: self.download_failure_probability,
            unpacked_per_wire: self.unpacked_per_wire,
            run_seconds: self.run_seconds,
            present: self.present,
            seed: self.seed,
        })
    }
}

fn delivery(lazy: Option<Lazy>, volume: Option<Volume>) -> Result<Delivery, &'static str> {
    match (lazy, volume) {
        (None, None) => Ok(Delivery::Pull),
        (Some(lazy), None) => Ok(Delivery::Lazy(lazy)),
        (None, Some(volume)) => Ok(Delivery::Volume(volume)),
        (Some(_), Some(_)) => Err("lazy and volume contradict each other: choose one"),
    }
}
