//! From how many pulls on something pays that costs and saves.

use serde::Deserialize;

use crate::bill::node_cost_usd;
use crate::cost_file::{amount, optional_amount, words};
use crate::prices::{Machine, Prices, UnknownMachine};

/// A way to make pulls cheaper: what it costs, and what it saves.
///
/// It costs `once_usd`, and for `hours` what `machines` of type `machine` and `usd_per_hour` ask for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Strategy {
    /// What it is.
    #[serde(rename = "strategy", deserialize_with = "words")]
    pub name: String,
    /// USD that are paid once.
    #[serde(default, deserialize_with = "amount")]
    pub once_usd: f64,
    /// USD an hour beside machines.
    #[serde(default, deserialize_with = "amount")]
    pub usd_per_hour: f64,
    /// A machine type that it needs, such as that of a cache.
    #[serde(default)]
    pub machine: Option<String>,
    /// How many of these.
    #[serde(default = "one", deserialize_with = "amount")]
    pub machines: f64,
    /// How long it is paid for.
    #[serde(default, deserialize_with = "amount")]
    pub hours: f64,
    /// Seconds that each pull is shorter. Without it, what sharing all layers saves.
    #[serde(default, deserialize_with = "optional_amount")]
    pub saved_seconds_per_pull: Option<f64>,
}

/// From where on a strategy pays.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BreakEven {
    /// What the strategy costs.
    pub fixed_usd: f64,
    /// What it saves with each pull.
    pub saved_usd_per_pull: f64,
    /// The first number of pulls that save at least what it costs; `None` where it never pays.
    pub pulls: Option<u64>,
}

impl BreakEven {
    /// Returns from how many pulls on a saving carries a cost. What costs nothing pays from the first; what saves
    /// nothing never does.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_costmodel::BreakEven;
    ///
    /// assert_eq!(BreakEven::of(10.0, 0.3).pulls, Some(34));
    /// assert_eq!(BreakEven::of(0.0, 0.3).pulls, Some(0));
    /// assert_eq!(BreakEven::of(10.0, 0.0).pulls, None);
    /// ```
    #[must_use]
    pub fn of(fixed_usd: f64, saved_usd_per_pull: f64) -> Self {
        let pulls = (fixed_usd / saved_usd_per_pull).ceil();
        // 2^63: nobody pulls as often, and what is larger does not fit.
        let is_count = (0.0..9.2e18).contains(&pulls);
        let pulls = if fixed_usd <= 0.0 {
            Some(0)
        } else {
            (saved_usd_per_pull > 0.0 && is_count).then_some(pulls as u64)
        };
        Self {
            fixed_usd,
            saved_usd_per_pull,
            pulls,
        }
    }

    /// Returns from how many nodes on it pays, if each pulls so often; `None` where it never pays.
    #[must_use]
    pub fn nodes(&self, pulls_per_node: u64) -> Option<u64> {
        match pulls_per_node {
            0 => None,
            pulls_per_node => Some(self.pulls?.div_ceil(pulls_per_node)),
        }
    }
}

impl Strategy {
    /// Returns what the strategy costs, whatever it saves.
    ///
    /// # Errors
    ///
    /// [`UnknownMachine`] if its machine has no price.
    pub fn fixed_usd(&self, prices: &Prices) -> Result<f64, UnknownMachine> {
        let rate = match &self.machine {
            Some(machine) => prices.machine(machine).map(Machine::usd_per_hour)?,
            None => 0.0,
        };
        Ok(self.once_usd + self.hours * (self.usd_per_hour + self.machines * rate))
    }

    /// Returns from where on it pays on nodes of a price, where each pull is shorter by `saved_seconds`.
    ///
    /// # Errors
    ///
    /// [`UnknownMachine`] if its machine has no price.
    pub fn break_even(
        &self,
        prices: &Prices,
        saved_seconds: f64,
        node_usd_per_hour: f64,
    ) -> Result<BreakEven, UnknownMachine> {
        let saved_usd = node_cost_usd(saved_seconds, node_usd_per_hour);
        Ok(BreakEven::of(self.fixed_usd(prices)?, saved_usd))
    }
}

fn one() -> f64 {
    1.0
}
