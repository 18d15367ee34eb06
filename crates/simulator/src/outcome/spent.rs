//! Where a pull's seconds went.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a pull can be held up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Constraint {
    /// Other images that the kubelet pulls first, or another pull that fetches the same layer.
    Queue,
    /// Attempts that failed, and the back-off after them.
    BackOff,
    /// 429 answers, and the wait that they ask for.
    RateLimit,
    /// Ways to the registry and back.
    Latency,
    /// What the registry sends to all nodes together.
    Registry,
    /// What the cache sends to all nodes together.
    Cache,
    /// What seeds and peers send.
    Peers,
    /// What the volume sends to all nodes together.
    Volume,
    /// The node's network.
    Link,
    /// What one connection, or one reader, can do.
    Connection,
    /// Hashing.
    Hashing,
    /// Inflating.
    Inflating,
    /// The node's disk.
    Disk,
    /// What each layer and file costs, whatever its size.
    LayerOverhead,
}

impl Constraint {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Queue,
        Self::BackOff,
        Self::RateLimit,
        Self::Latency,
        Self::Registry,
        Self::Cache,
        Self::Peers,
        Self::Volume,
        Self::Link,
        Self::Connection,
        Self::Hashing,
        Self::Inflating,
        Self::Disk,
        Self::LayerOverhead,
    ];

    /// Returns the name as it stands in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::BackOff => "back-off",
            Self::RateLimit => "rate-limit",
            Self::Latency => "latency",
            Self::Registry => "registry",
            Self::Cache => "cache",
            Self::Peers => "peers",
            Self::Volume => "volume",
            Self::Link => "link",
            Self::Connection => "connection",
            Self::Hashing => "hashing",
            Self::Inflating => "inflating",
            Self::Disk => "disk",
            Self::LayerOverhead => "layer-overhead",
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Seconds by what they were waited for, along the chain of work that decided when a pull ended. They add up to the
/// pull's duration.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Constraint, Image, Scenario, simulate};
///
/// let mut scenario = Scenario::default();
/// scenario.images = vec![Image::of_equal_layers("app:1", 4, 1_000_000_000, Some(3_000_000_000), 0)];
/// scenario.node.disk.bytes_per_second = 1e9;
/// let outcome = simulate(&scenario)?;
/// let spent = &outcome.pulls[0].spent;
/// assert!((spent.total_seconds() - outcome.pulls[0].seconds()).abs() < 1e-6);
/// // 3 GB are inflated at 180 MB/s: no disk and no network is as slow.
/// assert_eq!(spent.most(), Some(Constraint::Inflating));
/// # Ok::<(), pullstudy_simulator::ScenarioError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    seconds: [f64; Constraint::ALL.len()],
}

impl Spent {
    /// Adds seconds; what is below zero by rounding counts as zero.
    pub(crate) fn add(&mut self, constraint: Constraint, seconds: f64) {
        self.seconds[constraint as usize] += seconds.max(0.0);
    }

    /// Adds all of another.
    pub(crate) fn add_all(&mut self, other: &Self) {
        for (mine, others) in self.seconds.iter_mut().zip(other.seconds) {
            *mine += others;
        }
    }

    /// Returns the seconds that went to one.
    #[must_use]
    pub fn seconds(&self, constraint: Constraint) -> f64 {
        self.seconds[constraint as usize]
    }

    /// Returns all of them.
    #[must_use]
    pub fn total_seconds(&self) -> f64 {
        self.seconds.iter().sum()
    }

    /// Returns what most of them went to; `None` if there are none.
    #[must_use]
    pub fn most(&self) -> Option<Constraint> {
        let by_seconds = |left: &Constraint, right: &Constraint| {
            self.seconds(*left).total_cmp(&self.seconds(*right))
        };
        let most = Constraint::ALL.into_iter().max_by(by_seconds);
        most.filter(|&constraint| self.seconds(constraint) > 0.0)
    }
}

/// A map from names to seconds, without those that are 0.
impl Serialize for Spent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = Constraint::ALL.into_iter();
        serializer.collect_map(
            all.map(|constraint| (constraint.as_str(), self.seconds(constraint)))
                .filter(|&(_, seconds)| seconds > 0.0),
        )
    }
}
