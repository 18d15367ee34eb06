//! How long a pull will take, before anything is pulled.

use super::profile::{NodeProfile, ResidualBand};
use super::term::Term;

/// What an image is like, as far as it has still to be pulled. What is not known is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes that the registry sends.
    pub wire_bytes: Option<u64>,
    /// Bytes that are written.
    pub unpacked_bytes: Option<u64>,
    /// Layers.
    pub layers: Option<u32>,
    /// Files.
    pub files: Option<u64>,
    /// Nodes that pull at once.
    pub nodes: Option<u32>,
    /// Of the unpacked bytes, those in zstd layers.
    pub zstd_bytes: Option<u64>,
}

/// A value outside what the profile was fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Extrapolation {
    /// Of what.
    pub term: Term,
    /// The value.
    pub value: f64,
    /// The least that was measured.
    pub least: f64,
    /// The most.
    pub most: f64,
}

/// What a profile says of a pull.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Prediction {
    /// Seconds that half of such pulls stay below.
    pub median_seconds: f64,
    /// Seconds that 5 % stay below.
    pub p5_seconds: f64,
    /// Seconds that 95 % stay below.
    pub p95_seconds: f64,
    /// What takes the largest part.
    pub bound_by: Option<Term>,
    /// Seconds by term.
    pub parts: Vec<(Term, f64)>,
    /// Terms of which the image is known and the profile says nothing.
    pub ignored: Vec<Term>,
    /// Values beyond what was measured, where nobody knows whether the line goes on.
    pub extrapolated: Vec<Extrapolation>,
}

/// Why nothing can be predicted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The profile goes by something that is not known of the image.
    #[error("profile {profile:?} goes by {term}, which is not known of the image: {remedy}")]
    Unknown {
        /// The profile's name.
        profile: String,
        /// What is missing.
        term: Term,
        /// What to do.
        remedy: &'static str,
    },
    /// No nodes pull.
    #[error("0 nodes pull nothing: give at least 1")]
    NoNodes,
}

impl Sizes {
    fn value(&self, term: Term) -> Option<f64> {
        match term {
            Term::Base => Some(1.0),
            Term::UnpackedBytes => self.unpacked_bytes.map(|bytes| bytes as f64),
            Term::WireBytes => self.wire_bytes.map(|bytes| bytes as f64),
            Term::Layers => self.layers.map(f64::from),
            Term::Files => self.files.map(|files| files as f64),
            Term::Nodes => self.nodes.map(f64::from),
            Term::ZstdBytes => self.zstd_bytes.map(|bytes| bytes as f64),
        }
    }
}

impl NodeProfile {
    /// Predicts the seconds of a pull on such a node, with an interval that holds nine pulls of ten.
    ///
    /// The interval is as wide as the measured pulls lay from the line; it knows nothing of other nodes, runtimes and
    /// registries.
    ///
    /// # Errors
    ///
    /// [`PredictError`] if the profile goes by a size that is not given.
    pub fn predict(&self, sizes: &Sizes) -> Result<Prediction, PredictError> {
        if sizes.nodes == Some(0) {
            return Err(PredictError::NoNodes);
        }
        let mut parts = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            let value = sizes
                .value(term.term)
                .ok_or_else(|| self.unknown(term.term))?;
            parts.push((
                term.term,
                value * term.seconds_per_unit + self.beyond(term.term, value),
            ));
        }
        let seconds: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
        let band = self.band(sizes);
        let largest = parts
            .iter()
            .max_by(|left, right| left.1.total_cmp(&right.1));
        Ok(Prediction {
            median_seconds: seconds * band.map_or(1.0, |band| band.median),
            p5_seconds: seconds * band.map_or(1.0, |band| band.p5),
            p95_seconds: seconds * band.map_or(1.0, |band| band.p95),
            bound_by: largest
                .filter(|(_, seconds)| *seconds > 0.0)
                .map(|&(term, _)| term),
            ignored: self.ignored(sizes),
            extrapolated: self.extrapolated(sizes),
            parts,
        })
    }

    fn unknown(&self, term: Term) -> PredictError {
        let remedy = match term {
            Term::UnpackedBytes => {
                "give --unpacked-bytes, which neither a manifest nor a registry tells"
            }
            Term::WireBytes => "give --wire-bytes, or an archive with the image's manifest",
            Term::Layers => "give --layers, or an archive with the image's manifest",
            Term::Nodes => "give --nodes",
            _ => "fit a profile without it",
        };
        PredictError::Unknown {
            profile: self.name.clone(),
            term,
            remedy,
        }
    }

    fn beyond(&self, term: Term, value: f64) -> f64 {
        let along = self.breakpoint.as_ref().filter(|found| found.term == term);
        along.map_or(0.0, |found| {
            (value - found.at).max(0.0) * found.seconds_per_unit
        })
    }

    fn band(&self, sizes: &Sizes) -> Option<&ResidualBand> {
        let along = self
            .breakpoint
            .as_ref()
            .and_then(|found| sizes.value(found.term))
            .unwrap_or(0.0);
        let holds = |band: &&ResidualBand| band.from == 0.0 || along > band.from;
        self.residuals.iter().rfind(holds)
    }

    /// Sizes that are known, and that the profile does not go by. Nodes are no size: that a pull does not wait for other
    /// nodes is what most profiles say.
    fn ignored(&self, sizes: &Sizes) -> Vec<Term> {
        let known = Term::ALL
            .into_iter()
            .filter(|&term| sizes.value(term).is_some());
        known
            .filter(|&term| term != Term::Nodes && self.term(term).is_none())
            .collect()
    }

    fn extrapolated(&self, sizes: &Sizes) -> Vec<Extrapolation> {
        let terms = self.terms.iter().filter(|term| term.term != Term::Base);
        let outside = terms.filter_map(|term| {
            let value = sizes.value(term.term)?;
            let (least, most) = (term.measured.least, term.measured.most);
            // What is smaller than anything measured is only the base, which the line goes through.
            (value > most || value < least).then_some(Extrapolation {
                term: term.term,
                value,
                least,
                most,
            })
        });
        let nodes = self.nodes_outside(sizes);
        outside.chain(nodes).collect()
    }

    fn nodes_outside(&self, sizes: &Sizes) -> Option<Extrapolation> {
        let value = f64::from(sizes.nodes?);
        let (least, most) = (*self.fitted.nodes.first()?, *self.fitted.nodes.last()?);
        let outside = self.term(Term::Nodes).is_none() && value > f64::from(most);
        outside.then_some(Extrapolation {
            term: Term::Nodes,
            value,
            least: f64::from(least),
            most: f64::from(most),
        })
    }
}
