//! A line through observations, which may break once.

use pullstudy_stats::{Design, Errors, RegressionError, RegressionOptions, Segmented};

use super::choice::distinct_images;
use super::fit::{BreakpointChoice, FitError, FitOptions};
use super::observation::Observation;
use super::term::Term;

/// Downloads more than terms: with fewer, residuals would say nothing.
pub(super) const SPARE_OBSERVATIONS: usize = 2;

/// Sizes more than the terms of a line that breaks, its place among them: with fewer, a line would bend to any of them.
const SPARE_SIZES: usize = 2;

/// What a broken line has more than a straight one: a slope, and the place.
const BREAK_TERMS: usize = 2;

/// A line through observations, and along which term it may break.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) terms: Vec<Term>,
    pub(super) segmented: Segmented,
    pub(super) along: Term,
    regression: RegressionOptions,
}

impl Line {
    pub(super) fn fit(
        observations: &[Observation],
        terms: &[Term],
        options: &FitOptions,
    ) -> Result<Self, FitError> {
        let needed = terms.len() + SPARE_OBSERVATIONS;
        if observations.len() < needed {
            return Err(FitError::TooFew {
                observations: observations.len(),
                terms: terms.to_vec(),
                needed,
            });
        }
        let regression = RegressionOptions {
            errors: Errors::Relative,
            is_robust: options.is_robust,
            non_negative: terms.iter().map(|term| !term.may_save_time()).collect(),
            ..RegressionOptions::default()
        };
        let at = terms.iter().position(|term| term.is_bytes()).unwrap_or(0);
        let may_break = distinct_images(observations, &terms[at..=at])
            >= terms.len() + BREAK_TERMS + SPARE_SIZES;
        let design = design(observations, terms);
        let segmented = match options.breakpoint {
            BreakpointChoice::At(bytes) => Segmented::fit_at(&design, at, bytes, &regression),
            BreakpointChoice::Auto if may_break => Segmented::fit(&design, at, &regression),
            _ => Segmented::straight(&design, &regression),
        };
        let refused = |source| FitError::Regression {
            terms: terms.to_vec(),
            source,
        };
        Ok(Self {
            terms: terms.to_vec(),
            segmented: segmented.map_err(refused)?,
            along: terms[at],
            regression,
        })
    }

    /// Fits the same line, broken at the same place, to other observations.
    pub(super) fn again(&self, observations: &[Observation]) -> Result<Self, RegressionError> {
        let design = design(observations, &self.terms);
        let segmented = match self.breaks_at() {
            Some(bytes) => {
                let at = self.terms.iter().position(|&term| term == self.along);
                Segmented::fit_at(&design, at.unwrap_or(0), bytes, &self.regression)?
            }
            None => Segmented::straight(&design, &self.regression)?,
        };
        Ok(Self {
            segmented,
            ..self.clone()
        })
    }

    pub(super) fn breaks_at(&self) -> Option<f64> {
        self.segmented.breakpoint.as_ref().map(|found| found.at)
    }

    /// Whether the observation lies beyond the breakpoint.
    pub(super) fn is_beyond(&self, observation: &Observation) -> bool {
        let value = observation.value(self.along).unwrap_or(0.0);
        self.breaks_at().is_some_and(|at| value > at)
    }

    /// What the line says of an observation, which need not be one that it was fitted to.
    pub(super) fn seconds(&self, observation: &Observation) -> f64 {
        let coefficients = &self.segmented.regression.coefficients;
        let of = |term: Term| observation.value(term).unwrap_or(0.0);
        let terms = self.terms.iter().zip(coefficients);
        let straight: f64 = terms
            .map(|(&term, coefficient)| of(term) * coefficient.estimate)
            .sum();
        let beyond = self.breaks_at().zip(coefficients.last());
        straight
            + beyond.map_or(0.0, |(at, coefficient)| {
                (of(self.along) - at).max(0.0) * coefficient.estimate
            })
    }

    /// Whether bytes from zstd would take less than no time.
    pub(super) fn saves_all(&self) -> bool {
        let coefficients = &self.segmented.regression.coefficients;
        let of = |wanted: Term| {
            let mut terms = self.terms.iter().zip(coefficients);
            let found = terms.find(|(term, _)| **term == wanted);
            found.map_or(0.0, |(_, coefficient)| coefficient.estimate)
        };
        of(Term::UnpackedBytes) + of(Term::ZstdBytes) < 0.0
    }

    /// How many numbers were chosen to make it, the place where it breaks among them.
    pub(super) fn parameters(&self) -> usize {
        let place = usize::from(self.segmented.breakpoint.is_some());
        self.segmented.regression.coefficients.len() + place
    }

    pub(super) fn schwarz(&self) -> f64 {
        let more = usize::from(self.segmented.breakpoint.is_some());
        self.segmented.regression.schwarz(more)
    }

    /// The logarithm of what was measured over what the line says.
    pub(super) fn log_ratio(&self, observation: &Observation) -> f64 {
        // A line that says nothing would be off by infinitely much.
        let seconds = self.seconds(observation).max(observation.seconds / 1e6);
        (observation.seconds / seconds).ln()
    }
}

pub(super) fn design(observations: &[Observation], terms: &[Term]) -> Design {
    let names = terms.iter().map(|term| term.as_str());
    let mut design = Design::new(names).expect("terms are fewer than a design takes");
    for observation in observations {
        let values = terms
            .iter()
            .map(|&term| observation.value(term).unwrap_or(0.0));
        let row: Vec<f64> = values.collect();
        design
            .observe(&row, observation.seconds)
            .expect("a value a term, finite as counts and checked seconds are");
    }
    design
}

/// The values of a term; `None` if not all are known.
pub(super) fn values(observations: &[Observation], term: Term) -> Option<Vec<f64>> {
    observations.iter().map(|pull| pull.value(term)).collect()
}
