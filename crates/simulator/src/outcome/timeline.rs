//! How much of something happened when, in a bounded number of steps.

use serde::Serialize;

/// Steps that a time line keeps.
const STEPS: usize = 512;

/// The first width of a step, in seconds; it doubles when the time line grows too long.
const FIRST_WIDTH_SECONDS: f64 = 1.0 / 1024.0;

/// An amount over time, in steps of equal width. The amounts add up to all that was put in.
///
/// # Examples
///
/// ```
/// use pullstudy_simulator::Timeline;
///
/// let mut bytes = Timeline::default();
/// bytes.add(0.0, 2.0, 600.0);
/// bytes.add(1.0, 2.0, 100.0);
/// assert_eq!(bytes.total(), 700.0);
/// let per_second: Vec<f64> = bytes.rates().map(|(_, rate)| rate).collect();
/// assert_eq!((per_second[0], per_second[per_second.len() - 1]), (300.0, 400.0));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// Width of a step.
    step_seconds: f64,
    /// Amount in each step, from second 0.
    amounts: Vec<f64>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            step_seconds: FIRST_WIDTH_SECONDS,
            amounts: Vec::new(),
        }
    }
}

impl Timeline {
    /// Spreads an amount evenly over a time. What takes no time is put into the step in which it happens; times before
    /// 0 count as 0.
    pub fn add(&mut self, from_seconds: f64, to_seconds: f64, amount: f64) {
        let from = from_seconds.max(0.0);
        let to = to_seconds.max(from);
        while to >= self.step_seconds * STEPS as f64 {
            self.double();
        }
        let first = self.step(from);
        // What ends where a step begins has no part in that step.
        let last = ((to / self.step_seconds).ceil() as usize)
            .saturating_sub(1)
            .max(first);
        if self.amounts.len() <= last {
            self.amounts.resize(last + 1, 0.0);
        }
        if first == last {
            self.amounts[first] += amount;
            return;
        }
        let rate = amount / (to - from);
        for step in first..=last {
            let starts = (step as f64 * self.step_seconds).max(from);
            let ends = ((step + 1) as f64 * self.step_seconds).min(to);
            self.amounts[step] += rate * (ends - starts).max(0.0);
        }
    }

    /// Returns all that was put in.
    #[must_use]
    pub fn total(&self) -> f64 {
        // The sum of nothing is -0.
        self.amounts.iter().sum::<f64>() + 0.0
    }

    /// Returns the width of a step, in seconds.
    #[must_use]
    pub fn step_seconds(&self) -> f64 {
        self.step_seconds
    }

    /// Returns the start of each step in seconds, and the amount a second in it.
    pub fn rates(&self) -> impl Iterator<Item = (f64, f64)> {
        let width = self.step_seconds;
        let rate = move |(step, amount): (usize, &f64)| (step as f64 * width, amount / width);
        self.amounts.iter().enumerate().map(rate)
    }

    fn step(&self, seconds: f64) -> usize {
        ((seconds / self.step_seconds) as usize).min(STEPS - 1)
    }

    fn double(&mut self) {
        self.step_seconds *= 2.0;
        let pairs = self.amounts.chunks(2);
        self.amounts = pairs.map(|pair| pair.iter().sum()).collect();
    }
}
