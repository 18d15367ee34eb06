//! A node set-up, as measured pulls tell of it: small enough to share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::term::Term;

/// How long pulls take on nodes of one kind, with one runtime and one registry.
///
/// Seconds are the sum over [`terms`](Self::terms) of value times `seconds_per_unit`, plus `seconds_per_unit` of the
/// [`breakpoint`](Self::breakpoint) for what lies beyond it. Measured pulls lie about that by the factors of
/// [`residuals`](Self::residuals).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NodeProfile {
    /// Version of the file.
    pub format_version: u32,
    /// What it is a profile of, in the words of whoever made it.
    pub name: String,
    /// Which seconds: `including-waiting` or `pull-only`.
    pub clock: String,
    /// The nodes' container runtime, as `kubectl get nodes` names it, if it is known.
    pub runtime: Option<String>,
    /// The nodes' machine type, if it is known.
    pub machine: Option<String>,
    /// What it was fitted to.
    pub fitted: Fitted,
    /// What seconds are made of.
    pub terms: Vec<ProfileTerm>,
    /// Where a line would not do.
    pub breakpoint: Option<ProfileBreakpoint>,
    /// Terms that the measured pulls say nothing about.
    pub left_out: Vec<LeftOut>,
    /// How far pulls of images that were not measured are expected from the line.
    pub residuals: Vec<ResidualBand>,
    /// The images that were measured, and how far their pulls lay from the line.
    pub images: Vec<MeasuredImage>,
}

/// What a profile rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Fitted {
    /// Pulls.
    pub pulls: u64,
    /// Pulls that were left out, since they do not tell the sizes that the others do.
    pub left_out_pulls: u64,
    /// Downloads: pulls of one image by one node in one run count once.
    pub observations: u64,
    /// Distinct images.
    pub images: u64,
    /// Numbers of nodes that pulled at once, ascending.
    pub nodes: Vec<u32>,
    /// Runs, as they are named in the logs.
    pub runs: Vec<String>,
    /// Share of the variance of seconds that the line explains.
    pub r_squared: f64,
    /// Whether observations far off counted for less.
    pub robust: bool,
}

/// What a unit of something adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProfileTerm {
    /// What.
    pub term: Term,
    /// Seconds for one of it: for bytes, the inverse of a rate.
    pub seconds_per_unit: f64,
    /// The lower end of what it may be at 95 %, not below 0; `None` where it is held at 0.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// It would have been negative, which no pull is.
    pub held_at_zero: bool,
    /// By how much its variance is larger because it goes along with other terms; more than 10 is much. `None` for what is
    /// constant.
    pub variance_inflation: Option<f64>,
    /// Values that were measured.
    pub measured: Range,
}

/// The least and the most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// Where the slope changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProfileBreakpoint {
    /// Along what.
    pub term: Term,
    /// At which value.
    pub at: f64,
    /// Seconds for one unit beyond, on top of the term's own.
    pub seconds_per_unit: f64,
    /// The lower end of what a unit beyond may take in all, at 95 %; `None` for too few nodes.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// By how much Schwarz's criterion is lower than for a straight line; above 10 is very strong.
    pub schwarz_gain: f64,
}

/// A term without a coefficient, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LeftOut {
    /// Which one.
    pub term: Term,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why a term has no coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LeftOutReason {
    /// Not every measured pull tells of it.
    Unknown,
    /// It took too few different values beside those of the other terms.
    FewValues {
        /// Images that differ in these terms, or numbers of nodes.
        distinct: u64,
        /// How many it takes.
        needed: u64,
    },
    /// It was the same, or nearly, in all pulls.
    Constant {
        /// Its value.
        value: f64,
    },
    /// It went along with another term, so that nobody can tell which of them took the time.
    Collinear(Collinear),
    /// The line is no better with it.
    NotNeeded,
}

/// How closely a term goes along with another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collinear {
    /// The other, which is in the model.
    pub with: Term,
    /// Their correlation; where only several other terms together tell it, the one with those.
    pub r: f64,
    /// What the other was beside 0 of this one, by a line through both.
    pub at_zero: f64,
    /// What the other grew by for a unit of this one.
    pub per_unit: f64,
    /// Values of this one that were measured.
    pub measured: Range,
}

/// An image that was measured: what its pulls were, as factors of what the line says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MeasuredImage {
    /// Its reference.
    pub image: String,
    /// Downloads that were measured.
    pub downloads: u64,
    /// Its sizes, as far as the model goes by them.
    pub sizes: BTreeMap<Term, f64>,
    /// 5 % of its pulls are expected below this factor.
    pub p5: f64,
    /// Half of them: 1 if it is as the line says, drawn towards that the fewer downloads there are.
    pub median: f64,
    /// 5 % above this one.
    pub p95: f64,
}

/// How far pulls are expected from the line, as factors of its seconds, if their image was not measured.
///
/// By what the other nodes said of each node's pulls: a node that was not measured is expected as far off as one of the
/// measured ones was from the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ResidualBand {
    /// Holds for values of the breakpoint's term above this; 0 for the first band.
    pub from: f64,
    /// Downloads that it rests on.
    pub observations: u64,
    /// 5 % of pulls are expected below this factor.
    pub p5: f64,
    /// Half of them.
    pub median: f64,
    /// 5 % above this one.
    pub p95: f64,
}

impl NodeProfile {
    /// Returns what the profile knows of a term.
    #[must_use]
    pub fn term(&self, term: Term) -> Option<&ProfileTerm> {
        self.terms.iter().find(|known| known.term == term)
    }

    /// Returns bytes a second for a term of bytes, as long as no breakpoint is passed; `None` where it takes no time.
    #[must_use]
    pub fn bytes_per_second(&self, term: Term) -> Option<f64> {
        let seconds = self
            .term(term)
            .filter(|_| term.is_bytes())?
            .seconds_per_unit;
        (seconds > 0.0).then(|| 1.0 / seconds)
    }

    /// Returns bytes a second beyond the breakpoint, if it lies along such a term.
    #[must_use]
    pub fn bytes_per_second_beyond(&self) -> Option<f64> {
        let breakpoint = self
            .breakpoint
            .as_ref()
            .filter(|found| found.term.is_bytes())?;
        let own = self.term(breakpoint.term)?.seconds_per_unit;
        let seconds = own + breakpoint.seconds_per_unit;
        (seconds > 0.0).then(|| 1.0 / seconds)
    }
}
