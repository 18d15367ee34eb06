//! Two sets of pulls, image by image.

mod holm;
mod matching;
mod row;
mod tarone;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use pullstudy_stats::{Bootstrap, Sample};

use super::key::KeyValue;
use super::moments::sum;
use crate::pull::{Clock, Pull};

pub use matching::MatchBy;
pub use row::{ComparedRow, Verdict};

use matching::{ImagePair, pair_images};
use row::Tested;

/// How to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CompareOptions {
    /// Which seconds are compared.
    pub clock: Clock,
    /// When two images are the same.
    pub match_by: MatchBy,
    /// How the intervals are made, and how sure they and the verdicts shall be.
    pub bootstrap: Bootstrap,
    /// Whether the pulls of one image on one node count as one, with their mean. Pods on one node share a download:
    /// taken for independent, as they are without this, they make differences look surer than they are.
    pub per_node: bool,
}

/// What two sets of pulls have in common, and how they differ.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// A row for each number of nodes and image that both sets pulled.
    pub rows: Vec<ComparedRow>,
    /// All rows together.
    pub total: ComparedTotal,
    /// What only the first set pulled.
    pub only_a: Vec<OneSided>,
    /// What only the second set pulled.
    pub only_b: Vec<OneSided>,
    /// Pulls that shared a node with another pull of the same image, in either set, and counted all the same.
    pub shared: usize,
}

/// All rows of a comparison together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct ComparedTotal {
    /// Pulls of the first set.
    pub count_a: usize,
    /// Pulls of the second set.
    pub count_b: usize,
    /// The sum of their seconds, in the first set.
    pub sum_a_seconds: f64,
    /// The sum of their seconds, in the second set.
    pub sum_b_seconds: f64,
    /// `sum_a_seconds / sum_b_seconds`; `None` where the second sum is 0.
    pub sum_ratio_a_over_b: Option<f64>,
}

/// What only one of the sets pulled.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OneSided {
    /// Number of nodes of the cluster.
    pub nodes: Option<u32>,
    /// Reference of the image.
    pub image: String,
    /// How many pulls there are.
    pub count: usize,
    /// The sum of their seconds.
    pub sum_seconds: f64,
}

/// Seconds by number of nodes and reference.
type Side<'a> = BTreeMap<(Option<u32>, &'a str), Vec<f64>>;

/// Compares two sets of pulls: medians and their ratio for each image and number of nodes, and whether the
/// difference could be chance.
///
/// Only pulls that succeeded are compared. Images are matched one to one, see [`MatchBy`]. A verdict for either
/// side needs a test of Mann and Whitney whose p, corrected by Holm for the rows that were tested, is not above what
/// the confidence leaves: else one row in twenty would differ by chance alone.
///
/// Not every row is tested. With few pulls even samples that do not overlap have a p that is not small; Tarone's rule
/// finds the smallest K for which at most K rows could reach `alpha / K`, with `alpha` what the confidence leaves. Only
/// these are tested and counted in the correction, all others are [`Verdict::TooFew`]. Which ones hangs on the
/// numbers of pulls alone: the seconds have no say in it.
///
/// Only verdicts are corrected. The intervals of ratio and shift are each row's own: of twenty at 95 %, one misses its
/// value on average.
///
/// The same pulls, options and seed give the same result, in whatever order the pulls come.
///
/// # Source
///
/// S. Holm, Scandinavian Journal of Statistics 6 (1979); R. E. Tarone, Biometrics 46 (1990), for the rows that
/// are tested.
#[must_use]
pub fn compare(a: &[Pull], b: &[Pull], options: &CompareOptions) -> Comparison {
    let mut only = compare_all(&[(a, b)], options);
    only.pop().expect("one pair of sets gives one comparison")
}

/// Compares several pairs of sets of pulls as [`compare`] does, in the order of the pairs, with one correction for the
/// rows of all of them: what is read together is corrected together.
#[must_use]
pub fn compare_all(pairs: &[(&[Pull], &[Pull])], options: &CompareOptions) -> Vec<Comparison> {
    let sides: Vec<(Side<'_>, Side<'_>)> = pairs
        .iter()
        .map(|(a, b)| (side(a, options), side(b, options)))
        .collect();
    let mut tested = Vec::new();
    for (set, (a, b)) in sides.iter().enumerate() {
        for pair in &pair_images(&images(a), &images(b), options.match_by) {
            for (nodes, seconds) in both(a, b, pair) {
                tested.push(Tested::of(set, pair, nodes, seconds, &options.bootstrap));
            }
        }
    }
    let alpha = 1.0 - options.bootstrap.confidence.level();
    let mut rows: Vec<Vec<ComparedRow>> = vec![Vec::new(); pairs.len()];
    for (set, row) in row::decide(tested, alpha) {
        rows[set].push(row);
    }
    let both = pairs.iter().zip(&sides);
    both.zip(rows)
        .map(|((pulls, sides), rows)| Comparison::of(*pulls, sides, rows, options))
        .collect()
}

