//! How long a pull will take, before anything is pulled.

use super::profile::{Collinear, LeftOutReason, MeasuredImage, NodeProfile, ResidualBand};
use super::term::Term;

/// Sizes that differ by less than this share are those of the same image: what counts configs or manifests among an
/// image's bytes differs from what does not by less.
const SAME_SIZE: f64 = 0.001;

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

/// A value that is not known of the image, taken from another that went along with it in what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Derived {
    /// What is not known.
    pub term: Term,
    /// Its value, if this image is as those that were measured.
    pub value: f64,
    /// From what.
    pub from: Term,
    /// Their correlation in what was measured.
    pub r: f64,
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
    /// Values that were taken from others.
    pub derived: Vec<Derived>,
    /// The image whose own pulls were measured; `None` where only the line is known.
    pub measured: Option<MeasuredImage>,
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
    /// Of an image whose sizes are those of a measured one, what was measured of it counts beside the line; the fewer nodes
    /// pulled it, the less. The interval is as wide as each node's pulls lay from what the other nodes said of them, and
    /// wider for images that were not measured, where images differ. It knows nothing of other machines, runtimes and
    /// registries.
    ///
    /// # Errors
    ///
    /// [`PredictError`] if the profile goes by a size that is not given, and cannot be told from those that are.
    pub fn predict(&self, sizes: &Sizes) -> Result<Prediction, PredictError> {
        self.predict_named(None, sizes)
    }

    /// Predicts the seconds of a pull of an image by its name, as [`predict`](Self::predict) does: images of one size are
    /// told apart by it.
    ///
    /// # Errors
    ///
    /// [`PredictError`] as [`predict`](Self::predict).
    pub fn predict_image(&self, image: &str, sizes: &Sizes) -> Result<Prediction, PredictError> {
        self.predict_named(Some(image), sizes)
    }

    /// Returns the sizes that an image had when it was measured, as far as the profile goes by them.
    #[must_use]
    pub fn measured_sizes(&self, image: &str) -> Option<Sizes> {
        let measured = self
            .images
            .iter()
            .find(|measured| measured.image == image)?;
        let of = |term: Term| measured.sizes.get(&term).copied();
        let bytes = |term: Term| of(term).map(|value| value as u64);
        Some(Sizes {
            wire_bytes: bytes(Term::WireBytes),
            unpacked_bytes: bytes(Term::UnpackedBytes),
            layers: of(Term::Layers).map(|layers| layers as u32),
            files: bytes(Term::Files),
            nodes: None,
            zstd_bytes: bytes(Term::ZstdBytes),
        })
    }

    fn predict_named(
        &self,
        image: Option<&str>,
        sizes: &Sizes,
    ) -> Result<Prediction, PredictError> {
        if sizes.nodes == Some(0) {
            return Err(PredictError::NoNodes);
        }
        let (values, derived) = self.values(sizes)?;
        let parts: Vec<(Term, f64)> = self
            .terms
            .iter()
            .zip(&values)
            .map(|(term, &value)| {
                let straight = value * term.seconds_per_unit;
                (term.term, straight + self.beyond(term.term, value))
            })
            .collect();
        let seconds: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
        let measured = self.measured(image, &values);
        let (p5, median, p95) = self.factors(measured, &values);
        let largest = parts
            .iter()
            .max_by(|left, right| left.1.total_cmp(&right.1));
        Ok(Prediction {
            median_seconds: seconds * median,
            p5_seconds: seconds * p5,
            p95_seconds: seconds * p95,
            bound_by: largest
                .filter(|(_, seconds)| *seconds > 0.0)
                .map(|&(term, _)| term),
            ignored: self.ignored(sizes, &derived),
            extrapolated: self.extrapolated(sizes, &values),
            parts,
            derived,
            measured: measured.cloned(),
        })
    }

    /// The value of each term, and which of them were taken from others.
    fn values(&self, sizes: &Sizes) -> Result<(Vec<f64>, Vec<Derived>), PredictError> {
        let mut derived = Vec::new();
        let mut value = |term: Term| {
            sizes.value(term).or_else(|| {
                let found = self.derived(term, sizes)?;
                derived.push(found);
                Some(found.value)
            })
        };
        let values: Result<Vec<f64>, PredictError> = self
            .terms
            .iter()
            .map(|term| value(term.term).ok_or_else(|| self.unknown(term.term)))
            .collect();
        Ok((values?, derived))
    }

    /// Takes a value from one that went along with it, within what was measured of that: beyond, the image is surely of
    /// another kind.
    fn derived(&self, term: Term, sizes: &Sizes) -> Option<Derived> {
        self.left_out.iter().find_map(|left_out| {
            let LeftOutReason::Collinear(Collinear {
                with,
                r,
                at_zero,
                per_unit,
                measured,
            }) = &left_out.reason
            else {
                return None;
            };
            let from = sizes.value(left_out.term)?;
            let is_inside = from >= measured.least && from <= measured.most;
            (*with == term && is_inside).then(|| Derived {
                term,
                value: (at_zero + per_unit * from).max(0.0),
                from: left_out.term,
                r: *r,
            })
        })
    }

    /// The image that was measured, if there is one of these sizes, and of this name where there are several.
    fn measured(&self, image: Option<&str>, values: &[f64]) -> Option<&MeasuredImage> {
        let is_close = |size: f64, value: f64| (size - value).abs() <= SAME_SIZE * size.abs();
        let has_sizes = |measured: &&MeasuredImage| {
            let mut terms = self.terms.iter().zip(values);
            terms.all(|(term, &value)| {
                let size = measured.sizes.get(&term.term);
                size.is_none_or(|&size| is_close(size, value))
            })
        };
        let mut same = self.images.iter().filter(has_sizes);
        let named = image.and_then(|image| same.clone().find(|measured| measured.image == image));
        named.or_else(|| same.next().filter(|_| same.next().is_none()))
    }

    /// Factors on what the line says: 5 % of pulls, half of them, and 95 % are expected below.
    fn factors(&self, measured: Option<&MeasuredImage>, values: &[f64]) -> (f64, f64, f64) {
        if let Some(image) = measured {
            return (image.p5, image.median, image.p95);
        }
        let band = self.band(values);
        band.map_or((1.0, 1.0, 1.0), |band| (band.p5, band.median, band.p95))
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

    fn band(&self, values: &[f64]) -> Option<&ResidualBand> {
        let along = self.breakpoint.as_ref().and_then(|found| {
            let at = self.terms.iter().position(|term| term.term == found.term)?;
            values.get(at).copied()
        });
        let along = along.unwrap_or(0.0);
        let holds = |band: &&ResidualBand| band.from == 0.0 || along > band.from;
        self.residuals.iter().rfind(holds)
    }

    /// Sizes that are known, and that the profile does not go by. A size of nothing is none, such as zstd bytes of an image
    /// of gzip. Nodes are no size: that a pull does not wait for other nodes is what most profiles say.
    fn ignored(&self, sizes: &Sizes, derived: &[Derived]) -> Vec<Term> {
        let known = Term::ALL
            .into_iter()
            .filter(|&term| sizes.value(term).is_some_and(|value| value > 0.0));
        let is_used = |term: Term| {
            term == Term::Nodes
                || self.term(term).is_some()
                || derived.iter().any(|derived| derived.from == term)
        };
        known.filter(|&term| !is_used(term)).collect()
    }

    fn extrapolated(&self, sizes: &Sizes, values: &[f64]) -> Vec<Extrapolation> {
        let terms = self.terms.iter().zip(values);
        let outside = terms
            .filter(|(term, _)| term.term != Term::Base)
            .filter_map(|(term, &value)| {
                let (least, most) = (term.measured.least, term.measured.most);
                // Sums of bytes that were derived come back to their last digit but one.
                let is_inside =
                    value <= most * (1.0 + SAME_SIZE) && value >= least * (1.0 - SAME_SIZE);
                (!is_inside).then_some(Extrapolation {
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
