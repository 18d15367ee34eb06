//! From seconds to pixels, and where the ticks stand.

/// How an axis spaces its values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scale {
    /// Equal differences take equal room; the axis starts at 0.
    #[default]
    Linear,
    /// Equal ratios take equal room; all values must be above 0.
    Log,
}

/// More than this many decades have no room for labels at 2 and 5.
const MAX_FULL_DECADES: i32 = 2;

/// A horizontal axis over a range of pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    left_px: f64,
    right_px: f64,
    ticks: Vec<Tick>,
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    /// Empty where only a grid line stands.
    pub(super) label: String,
}

impl Axis {
    /// From 0 to exactly `high`, which is above 0; ticks lie below it.
    pub(super) fn until(high: f64, (left_px, right_px): (f64, f64)) -> Self {
        let step = nice_step(high);
        let ticks = linear_ticks(high, step);
        Self {
            scale: Scale::Linear,
            low: 0.0,
            high,
            left_px,
            right_px,
            ticks,
        }
    }

    /// From 0 to the first tick at or above `high`, which is above 0.
    pub(super) fn linear(high: f64, pixels: (f64, f64)) -> Self {
        let step = nice_step(high);
        Self::until((high / step - 1e-9).ceil() * step, pixels)
    }

    /// From the last tick at or below `low` to the first at or above `high`, on both sides of 0.
    pub(super) fn across(low: f64, high: f64, (left_px, right_px): (f64, f64)) -> Self {
        let step = nice_step(high - low);
        let decimals = usize::try_from(-exponent(step * (1.0 + 1e-9))).unwrap_or(0);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let tick = |position: i64| Tick {
            value: position as f64 * step,
            label: format!("{:.decimals$}", position as f64 * step).replace('-', "−"),
        };
        Self {
            scale: Scale::Linear,
            low: first as f64 * step,
            high: last as f64 * step,
            left_px,
            right_px,
            ticks: (first..=last).map(tick).collect(),
        }
    }

    /// From the last tick at or below `low` to the first at or above `high`; both are above 0.
    pub(super) fn log(low: f64, high: f64, (left_px, right_px): (f64, f64)) -> Self {
        let all: Vec<(i32, u32)> = (exponent(low) - 1..=exponent(high) + 1)
            .flat_map(|exponent| [1, 2, 5].map(|digit| (exponent, digit)))
            .collect();
        let first = all
            .iter()
            .rposition(|&tick| value(tick) <= low)
            .unwrap_or(0);
        let last = all
            .iter()
            .position(|&tick| value(tick) >= high)
            .unwrap_or(all.len() - 1);
        // A single value would leave no range.
        let (first, last) = if first < last {
            (first, last)
        } else {
            (first.saturating_sub(1), last + 1)
        };
        let shown = &all[first..=last.min(all.len() - 1)];
        let decades = exponent(high) - exponent(low);
        let ticks = shown
            .iter()
            .map(|&tick| log_tick(tick, decades <= MAX_FULL_DECADES))
            .collect();
        let (low, high) = (value(shown[0]), value(shown[shown.len() - 1]));
        Self {
            scale: Scale::Log,
            low,
            high,
            left_px,
            right_px,
            ticks,
        }
    }

    /// Writes the ticks that have a label otherwise.
    pub(super) fn with_labels(mut self, label: impl Fn(f64) -> String) -> Self {
        for tick in self.ticks.iter_mut().filter(|tick| !tick.label.is_empty()) {
            tick.label = label(tick.value);
        }
        self
    }

    /// Returns the pixel of a value; values outside the axis lie on its ends.
    pub(super) fn px(&self, value: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        self.left_px + part.clamp(0.0, 1.0) * (self.right_px - self.left_px)
    }

    pub(super) fn ends_px(&self) -> (f64, f64) {
        (self.left_px, self.right_px)
    }

    pub(super) fn ticks(&self) -> &[Tick] {
        &self.ticks
    }
}

