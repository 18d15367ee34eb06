//! What may be said of differences: estimates with their intervals.

use super::axis::Axis;
use super::canvas::{Anchor, Area, Canvas, GREY, INK, SMALL_SIZE, Style, TEXT_SIZE};
use super::figure::Figure;
use super::page::{MARGIN_PX, Page};
use super::text::{cut_middle, text_width};
use crate::units::{grouped, human_seconds};

const WIDTH_PX: f64 = 900.0;
const GAP_PX: f64 = 14.0;
/// Labels take at most this; longer ones are cut in the middle.
const MAX_LABEL_PX: f64 = 300.0;
const ROW_PX: f64 = 40.0;
const MARK_PX: f64 = 8.0;
const CAP_PX: f64 = 5.0;
/// Beyond these no axis has ticks that mean something.
const MAX_DIFFERENCE: f64 = 1e12;
const RATIOS: (f64, f64) = (1e-6, 1e6);

/// Less, more, and neither shown: green and red differ in lightness, too.
const COLORS: [&str; 3] = ["#19a0a8", "#c23b3b", "#5b6770"];

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IntervalsError {
    /// There are no comparisons.
    #[error("a picture of intervals needs at least one comparison")]
    NoRows,
    /// An estimate does not lie in its interval, or has no place on the axis.
    #[error(
        "{estimate} with an interval from {low} to {high} of {label:?} cannot be drawn: it must lie in its interval, and on the axis"
    )]
    OutOfRange {
        /// The comparison.
        label: String,
        /// The estimate.
        estimate: f64,
        /// Lower end of the interval.
        low: f64,
        /// Upper end of the interval.
        high: f64,
    },
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seconds,
    Ratio,
}

/// One comparison with a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalRow {
    /// What is compared, such as a strategy, an image and a number of nodes.
    pub label: String,
    /// The difference in seconds, or the ratio.
    pub estimate: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// How many observations it rests on.
    pub count: u64,
    /// How many there are of the baseline.
    pub baseline_count: u64,
}

/// A forest plot: a row for each comparison with its estimate, its interval, and the line at which there is no difference.
///
/// Less is better, as for seconds and costs; an interval across the line shows no difference, and is grey.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{IntervalRow, Intervals};
///
/// let row = IntervalRow {
///     label: "peer-to-peer, 64 nodes".into(), estimate: -41.0, low: -52.5, high: -30.0, count: 64, baseline_count: 64,
/// };
/// let figure = Intervals::of_seconds("Strategies against as-is").draw(&[row])?;
/// assert!(figure.alt().contains("peer-to-peer, 64 nodes: −41.0 s (−52.5 to −30.0), n = 64 and 64"));
/// # Ok::<(), pullstudy_report::IntervalsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Intervals {
    title: String,
    kind: Kind,
    baseline: String,
    interval: String,
    note: Option<String>,
}

impl Intervals {
    /// Starts a picture of differences in seconds, with a line at 0.
    #[must_use]
    pub fn of_seconds(title: impl Into<String>) -> Self {
        Self::new(title.into(), Kind::Seconds)
    }

    /// Starts a picture of ratios on a logarithmic axis, with a line at 1.
    #[must_use]
    pub fn of_ratios(title: impl Into<String>) -> Self {
        Self::new(title.into(), Kind::Ratio)
    }

    fn new(title: String, kind: Kind) -> Self {
        Self {
            title,
            kind,
            baseline: "the baseline".to_owned(),
            interval: "95 % interval".to_owned(),
            note: None,
        }
    }

    /// Names what everything is compared with; without it, it is `the baseline`.
    #[must_use]
    pub fn with_baseline(mut self, baseline: impl Into<String>) -> Self {
        self.baseline = baseline.into();
        self
    }

