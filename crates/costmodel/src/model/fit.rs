//! From measured pulls to a profile.

use std::collections::BTreeSet;

use pullstudy_stats::{
    Design, Errors, Regression, RegressionError, RegressionOptions, Sample, Segmented, pearson,
};

use super::observation::{Observation, per_download};
use super::profile::{
    Collinear, Fitted, LeftOut, LeftOutReason, NodeProfile, ProfileBreakpoint, ProfileTerm, Range,
    ResidualBand,
};
use super::profile_file::FORMAT_VERSION;
use super::term::Term;

/// Correlation from which on two terms are not told apart. At 0.999 the variance of both coefficients is 500 times what it
/// would be without the other, so their split would be noise.
const COLLINEAR_FROM: f64 = 0.999;

/// A term that varies by less than this share of its mean is constant.
const CONSTANT_BELOW: f64 = 0.01;

/// Numbers of nodes from which on a slope along them is fitted: two would say nothing of a third.
const NODE_COUNTS: usize = 3;

/// Observations in a band of residuals below which it is joined with the others.
const BAND_OBSERVATIONS: usize = 10;

/// Whether the line may break.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub enum BreakpointChoice {
    /// Where Schwarz's criterion says that it is worth it.
    #[default]
    Auto,
    /// Never.
    Never,
    /// At that many bytes.
    At(f64),
}

/// How a profile is fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// What it is a profile of.
    pub name: String,
    /// Which seconds the observations are.
    pub clock: String,
    /// The nodes' container runtime, if it is known.
    pub runtime: Option<String>,
    /// Their machine type, if it is known.
    pub machine: Option<String>,
    /// Whether observations far off count for less.
    pub is_robust: bool,
    /// Whether the line may break.
    pub breakpoint: BreakpointChoice,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            name: "nodes".to_owned(),
            clock: "including-waiting".to_owned(),
            runtime: None,
            machine: None,
            is_robust: true,
            breakpoint: BreakpointChoice::Auto,
        }
    }
}

/// One download beside what the model says of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FittedObservation {
    /// What was measured.
    pub observation: Observation,
    /// What the line says.
    pub fitted_seconds: f64,
    /// Measured less fitted.
    pub residual_seconds: f64,
    /// Weight that it had: 1 in full, less for one far off.
    pub weight: f64,
}

/// A profile, with what it was made from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelFit {
    /// What is kept of it.
    pub profile: NodeProfile,
    /// Every download beside the line.
    pub observations: Vec<FittedObservation>,
}

/// Why no profile can be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A pull took no time, or none that is a number.
    #[error(
        "a pull of {image} took {seconds} seconds: only pulls of more than 0 seconds can be fitted"
    )]
    BadSeconds {
        /// The image.
        image: String,
        /// Its seconds.
        seconds: f64,
    },
    /// No size is known of all pulls, or all images are of one size.
    #[error(
        "no size varies among the {observations} downloads, so nothing can be said of rates: measure images of at least \
         {needed} different sizes, and give their sizes with --manifests if neither messages nor tags tell them"
    )]
    NoSizes {
        /// Downloads that there are.
        observations: usize,
        /// Sizes that are needed.
        needed: usize,
    },
    /// There are fewer downloads than the line needs.
    #[error(
        "{observations} downloads are too few for {}: at least {needed} are needed (pulls of one image by one node count \
         as one)",
        names(terms)
    )]
    TooFew {
        /// Downloads that there are.
        observations: usize,
        /// What the line is made of.
        terms: Vec<Term>,
        /// How many it takes.
        needed: usize,
    },
    /// The line could not be made.
    #[error("the pulls do not tell {} apart", names(terms))]
    Regression {
        /// What the line is made of.
        terms: Vec<Term>,
        /// Why not.
        source: RegressionError,
    },
}

fn names(terms: &[Term]) -> String {
    let names: Vec<&str> = terms.iter().map(|term| term.as_str()).collect();
    names.join(", ")
}

