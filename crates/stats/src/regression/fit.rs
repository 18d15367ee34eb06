//! Coefficients with what is known of their errors.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::design::Design;
use super::solve::{Solution, solve};
use crate::confidence::{Confidence, Interval};
use crate::sample::Sample;

/// Huber's constant: 95 % as efficient as least squares where errors are normal.
const HUBER: f64 = 1.345;

/// Turns the median of absolute deviations into a standard deviation where errors are normal.
const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// How closely a regression is weighed anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Precision {
    /// Rounds at most. Ten are usually enough.
    rounds: usize,
    /// Coefficients that change by less than this share are settled.
    change: f64,
}

impl Precision {
    /// For coefficients that are reported.
    pub(super) const FULL: Self = Self {
        rounds: 60,
        change: 1e-10,
    };
    /// For lines that are only compared with each other.
    pub(super) const ROUGH: Self = Self {
        rounds: 8,
        change: 1e-4,
    };
}

/// What the errors of observations are taken to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Errors {
    /// Of the same size everywhere: ordinary least squares.
    #[default]
    Absolute,
    /// In proportion to what is expected: a pull of a minute is off by more seconds than one of a second.
    Relative,
}

/// How a regression is made.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionOptions {
    /// What errors are taken to be.
    pub errors: Errors,
    /// Whether observations far off the line count for less (Huber's M-estimate).
    pub is_robust: bool,
    /// Terms that may not be negative, by number; those beyond its end may be.
    pub non_negative: Vec<bool>,
    /// How sure the intervals are.
    pub confidence: Confidence,
}

/// Ordinary least squares without bounds, intervals of 95 %.
impl Default for RegressionOptions {
    fn default() -> Self {
        Self {
            errors: Errors::Absolute,
            is_robust: false,
            non_negative: Vec::new(),
            confidence: Confidence::P95,
        }
    }
}

/// One term's coefficient.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Coefficient {
    /// Its term.
    pub term: String,
    /// What a unit of the term adds.
    pub estimate: f64,
    /// Standard error; `None` where it is held at zero, or there are no observations to spare.
    pub standard_error: Option<f64>,
    /// Where it may lie, by Student's t; `None` where the standard error is.
    pub interval: Option<Interval>,
    /// It would have been negative, and may not be.
    pub is_held_at_zero: bool,
}

/// A line through observations.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Regression {
    /// One for each term, in the design's order.
    pub coefficients: Vec<Coefficient>,
    /// Share of the variance that the line explains, at most 1; of the observations as they are, whatever the weights.
    pub r_squared: f64,
    /// What was observed less what the line says.
    pub residuals: Vec<f64>,
    /// What the line says.
    pub fitted: Vec<f64>,
    /// Weight that each observation had in the end, 1 for a full one.
    pub weights: Vec<f64>,
    /// Observations more than terms.
    pub degrees_of_freedom: usize,
    /// Sum of squared errors, relative where errors are, each with its weight.
    pub sum_of_squares: f64,
}

/// Why no line can be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegressionError {
    /// There are fewer observations than a line needs.
    #[error("{observations} observations are too few for {terms} terms: {needed} are needed")]
    TooFew {
        /// Those that there are.
        observations: usize,
        /// Terms of the line.
        terms: usize,
        /// How many it takes: one more than there are terms.
        needed: usize,
    },
    /// A term is a sum of others, so nobody can tell which of them counts.
    #[error("{} cannot be told apart: in these observations one follows from the others", terms.join(", "))]
    Collinear {
        /// The terms.
        terms: Vec<String>,
    },
    /// Relative errors of a line that is not above zero.
    #[error("errors in proportion need observations above 0, and one is {observed}")]
    NotPositive {
        /// The observation.
        observed: f64,
    },
}

impl Regression {
    pub(super) fn of(
        design: &Design,
        options: &RegressionOptions,
        precision: Precision,
    ) -> Result<Self, RegressionError> {
        check(design, options)?;
        let mut non_negative = options.non_negative.clone();
        non_negative.resize(design.terms.len(), false);
        let mut weights = first_weights(design, options);
        let mut factors = vec![1.0; weights.len()];
        let collinear = || RegressionError::Collinear {
            terms: design.terms.clone(),
        };
        let mut solution = solve(design, &weights, &non_negative).ok_or_else(collinear)?;
        if options.is_robust || options.errors == Errors::Relative {
            for _ in 0..precision.rounds {
                (weights, factors) = weigh(design, &solution, options);
                let next = solve(design, &weights, &non_negative).ok_or_else(collinear)?;
                let is_settled = settled(&solution, &next, precision.change);
                solution = next;
                if is_settled {
                    break;
                }
            }
        }
        Ok(Self::from(design, options, solution, &weights, factors))
    }

