//! From measured pulls to a profile.

use std::collections::BTreeSet;

use pullstudy_stats::{Confidence, Interval, RegressionError, jackknife};

use super::choice::{comparable, range, terms};
use super::line::{Line, SPARE_OBSERVATIONS, design, values};
use super::observation::{Observation, per_download};
use super::profile::{
    Fitted, LeftOut, LeftOutReason, NodeProfile, ProfileBreakpoint, ProfileTerm, Range,
};
use super::profile_file::FORMAT_VERSION;
use super::spread::Spread;
use super::term::Term;

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
    /// What seconds may depend on; only pulls that tell all of it are fitted. `None` for what the pulls tell, and then
    /// pulls that do not tell unpacked bytes are left out where enough others do.
    pub terms: Option<Vec<Term>>,
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
            terms: None,
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
         {needed} different sizes, and give their sizes with --sizes or --manifests if neither messages nor tags tell them"
    )]
    NoSizes {
        /// Downloads that there are.
        observations: usize,
        /// Sizes that are needed.
        needed: usize,
    },
    /// No pull tells what seconds were to depend on.
    #[error(
        "none of {pulls} pulls tells all of {}: leave out what is not known, or give sizes with --sizes or --manifests",
        names(terms)
    )]
    NotTold {
        /// Pulls that there are.
        pulls: usize,
        /// What was wanted.
        terms: Vec<Term>,
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
    let wanted = options.terms.as_deref();
    let kept = comparable(pulls, wanted);
    if let Some(terms) = wanted.filter(|_| kept.is_empty() && !pulls.is_empty()) {
        return Err(FitError::NotTold {
            pulls: pulls.len(),
            terms: terms.to_vec(),
        });
    }
    let observations = per_download(&kept);
    let least = [
        Term::Base,
        first_size(wanted).unwrap_or(Term::UnpackedBytes),
    ];
    if observations.len() < least.len() + SPARE_OBSERVATIONS {
        return Err(FitError::TooFew {
            observations: observations.len(),
            terms: least.to_vec(),
            needed: least.len() + SPARE_OBSERVATIONS,
        });
    }
    let (line, left_out) = best_line(&observations, options)?;
    let spread = Spread::of(&line, &observations);
    let profile = NodeProfile {
        format_version: FORMAT_VERSION,
        name: options.name.clone(),
        clock: options.clock.clone(),
        runtime: options.runtime.clone(),
        machine: options.machine.clone(),
        fitted: Fitted {
            left_out_pulls: (pulls.len() - kept.len()) as u64,
            ..fitted(&kept, &observations, &line, options)
        },
        terms: profile_terms(&line, &spread, &observations),
        breakpoint: breakpoint(&line, &spread),
        left_out,
        residuals: spread.bands(),
        images: spread.images(),
    };
    Ok(ModelFit {
        observations: beside(&line, &observations),
        profile,
    })
}

fn first_size(wanted: Option<&[Term]>) -> Option<Term> {
    let mut wanted = wanted?.iter().copied();
    wanted.find(|term| term.is_bytes())
}