/// Distinct sizes without which a rate would rest on one image.
const NEEDED_SIZES: usize = 2;

/// Downloads more than terms: with fewer, residuals would say nothing.
const SPARE_OBSERVATIONS: usize = 2;

/// Fits how long pulls take to measured ones.
///
/// Seconds are a sum of what every pull takes and of rates for what varies among the images: unpacked bytes, wire bytes,
/// layers, files, nodes. No rate is negative. Errors are taken to be in proportion to the seconds, and downloads far off
/// the line count for less (Huber), unless the options say otherwise. Terms that do not vary, or go along with others, are
/// left out and named. Along the first size the line may break once: a disk's burst ends. Pulls of one image by one node
/// in one run share a download and count as one observation.
///
/// # Errors
///
/// [`FitError`], which says how many pulls are needed.
///
/// # Examples
///
/// ```
/// use pullstudy_costmodel::{FitOptions, Observation, Sizes, Term, fit};
///
/// // Two seconds, and 150 MB/s.
/// let pulls: Vec<Observation> = (1..=8)
///     .map(|gigabytes| {
///         let bytes = gigabytes * 1_000_000_000;
///         Observation::new("app", 2.0 + bytes as f64 / 150e6).unpacked_bytes(bytes)
///     })
///     .collect();
/// let profile = fit(&pulls, &FitOptions::default())?.profile;
/// let rate = profile.bytes_per_second(Term::UnpackedBytes);
/// assert!(rate.is_some_and(|rate| (rate - 150e6).abs() < 1e3), "{rate:?}");
/// let prediction = profile.predict(&Sizes { unpacked_bytes: Some(3_000_000_000), ..Sizes::default() })?;
/// assert!((prediction.median_seconds - 22.0).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit(pulls: &[Observation], options: &FitOptions) -> Result<ModelFit, FitError> {
    check(pulls)?;
    let observations = per_download(pulls);
    let least = [Term::Base, Term::UnpackedBytes];
    if observations.len() < least.len() + SPARE_OBSERVATIONS {
        return Err(FitError::TooFew {
            observations: observations.len(),
            terms: least.to_vec(),
            needed: least.len() + SPARE_OBSERVATIONS,
        });
    }
    let (mut terms, mut left_out) = choose(&observations);
    if !terms.iter().any(|term| term.is_bytes()) {
        return Err(FitError::NoSizes {
            observations: observations.len(),
            needed: NEEDED_SIZES,
        });
    }
    let mut line = line(&observations, &terms, options)?;
    if terms.contains(&Term::Nodes) {
        let without: Vec<Term> = terms
            .iter()
            .copied()
            .filter(|&term| term != Term::Nodes)
            .collect();
        let other = self::line(&observations, &without, options)?;
        if other.schwarz() <= line.schwarz() {
            (terms, line) = (without, other);
            left_out.push(LeftOut {
                term: Term::Nodes,
                reason: LeftOutReason::NotNeeded,
            });
        }
    }
    let profile = NodeProfile {
        format_version: FORMAT_VERSION,
        name: options.name.clone(),
        clock: options.clock.clone(),
        runtime: options.runtime.clone(),
        machine: options.machine.clone(),
        fitted: fitted(pulls, &observations, &line.segmented.regression, options),
        terms: profile_terms(&terms, &line.segmented.regression, &observations),
        breakpoint: line.breakpoint(),
        left_out,
        residuals: line.bands(&observations),
    };
    Ok(ModelFit {
        profile,
        observations: line.beside(observations),
    })
}

fn check(pulls: &[Observation]) -> Result<(), FitError> {
    let is_bad = |pull: &&Observation| !(pull.seconds.is_finite() && pull.seconds > 0.0);
    match pulls.iter().find(is_bad) {
        None => Ok(()),
        Some(pull) => Err(FitError::BadSeconds {
            image: pull.image.clone(),
            seconds: pull.seconds,
        }),
    }
}