    fn from(
        design: &Design,
        options: &RegressionOptions,
        solution: Solution,
        weights: &[f64],
        factors: Vec<f64>,
    ) -> Self {
        let fitted = fitted(design, &solution);
        let observed = design.observed.iter();
        let residuals: Vec<f64> = observed.zip(&fitted).map(|(y, f)| y - f).collect();
        let squares = residuals.iter().zip(weights).map(|(r, w)| w * r * r);
        let sum_of_squares: f64 = squares.sum();
        let kept = solution.at_zero.iter().filter(|&&at_zero| !at_zero).count();
        let degrees_of_freedom = design.observations().saturating_sub(kept);
        let errors = ErrorsOfTerms::of(sum_of_squares, degrees_of_freedom, options.confidence);
        let terms = design.terms.iter().enumerate();
        Self {
            coefficients: terms
                .map(|(at, term)| errors.coefficient(term, at, &solution))
                .collect(),
            r_squared: r_squared(&design.observed, &residuals),
            residuals,
            fitted,
            weights: factors,
            degrees_of_freedom,
            sum_of_squares,
        }
    }

    /// Returns the logarithm of the sum of squares with a price on each term, which of two lines is lower for the better
    /// one: Schwarz's criterion, as `n ln(SSE / n) + k ln n`.
    ///
    /// `more_terms` are counted beside those that are not held at zero, such as a breakpoint that was searched for.
    ///
    /// # Source
    ///
    /// G. Schwarz, Ann. Statist. 6 (1978).
    #[must_use]
    pub fn schwarz(&self, more_terms: usize) -> f64 {
        let n = self.residuals.len() as f64;
        let kept = self
            .coefficients
            .iter()
            .filter(|term| !term.is_held_at_zero)
            .count();
        // Observations that lie on the line exactly would make every line of them infinitely good.
        let mean_square = (self.sum_of_squares / n).max(f64::MIN_POSITIVE);
        n * mean_square.ln() + (kept + more_terms) as f64 * n.ln()
    }
}

fn check(design: &Design, options: &RegressionOptions) -> Result<(), RegressionError> {
    let (observations, terms) = (design.observations(), design.terms.len());
    if observations < terms + 1 {
        return Err(RegressionError::TooFew {
            observations,
            terms,
            needed: terms + 1,
        });
    }
    let not_positive = design.observed.iter().find(|&&observed| observed <= 0.0);
    match (options.errors, not_positive) {
        (Errors::Relative, Some(&observed)) => Err(RegressionError::NotPositive { observed }),
        _ => Ok(()),
    }
}

fn first_weights(design: &Design, options: &RegressionOptions) -> Vec<f64> {
    let weight = |observed: &f64| match options.errors {
        Errors::Absolute => 1.0,
        Errors::Relative => 1.0 / (observed * observed),
    };
    design.observed.iter().map(weight).collect()
}

/// Weighs by the last line: far observations less, and large expectations less where errors are relative.
fn weigh(
    design: &Design,
    solution: &Solution,
    options: &RegressionOptions,
) -> (Vec<f64>, Vec<f64>) {
    let fitted = fitted(design, solution);
    let base = |at: usize| match options.errors {
        Errors::Absolute => 1.0,
        // A line that dips below a tenth of what was seen there would give that observation all the weight.
        Errors::Relative => fitted[at].max(design.observed[at] / 10.0).powi(-2),
    };
    let bases: Vec<f64> = (0..fitted.len()).map(base).collect();
    if !options.is_robust {
        return (bases, vec![1.0; fitted.len()]);
    }
    let observed = design.observed.iter().zip(&fitted).zip(&bases);
    let scaled: Vec<f64> = observed
        .map(|((y, f), base)| (y - f) * base.sqrt())
        .collect();
    let limit = HUBER * spread(&scaled);
    let factor = |error: &f64| {
        if error.abs() <= limit {
            1.0
        } else {
            limit / error.abs()
        }
    };
    let factors: Vec<f64> = scaled.iter().map(factor).collect();
    let weights = bases
        .iter()
        .zip(&factors)
        .map(|(base, factor)| base * factor);
    (weights.collect(), factors)
}