    /// Names the intervals; without it, they are `95 % interval`.
    #[must_use]
    pub fn with_interval(mut self, interval: impl Into<String>) -> Self {
        self.interval = interval.into();
        self
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Draws comparisons in the order given.
    ///
    /// # Errors
    ///
    /// [`IntervalsError`] if there are none, or one is no interval with its estimate in it.
    pub fn draw(&self, rows: &[IntervalRow]) -> Result<Figure, IntervalsError> {
        self.check(rows)?;
        let label_px = widest(rows.iter().map(|row| &*row.label), TEXT_SIZE).min(MAX_LABEL_PX);
        let label_px = label_px.max(widest(rows.iter().map(facts), SMALL_SIZE));
        let values: Vec<String> = rows.iter().map(|row| self.kind.words(row)).collect();
        let values_px = widest(values.iter(), SMALL_SIZE);
        let left = MARGIN_PX + label_px + GAP_PX;
        let right = (WIDTH_PX - MARGIN_PX - values_px - GAP_PX).max(left + 160.0);
        let axis = self.kind.axis(rows, (left, right));
        let height = rows.len() as f64 * ROW_PX;
        let how_to_read = format!(
            "Squares: estimates. Lines: {}. What crosses the line at {} shows no difference.",
            self.interval,
            self.kind.none()
        );
        let page = Page {
            width: WIDTH_PX.max(right + GAP_PX + values_px + MARGIN_PX),
            title: &self.title,
            subtitle: Some(&format!("against {}", self.baseline)),
            legend: self.legend(rows),
            rows_px: height,
            notes: std::iter::once(&*how_to_read)
                .chain(self.note.as_deref())
                .collect(),
            description: &self.description(rows),
        };
        Ok(page.draw(|canvas, top| {
            canvas.x_axis(&axis, (top, top + height), self.kind.axis_label());
            let none = axis.px(self.kind.none());
            canvas.line((none, top), (none, top + height), INK, 1.4);
            for (position, row) in rows.iter().enumerate() {
                let middle = top + (position as f64 + 0.5) * ROW_PX;
                self.draw_row(canvas, row, &axis, (middle, label_px));
            }
        }))
    }

    fn check(&self, rows: &[IntervalRow]) -> Result<(), IntervalsError> {
        if rows.is_empty() {
            return Err(IntervalsError::NoRows);
        }
        let (least, most) = match self.kind {
            Kind::Seconds => (-MAX_DIFFERENCE, MAX_DIFFERENCE),
            Kind::Ratio => RATIOS,
        };
        let is_drawable = |row: &&IntervalRow| {
            least <= row.low
                && row.low <= row.estimate
                && row.estimate <= row.high
                && row.high <= most
        };
        match rows.iter().find(|row| !is_drawable(row)) {
            None => Ok(()),
            Some(row) => Err(IntervalsError::OutOfRange {
                label: row.label.clone(),
                estimate: row.estimate,
                low: row.low,
                high: row.high,
            }),
        }
    }

    fn legend(&self, rows: &[IntervalRow]) -> Vec<(String, &'static str)> {
        let names = ["less than", "more than", "no difference shown from"];
        let has = |verdict: &usize| rows.iter().any(|row| self.kind.verdict(row) == *verdict);
        (0..COLORS.len())
            .filter(has)
            .map(|verdict| {
                let name = format!("{} {}", names[verdict], self.baseline);
                (name, COLORS[verdict])
            })
            .collect()
    }

    fn description(&self, rows: &[IntervalRow]) -> String {
        let row = |row: &IntervalRow| {
            let IntervalRow {
                label,
                count,
                baseline_count,
                ..
            } = row;
            let words = self.kind.words(row);
            format!("{label}: {words}, n = {count} and {baseline_count}")
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        format!(
            "{}. Estimates with {} of {} against {}. {}.",
            self.title,
            self.interval,
            self.kind.axis_label(),
            self.baseline,
            rows.join("; ")
        )
    }

    fn draw_row(
        &self,
        canvas: &mut Canvas,
        row: &IntervalRow,
        axis: &Axis,
        (middle, label_px): (f64, f64),
    ) {
        let color = COLORS[self.kind.verdict(row)];
        let (left, right) = axis.ends_px();
        let [low, estimate, high] = [row.low, row.estimate, row.high].map(|value| axis.px(value));
        canvas.part("interval", &self.tooltip(row), |canvas| {
            let label = cut_middle(&row.label, TEXT_SIZE, false, label_px);
            let style = Style::new(TEXT_SIZE, INK, Anchor::End);
            canvas.text(&label, (left - GAP_PX, middle - 2.0), style);
            let style = Style::new(SMALL_SIZE, GREY, Anchor::End);
            canvas.text(&facts(row), (left - GAP_PX, middle + 12.0), style);
            canvas.line((low, middle), (high, middle), color, 2.0);
            for end in [low, high] {
                canvas.line((end, middle - CAP_PX), (end, middle + CAP_PX), color, 2.0);
            }
            let (x, y) = (estimate - MARK_PX / 2.0, middle - MARK_PX / 2.0);
            canvas.fill(Area(x, y, MARK_PX, MARK_PX), color, 1.0);
            let style = Style::new(SMALL_SIZE, INK, Anchor::Start);
            canvas.text(&self.kind.words(row), (right + GAP_PX, middle + 4.0), style);
        });
    }

    fn tooltip(&self, row: &IntervalRow) -> String {
        let IntervalRow {
            label,
            estimate,
            low,
            high,
            count,
            baseline_count,
        } = row;
        let unit = match self.kind {
            Kind::Seconds => " s",
            Kind::Ratio => "",
        };
        format!(
            "{label} · {estimate:.6}{unit} · {}: {low:.6} to {high:.6}{unit} · n = {count}, {}: n = {baseline_count}",
            self.interval, self.baseline
        )
    }
}

impl Kind {
    /// Where there is no difference.
    fn none(self) -> f64 {
        match self {
            Self::Seconds => 0.0,
            Self::Ratio => 1.0,
        }
    }

    /// Position in [`COLORS`].
    fn verdict(self, row: &IntervalRow) -> usize {
        if row.high < self.none() {
            0
        } else if row.low > self.none() {
            1
        } else {
            2
        }
    }

    fn axis_label(self) -> &'static str {
        match self {
            Self::Seconds => "difference in seconds",
            Self::Ratio => "ratio, log scale",
        }
    }

    fn axis(self, rows: &[IntervalRow], pixels: (f64, f64)) -> Axis {
        let low = rows.iter().map(|row| row.low).fold(self.none(), f64::min);
        let high = rows.iter().map(|row| row.high).fold(self.none(), f64::max);
        match self {
            Self::Ratio => Axis::log(low, high, pixels),
            // No difference at all still needs an axis.
            Self::Seconds if high - low < 1e-3 => Axis::across(low - 1e-3, high + 1e-3, pixels),
            Self::Seconds => Axis::across(low, high, pixels),
        }
    }

    fn words(self, row: &IntervalRow) -> String {
        let number = |value: f64| match self {
            Self::Seconds if value < 0.0 => format!("−{}", human_seconds(-value)),
            Self::Seconds => human_seconds(value),
            Self::Ratio => format!("{value:.2}"),
        };
        let unit = match self {
            Self::Seconds => " s",
            Self::Ratio => "",
        };
        let [estimate, low, high] = [row.estimate, row.low, row.high].map(number);
        format!("{estimate}{unit} ({low} to {high})")
    }
}

fn facts(row: &IntervalRow) -> String {
    let [count, baseline] = [row.count, row.baseline_count].map(grouped);
    format!("n = {count} against {baseline}")
}

fn widest(texts: impl Iterator<Item = impl AsRef<str>>, size: u32) -> f64 {
    texts
        .map(|text| text_width(text.as_ref(), size, false))
        .fold(0.0, f64::max)
}