impl Comparison {
    fn of(
        pulls: (&[Pull], &[Pull]),
        (a, b): &(Side<'_>, Side<'_>),
        rows: Vec<ComparedRow>,
        options: &CompareOptions,
    ) -> Self {
        let shared = match options.per_node {
            true => 0,
            false => shared(pulls.0) + shared(pulls.1),
        };
        Self {
            total: ComparedTotal::of(&rows),
            only_a: one_sided(a, &rows, |row| &row.image_a),
            only_b: one_sided(b, &rows, |row| &row.image_b),
            shared,
            rows,
        }
    }
}

fn side<'a>(pulls: &'a [Pull], options: &CompareOptions) -> Side<'a> {
    let mut side = Side::new();
    for ((nodes, image, _), seconds) in by_node(pulls, options.clock) {
        let side = side.entry((nodes, image)).or_default();
        if options.per_node {
            side.push(sum(&seconds) / seconds.len() as f64);
        } else {
            side.extend(seconds);
        }
    }
    side
}

/// Counts the pulls beyond the first of one image on one node.
fn shared(pulls: &[Pull]) -> usize {
    let by_node = by_node(pulls, Clock::IncludingWaiting);
    by_node.values().map(|seconds| seconds.len() - 1).sum()
}

/// Seconds by number of nodes, image and node; a pull whose node is not known has one of its own.
type ByNode<'a> = BTreeMap<(Option<u32>, &'a str, NodeKey<'a>), Vec<f64>>;

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum NodeKey<'a> {
    Named(&'a str),
    Unknown(usize),
}

fn by_node(pulls: &[Pull], clock: Clock) -> ByNode<'_> {
    let mut by_node = ByNode::new();
    for (position, pull) in pulls.iter().enumerate() {
        if let Some((image, seconds)) = pull.image.as_deref().zip(pull.seconds(clock)) {
            let unknown = NodeKey::Unknown(position);
            let node = pull.node.as_deref().map_or(unknown, NodeKey::Named);
            let key = (pull.place.nodes, image, node);
            by_node.entry(key).or_default().push(seconds);
        }
    }
    by_node
}

fn images<'a>(side: &Side<'a>) -> BTreeSet<&'a str> {
    side.keys().map(|(_, image)| *image).collect()
}

/// The seconds of both sides for each number of nodes that both have.
fn both(a: &Side<'_>, b: &Side<'_>, pair: &ImagePair<'_>) -> Vec<(Option<u32>, (Sample, Sample))> {
    let of_image = a.iter().filter(|((_, image), _)| *image == pair.a);
    let samples = of_image.filter_map(|((nodes, _), seconds)| {
        let other = b.get(&(*nodes, pair.b))?;
        let sample = |seconds: &Vec<f64>| Sample::new(seconds.clone()).ok();
        Some((*nodes, (sample(seconds)?, sample(other)?)))
    });
    samples.collect()
}

fn one_sided(
    side: &Side<'_>,
    rows: &[ComparedRow],
    image_of: fn(&ComparedRow) -> &String,
) -> Vec<OneSided> {
    let compared: BTreeSet<(Option<u32>, &str)> = rows
        .iter()
        .map(|row| (row.nodes, image_of(row).as_str()))
        .collect();
    let alone = side.iter().filter(|(key, _)| !compared.contains(*key));
    let mut alone: Vec<OneSided> = alone
        .map(|((nodes, image), seconds)| OneSided {
            nodes: *nodes,
            image: (*image).to_owned(),
            count: seconds.len(),
            sum_seconds: sum(seconds),
        })
        .collect();
    alone.sort_by_cached_key(|row| (row.nodes, KeyValue::from(Some(row.image.as_str()))));
    alone
}

impl ComparedTotal {
    fn of(rows: &[ComparedRow]) -> Self {
        let mut total = Self::default();
        for row in rows {
            total.count_a += row.count_a;
            total.count_b += row.count_b;
            total.sum_a_seconds += row.sum_a_seconds;
            total.sum_b_seconds += row.sum_b_seconds;
        }
        let ratio = total.sum_a_seconds / total.sum_b_seconds;
        total.sum_ratio_a_over_b = (total.sum_b_seconds > 0.0).then_some(ratio);
        total
    }
}

impl fmt::Display for MatchBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
