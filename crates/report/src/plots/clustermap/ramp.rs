//! From similarities to colours.

use super::super::canvas::{Anchor, Area, Canvas, GREY, INK, SMALL_SIZE, Style, TEXT_SIZE};
use super::super::text::text_width;

/// The colours of 0, a quarter, a half, three quarters and 1: darker is more alike, in print and to the
/// colour-blind too.
const STOPS: [[u8; 3]; 5] = [
    [0xf3, 0xf6, 0xfa],
    [0xc0, 0xd6, 0xe9],
    [0x6a, 0xa8, 0xd2],
    [0x24, 0x6c, 0xaf],
    [0x0a, 0x2c, 0x63],
];

/// The same on dark ground: lighter is more alike.
const DARK_STOPS: [[u8; 3]; 5] = [
    [0x1c, 0x23, 0x2b],
    [0x22, 0x44, 0x68],
    [0x42, 0x85, 0xc2],
    [0x7f, 0xbb, 0xea],
    [0xd9, 0xef, 0xff],
];

/// Steps of colour between 0 and 1: more than the eye tells apart.
pub(super) const STEPS: u8 = 80;

/// The first step that can be told from 0 beside it.
const LEAST_STEP: u8 = 5;

/// Height of the bar with its numbers.
pub(super) const RAMP_PX: f64 = 40.0;
const BAR_PX: (f64, f64) = (160.0, 10.0);

/// The colours of similarities.
pub(super) struct Ramp;

impl Ramp {
    /// Returns the step of a similarity from 0 to 1. Step 0 is for what has nothing in common: little is not nothing.
    pub(super) fn step(similarity: f64) -> u8 {
        let step = (similarity.clamp(0.0, 1.0) * f64::from(STEPS)).round() as u8;
        if similarity > 0.0 {
            step.max(LEAST_STEP)
        } else {
            0
        }
    }

    /// Returns the colour of a step.
    pub(super) fn color(step: u8) -> String {
        mixed(&STOPS, step)
    }

    /// Returns what can be read on a step.
    pub(super) fn ink(step: u8) -> &'static str {
        if step > STEPS / 2 { "#ffffff" } else { INK }
    }

    /// Draws all colours with their numbers, and what they show.
    pub(super) fn draw(canvas: &mut Canvas, (left, top): (f64, f64), measure: &str) {
        let style = Style::new(TEXT_SIZE, INK, Anchor::Start);
        canvas.text(measure, (left, top + BAR_PX.1), style);
        // Between whole pixels there would be seams.
        let left = (left + text_width(measure, TEXT_SIZE, false) + 12.0).round();
        let width = BAR_PX.0 / f64::from(STEPS);
        canvas.crisp(|canvas| {
            for step in 0..STEPS {
                let area = Area(left + f64::from(step) * width, top, width, BAR_PX.1);
                canvas.fill(area, &Self::color(step), 1.0);
            }
        });
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Middle);
        for (part, label) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
            let place = (left + part * BAR_PX.0, top + BAR_PX.1 + 13.0);
            canvas.text(label, place, style);
        }
    }
}

/// Returns all colours of similarities, each with what it is on dark ground.
pub(in super::super) fn ramp_colors() -> impl Iterator<Item = (String, String)> {
    (0..=STEPS).map(|step| (mixed(&STOPS, step), mixed(&DARK_STOPS, step)))
}

fn mixed(stops: &[[u8; 3]; 5], step: u8) -> String {
    let place = f64::from(step) / f64::from(STEPS) * (stops.len() - 1) as f64;
    let below = (place as usize).min(stops.len() - 2);
    let part = place - below as f64;
    let mix = |channel: usize| {
        let [low, high] = [below, below + 1].map(|stop| f64::from(stops[stop][channel]));
        (low + part * (high - low)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_from_light_to_dark() {
        assert_eq!(Ramp::color(Ramp::step(0.0)), "#f3f6fa");
        assert_eq!(Ramp::color(Ramp::step(0.5)), "#6aa8d2");
        assert_eq!(Ramp::color(Ramp::step(1.0)), "#0a2c63");
        assert_ne!(Ramp::step(1e-9), Ramp::step(0.0));
        let lightness = |step: u8| u32::from_str_radix(&Ramp::color(step)[3..5], 16).unwrap();
        let steps: Vec<u32> = (0..=STEPS).map(lightness).collect();
        assert!(steps.is_sorted_by(|lighter, darker| lighter >= darker));
    }
}
