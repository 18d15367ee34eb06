//! Scenarios as they stand in files.

use std::path::Path;

use pullstudy_image::ByteSize;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{Bandwidth, Cluster, Load, Redundancy};
use crate::break_even::Strategy;
use crate::cost_file::{ReadCostFileError, parse, read_file, words};
use crate::prices::{Machine, Prices, UnknownMachine};

const STUDY: &str = include_str!("../../study/redundancy.yaml");
const STUDY_PYTORCH: &str = include_str!("../../study/pytorch.yaml");

/// What an empty file should hold.
const REMEDY: &str = "write format_version: 1, applications, layers, bandwidth, nodes and machine";

/// Applications that may share their layers, and the cluster that pulls them.
///
/// In the best case each application has the same layers, in the worst none has a layer of another.
///
/// # Examples
///
/// ```
/// use pullstudy_costmodel::{Prices, RedundancyScenario};
///
/// let scenario = RedundancyScenario::from_yaml("mine.yaml", "
/// format_version: 1
/// applications: 10
/// layers: [{count: 16, bytes: 12MB}]
/// bandwidth: {low: 3MB, high: 5MB}
/// nodes: 32
/// machine: p5.48xlarge
/// ")?;
/// let cluster = scenario.cluster(&Prices::builtin())?;
/// let more_usd = scenario.redundancy(&cluster).more_usd;
/// assert_eq!((more_usd.low.round(), more_usd.high.round()), (302.0, 503.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RedundancyScenario {
    #[serde(rename = "format_version")]
    _format_version: u32,
    /// What the scenario is about.
    #[serde(default)]
    pub title: Option<String>,
    /// How many applications there are, at least 1.
    #[serde(deserialize_with = "at_least_one")]
    pub applications: u32,
    /// The layers of one application.
    #[serde(deserialize_with = "some")]
    pub layers: Vec<LayerSize>,
    /// How fast a node pulls.
    #[serde(deserialize_with = "bandwidth")]
    pub bandwidth: Bandwidth,
    /// How many nodes pull, at least 1.
    #[serde(deserialize_with = "at_least_one")]
    pub nodes: u32,
    /// Their type, whose price is looked up.
    #[serde(deserialize_with = "words")]
    pub machine: String,
    /// What might make pulls cheaper.
    #[serde(default)]
    pub strategies: Vec<Strategy>,
}

/// Layers of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LayerSize {
    /// How many.
    #[serde(default = "one", deserialize_with = "at_least_one")]
    pub count: u32,
    /// Bytes of one, as a registry sends it.
    #[serde(deserialize_with = "bytes")]
    pub bytes: u64,
}

/// Two rates as they stand in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBandwidth {
    #[serde(deserialize_with = "bytes")]
    low: u64,
    #[serde(deserialize_with = "bytes")]
    high: u64,
}

impl RedundancyScenario {
    /// Returns the published study's scenario: ten applications of 16 layers of 12 MB on 32 p5.48xlarge.
    #[must_use]
    pub fn study() -> Self {
        parse("redundancy.yaml", STUDY, REMEDY).expect("a test reads the file that is built in")
    }

    /// Returns the published study's scenario of ten applications with the layers of pytorch: 30, 7.3 and 3622 MB.
    #[must_use]
    pub fn study_pytorch() -> Self {
        parse("pytorch.yaml", STUDY_PYTORCH, REMEDY)
            .expect("a test reads the file that is built in")
    }

    /// Reads a scenario from YAML; `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// [`ReadCostFileError`] with the line and what is wrong there.
    pub fn from_yaml(name: &str, text: &str) -> Result<Self, ReadCostFileError> {
        parse(name, text, REMEDY)
    }

    /// Reads a scenario from a file; see [`from_yaml`](Self::from_yaml).
    ///
    /// # Errors
    ///
    /// [`ReadCostFileError`] with the file's name.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ReadCostFileError> {
        read_file(file.as_ref(), REMEDY)
    }

    /// Returns the cluster at the price of its machine.
    ///
    /// # Errors
    ///
    /// [`UnknownMachine`] if the machine has no price.
    pub fn cluster(&self, prices: &Prices) -> Result<Cluster, UnknownMachine> {
        let usd_per_hour = prices.machine(&self.machine).map(Machine::usd_per_hour)?;
        Ok(Cluster::new(self.nodes, usd_per_hour)
            .expect("nodes and prices were checked as they were read"))
    }

    /// Returns what all applications pull if they share all layers.
    #[must_use]
    pub fn best(&self) -> Load {
        let counts = self.layers.iter().map(|layer| u64::from(layer.count));
        let bytes = self.layers.iter().map(LayerSize::all_bytes);
        Load {
            images: self.applications.into(),
            layers: counts.sum(),
            wire_bytes: bytes.fold(0, u64::saturating_add),
        }
    }

    /// Returns what all applications pull if they share nothing.
    #[must_use]
    pub fn worst(&self) -> Load {
        let (best, applications) = (self.best(), u64::from(self.applications));
        Load {
            images: best.images,
            layers: best.layers.saturating_mul(applications),
            wire_bytes: best.wire_bytes.saturating_mul(applications),
        }
    }

    /// Returns what both cases cost on a cluster.
    #[must_use]
    pub fn redundancy(&self, cluster: &Cluster) -> Redundancy {
        Redundancy::of(self.best(), self.worst(), &self.bandwidth, cluster)
    }
}

impl LayerSize {
    fn all_bytes(&self) -> u64 {
        self.bytes.saturating_mul(self.count.into())
    }
}

fn one() -> u32 {
    1
}

fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        0 => Err(D::Error::custom("0 is too few: there must be at least 1")),
        count => Ok(count),
    }
}

fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<LayerSize>, D::Error> {
    let layers = Vec::deserialize(from)?;
    if layers.is_empty() {
        return Err(D::Error::custom(
            "there is no layer: list at least one, such as {bytes: 12MB}",
        ));
    }
    Ok(layers)
}

fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    let size: ByteSize = text.parse().map_err(D::Error::custom)?;
    Ok(size.bytes())
}

fn bandwidth<'de, D: Deserializer<'de>>(from: D) -> Result<Bandwidth, D::Error> {
    let written = WrittenBandwidth::deserialize(from)?;
    Bandwidth::new(written.low as f64, written.high as f64).map_err(D::Error::custom)
}
