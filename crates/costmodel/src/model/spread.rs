//! How far pulls lie from the line: nodes and images that it was not fitted to.

use std::collections::{BTreeMap, BTreeSet};

use super::alike::AlikeByNode;
use super::image_effect::{ImageEffects, median};
use super::line::Line;
use super::observation::Observation;
use super::profile::{MeasuredImage, ResidualBand};
use super::term::Term;

/// Observations in a band of residuals below which it is joined with the others.
const BAND_OBSERVATIONS: usize = 10;

/// Parts that are left out in turn. More would tell little more.
const FOLDS: usize = 20;

/// Nodes from which on one of them is left out at a time; a single one cannot be.
const LEAST_NODES: usize = 2;

/// How far downloads lie from what the others say of them.
pub(super) struct Spread<'a> {
    line: &'a Line,
    observations: &'a [Observation],
    /// Logarithms of measured over fitted seconds, by the line that was fitted to all.
    inside: Vec<f64>,
    /// The same by a line that was fitted without the node.
    outside: Vec<f64>,
    /// And less what the image differs by, as those other nodes tell it.
    of_known_image: Vec<f64>,
    effects: ImageEffects,
    /// Where the bands part, if there are two.
    parts_at: Option<f64>,
    /// The number of the node that made each observation: a slow one is slow each time.
    nodes: Vec<usize>,
    /// The lines without a part of the nodes, for how sure coefficients are.
    pub(super) without: Vec<Line>,
}

impl<'a> Spread<'a> {
    pub(super) fn of(line: &'a Line, observations: &'a [Observation]) -> Self {
        let inside: Vec<f64> = observations
            .iter()
            .map(|pull| line.log_ratio(pull))
            .collect();
        let parts_at = parts_at(line, observations);
        let mut spread = Self {
            line,
            observations,
            outside: inside.clone(),
            of_known_image: Vec::new(),
            effects: ImageEffects::default(),
            inside,
            parts_at,
            nodes: by_node(observations),
            without: Vec::new(),
        };
        let centred = spread.centred();
        spread.effects = ImageEffects::of(observations, &centred, line.parameters());
        spread.of_known_image = spread.inside.clone();
        for (ratio, pull) in spread.of_known_image.iter_mut().zip(observations) {
            *ratio -= spread.effects.of_image(&pull.image);
        }
        spread.leave_out_nodes();
        spread
    }

    /// Ratios less the middle one of their band.
    fn centred(&self) -> Vec<f64> {
        let middles = [false, true].map(|beyond| median(&self.band_of(&self.inside, beyond)));
        let pulls = self.observations.iter().zip(&self.inside);
        pulls
            .map(|(pull, ratio)| ratio - middles[usize::from(self.is_beyond(pull))])
            .collect()
    }

    fn is_beyond(&self, pull: &Observation) -> bool {
        self.parts_at.is_some() && self.line.is_beyond(pull)
    }

    fn band_of(&self, ratios: &[f64], beyond: bool) -> Vec<f64> {
        let pulls = self.observations.iter().zip(ratios);
        pulls
            .filter(|(pull, _)| self.is_beyond(pull) == beyond)
            .map(|(_, &ratio)| ratio)
            .collect()
    }

    /// Where nine of ten further ratios are expected, by those of a band.
    fn expected_range(&self, ratios: &[f64], beyond: bool) -> Option<(f64, f64)> {
        let nodes = self.nodes.iter().zip(self.observations);
        let of_band = nodes
            .zip(ratios)
            .filter(|((_, pull), _)| self.is_beyond(pull) == beyond);
        AlikeByNode::new(of_band.map(|((&node, _), &ratio)| (ratio, node))).expected_range()
    }

