//! How sure an interval is.

/// A level was asked for that no interval can have.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("confidence {level} is not between 0 and 1, both left out")]
pub struct ConfidenceOutOfRange {
    /// What was asked for.
    pub level: f64,
}

/// The share of intervals, over many repeats of a study, that hold the true value.
///
/// # Examples
///
/// ```
/// use pullstudy_stats::Confidence;
///
/// assert_eq!(Confidence::new(0.95)?, Confidence::P95);
/// assert_eq!(
///     Confidence::new(95.0).unwrap_err().to_string(),
///     "confidence 95 is not between 0 and 1, both left out",
/// );
/// # Ok::<(), pullstudy_stats::ConfidenceOutOfRange>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence(f64);

impl Confidence {
    /// 95 %: one interval in twenty misses.
    pub const P95: Self = Self(0.95);

    /// Takes a share above 0 and below 1.
    ///
    /// # Errors
    ///
    /// [`ConfidenceOutOfRange`] for every other number, and NaN.
    pub fn new(level: f64) -> Result<Self, ConfidenceOutOfRange> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(ConfidenceOutOfRange { level })
        }
    }

    /// Returns the share.
    #[must_use]
    pub fn level(self) -> f64 {
        self.0
    }

    /// The chance that is left on each side of an interval.
    pub(crate) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }
}

/// Where a figure may lie, given how few observations there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end, never below the lower one.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies between the ends, or on one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_stats::Interval;
    ///
    /// assert!(Interval { low: 0.9, high: 1.2 }.contains(1.0));
    /// assert!(!Interval { low: 1.1, high: 1.2 }.contains(1.0));
    /// ```
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