/// The standard deviation of errors, as their middle tells it; never 0.
fn spread(errors: &[f64]) -> f64 {
    let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let median = Sample::new(sizes).map_or(0.0, |sample| sample.median());
    (MAD_TO_SD * median).max(1e-12)
}

fn fitted(design: &Design, solution: &Solution) -> Vec<f64> {
    let row = |at: usize| {
        let values = design.row(at).iter();
        values.zip(&solution.coefficients).map(|(x, b)| x * b).sum()
    };
    (0..design.observations()).map(row).collect()
}

fn settled(last: &Solution, next: &Solution, change: f64) -> bool {
    let mut both = last.coefficients.iter().zip(&next.coefficients);
    both.all(|(last, next)| (last - next).abs() <= change * next.abs())
}

fn r_squared(observed: &[f64], residuals: &[f64]) -> f64 {
    let mean = observed.iter().sum::<f64>() / observed.len() as f64;
    let total: f64 = observed.iter().map(|y| (y - mean).powi(2)).sum();
    let left: f64 = residuals.iter().map(|r| r * r).sum();
    match total > 0.0 {
        true => 1.0 - left / total,
        false => 1.0,
    }
}

/// What the errors of all coefficients have in common.
struct ErrorsOfTerms {
    variance: Option<f64>,
    t: f64,
}

impl ErrorsOfTerms {
    fn of(sum_of_squares: f64, degrees_of_freedom: usize, confidence: Confidence) -> Self {
        let freedom = degrees_of_freedom as f64;
        let student = StudentsT::new(0.0, 1.0, freedom).ok();
        Self {
            variance: (degrees_of_freedom > 0).then(|| sum_of_squares / freedom),
            t: student.map_or(f64::NAN, |student| {
                student.inverse_cdf(1.0 - confidence.tail())
            }),
        }
    }

    fn coefficient(&self, term: &str, at: usize, solution: &Solution) -> Coefficient {
        let estimate = solution.coefficients[at];
        let is_held_at_zero = solution.at_zero[at];
        let standard_error = self
            .variance
            .filter(|_| !is_held_at_zero)
            .map(|variance| (variance * solution.variance_factors[at]).sqrt());
        Coefficient {
            term: term.to_owned(),
            estimate,
            standard_error,
            interval: standard_error.map(|error| Interval {
                low: estimate - self.t * error,
                high: estimate + self.t * error,
            }),
            is_held_at_zero,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const X: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    const Y: [f64; 8] = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1];

    fn line(y: &[f64], options: &RegressionOptions) -> Regression {
        let mut design = Design::new(["base", "x"]).unwrap();
        for (x, y) in X.iter().zip(y) {
            design.observe(&[1.0, *x], *y).unwrap();
        }
        design.fit(options).unwrap()
    }

    fn close(left: f64, right: f64) {
        assert!(
            (left - right).abs() <= 1e-8 * right.abs().max(1.0),
            "{left} is not {right}"
        );
    }

    /// `scipy.stats.linregress(x, y)`; the interval is slope -+ `scipy.stats.t.ppf(0.975, 6)` standard errors.
    #[test]
    fn a_line_is_scipys() {
        let fit = line(&Y, &RegressionOptions::default());
        let [base, slope] = &fit.coefficients[..] else {
            panic!("two terms")
        };
        close(slope.estimate, 1.997_619_047_619_047_8);
        close(base.estimate, 0.035_714_285_714_284_7);
        close(slope.standard_error.unwrap(), 0.027_800_444_266_881_55);
        close(base.standard_error.unwrap(), 0.140_385_362_081_014_96);
        close(fit.r_squared, 0.998_839_286_601_139_1);
        let interval = slope.interval.unwrap();
        close(interval.low, 1.929_593_811_075_32);
        close(interval.high, 2.065_644_284_162_776);
    }

    /// `numpy.linalg.lstsq` and `scipy.optimize.nnls`.
    #[test]
    fn bounds_hold_as_scipys_do() {
        let mut design = Design::new(["base", "x", "z"]).unwrap();
        let z = [5.0, 3.0, 6.0, 2.0, 7.0, 1.0, 8.0, 4.0];
        let y = [3.0, 5.0, 4.0, 9.0, 6.0, 13.0, 7.0, 12.0];
        for at in 0..8 {
            design.observe(&[1.0, X[at], z[at]], y[at]).unwrap();
        }
        let free = design.fit(&RegressionOptions::default()).unwrap();
        for (term, expected) in
            free.coefficients
                .iter()
                .zip([6.005_434_78, 1.244_279_18, -0.939_931_35])
        {
            assert!((term.estimate - expected).abs() < 1e-7, "{term:?}");
        }
        let bounded = RegressionOptions {
            non_negative: vec![true; 3],
            ..RegressionOptions::default()
        };
        let fit = design.fit(&bounded).unwrap();
        for (term, expected) in fit
            .coefficients
            .iter()
            .zip([2.178_571_43, 1.154_761_9, 0.0])
        {
            assert!((term.estimate - expected).abs() < 1e-7, "{term:?}");
        }
        assert!(fit.coefficients[2].is_held_at_zero && fit.coefficients[2].interval.is_none());
    }

    /// `statsmodels.api.RLM(y, X, M=HuberT(1.345))`, with the fourth observation at 40.
    #[test]
    fn a_robust_line_is_statsmodels() {
        let mut y = Y;
        y[3] = 40.0;
        let robust = RegressionOptions {
            is_robust: true,
            ..RegressionOptions::default()
        };
        let fit = line(&y, &robust);
        assert!(
            (fit.coefficients[0].estimate - 0.116_042_16).abs() < 1e-5,
            "{fit:?}"
        );
        assert!(
            (fit.coefficients[1].estimate - 1.996_604_22).abs() < 1e-5,
            "{fit:?}"
        );
        assert!(
            (fit.weights[3] - 0.006_204).abs() < 1e-4,
            "{:?}",
            fit.weights
        );
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let mut design = Design::new(["base", "x", "twice x"]).unwrap();
        for (x, y) in X.iter().zip(Y) {
            design.observe(&[1.0, *x, 2.0 * x], y).unwrap();
        }
        let error = design.fit(&RegressionOptions::default()).unwrap_err();
        assert!(
            matches!(error, RegressionError::Collinear { .. }),
            "{error}"
        );
        let mut few = Design::new(["base", "x"]).unwrap();
        few.observe(&[1.0, 1.0], 1.0).unwrap();
        let error = few
            .fit(&RegressionOptions::default())
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "1 observations are too few for 2 terms: 3 are needed"
        );
        assert!(few.observe(&[1.0], 1.0).is_err());
        assert!(few.observe(&[1.0, f64::NAN], 1.0).is_err());
    }

