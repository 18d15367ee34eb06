//! Whether one sample tends to be larger than another.

use crate::rank_distribution::{RankMethod, exact_cdf, normal_sd, normal_tail};
use crate::sample::Sample;

/// The rank test of Mann and Whitney, also called Wilcoxon's rank sum test.
///
/// It asks whether an observation of the first sample tends to be larger or smaller than one of the
/// second, and needs no normal distribution; a few extreme pulls do not sway it.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{MannWhitney, RankMethod, Sample};
///
/// let (slow, fast) = (Sample::new([5.0, 6.0])?, Sample::new([1.0, 2.0])?);
/// let test = MannWhitney::of(&slow, &fast);
/// assert_eq!((test.u, test.method), (4.0, RankMethod::Exact));
/// // Two pulls against two cannot show more than this.
/// assert!((test.p - 1.0 / 3.0).abs() < 1e-12);
/// # Ok::<(), pullstudy_stats::SampleError>(())
/// ```
///
/// # Source
///
/// H. B. Mann and D. R. Whitney, Ann. Math. Statist. 18 (1947); the correction for ties is that of
/// M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MannWhitney {
    /// In how many pairs the observation of the first sample is the larger one; equal ones count half.
    pub u: f64,
    /// The chance of a U at least as far from its middle, if both samples come from one source.
    pub p: f64,
    /// Where `p` comes from.
    pub method: RankMethod,
}

impl MannWhitney {
    /// Tests two samples, against a difference on either side.
    ///
    /// `p` is exact where no two observations are equal and neither sample has more than 50; else it is that
    /// of the normal approximation, corrected for ties and continuity. Of samples with fewer than eight it is
    /// rough: four against four that lie wholly apart have 0.030, where 0.029 would be exact. Where all
    /// observations are equal `p` is 1.
    #[must_use]
    pub fn of(first: &Sample, second: &Sample) -> Self {
        let u = wins(first, second);
        let ties = ties(first, second);
        let (m, n) = (first.count(), second.count());
        let method = if ties > 0.0 {
            RankMethod::Normal
        } else {
            RankMethod::for_counts(m, n)
        };
        let p = match method {
            RankMethod::Exact => exact_p(u, m, n),
            RankMethod::Normal => normal_p(u, m, n, ties),
        };
        Self { u, p, method }
    }
}

fn wins(first: &Sample, second: &Sample) -> f64 {
    let others = second.values();
    let wins = first.values().iter().map(|value| {
        let below = others.partition_point(|other| other < value);
        let not_above = others.partition_point(|other| other <= value);
        (below + not_above) as f64 / 2.0
    });
    wins.sum()
}

/// Returns the sum of t³ - t over groups of t equal observations.
fn ties(first: &Sample, second: &Sample) -> f64 {
    let mut all = [first.values(), second.values()].concat();
    all.sort_unstable_by(f64::total_cmp);
    let groups = all.chunk_by(|a, b| a == b).map(|group| group.len() as f64);
    groups.map(|count| count.powi(3) - count).sum()
}

fn exact_p(u: f64, m: usize, n: usize) -> f64 {
    // Without ties U is a whole number.
    let smaller = (u as usize).min(m * n - u as usize);
    (2.0 * exact_cdf(m, n)[smaller]).min(1.0)
}

