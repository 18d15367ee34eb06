//! What one might do about slow pulls: parts that are laid over a scenario, alone or together.

mod apply;
mod assumptions;
mod kind;
mod parse;

pub use kind::{Contradiction, StrategyKind};
pub use parse::ParseStrategyError;

use crate::scenario::Scenario;

use kind::Part;

/// Something that is done about slow pulls, or several things together.
///
/// As text, a name with settings after a colon, and others after a plus: `zstd`, `lazy:share=0.1`,
/// `pull-through-cache:bytes_per_second=5GB,latency_seconds=0.002+zstd`. The text without any name is `as-is`: what the
/// scenario says, with nothing laid over it.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::{Image, Scenario, Strategy, simulate};
///
/// let mut scenario = Scenario::default();
/// scenario.nodes = 200;
/// scenario.images = vec![Image::of_equal_layers("app:1", 10, 4_000_000_000, None, 0)];
/// scenario.registry.bytes_per_second = 1e9;
/// let peers: Strategy = "peer-to-peer".parse()?;
/// let with_peers = peers.applied_to(&scenario);
/// assert!(simulate(&with_peers)?.ended_at_seconds() < simulate(&scenario)?.ended_at_seconds());
/// assert!(!peers.assumptions(&scenario).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    text: String,
    parts: Vec<Part>,
}

impl Strategy {
    /// Nothing is done: the scenario as it is.
    #[must_use]
    pub fn as_is() -> Self {
        Self {
            text: Self::AS_IS.to_owned(),
            parts: Vec::new(),
        }
    }

    /// The name of [`as_is`](Self::as_is).
    pub const AS_IS: &'static str = "as-is";

    /// Returns what it is made of, in the order in which it is laid over a scenario.
    pub fn kinds(&self) -> impl Iterator<Item = StrategyKind> {
        self.parts.iter().map(Part::kind)
    }

    /// Returns the scenario with this strategy laid over it.
    #[must_use]
    pub fn applied_to(&self, scenario: &Scenario) -> Scenario {
        let mut changed = scenario.clone();
        self.parts
            .iter()
            .for_each(|part| apply::apply(part, &mut changed));
        changed
    }

    /// Returns what is taken for granted, one sentence each.
    #[must_use]
    pub fn assumptions(&self, scenario: &Scenario) -> Vec<String> {
        let changed = self.applied_to(scenario);
        let parts = self.parts.iter();
        parts
            .flat_map(|part| assumptions::of(part, &changed))
            .collect()
    }
}

/// Writes the text that it was read from.
impl std::fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.text)
    }
}