/// Takes the terms that the observations tell of, and says why not the others.
fn choose(observations: &[Observation]) -> (Vec<Term>, Vec<LeftOut>) {
    let (mut taken, mut left_out): (Vec<Term>, Vec<LeftOut>) = (vec![Term::Base], Vec::new());
    for term in Term::ALL.into_iter().filter(|&term| term != Term::Base) {
        match reason_against(term, &taken, observations) {
            None => taken.push(term),
            Some(reason) => left_out.push(LeftOut { term, reason }),
        }
    }
    (taken, left_out)
}

fn reason_against(
    term: Term,
    taken: &[Term],
    observations: &[Observation],
) -> Option<LeftOutReason> {
    let Some(values) = values(observations, term) else {
        return Some(LeftOutReason::Unknown);
    };
    let distinct: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let range = range(&values);
    let is_constant = range.most - range.least <= CONSTANT_BELOW * mean;
    if is_constant || (term == Term::Nodes && distinct.len() < NODE_COUNTS) {
        return Some(LeftOutReason::Constant { value: mean });
    }
    let others = taken.iter().filter(|&&other| other != Term::Base);
    let closest = others
        .filter_map(|&with| {
            let others = self::values(observations, with)?;
            pearson(&values, &others).map(|r| Collinear { with, r })
        })
        .max_by(|left, right| left.r.abs().total_cmp(&right.r.abs()))?;
    (closest.r.abs() >= COLLINEAR_FROM).then_some(LeftOutReason::Collinear(closest))
}

/// The values of a term; `None` if not all are known.
fn values(observations: &[Observation], term: Term) -> Option<Vec<f64>> {
    observations.iter().map(|pull| pull.value(term)).collect()
}

