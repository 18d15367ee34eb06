//! Least squares of a few terms, some of which may not be negative.

use super::design::Design;

/// A pivot of the scaled matrix below this means that a term is a sum of others, as far as doubles tell.
const SMALLEST_PIVOT: f64 = 1e-11;

/// Coefficients, and the inverse of the weighted, scaled cross products.
pub(super) struct Solution {
    pub(super) coefficients: Vec<f64>,
    /// Whether the term is held at zero.
    pub(super) at_zero: Vec<bool>,
    /// What the variance of the errors is multiplied with for each coefficient's variance.
    pub(super) variance_factors: Vec<f64>,
}

/// Cross products of weighted observations, each term scaled to length 1.
struct CrossProducts {
    terms: usize,
    scales: Vec<f64>,
    matrix: Vec<f64>,
    right: Vec<f64>,
}

/// Solves with all the terms in `non_negative` at zero or above, by the best of all ways to hold some at zero.
///
/// `None` where terms cannot be told apart.
pub(super) fn solve(design: &Design, weights: &[f64], non_negative: &[bool]) -> Option<Solution> {
    let products = CrossProducts::of(design, weights);
    let mut best: Option<(f64, Solution)> = None;
    for held in 0_u32..1 << products.terms {
        let is_held = |term: usize| held & (1 << term) != 0;
        if (0..products.terms).any(|term| is_held(term) && !non_negative[term]) {
            continue;
        }
        let kept: Vec<usize> = (0..products.terms).filter(|&term| !is_held(term)).collect();
        let Some((solution, explained)) = products.solve(&kept) else {
            // Without all its terms the matrix may be regular, but then nobody could tell which to leave out.
            if held == 0 {
                return None;
            }
            continue;
        };
        let is_allowed = kept
            .iter()
            .all(|&term| !non_negative[term] || solution.coefficients[term] >= 0.0);
        if is_allowed && best.as_ref().is_none_or(|(most, _)| explained > *most) {
            best = Some((explained, solution));
        }
        if held == 0 && is_allowed {
            // Nothing that is held can be better than nothing held.
            break;
        }
    }
    best.map(|(_, solution)| solution)
}

impl CrossProducts {
    fn of(design: &Design, weights: &[f64]) -> Self {
        let terms = design.terms.len();
        let scale = |term: usize| {
            let squares = design.column(term).zip(weights).map(|(x, w)| w * x * x);
            let length = squares.sum::<f64>().sqrt();
            if length > 0.0 { length } else { 1.0 }
        };
        let scales: Vec<f64> = (0..terms).map(scale).collect();
        let mut products = Self {
            terms,
            scales,
            matrix: vec![0.0; terms * terms],
            right: vec![0.0; terms],
        };
        for (at, &weight) in weights.iter().enumerate() {
            products.add(design.row(at), design.observed[at], weight);
        }
        products
    }

    fn add(&mut self, row: &[f64], observed: f64, weight: f64) {
        for (i, x) in row.iter().enumerate() {
            let x = weight * x / self.scales[i];
            for (j, y) in row.iter().enumerate() {
                self.matrix[i * self.terms + j] += x * y / self.scales[j];
            }
            self.right[i] += x * observed;
        }
    }

    /// Solves for some terms, the others at zero; returns how much of the sum of squares that explains.
    fn solve(&self, kept: &[usize]) -> Option<(Solution, f64)> {
        let inverse = self.inverse(kept)?;
        let n = kept.len();
        let mut coefficients = vec![0.0; self.terms];
        let mut variance_factors = vec![0.0; self.terms];
        let mut explained = 0.0;
        for (i, &term) in kept.iter().enumerate() {
            let scaled: f64 = (0..n)
                .map(|j| inverse[i * n + j] * self.right[kept[j]])
                .sum();
            explained += scaled * self.right[term];
            coefficients[term] = scaled / self.scales[term];
            variance_factors[term] = inverse[i * n + i] / (self.scales[term] * self.scales[term]);
        }
        let at_zero = (0..self.terms).map(|term| !kept.contains(&term)).collect();
        let solution = Solution {
            coefficients,
            at_zero,
            variance_factors,
        };
        Some((solution, explained))
    }

    /// Inverts by Gauss and Jordan with the largest pivot; `None` if it cannot be.
    fn inverse(&self, kept: &[usize]) -> Option<Vec<f64>> {
        let n = kept.len();
        let mut left: Vec<f64> = Vec::with_capacity(n * n);
        for &i in kept {
            left.extend(kept.iter().map(|&j| self.matrix[i * self.terms + j]));
        }
        let mut right: Vec<f64> = (0..n * n)
            .map(|at| f64::from(u8::from(at / n == at % n)))
            .collect();
        for column in 0..n {
            let size = |row: &usize| left[row * n + column].abs();
            let pivot = (column..n).max_by(|a, b| size(a).total_cmp(&size(b)))?;
            if size(&pivot) < SMALLEST_PIVOT {
                return None;
            }
            swap_rows(&mut left, n, column, pivot);
            swap_rows(&mut right, n, column, pivot);
            eliminate(&mut left, &mut right, n, column);
        }
        Some(right)
    }
}

fn swap_rows(matrix: &mut [f64], n: usize, first: usize, second: usize) {
    for column in 0..n {
        matrix.swap(first * n + column, second * n + column);
    }
}

fn eliminate(left: &mut [f64], right: &mut [f64], n: usize, column: usize) {
    let pivot = left[column * n + column];
    for at in 0..n {
        left[column * n + at] /= pivot;
        right[column * n + at] /= pivot;
    }
    for row in (0..n).filter(|&row| row != column) {
        let factor = left[row * n + column];
        for at in 0..n {
            left[row * n + at] -= factor * left[column * n + at];
            right[row * n + at] -= factor * right[column * n + at];
        }
    }
}
