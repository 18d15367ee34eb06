//! What observations rest on: one row an observation, one column a term.

use super::fit::{Precision, Regression, RegressionError, RegressionOptions};

/// Terms that a regression takes. With more, all ways to hold some at zero could not be tried.
const MOST_TERMS: usize = 10;

/// Values of all terms for each observation, and what was observed.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Design, RegressionOptions};
///
/// // Three seconds, and two for each unit.
/// let mut design = Design::new(["base", "units"])?;
/// for (units, seconds) in [(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)] {
///     design.observe(&[1.0, units], seconds)?;
/// }
/// let fit = design.fit(&RegressionOptions::default())?;
/// assert!((fit.coefficients[0].estimate - 3.0).abs() < 1e-9);
/// assert!((fit.coefficients[1].estimate - 2.0).abs() < 1e-9);
/// assert!((fit.r_squared - 1.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    pub(super) terms: Vec<String>,
    /// Row after row.
    pub(super) values: Vec<f64>,
    pub(super) observed: Vec<f64>,
}

/// Why something cannot be a design.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DesignError {
    /// Too few or too many terms.
    #[error("a regression of {terms} terms cannot be made: take 1 to {MOST_TERMS}")]
    Terms {
        /// How many were given.
        terms: usize,
    },
    /// A row has not one value a term.
    #[error("a row has {values} values for {terms} terms")]
    Row {
        /// Values given.
        values: usize,
        /// Terms of the design.
        terms: usize,
    },
    /// A value is infinite or no number.
    #[error("{term} is {value}: observations are finite")]
    NotFinite {
        /// The term, or `observed`.
        term: String,
        /// Its value.
        value: f64,
    },
}

impl Design {
    /// Names the terms; a constant is a term whose values are 1.
    ///
    /// # Errors
    ///
    /// [`DesignError::Terms`] for none, or more than 10.
    pub fn new<T: Into<String>>(terms: impl IntoIterator<Item = T>) -> Result<Self, DesignError> {
        let terms: Vec<String> = terms.into_iter().map(Into::into).collect();
        match (1..=MOST_TERMS).contains(&terms.len()) {
            true => Ok(Self {
                terms,
                values: Vec::new(),
                observed: Vec::new(),
            }),
            false => Err(DesignError::Terms { terms: terms.len() }),
        }
    }

    /// Adds an observation: a value for each term, and what was observed.
    ///
    /// # Errors
    ///
    /// [`DesignError`] for another number of values, and for what is not finite.
    pub fn observe(&mut self, values: &[f64], observed: f64) -> Result<(), DesignError> {
        if values.len() != self.terms.len() {
            return Err(DesignError::Row {
                values: values.len(),
                terms: self.terms.len(),
            });
        }
        let named = self.terms.iter().map(String::as_str).chain(["observed"]);
        let mut all = named.zip(values.iter().copied().chain([observed]));
        if let Some((term, value)) = all.find(|(_, value)| !value.is_finite()) {
            return Err(DesignError::NotFinite {
                term: term.to_owned(),
                value,
            });
        }
        self.values.extend_from_slice(values);
        self.observed.push(observed);
        Ok(())
    }

    /// Returns how many observations there are.
    #[must_use]
    pub fn observations(&self) -> usize {
        self.observed.len()
    }

    /// Returns the names of the terms.
    #[must_use]
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// Fits the coefficients; see [`RegressionOptions`] for how.
    ///
    /// # Errors
    ///
    /// [`RegressionError`] with too few observations, and where terms cannot be told apart.
    pub fn fit(&self, options: &RegressionOptions) -> Result<Regression, RegressionError> {
        Regression::of(self, options, Precision::FULL)
    }

    /// Returns by how much the variance of a term's coefficient is larger because of the other terms: 1 if they have
    /// nothing in common, infinite if the term follows from them. More than 10 is commonly called much.
    ///
    /// `None` for a term that is not there or does not vary, and where there are too few observations to tell.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::Design;
    ///
    /// let mut design = Design::new(["base", "wire", "unpacked"])?;
    /// for (wire, unpacked) in [(1.0, 2.0), (2.0, 5.0), (3.0, 4.0), (4.0, 7.0)] {
    ///     design.observe(&[1.0, wire, unpacked], 1.0)?;
    /// }
    /// // They correlate with r² = 0.7538, and 1 / (1 - r²) is:
    /// let inflation = design.variance_inflation(1);
    /// assert!(inflation.is_some_and(|inflation| (inflation - 4.0625).abs() < 1e-9), "{inflation:?}");
    /// assert_eq!(design.variance_inflation(0), None);
    /// # Ok::<(), pullstudy_stats::DesignError>(())
    /// ```
    #[must_use]
    pub fn variance_inflation(&self, term: usize) -> Option<f64> {
        let others = |at: &usize| *at != term;
        let names = (0..self.terms.len()).filter(others);
        let mut design = Self::new(names.map(|at| self.terms[at].as_str())).ok()?;
        let values: Vec<f64> = (term < self.terms.len()).then(|| self.column(term).collect())?;
        for (at, value) in values.iter().enumerate() {
            let row = self.row(at);
            let kept: Vec<f64> = (0..row.len()).filter(others).map(|at| row[at]).collect();
            design.observe(&kept, *value).ok()?;
        }
        let fit = design.fit(&RegressionOptions::default()).ok()?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let total: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (total > 0.0).then(|| 1.0 / (1.0 - fit.r_squared).max(0.0))
    }

    pub(super) fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.terms.len()..][..self.terms.len()]
    }

    /// The values of one term.
    pub(super) fn column(&self, term: usize) -> impl Iterator<Item = f64> {
        self.values
            .iter()
            .skip(term)
            .step_by(self.terms.len())
            .copied()
    }
}

/// Returns the correlation of two series, -1 to 1; `None` if they differ in length, or one does not vary.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::pearson;
///
/// assert_eq!(pearson(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), Some(1.0));
/// assert_eq!(pearson(&[1.0, 2.0, 3.0], &[5.0, 5.0, 5.0]), None);
/// ```
///
/// # Source
///
/// K. Pearson, Proc. R. Soc. Lond. 58 (1895); means are taken off first, as doubles need it.
#[must_use]
pub fn pearson(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.len() != second.len() || first.is_empty() {
        return None;
    }
    let count = first.len() as f64;
    let means = (
        first.iter().sum::<f64>() / count,
        second.iter().sum::<f64>() / count,
    );
    let (mut both, mut squares, mut other_squares) = (0.0, 0.0, 0.0);
    for (x, y) in first.iter().zip(second) {
        let (x, y) = (x - means.0, y - means.1);
        both += x * y;
        squares += x * x;
        other_squares += y * y;
    }
    let scale = (squares * other_squares).sqrt();
    (scale > 0.0).then(|| (both / scale).clamp(-1.0, 1.0))
}