    /// Asks, of each part of the nodes, what the other nodes say of it.
    fn leave_out_nodes(&mut self) {
        let folds: Vec<usize> = self.nodes.iter().map(|node| node % FOLDS).collect();
        let count = folds.iter().copied().max().map_or(0, |most| most + 1);
        for fold in 0..count {
            let others: Vec<Observation> = self
                .observations
                .iter()
                .zip(&folds)
                .filter(|(_, in_fold)| **in_fold != fold)
                .map(|(pull, _)| pull.clone())
                .collect();
            // Without that node there may be too few sizes for a line: it is asked of the line through all, then.
            let Ok(line) = self.line.again(&others) else {
                continue;
            };
            let ratios: Vec<f64> = others.iter().map(|pull| line.log_ratio(pull)).collect();
            let middle = median(&ratios);
            let centred: Vec<f64> = ratios.iter().map(|ratio| ratio - middle).collect();
            let effects = ImageEffects::of(&others, &centred, line.parameters());
            for (at, pull) in self.observations.iter().enumerate() {
                if folds[at] == fold {
                    self.outside[at] = line.log_ratio(pull);
                    self.of_known_image[at] = self.outside[at] - effects.of_image(&pull.image);
                }
            }
            self.without.push(line);
        }
    }

    /// Factors about the line for images that were not measured, below the breakpoint and above.
    pub(super) fn bands(&self) -> Vec<ResidualBand> {
        let pulls = self.observations.iter().zip(&self.outside);
        let another: Vec<f64> = pulls
            .map(|(pull, ratio)| ratio + self.effects.of_another(&pull.image))
            .collect();
        let parts = [(0.0, false), (self.parts_at.unwrap_or(0.0), true)];
        let bands = parts.into_iter().filter_map(|(from, beyond)| {
            let inside = self.band_of(&self.inside, beyond);
            let median = median(&inside);
            let (low, high) = self.expected_range(&another, beyond)?;
            Some(ResidualBand {
                from,
                observations: inside.len() as u64,
                p5: low.min(median).exp(),
                median: median.exp(),
                p95: high.max(median).exp(),
            })
        });
        bands.collect()
    }

    /// Factors about the line for each image that was measured.
    pub(super) fn images(&self) -> Vec<MeasuredImage> {
        let mut by_image: BTreeMap<&str, Vec<&Observation>> = BTreeMap::new();
        for pull in self.observations {
            by_image.entry(&pull.image).or_default().push(pull);
        }
        let ranges = [false, true].map(|beyond| {
            let middle = median(&self.band_of(&self.inside, beyond));
            let range = self.expected_range(&self.of_known_image, beyond);
            range.map(|(low, high)| (low, middle, high))
        });
        let image = |(image, pulls): (&str, Vec<&Observation>)| {
            let (low, middle, high) = ranges[usize::from(self.is_beyond(pulls[0]))]?;
            let effect = self.effects.of_image(image);
            Some(MeasuredImage {
                image: image.to_owned(),
                downloads: pulls.len() as u64,
                sizes: self.sizes(pulls[0]),
                p5: (low.min(middle) + effect).exp(),
                median: (middle + effect).exp(),
                p95: (high.max(middle) + effect).exp(),
            })
        };
        by_image.into_iter().filter_map(image).collect()
    }

    fn sizes(&self, pull: &Observation) -> BTreeMap<Term, f64> {
        let of_image = self.line.terms.iter().copied();
        of_image
            .filter(|term| !matches!(term, Term::Base | Term::Nodes))
            .filter_map(|term| Some((term, pull.value(term)?)))
            .collect()
    }
}

/// Where the bands part: at the breakpoint, if there are enough observations on both sides.
fn parts_at(line: &Line, observations: &[Observation]) -> Option<f64> {
    let beyond = observations
        .iter()
        .filter(|pull| line.is_beyond(pull))
        .count();
    let least = beyond.min(observations.len() - beyond);
    line.breaks_at().filter(|_| least >= BAND_OBSERVATIONS)
}

/// Numbers the observations by the node that made them; each by itself where nodes are not known, or there is one only.
fn by_node(observations: &[Observation]) -> Vec<usize> {
    let node = |pull: &'_ Observation| Some((pull.run.clone(), pull.nodes, pull.node.clone()?));
    let nodes: Option<Vec<_>> = observations.iter().map(node).collect();
    let distinct: BTreeSet<_> = nodes.iter().flatten().collect();
    if distinct.len() < LEAST_NODES {
        return (0..observations.len()).collect();
    }
    let numbers: BTreeMap<_, usize> = distinct.into_iter().zip(0..).collect();
    nodes.iter().flatten().map(|node| numbers[node]).collect()
}
