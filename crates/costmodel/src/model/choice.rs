//! Which pulls are fitted together, and what of them their seconds may depend on.

use std::collections::BTreeSet;

use pullstudy_stats::pearson;

use super::line::{design, values};
use super::observation::{Observation, per_download};
use super::profile::{Collinear, LeftOut, LeftOutReason, Range};
use super::term::Term;

/// Correlation from which on terms are not told apart. At 0.999 the variance of both coefficients is 500 times what it
/// would be without the other, so their split would be noise.
const COLLINEAR_FROM: f64 = 0.999;

/// A term that varies by less than this share of its mean is constant.
const CONSTANT_BELOW: f64 = 0.01;

/// Numbers of nodes from which on a slope along them is fitted: two would say nothing of a third.
const NODE_COUNTS: usize = 3;

/// Downloads that must tell of a size, for the pulls that do not to be left out.
const NEEDED_DOWNLOADS: usize = 4;

/// Returns the pulls that can be fitted together: those that tell all that is wanted, or else the first size that enough
/// of them tell.
///
/// A cluster's own images tell only what they are on the wire, and the images of a study what they are unpacked, too: one
/// line for both would have to do without what takes the time.
pub(super) fn comparable(pulls: &[Observation], wanted: Option<&[Term]>) -> Vec<Observation> {
    let size = || [Term::UnpackedBytes, Term::WireBytes].into_iter();
    let needed: Vec<Term> = match wanted {
        Some(terms) => terms.to_vec(),
        None => size()
            .find(|&term| carries(&knowing(pulls, &[term]), term))
            .into_iter()
            .collect(),
    };
    knowing(pulls, &needed)
}

fn knowing(pulls: &[Observation], terms: &[Term]) -> Vec<Observation> {
    let knows = |pull: &&Observation| terms.iter().all(|&term| pull.value(term).is_some());
    pulls.iter().filter(knows).cloned().collect()
}

/// Whether a line along the term could be fitted to these pulls.
fn carries(pulls: &[Observation], term: Term) -> bool {
    let varies = values(pulls, term).is_some_and(|values| !is_constant(&values));
    varies && per_download(pulls).len() >= NEEDED_DOWNLOADS
}

/// Takes the terms that the observations tell of, and says why not the others.
pub(super) fn terms(
    observations: &[Observation],
    wanted: Option<&[Term]>,
) -> (Vec<Term>, Vec<LeftOut>) {
    let (mut taken, mut left_out): (Vec<Term>, Vec<LeftOut>) = (vec![Term::Base], Vec::new());
    let is_wanted = |term: &Term| wanted.is_none_or(|wanted| wanted.contains(term));
    let candidates = Term::ALL.into_iter().filter(|&term| term != Term::Base);
    for term in candidates.filter(is_wanted) {
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
    if is_constant(&values) {
        let value = values.iter().sum::<f64>() / values.len() as f64;
        return Some(LeftOutReason::Constant { value });
    }
    collinear(term, &values, taken, observations)
        .map(LeftOutReason::Collinear)
        .or_else(|| few(term, &values, taken, observations))
}

/// Why so few different values say nothing of a slope. The first size may go through two; what comes after it needs one
/// image more than there are coefficients, or the line would go through all of them whatever they are.
fn few(
    term: Term,
    values: &[f64],
    taken: &[Term],
    observations: &[Observation],
) -> Option<LeftOutReason> {
    let (distinct, needed) = if term == Term::Nodes {
        let counts: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
        (counts.len(), NODE_COUNTS)
    } else if taken.iter().any(|term| term.is_bytes()) {
        let all: Vec<Term> = taken.iter().copied().chain([term]).collect();
        (distinct_images(observations, &all), all.len() + 1)
    } else {
        return None;
    };
    (distinct < needed).then_some(LeftOutReason::FewValues {
        distinct: distinct as u64,
        needed: needed as u64,
    })
}

/// Images that differ in a term, numbers of nodes apart.
pub(super) fn distinct_images(observations: &[Observation], terms: &[Term]) -> usize {
    let of_image = terms.iter().filter(|&&term| term != Term::Nodes);
    let of_image: Vec<Term> = of_image.copied().collect();
    let row = |pull: &Observation| -> Vec<Option<u64>> {
        let values = of_image.iter().map(|&term| pull.value(term));
        values.map(|value| value.map(f64::to_bits)).collect()
    };
    observations.iter().map(row).collect::<BTreeSet<_>>().len()
}

fn collinear(
    term: Term,
    values: &[f64],
    taken: &[Term],
    observations: &[Observation],
) -> Option<Collinear> {
    let others = taken.iter().filter(|&&other| other != Term::Base);
    let (with, with_values, r) = others
        .filter_map(|&with| {
            let others = self::values(observations, with)?;
            let r = pearson(values, &others)?;
            Some((with, others, r))
        })
        .max_by(|left, right| left.2.abs().total_cmp(&right.2.abs()))?;
    let all: Vec<Term> = taken.iter().copied().chain([term]).collect();
    let inflation = design(observations, &all).variance_inflation(taken.len());
    // The term may follow from several others together, and from none of them alone.
    let together = inflation.map_or(0.0, |inflation| (1.0 - 1.0 / inflation).max(0.0).sqrt());
    (r.abs().max(together) >= COLLINEAR_FROM).then(|| {
        let (per_unit, at_zero) = slope(values, &with_values, r);
        Collinear {
            with,
            r: if r.abs() >= COLLINEAR_FROM {
                r
            } else {
                together
            },
            at_zero,
            per_unit,
            measured: range(values),
        }
    })
}

/// The line of least squares, as a slope and its value at 0.
fn slope(along: &[f64], of: &[f64], r: f64) -> (f64, f64) {
    let count = along.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let squares = |values: &[f64]| {
        let mean = mean(values);
        values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
    };
    let slope = r * (squares(of) / squares(along)).sqrt();
    (slope, mean(of) - slope * mean(along))
}

fn is_constant(values: &[f64]) -> bool {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let range = range(values);
    values.is_empty() || range.most - range.least <= CONSTANT_BELOW * mean
}

pub(super) fn range(values: &[f64]) -> Range {
    Range {
        least: values.iter().copied().fold(f64::INFINITY, f64::min),
        most: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}