fn normal_p(u: f64, m: usize, n: usize, ties: f64) -> f64 {
    let sd = normal_sd(m, n, ties);
    let distance = (u - (m * n) as f64 / 2.0).abs() - 0.5;
    if distance <= 0.0 || sd <= 0.0 {
        return 1.0;
    }
    (2.0 * normal_tail(distance / sd)).min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::test_values::{assert_close, scattered};

    fn test(first: &[f64], second: &[f64]) -> MannWhitney {
        MannWhitney::of(&Sample::new(first).unwrap(), &Sample::new(second).unwrap())
    }

    #[test]
    fn agrees_with_scipy() {
        // python3 -c 'from scipy.stats import mannwhitneyu as mw
        //   f = lambda n, a, b: [((i * a + b) % 1009) / 10 for i in range(n)]
        //   g = [v + 9.003 for v in f(50, 53, 211.5)]
        //   print(mw([19,22,16,29,24], [20,11,17,12], method="exact"))
        //   print(mw([0.80,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46],
        //     [1.15,0.88,0.90,0.74,1.21], method="exact"))
        //   print(mw(f(50,37,5), g, method="exact"), mw(f(51,37,5), g, method="asymptotic"))
        //   print(mw([1,2,2,3,3,3,4,7.5], [2,3,4,4,5,6,6,6,8], method="asymptotic"))
        //   print(mw(range(60), range(100, 180), method="asymptotic"))'   # SciPy 1.17.1
        let depression = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let after = [1.15, 0.88, 0.90, 0.74, 1.21];
        let moved: Vec<f64> = scattered(50, 53, 211.5).map(|v| v + 9.003).collect();
        let fifty: Vec<f64> = scattered(50, 37, 5.0).collect();
        let more: Vec<f64> = scattered(51, 37, 5.0).collect();
        let far: Vec<f64> = (100..180).map(f64::from).collect();
        let near: Vec<f64> = (0..60).map(f64::from).collect();
        let cases = [
            (
                test(&[19.0, 22.0, 16.0, 29.0, 24.0], &[20.0, 11.0, 17.0, 12.0]),
                (17.0, 0.1111111111111111, RankMethod::Exact),
            ),
            (
                test(&depression, &after),
                (35.0, 0.2544122544122544, RankMethod::Exact),
            ),
            (
                test(&fifty, &moved),
                (898.0, 0.0149320381922537, RankMethod::Exact),
            ),
            (
                test(&more, &moved),
                (937.0, 0.02188140827771672, RankMethod::Normal),
            ),
            (
                test(
                    &[1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 7.5],
                    &[2.0, 3.0, 4.0, 4.0, 5.0, 6.0, 6.0, 6.0, 8.0],
                ),
                (16.5, 0.06382052880400517, RankMethod::Normal),
            ),
            (
                test(&near, &far),
                (0.0, 5.318680923916125e-24, RankMethod::Normal),
            ),
        ];
        for (actual, (u, p, method)) in cases {
            assert_eq!((actual.u, actual.method), (u, method));
            // The error function here and in SciPy agree to ten digits.
            assert_close(actual.p, p, 1e-10);
        }
    }

    #[test]
    fn nothing_but_equal_observations_is_no_difference() {
        assert_eq!(test(&[2.0, 2.0], &[2.0]).p, 1.0);
        assert_eq!(test(&[0.0], &[-0.0]).u, 0.5);
    }

    proptest! {
        #[test]
        fn exchanging_the_samples_changes_no_p(
            first in prop::collection::vec(0..40_i32, 1..60),
            second in prop::collection::vec(0..40_i32, 1..60),
        ) {
            let [first, second] = [first, second].map(|v| Vec::from_iter(v.into_iter().map(f64::from)));
            let (a, b) = (test(&first, &second), test(&second, &first));
            prop_assert_eq!((a.p, a.method), (b.p, b.method));
            prop_assert_eq!(a.u + b.u, (first.len() * second.len()) as f64);
            prop_assert!((0.0..=1.0).contains(&a.p));
        }

        #[test]
        fn only_the_order_counts(
            first in prop::collection::vec(1e-3..1e3_f64, 1..30),
            second in prop::collection::vec(1e-3..1e3_f64, 1..30),
        ) {
            let longer = |values: &[f64]| values.iter().map(|v| v.powi(3) + 7.0).collect::<Vec<_>>();
            prop_assert_eq!(test(&first, &second), test(&longer(&first), &longer(&second)));
        }
    }
}