fn range(values: &[f64]) -> Range {
    Range {
        least: values.iter().copied().fold(f64::INFINITY, f64::min),
        most: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// A line through observations, and along which term it may break.
struct Line {
    segmented: Segmented,
    along: Term,
}

fn line(
    observations: &[Observation],
    terms: &[Term],
    options: &FitOptions,
) -> Result<Line, FitError> {
    let needed = terms.len() + SPARE_OBSERVATIONS;
    if observations.len() < needed {
        return Err(FitError::TooFew {
            observations: observations.len(),
            terms: terms.to_vec(),
            needed,
        });
    }
    let refused = |source| FitError::Regression {
        terms: terms.to_vec(),
        source,
    };
    let design = design(observations, terms);
    let regression = RegressionOptions {
        errors: Errors::Relative,
        is_robust: options.is_robust,
        non_negative: vec![true; terms.len()],
        ..RegressionOptions::default()
    };
    let at = terms.iter().position(|term| term.is_bytes()).unwrap_or(0);
    let segmented = match options.breakpoint {
        BreakpointChoice::Auto => Segmented::fit(&design, at, &regression).map_err(refused)?,
        BreakpointChoice::At(bytes) => {
            Segmented::fit_at(&design, at, bytes, &regression).map_err(refused)?
        }
        BreakpointChoice::Never => Segmented::straight(&design, &regression).map_err(refused)?,
    };
    Ok(Line {
        segmented,
        along: terms[at],
    })
}

fn design(observations: &[Observation], terms: &[Term]) -> Design {
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

impl Line {
    fn schwarz(&self) -> f64 {
        let more = usize::from(self.segmented.breakpoint.is_some());
        self.segmented.regression.schwarz(more)
    }

    fn breakpoint(&self) -> Option<ProfileBreakpoint> {
        let found = self.segmented.breakpoint.as_ref()?;
        let beyond = self.segmented.regression.coefficients.last()?;
        Some(ProfileBreakpoint {
            term: self.along,
            at: found.at,
            seconds_per_unit: beyond.estimate,
            schwarz_gain: found.schwarz_gain,
        })
    }

    /// How far observations lie from the line: below the breakpoint and above, if there are enough on both sides.
    fn bands(&self, observations: &[Observation]) -> Vec<ResidualBand> {
        let ratios: Vec<(f64, f64)> = observations
            .iter()
            .zip(&self.segmented.regression.fitted)
            .map(|(pull, fitted)| {
                let along = pull.value(self.along).unwrap_or(0.0);
                (along, pull.seconds / fitted.max(f64::MIN_POSITIVE))
            })
            .collect();
        let at = self
            .segmented
            .breakpoint
            .as_ref()
            .map_or(0.0, |found| found.at);
        let part = |is_above: bool| -> Vec<f64> {
            let inside = ratios.iter().filter(|(along, _)| (*along > at) == is_above);
            inside.map(|&(_, ratio)| ratio).collect()
        };
        let (below, above) = (part(false), part(true));
        if at == 0.0 || below.len() < BAND_OBSERVATIONS || above.len() < BAND_OBSERVATIONS {
            return band(0.0, ratios.into_iter().map(|(_, ratio)| ratio).collect())
                .into_iter()
                .collect();
        }
        [band(0.0, below), band(at, above)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn beside(&self, observations: Vec<Observation>) -> Vec<FittedObservation> {
        let regression = &self.segmented.regression;
        let beside = |(at, observation)| FittedObservation {
            observation,
            fitted_seconds: regression.fitted[at],
            residual_seconds: regression.residuals[at],
            weight: regression.weights[at],
        };
        observations.into_iter().enumerate().map(beside).collect()
    }
}

/// Quantiles at which a further pull of the same kind is expected, not those of the sample: position p (n + 1) - 1, which
/// lies outside the sample when it is small, and is its end then.
fn band(from: f64, ratios: Vec<f64>) -> Option<ResidualBand> {
    let n = ratios.len() as f64;
    let sample = Sample::new(ratios).ok()?;
    let expected = |share: f64| {
        let position = (share * (n + 1.0) - 1.0).clamp(0.0, n - 1.0);
        let percent = if n > 1.0 {
            100.0 * position / (n - 1.0)
        } else {
            50.0
        };
        sample.quantile(percent.clamp(0.0, 100.0)).ok()
    };
    Some(ResidualBand {
        from,
        observations: sample.count() as u64,
        p5: expected(0.05)?,
        median: expected(0.5)?,
        p95: expected(0.95)?,
    })
}

fn fitted(
    pulls: &[Observation],
    observations: &[Observation],
    regression: &Regression,
    options: &FitOptions,
) -> Fitted {
    let images: BTreeSet<&str> = pulls.iter().map(|pull| pull.image.as_str()).collect();
    let nodes: BTreeSet<u32> = pulls.iter().filter_map(|pull| pull.nodes).collect();
    let runs: BTreeSet<&str> = pulls.iter().map(|pull| pull.run.as_str()).collect();
    let named = runs.into_iter().filter(|run| !run.is_empty());
    Fitted {
        pulls: pulls.len() as u64,
        observations: observations.len() as u64,
        images: images.len() as u64,
        nodes: nodes.into_iter().collect(),
        runs: named.map(str::to_owned).collect(),
        r_squared: regression.r_squared,
        robust: options.is_robust,
    }
}

fn profile_terms(
    terms: &[Term],
    regression: &Regression,
    observations: &[Observation],
) -> Vec<ProfileTerm> {
    let profile_term = |(at, &term): (usize, &Term)| {
        let coefficient = &regression.coefficients[at];
        let values: Vec<f64> = observations
            .iter()
            .filter_map(|pull| pull.value(term))
            .collect();
        ProfileTerm {
            term,
            seconds_per_unit: coefficient.estimate,
            low: coefficient.interval.map(|interval| interval.low),
            high: coefficient.interval.map(|interval| interval.high),
            held_at_zero: coefficient.is_held_at_zero,
            measured: range(&values),
        }
    };
    terms.iter().enumerate().map(profile_term).collect()
}
