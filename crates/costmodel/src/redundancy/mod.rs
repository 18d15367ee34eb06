//! What sharing layers is worth: the best and the worst case for a set of images on a cluster.

mod file;
mod published;

use crate::bill::node_cost_usd;
use crate::transfer_cost::Traffic;

pub use file::{LayerSize, RedundancyScenario};
pub use published::{PublishedCase, PublishedRedundancy};

/// How fast a node pulls: somewhere between two rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bandwidth {
    low: f64,
    high: f64,
}

/// Nodes of one price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    nodes: u32,
    usd_per_hour: f64,
}

/// Why numbers make no bandwidth or no cluster.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// No byte ever comes.
    #[error(
        "a bandwidth of {bytes_per_second} bytes a second moves nothing: it must be above 0, and finite"
    )]
    Bandwidth {
        /// What was given.
        bytes_per_second: f64,
    },
    /// The lower rate is the higher one.
    #[error("the low bandwidth, {low} bytes a second, is above the high one, {high}: swap them")]
    Swapped {
        /// The low rate.
        low: f64,
        /// The high rate.
        high: f64,
    },
    /// There is no node.
    #[error("0 nodes pull nothing: there must be at least 1")]
    Nodes,
    /// The rate is no price.
    #[error("{usd_per_hour} USD an hour is no price: it must be 0 or more, and finite")]
    Rate {
        /// What was given.
        usd_per_hour: f64,
    },
}

/// The least and the most of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The least: at the high bandwidth.
    pub low: f64,
    /// The most: at the low bandwidth.
    pub high: f64,
}

/// What each node pulls in one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Images.
    pub images: u64,
    /// Layers of all images together, each that is shared once.
    pub layers: u64,
    /// Bytes of these.
    pub wire_bytes: u64,
}

/// What a load costs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LoadCost {
    /// What each node pulls.
    pub load: Load,
    /// Seconds until a node has it: bytes by bandwidth, nothing else.
    pub seconds: Span,
    /// What all nodes cost for so long.
    pub cost_usd: Span,
    /// What all nodes together ask a registry for.
    pub traffic: Traffic,
}

/// What the best and the worst case cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Redundancy {
    /// All layers are shared.
    pub best: LoadCost,
    /// No layer is shared.
    pub worst: LoadCost,
    /// What the worst case takes longer.
    pub more_seconds: Span,
    /// What it costs more.
    pub more_usd: Span,
}

impl Bandwidth {
    /// Checks two rates in bytes a second, the lower first; they may be equal.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] for a rate that is not above 0 and finite, and for rates in the wrong order.
    pub fn new(low: f64, high: f64) -> Result<Self, ClusterError> {
        for bytes_per_second in [low, high] {
            if !(bytes_per_second.is_finite() && bytes_per_second > 0.0) {
                return Err(ClusterError::Bandwidth { bytes_per_second });
            }
        }
        if low > high {
            return Err(ClusterError::Swapped { low, high });
        }
        Ok(Self { low, high })
    }

    /// Returns the seconds that so many bytes take.
    #[must_use]
    pub fn seconds(&self, bytes: u64) -> Span {
        Span {
            low: bytes as f64 / self.high,
            high: bytes as f64 / self.low,
        }
    }
}

impl Cluster {
    /// Checks a number of nodes and their price.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] for 0 nodes, and for a price that is negative or not finite.
    pub fn new(nodes: u32, usd_per_hour: f64) -> Result<Self, ClusterError> {
        if nodes == 0 {
            return Err(ClusterError::Nodes);
        }
        if !(usd_per_hour.is_finite() && usd_per_hour >= 0.0) {
            return Err(ClusterError::Rate { usd_per_hour });
        }
        Ok(Self {
            nodes,
            usd_per_hour,
        })
    }

    /// Returns the number of nodes.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Returns what an hour of one node costs, in USD.
    #[must_use]
    pub fn usd_per_hour(&self) -> f64 {
        self.usd_per_hour
    }

    /// Returns what all nodes cost for so many seconds, in USD.
    #[must_use]
    pub fn cost_usd(&self, seconds: f64) -> f64 {
        node_cost_usd(f64::from(self.nodes) * seconds, self.usd_per_hour)
    }

    fn costs(&self, seconds: Span) -> Span {
        Span {
            low: self.cost_usd(seconds.low),
            high: self.cost_usd(seconds.high),
        }
    }

