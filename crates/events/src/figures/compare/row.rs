//! One image on one size of cluster, in both sets.

use std::fmt;

use pullstudy_stats::{
    Bootstrap, MannWhitney, Ratio, Sample, Shift, hodges_lehmann, ratio_of_medians,
};

use super::matching::{ImagePair, MatchBy};
use super::{holm, tarone};
use crate::figures::key::KeyValue;

/// What a comparison says of one image on one size of cluster.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ComparedRow {
    /// Number of nodes of the cluster, the same in both sets.
    pub nodes: Option<u32>,
    /// What the two images have in common: the reference, the name with tag, or the tag.
    pub image: String,
    /// Reference of the image in the first set.
    pub image_a: String,
    /// Reference of the image in the second set.
    pub image_b: String,
    /// What made them the same: never [`MatchBy::Auto`].
    pub matched_by: MatchBy,
    /// Pulls of the first set.
    pub count_a: usize,
    /// Pulls of the second set.
    pub count_b: usize,
    /// Median of the first set.
    pub median_a_seconds: f64,
    /// Median of the second set.
    pub median_b_seconds: f64,
    /// Sum of the first set.
    pub sum_a_seconds: f64,
    /// Sum of the second set.
    pub sum_b_seconds: f64,
    /// The median of the first set divided by that of the second, with its interval: above 1 the second is
    /// faster. `None` unless both medians are above 0. The interval is of this row alone, not corrected for the others.
    pub ratio_a_over_b: Option<Ratio>,
    /// The test of Mann and Whitney; its `u` is of the first set, its `p` not yet corrected.
    pub test: MannWhitney,
    /// `p` corrected by Holm for the rows that were tested; `None` for a row that was not, see [`Verdict::TooFew`].
    pub p_corrected: Option<f64>,
    /// The shift of Hodges and Lehmann in seconds, with its interval: above 0 the second set is faster. The interval is
    /// of this row alone, not corrected for the others.
    pub shift_seconds: Shift,
    /// Whether one is faster, as far as the pulls can tell. Corrected for the other rows, so that it may be
    /// [`Verdict::NoDifferenceShown`] where the interval of the ratio leaves 1 out.
    pub verdict: Verdict,
}

/// What may be said of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Verdict {
    /// The first set is faster.
    AFaster,
    /// The second set is faster.
    BFaster,
    /// The difference could be chance.
    NoDifferenceShown,
    /// So few pulls cannot show a difference, however large it is: not even without overlap would p be small enough
    /// for as many rows as could tell.
    TooFew,
}

impl Verdict {
    /// Returns the verdict's name as it stands in files, such as `no_difference_shown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AFaster => "a_faster",
            Self::BFaster => "b_faster",
            Self::NoDifferenceShown => "no_difference_shown",
            Self::TooFew => "too_few",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A row before the rows are looked at together.
pub(super) struct Tested {
    /// Which of several comparisons it belongs to.
    set: usize,
    row: ComparedRow,
    /// The smallest p that samples of these sizes can give.
    smallest_p: f64,
}

impl Tested {
    pub(super) fn of(
        set: usize,
        pair: &ImagePair<'_>,
        nodes: Option<u32>,
        (a, b): (Sample, Sample),
        bootstrap: &Bootstrap,
    ) -> Self {
        let row = ComparedRow {
            nodes,
            image: pair.common.to_owned(),
            image_a: pair.a.to_owned(),
            image_b: pair.b.to_owned(),
            matched_by: pair.matched_by,
            count_a: a.count(),
            count_b: b.count(),
            median_a_seconds: a.median(),
            median_b_seconds: b.median(),
            sum_a_seconds: a.sum(),
            sum_b_seconds: b.sum(),
            ratio_a_over_b: ratio_of_medians(&a, &b, bootstrap),
            test: MannWhitney::of(&a, &b),
            p_corrected: None,
            shift_seconds: hodges_lehmann(&a, &b, bootstrap.confidence),
            verdict: Verdict::TooFew,
        };
        let smallest_p = smallest_p(a.count(), b.count());
        Self {
            set,
            row,
            smallest_p,
        }
    }

    /// By comparison, number of nodes, then by image.
    fn order(&self) -> (usize, Option<u32>, KeyValue, String) {
        let image = KeyValue::from(Some(self.row.image.as_str()));
        (self.set, self.row.nodes, image, self.row.image_a.clone())
    }
}

/// Gives each row its verdict, so that the chance of a single wrong one among all, of whichever comparison, is at most
/// `alpha`. Each comes with the number of its comparison.
pub(super) fn decide(tested: Vec<Tested>, alpha: f64) -> Vec<(usize, ComparedRow)> {
    let smallest_p_values: Vec<f64> = tested.iter().map(|tested| tested.smallest_p).collect();
    let limit = tarone::limit(&smallest_p_values, alpha);
    let (testable, mut rows): (Vec<Tested>, Vec<Tested>) = tested
        .into_iter()
        .partition(|tested| tested.smallest_p <= limit);
    let p_values: Vec<f64> = testable.iter().map(|tested| tested.row.test.p).collect();
    for (mut tested, p_corrected) in testable.into_iter().zip(holm::adjusted(&p_values)) {
        tested.row.p_corrected = Some(p_corrected);
        tested.row.verdict = tested.row.verdict_at(p_corrected <= alpha);
        rows.push(tested);
    }
    rows.sort_by_cached_key(Tested::order);
    let rows = rows.into_iter();
    rows.map(|tested| (tested.set, tested.row)).collect()
}

impl ComparedRow {
    fn verdict_at(&self, is_significant: bool) -> Verdict {
        let middle = self.count_a as f64 * self.count_b as f64 / 2.0;
        if !is_significant {
            Verdict::NoDifferenceShown
        } else if self.test.u > middle {
            Verdict::BFaster
        } else {
            Verdict::AFaster
        }
    }
}

/// The p of two samples that do not overlap: two of all ways to deal out the ranks.
fn smallest_p(count_a: usize, count_b: usize) -> f64 {
    let (few, many) = (count_a.min(count_b), count_a.max(count_b));
    let ways = |ways: f64, k: usize| ways * (many + k) as f64 / k as f64;
    (2.0 / (1..=few).fold(1.0, ways)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_p_is_that_of_samples_that_do_not_overlap() {
        let sample = |from: u32, count: u32| {
            let values: Vec<f64> = (from..from + count).map(f64::from).collect();
            Sample::new(values).unwrap()
        };
        for (a, b) in [(1, 1), (3, 3), (3, 4), (4, 4), (2, 9), (16, 16)] {
            let test = MannWhitney::of(&sample(0, a), &sample(100, b));
            let smallest = smallest_p(a as usize, b as usize);
            assert!(
                (test.p - smallest).abs() < 1e-12,
                "{a} and {b}: {} is not {smallest}",
                test.p
            );
        }
    }
}
