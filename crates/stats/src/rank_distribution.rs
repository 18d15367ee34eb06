//! How U is distributed where both samples come from one source.

use statrs::distribution::{ContinuousCDF, Normal};

/// Up to this many observations in each sample every order of them is counted. A hundred of them have 1e29
/// orders, which an `i128` holds; the normal approximation is then within a few per cent of p = 0.01.
const MAX_EXACT: usize = 50;

/// Where the chance of a rank statistic comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RankMethod {
    /// All orders of the observations were counted.
    Exact,
    /// The normal distribution stands in for them, with a correction for continuity.
    Normal,
}

impl RankMethod {
    /// Whether samples of these sizes are few enough observations to count all orders.
    pub(crate) fn for_counts(first: usize, second: usize) -> Self {
        if first.max(second) <= MAX_EXACT {
            Self::Exact
        } else {
            Self::Normal
        }
    }
}

/// Returns the chance of a U of 0, of at most 1, and so on up to `first * second`.
///
/// The orders that have each U are the coefficients of the Gaussian binomial, built factor by factor
/// in whole numbers: (1 - q^(second + i)) / (1 - q^i) for i from 1 to `first`.
pub(crate) fn exact_cdf(first: usize, second: usize) -> Vec<f64> {
    let pairs = first * second;
    let mut orders = vec![0_i128; pairs + 1];
    orders[0] = 1;
    for i in 1..=first {
        for u in (second + i..=pairs).rev() {
            orders[u] -= orders[u - second - i];
        }
        for u in i..=pairs {
            orders[u] += orders[u - i];
        }
    }
    let mut sum = 0;
    let cumulative: Vec<i128> = orders
        .into_iter()
        .map(|count| {
            sum += count;
            sum
        })
        .collect();
    cumulative
        .into_iter()
        .map(|count| count as f64 / sum as f64)
        .collect()
}

/// Returns the standard deviation of U; `ties` is the sum of t³ - t over groups of t equal observations.
pub(crate) fn normal_sd(first: usize, second: usize, ties: f64) -> f64 {
    let (first, second) = (first as f64, second as f64);
    let all = first + second;
    (first * second / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))).sqrt()
}

/// Returns the chance that a standard normal variable is at least `z`.
pub(crate) fn normal_tail(z: f64) -> f64 {
    Normal::standard().sf(z)
}

/// Returns the z that a standard normal variable exceeds with this chance.
pub(crate) fn normal_z(tail: f64) -> f64 {
    -Normal::standard().inverse_cdf(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_printed_tables() {
        // Two-sided at 5 %, from the table of Mann and Whitney's test in any textbook.
        let cases = [
            ((4, 4), 0),
            ((5, 5), 2),
            ((6, 8), 8),
            ((8, 8), 13),
            ((10, 10), 23),
            ((20, 20), 127),
        ];
        for ((first, second), critical) in cases {
            let cdf = exact_cdf(first, second);
            let below = cdf.partition_point(|&chance| chance <= 0.025);
            assert_eq!(below - 1, critical, "{first} x {second}");
        }
    }

    #[test]
    fn all_orders_of_four_are_counted() {
        // Of 6 orders of 2 and 2, one each has U = 0, 1, 3 and 4, two have 2.
        let sixths = [1.0, 2.0, 4.0, 5.0, 6.0].map(|orders| orders / 6.0);
        assert_eq!(exact_cdf(2, 2), sixths);
    }

    #[test]
    fn the_largest_exact_case_is_symmetric_and_sums_to_one() {
        let cdf = exact_cdf(MAX_EXACT, MAX_EXACT);
        let pairs = MAX_EXACT * MAX_EXACT;
        assert_eq!(cdf[pairs], 1.0);
        for u in 0..pairs {
            assert!((cdf[u] + cdf[pairs - u - 1] - 1.0).abs() < 1e-15, "U = {u}");
        }
    }
}
