//! One row of a box plot: its facts, its box, its pulls.

use pullstudy_stats::{Sample, Summary};

use super::axis::Axis;
use super::canvas::{Anchor, Area, Canvas, GREY, INK, SMALL_SIZE, Style, TEXT_SIZE};
use super::labels::nodes_text;
use super::pull_times::PullTimes;
use super::text::cut_front;
use crate::units::{grouped, human_seconds};

/// A row that can be drawn.
pub(super) struct Row<'a> {
    pub(super) times: &'a PullTimes,
    /// The label without the part that all rows share.
    pub(super) label: &'a str,
    pub(super) sample: Sample,
    pub(super) summary: Summary,
    pub(super) color: &'static str,
    pub(super) dots: Dots,
}

/// Which pulls of a row are dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dots {
    /// Every single one.
    All,
    /// So many of the shortest and of the longest, outside the whiskers.
    Ends(usize),
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Base line of the label, for the first row of an image.
    pub(super) label_y: Option<f64>,
    /// Base line of what the row rests on.
    pub(super) facts_y: f64,
    pub(super) middle_y: f64,
    pub(super) box_px: f64,
}

impl Place {
    /// Returns the place this much further down.
    pub(super) fn moved(self, down: f64) -> Self {
        Self {
            label_y: self.label_y.map(|y| y + down),
            facts_y: self.facts_y + down,
            middle_y: self.middle_y + down,
            ..self
        }
    }
}

impl Row<'_> {
    /// Returns what the row rests on.
    pub(super) fn facts(&self) -> String {
        let nodes = self.times.nodes;
        let nodes = nodes.map_or_else(String::new, |n| format!("{} · ", nodes_text(n)));
        let Summary { count, median, .. } = self.summary;
        let count = grouped(count as u64);
        format!("{nodes}n = {count} · median {} s", human_seconds(median))
    }

    /// Draws label and facts to the left of `right`, the label at most `width` wide.
    pub(super) fn draw_label(&self, canvas: &mut Canvas, place: Place, right: f64, width: f64) {
        if let Some(label_y) = place.label_y {
            let label = cut_front(self.label, TEXT_SIZE, false, width);
            let style = Style::new(TEXT_SIZE, INK, Anchor::End);
            canvas.part("label", &self.times.label, |canvas| {
                canvas.text(&label, (right, label_y), style);
            });
        }
        let style = Style::new(SMALL_SIZE, GREY, Anchor::End);
        canvas.text(&self.facts(), (right, place.facts_y), style);
    }

    pub(super) fn draw_box(&self, canvas: &mut Canvas, axis: &Axis, place: Place) {
        let Summary {
            p5,
            q1,
            median,
            q3,
            p95,
            ..
        } = self.summary;
        let [p5, q1, median, q3, p95] = [p5, q1, median, q3, p95].map(|seconds| axis.px(seconds));
        let (middle, color) = (place.middle_y, self.color);
        let top = middle - place.box_px / 2.0;
        // A box without width is still to be seen.
        let area = Area(q1, top, (q3 - q1).max(1.0), place.box_px);
        let cap_px = place.box_px * 0.2;
        canvas.part("box", &self.tooltip(), |canvas| {
            canvas.line((p5, middle), (q1, middle), color, 1.3);
            canvas.line((q3, middle), (p95, middle), color, 1.3);
            for cap in [p5, p95] {
                canvas.line((cap, middle - cap_px), (cap, middle + cap_px), color, 1.3);
            }
            canvas.fill(area, color, 0.22);
            canvas.frame(area, color, 1.3);
            self.draw_dots(canvas, axis, place);
            canvas.line((median, top), (median, top + place.box_px), INK, 2.0);
        });
    }

    /// Each dot beyond the whiskers has its own tooltip: these are the pulls that readers ask about.
    fn draw_dots(&self, canvas: &mut Canvas, axis: &Axis, place: Place) {
        let (shown, places) = (self.shown(), self.places(axis, place));
        let radius = self.dot_px(place);
        let below = shown.partition_point(|&seconds| seconds < self.summary.p5);
        let above = shown.partition_point(|&seconds| seconds <= self.summary.p95);
        for (position, (seconds, place)) in shown.iter().zip(&places).enumerate() {
            if (below..above).contains(&position) {
                continue;
            }
            let tooltip = format!("{} s ({seconds:.6} s)", human_seconds(*seconds));
            canvas.part("dot", &tooltip, |canvas| {
                canvas.dots(std::slice::from_ref(place), radius, self.color);
            });
        }
        canvas.dots(&places[below..above.max(below)], radius, self.color);
    }

    /// Many dots are drawn small, so that they do not hide the box.
    fn dot_px(&self, place: Place) -> f64 {
        let many: f64 = match self.summary.count {
            0..=20 => 2.8,
            21..=60 => 2.2,
            _ => 1.6,
        };
        many.min(place.box_px / 6.0)
    }

    /// Spreads the pulls over the height of the box, evenly and the same way each time.
    fn places(&self, axis: &Axis, place: Place) -> Vec<(f64, f64)> {
        /// Multiples of the golden ratio's inverse leave the most even gaps.
        const INVERSE_GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;
        let spread = place.box_px - 2.0 * self.dot_px(place) - 2.0;
        let height = |position: usize| (position as f64 * INVERSE_GOLDEN_RATIO + 0.5).fract() - 0.5;
        let values = self.shown().into_iter().enumerate();
        values
            .map(|(position, s)| (axis.px(s), place.middle_y + height(position) * spread))
            .collect()
    }

    /// Returns the pulls that are dots, from the shortest on.
    pub(super) fn shown(&self) -> Vec<f64> {
        let values = self.sample.values();
        let Dots::Ends(most) = self.dots else {
            return values.to_vec();
        };
        let below = values.partition_point(|&seconds| seconds < self.summary.p5);
        let above = values.partition_point(|&seconds| seconds <= self.summary.p95);
        let low = &values[..below.min(most)];
        let high = &values[above.max(values.len().saturating_sub(most))..];
        [low, high].concat()
    }

    fn tooltip(&self) -> String {
        let Summary {
            min,
            p5,
            q1,
            median,
            q3,
            p95,
            max,
            ..
        } = self.summary;
        format!(
            "{} · {} · min {min:.6} s · 5 % {p5:.6} s · 25 % {q1:.6} s · 50 % {median:.6} s · 75 % {q3:.6} s · \
             95 % {p95:.6} s · max {max:.6} s",
            self.times.label,
            self.facts()
        )
    }
}