/// Returns 1, 2 or 5 times a power of ten, so that 4 to 10 steps reach `high`.
fn nice_step(high: f64) -> f64 {
    let power = 10_f64.powi(exponent(high / 5.0));
    let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    // `high / 5` lies between the first and the last.
    steps
        .into_iter()
        .rfind(|step| *step <= high / 5.0 * (1.0 + 1e-9))
        .unwrap_or(power)
}

fn linear_ticks(high: f64, step: f64) -> Vec<Tick> {
    let count = (high / step + 1e-9).floor() as u32;
    let decimals = usize::try_from(-exponent(step * (1.0 + 1e-9))).unwrap_or(0);
    (0..=count)
        .map(|position| f64::from(position) * step)
        .map(|value| Tick {
            value,
            label: format!("{value:.decimals$}"),
        })
        .collect()
}

fn log_tick(tick: (i32, u32), label_all: bool) -> Tick {
    let (exponent, digit) = tick;
    let decimals = usize::try_from(-exponent).unwrap_or(0);
    let value = value(tick);
    let has_label = label_all || digit == 1;
    Tick {
        value,
        label: if has_label {
            format!("{value:.decimals$}")
        } else {
            String::new()
        },
    }
}

fn value((exponent, digit): (i32, u32)) -> f64 {
    f64::from(digit) * 10_f64.powi(exponent)
}

fn exponent(value: f64) -> i32 {
    value.log10().floor() as i32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks()
            .iter()
            .map(|tick| tick.label.as_str())
            .collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        let axis = Axis::linear(2.31, (0.0, 100.0));
        assert_eq!(
            labels(&axis),
            [
                "0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "1.2", "1.4", "1.6", "1.8", "2.0", "2.2",
                "2.4"
            ]
        );
        assert!((axis.px(1.2) - 50.0).abs() < 1e-9);
        assert_eq!(
            labels(&Axis::linear(161.5, (0.0, 1.0))),
            [
                "0", "20", "40", "60", "80", "100", "120", "140", "160", "180"
            ]
        );
        assert_eq!(
            labels(&Axis::until(0.6, (0.0, 1.0))),
            ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]
        );
    }

    #[test]
    fn an_axis_has_two_sides_of_zero() {
        let axis = Axis::across(-12.0, 31.0, (0.0, 100.0));
        assert_eq!(
            labels(&axis),
            [
                "−15", "−10", "−5", "0", "5", "10", "15", "20", "25", "30", "35"
            ]
        );
        assert!((axis.px(10.0) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn log_ticks_enclose_the_values() {
        let axis = Axis::log(0.11, 2.3, (0.0, 100.0));
        assert_eq!(labels(&axis), ["0.1", "0.2", "0.5", "1", "2", "5"]);
        assert!((axis.px(0.1), axis.px(5.0)) == (0.0, 100.0));
        let wide = Axis::log(0.003, 4000.0, (0.0, 1.0));
        assert_eq!(labels(&wide)[..5], ["", "", "0.01", "", ""]);
        assert_eq!(labels(&Axis::log(1.0, 1.0, (0.0, 1.0))), ["0.5", "1", "2"]);
    }

    proptest! {
        #[test]
        fn every_axis_has_a_readable_number_of_ticks(high in 1e-4..1e6_f64) {
            let ticks = Axis::linear(high, (0.0, 1.0)).ticks().len();
            prop_assert!((5..=14).contains(&ticks), "{} ticks", ticks);
        }

        #[test]
        fn greater_values_lie_further_right(a in 1e-3..1e3_f64, b in 1e-3..1e3_f64) {
            let (low, high) = (a.min(b), a.max(b));
            let linear = Axis::linear(high, (10.0, 90.0));
            let log = Axis::log(low, high, (10.0, 90.0));
            for axis in [linear, log] {
                prop_assert!(axis.px(low) <= axis.px(high));
                prop_assert!(axis.ticks().is_sorted_by(|a, b| a.value < b.value));
            }
        }
    }
}
