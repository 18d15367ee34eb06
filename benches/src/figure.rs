//! Raw figures, kept, and what is said of them.

use std::borrow::Cow;

use anyhow::Context;
use pullstudy_stats::Sample;
use serde::{Deserialize, Serialize};

/// One thing measured several times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// The unit of every value.
    pub(crate) unit: Cow<'static, str>,
    /// All values, in the order they were taken.
    pub(crate) values: Vec<f64>,
}

impl Figure {
    /// Starts a figure without values.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            values: Vec::new(),
        }
    }

    /// Returns the median of the values.
    pub(crate) fn median(&self) -> anyhow::Result<f64> {
        let sample = Sample::new(self.values.clone());
        Ok(sample
            .with_context(|| format!("figure {:?} has no values", self.name))?
            .median())
    }

    /// Returns the smallest value.
    pub(crate) fn min(&self) -> f64 {
        self.values.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Returns the largest value.
    pub(crate) fn max(&self) -> f64 {
        self.values
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// Returns `self / other`, value by value: both were taken in turn, so that a machine whose speed drifts slows
    /// both of a pair.
    pub(crate) fn ratio(&self, other: &Self, name: impl Into<String>) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            name: name.into(),
            unit: "ratio".into(),
            values: pairs.map(|(ours, theirs)| ours / theirs).collect(),
        }
    }
}

/// A number the project promises, and what came out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Target {
    /// What is promised, in words.
    pub(crate) promise: String,
    /// The least (or, where `at_most`, the greatest) value that keeps it.
    pub(crate) bound: f64,
    /// Whether the bound is an upper one.
    pub(crate) at_most: bool,
    /// The value that came out.
    pub(crate) measured: f64,
    /// Whether the promise is kept.
    pub(crate) met: bool,
}

impl Target {
    /// Holds `measured` against a lower bound.
    pub(crate) fn at_least(promise: impl Into<String>, bound: f64, measured: f64) -> Self {
        Self {
            promise: promise.into(),
            bound,
            at_most: false,
            measured,
            met: measured >= bound,
        }
    }

    /// Holds `measured` against an upper bound.
    pub(crate) fn at_most(promise: impl Into<String>, bound: f64, measured: f64) -> Self {
        Self {
            promise: promise.into(),
            bound,
            at_most: true,
            measured,
            met: measured <= bound,
        }
    }
}

/// All that one benchmark found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Findings {
    /// The raw figures.
    pub(crate) figures: Vec<Figure>,
    /// The promises.
    pub(crate) targets: Vec<Target>,
    /// What a reader must know to read the figures right.
    pub(crate) notes: Vec<String>,
}