/// The line with all terms that the observations tell of, less those without which it does as well.
fn best_line(
    observations: &[Observation],
    options: &FitOptions,
) -> Result<(Line, Vec<LeftOut>), FitError> {
    let (all, mut left_out) = terms(observations, options.terms.as_deref());
    if !all.iter().any(|term| term.is_bytes()) {
        return Err(FitError::NoSizes {
            observations: observations.len(),
            needed: NEEDED_SIZES,
        });
    }
    let mut line = Line::fit(observations, &all, options)?;
    for doubtful in [Term::Nodes, Term::ZstdBytes] {
        if !line.terms.contains(&doubtful) {
            continue;
        }
        let others = line.terms.iter().copied();
        let others: Vec<Term> = others.filter(|&term| term != doubtful).collect();
        let without = Line::fit(observations, &others, options)?;
        if without.schwarz() <= line.schwarz() || line.saves_all() {
            line = without;
            left_out.push(LeftOut {
                term: doubtful,
                reason: LeftOutReason::NotNeeded,
            });
        }
    }
    Ok((line, left_out))
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

fn fitted(
    pulls: &[Observation],
    observations: &[Observation],
    line: &Line,
    options: &FitOptions,
) -> Fitted {
    let images: BTreeSet<&str> = pulls.iter().map(|pull| pull.image.as_str()).collect();
    let nodes: BTreeSet<u32> = pulls.iter().filter_map(|pull| pull.nodes).collect();
    let runs: BTreeSet<&str> = pulls.iter().map(|pull| pull.run.as_str()).collect();
    let named = runs.into_iter().filter(|run| !run.is_empty());
    Fitted {
        pulls: pulls.len() as u64,
        left_out_pulls: 0,
        observations: observations.len() as u64,
        images: images.len() as u64,
        nodes: nodes.into_iter().collect(),
        runs: named.map(str::to_owned).collect(),
        r_squared: line.segmented.regression.r_squared,
        robust: options.is_robust,
    }
}

fn beside(line: &Line, observations: &[Observation]) -> Vec<FittedObservation> {
    let regression = &line.segmented.regression;
    let beside = |(at, observation): (usize, &Observation)| FittedObservation {
        observation: observation.clone(),
        fitted_seconds: regression.fitted[at],
        residual_seconds: regression.residuals[at],
        weight: regression.weights[at],
    };
    observations.iter().enumerate().map(beside).collect()
}

fn profile_terms(
    line: &Line,
    spread: &Spread<'_>,
    observations: &[Observation],
) -> Vec<ProfileTerm> {
    let design = design(observations, &line.terms);
    let profile_term = |(at, &term): (usize, &Term)| {
        let interval = interval(line, spread, at);
        let measured = values(observations, term).map(|values| range(&values));
        let inflation = design.variance_inflation(at);
        ProfileTerm {
            term,
            seconds_per_unit: line.segmented.regression.coefficients[at].estimate,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            held_at_zero: line.segmented.regression.coefficients[at].is_held_at_zero,
            variance_inflation: inflation.filter(|inflation| inflation.is_finite()),
            measured: measured.unwrap_or(Range {
                least: 0.0,
                most: 0.0,
            }),
        }
    };
    line.terms.iter().enumerate().map(profile_term).collect()
}

/// Where a coefficient may lie: by leaving out nodes, which are alike in all that they pull; with too few of them by the
/// regression, which takes downloads for independent.
fn interval(line: &Line, spread: &Spread<'_>, at: usize) -> Option<Interval> {
    let coefficient = &line.segmented.regression.coefficients[at];
    if coefficient.is_held_at_zero {
        return None;
    }
    let interval = by_nodes(line, spread, &[at]).or(coefficient.interval)?;
    let may_save_time = line.terms.get(at).is_some_and(|term| term.may_save_time());
    let least = if may_save_time {
        f64::NEG_INFINITY
    } else {
        0.0
    };
    Some(Interval {
        low: interval.low.max(least),
        high: interval.high,
    })
}

/// Where a sum of coefficients may lie, by what it is without each node.
fn by_nodes(line: &Line, spread: &Spread<'_>, at: &[usize]) -> Option<Interval> {
    let sum = |line: &Line| -> f64 {
        let coefficients = &line.segmented.regression.coefficients;
        at.iter().map(|&at| coefficients[at].estimate).sum()
    };
    let without: Vec<f64> = spread.without.iter().map(sum).collect();
    jackknife(sum(line), &without, Confidence::P95)
}

fn breakpoint(line: &Line, spread: &Spread<'_>) -> Option<ProfileBreakpoint> {
    let found = line.segmented.breakpoint.as_ref()?;
    let own = line.terms.iter().position(|&term| term == line.along)?;
    let at = line.terms.len();
    let interval = by_nodes(line, spread, &[own, at]);
    Some(ProfileBreakpoint {
        term: line.along,
        at: found.at,
        seconds_per_unit: line.segmented.regression.coefficients[at].estimate,
        low: interval.map(|interval| interval.low.max(0.0)),
        high: interval.map(|interval| interval.high),
        schwarz_gain: found.schwarz_gain,
    })
}