    proptest! {
        /// Residuals of least squares have nothing of any term left in them.
        #[test]
        fn residuals_are_orthogonal(y in prop::collection::vec(-100.0_f64..100.0, 8)) {
            let fit = line(&y, &RegressionOptions::default());
            let sum: f64 = fit.residuals.iter().sum();
            let with_x: f64 = fit.residuals.iter().zip(X).map(|(r, x)| r * x).sum();
            prop_assert!(sum.abs() < 1e-8 && with_x.abs() < 1e-7, "{sum} {with_x}");
        }

        /// Twice the seconds are twice the coefficients, and a second more is a base of one more.
        #[test]
        fn lines_scale_and_shift(y in prop::collection::vec(1.0_f64..100.0, 8), factor in 0.1_f64..10.0, shift in 0.0_f64..50.0) {
            let plain = line(&y, &RegressionOptions::default());
            let moved: Vec<f64> = y.iter().map(|y| y * factor + shift).collect();
            let moved = line(&moved, &RegressionOptions::default());
            let slope = plain.coefficients[1].estimate * factor;
            let base = plain.coefficients[0].estimate * factor + shift;
            prop_assert!((moved.coefficients[1].estimate - slope).abs() < 1e-7);
            prop_assert!((moved.coefficients[0].estimate - base).abs() < 1e-6);
        }

        /// Kuhn and Tucker: nothing that is held at zero would help if it grew, and the rest has no slope left.
        #[test]
        fn bounds_are_the_best_there_are(y in prop::collection::vec(-50.0_f64..50.0, 8)) {
            let options = RegressionOptions { non_negative: vec![true, true], ..RegressionOptions::default() };
            let fit = line(&y, &options);
            let terms: [Vec<f64>; 2] = [vec![1.0; 8], X.to_vec()];
            for (term, values) in fit.coefficients.iter().zip(&terms) {
                let slope: f64 = fit.residuals.iter().zip(values).map(|(r, x)| r * x).sum();
                prop_assert!(term.estimate >= 0.0);
                match term.is_held_at_zero {
                    true => prop_assert!(slope <= 1e-7, "{slope}"),
                    false => prop_assert!(slope.abs() <= 1e-7, "{slope}"),
                }
            }
        }
    }
}