    /// Returns what a load costs on every node.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_costmodel::{Bandwidth, Cluster, Load};
    ///
    /// let cluster = Cluster::new(32, 98.32)?;
    /// let load = Load { images: 10, layers: 16, wire_bytes: 192_000_000 };
    /// let cost = cluster.cost(load, &Bandwidth::new(3e6, 5e6)?);
    /// assert_eq!((cost.seconds.low, cost.seconds.high), (38.4, 64.0));
    /// assert!((cost.cost_usd.high - 55.93).abs() < 0.01);
    /// # Ok::<(), pullstudy_costmodel::ClusterError>(())
    /// ```
    #[must_use]
    pub fn cost(&self, load: Load, bandwidth: &Bandwidth) -> LoadCost {
        let seconds = bandwidth.seconds(load.wire_bytes);
        // Each image has a manifest and a config, which nobody shares.
        let of_node = Traffic::of_pull(load.layers, load.wire_bytes);
        let requests = load.layers.saturating_add(load.images.saturating_mul(2));
        let of_node = Traffic {
            requests,
            ..of_node
        };
        LoadCost {
            load,
            seconds,
            cost_usd: self.costs(seconds),
            traffic: of_node.times(self.nodes.into()),
        }
    }
}

impl Redundancy {
    /// Compares two loads.
    #[must_use]
    pub fn of(best: Load, worst: Load, bandwidth: &Bandwidth, cluster: &Cluster) -> Self {
        let (best, worst) = (
            cluster.cost(best, bandwidth),
            cluster.cost(worst, bandwidth),
        );
        let more_seconds = Span {
            low: worst.seconds.low - best.seconds.low,
            high: worst.seconds.high - best.seconds.high,
        };
        Self {
            best,
            worst,
            more_seconds,
            more_usd: cluster.costs(more_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Prices;

    fn study(scenario: &RedundancyScenario) -> (Redundancy, Cluster) {
        let cluster = scenario.cluster(&Prices::builtin()).unwrap();
        (scenario.redundancy(&cluster), cluster)
    }

    fn about(span: Span, low: f64, high: f64) {
        assert!((span.low - low).abs() < 0.005, "{span:?} {low}");
        assert!((span.high - high).abs() < 0.005, "{span:?} {high}");
    }

    #[test]
    fn the_studys_ten_applications_come_out_exact() {
        let (found, _) = study(&RedundancyScenario::study());
        assert_eq!(found.best.load.wire_bytes, 192_000_000);
        assert_eq!(found.worst.load.wire_bytes, 1_920_000_000);
        assert_eq!((found.best.load.layers, found.worst.load.layers), (16, 160));
        about(found.best.seconds, 38.4, 64.0);
        about(found.worst.seconds, 384.0, 640.0);
        about(found.more_seconds, 345.6, 576.0);
        about(found.more_usd, 302.04, 503.40);
    }

    #[test]
    fn the_studys_pytorch_comes_out_exact() {
        let (found, _) = study(&RedundancyScenario::study_pytorch());
        assert_eq!(found.best.load.wire_bytes, 3_659_300_000);
        about(found.more_seconds, 6586.74, 10977.9);
        about(found.more_usd, 5756.52, 9594.20);
    }

    #[test]
    fn what_the_study_printed_comes_out_by_its_rounding() {
        let (found, cluster) = study(&RedundancyScenario::study());
        let published = PublishedRedundancy::of(&found, &cluster);
        assert_eq!(
            published.best,
            PublishedCase {
                low_seconds: 39,
                high_seconds: 64
            }
        );
        assert_eq!(
            published.worst,
            PublishedCase {
                low_seconds: 384,
                high_seconds: 640
            }
        );
        assert_eq!(
            (published.more_low_usd, published.more_high_usd),
            (301, 503)
        );

        let (found, cluster) = study(&RedundancyScenario::study_pytorch());
        let published = PublishedRedundancy::of(&found, &cluster);
        let minutes = (
            published.more.low_seconds / 60,
            published.more.high_seconds / 60,
        );
        assert_eq!(minutes, (110, 183));
        assert_eq!(
            (published.more_low_usd, published.more_high_usd),
            (5768, 9595)
        );
    }

    #[test]
    fn what_moves_nothing_is_refused() {
        assert!(Bandwidth::new(0.0, 5.0).is_err());
        assert!(Bandwidth::new(1.0, f64::INFINITY).is_err());
        assert!(Bandwidth::new(f64::NAN, 5.0).is_err());
        assert_eq!(
            Bandwidth::new(5.0, 3.0),
            Err(ClusterError::Swapped {
                low: 5.0,
                high: 3.0
            })
        );
        assert_eq!(Cluster::new(0, 1.0), Err(ClusterError::Nodes));
        assert!(Cluster::new(1, -1.0).is_err());
        assert!(Cluster::new(1, f64::NAN).is_err());
    }
}
