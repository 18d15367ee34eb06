//! How sure a figure is, by what it would have been without parts of the observations.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::confidence::{Confidence, Interval};

/// Parts below which nothing can be said.
const LEAST_PARTS: usize = 3;

/// Returns where a figure may lie, from its values without each part of the observations in turn; `None` for fewer than
/// three parts.
///
/// Parts are what observations have in common, such as the node that made them: those of one part may all be off in the
/// same way, which the intervals of a regression do not know.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::{Confidence, jackknife};
///
/// // Of a mean, it is the usual interval: 2.5 -+ 3.182 * 0.6455.
/// let without = [3.0, 8.0 / 3.0, 7.0 / 3.0, 2.0];
/// let interval = jackknife(2.5, &without, Confidence::P95).ok_or("four parts")?;
/// assert!((interval.low - 0.445_739_74).abs() < 1e-6, "{interval:?}");
/// assert!((interval.high - 4.554_260_26).abs() < 1e-6, "{interval:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
///
/// J. W. Tukey, Ann. Math. Statist. 29 (1958): Student's t with one degree of freedom less than there are parts.
#[must_use]
pub fn jackknife(estimate: f64, without: &[f64], confidence: Confidence) -> Option<Interval> {
    if without.len() < LEAST_PARTS {
        return None;
    }
    let parts = without.len() as f64;
    let mean = without.iter().sum::<f64>() / parts;
    let squares: f64 = without.iter().map(|value| (value - mean).powi(2)).sum();
    let error = ((parts - 1.0) / parts * squares).sqrt();
    let student = StudentsT::new(0.0, 1.0, parts - 1.0).ok()?;
    let half = student.inverse_cdf(1.0 - confidence.tail()) * error;
    Some(Interval {
        low: estimate - half,
        high: estimate + half,
    })
}
