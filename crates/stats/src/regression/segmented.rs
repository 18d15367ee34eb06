//! Two lines that meet: where one line will not do.

use super::design::Design;
use super::fit::{Precision, Regression, RegressionError, RegressionOptions};

/// Places at which a line may break that are tried, evenly between the observations' inner values.
const PLACES: usize = 96;

/// Where a line breaks.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Breakpoint {
    /// The term along which it breaks.
    pub term: String,
    /// At which of its values.
    pub at: f64,
    /// By how much Schwarz's criterion is lower than without a break, above 0. More than 10 is very strong (Kass and
    /// Raftery, J. Am. Stat. Assoc. 90 (1995)).
    pub schwarz_gain: f64,
}

/// A line, or two that meet.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Segmented {
    /// The fit. With a breakpoint its last coefficient, of a term named `TERM beyond`, is what a unit beyond the
    /// breakpoint adds to that term's own.
    pub regression: Regression,
    /// Where it breaks; `None` where one line does as well.
    pub breakpoint: Option<Breakpoint>,
}

impl Segmented {
    /// Fits a line that may break once along a term, if that is worth two terms more (the slope and the place).
    ///
    /// The line is continuous. Beyond the breakpoint the slope is steeper if `options.non_negative` says for the term
    /// itself that it may not be negative.
    ///
    /// # Errors
    ///
    /// [`RegressionError`] as [`Design::fit`] without a break.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::{Design, RegressionOptions, Segmented};
    ///
    /// // One second a unit up to 10, three beyond.
    /// let mut design = Design::new(["base", "units"])?;
    /// for units in 1..=20 {
    ///     let units = f64::from(units);
    ///     design.observe(&[1.0, units], 2.0 + units + 2.0 * (units - 10.0).max(0.0))?;
    /// }
    /// let fit = Segmented::fit(&design, 1, &RegressionOptions::default())?;
    /// let at = fit.breakpoint.map(|breakpoint| breakpoint.at);
    /// assert!(at.is_some_and(|at| (at - 10.0).abs() < 0.1), "{at:?}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(
        design: &Design,
        term: usize,
        options: &RegressionOptions,
    ) -> Result<Self, RegressionError> {
        let straight = design.fit(options)?;
        let mut best: Option<(f64, f64)> = None;
        for at in places(design, term) {
            let Ok(broken) = broken(design, term, at, options, Precision::ROUGH) else {
                continue;
            };
            let schwarz = broken.schwarz(1);
            if best.is_none_or(|(_, least)| schwarz < least) {
                best = Some((at, schwarz));
            }
        }
        let best = best.and_then(|(at, _)| {
            let broken = broken(design, term, at, options, Precision::FULL).ok()?;
            let schwarz = broken.schwarz(1);
            Some((at, broken, schwarz))
        });
        let gain = |schwarz: f64| straight.schwarz(0) - schwarz;
        Ok(match best {
            Some((at, regression, schwarz)) if gain(schwarz) > 0.0 => Self {
                breakpoint: Some(Breakpoint {
                    term: design.terms[term].clone(),
                    at,
                    schwarz_gain: gain(schwarz),
                }),
                regression,
            },
            _ => Self {
                regression: straight,
                breakpoint: None,
            },
        })
    }

    /// Fits a line that does not break.
    ///
    /// # Errors
    ///
    /// [`RegressionError`] as [`Design::fit`].
    pub fn straight(design: &Design, options: &RegressionOptions) -> Result<Self, RegressionError> {
        design.fit(options).map(|regression| Self {
            regression,
            breakpoint: None,
        })
    }

    /// Fits a line that breaks at a known place.
    ///
    /// # Errors
    ///
    /// [`RegressionError`] where the observations do not tell both slopes.
    pub fn fit_at(
        design: &Design,
        term: usize,
        at: f64,
        options: &RegressionOptions,
    ) -> Result<Self, RegressionError> {
        let regression = broken(design, term, at, options, Precision::FULL)?;
        let straight = design.fit(options)?;
        Ok(Self {
            breakpoint: Some(Breakpoint {
                term: design.terms[term].clone(),
                at,
                schwarz_gain: straight.schwarz(0) - regression.schwarz(1),
            }),
            regression,
        })
    }
}

/// Places with at least two distinct values on each side, itself included: fewer would bend the line to one of them.
fn places(design: &Design, term: usize) -> Vec<f64> {
    let mut values: Vec<f64> = design.column(term).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let (Some(&first), Some(&last)) = (
        values.get(1),
        values.len().checked_sub(2).and_then(|at| values.get(at)),
    ) else {
        return Vec::new();
    };
    if values.len() < 4 || last < first {
        return Vec::new();
    }
    let step = (last - first) / (PLACES - 1) as f64;
    (0..PLACES)
        .map(|place| first + step * place as f64)
        .collect()
}

fn broken(
    design: &Design,
    term: usize,
    at: f64,
    options: &RegressionOptions,
    precision: Precision,
) -> Result<Regression, RegressionError> {
    let beyond = format!("{} beyond", design.terms[term]);
    let terms = design.terms.iter().cloned().chain([beyond]);
    let mut wider = Design {
        terms: terms.collect(),
        values: Vec::with_capacity(design.values.len() + design.observations()),
        observed: design.observed.clone(),
    };
    for row in 0..design.observations() {
        let values = design.row(row);
        wider.values.extend_from_slice(values);
        wider.values.push((values[term] - at).max(0.0));
    }
    let mut options = options.clone();
    options.non_negative.resize(design.terms.len(), false);
    options.non_negative.push(options.non_negative[term]);
    Regression::of(&wider, &options, precision)
}
