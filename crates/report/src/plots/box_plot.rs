//! Pull times by image and number of nodes.

use pullstudy_events::{PullOutcome, PullTrace};
use pullstudy_stats::{Sample, SampleError, Summary};

use super::axis::{Axis, Scale};
use super::canvas::{Anchor, Area, Canvas, GREY, GRID, INK, SMALL_SIZE, Style, TEXT_SIZE};
use super::figure::Figure;
use super::page::{MARGIN_PX, Page};
use super::text::{cut_front, text_width};
use crate::units::human_seconds;

/// One colour a number of nodes; told apart by the colour-blind, and by lightness in print.
const COLORS: [&str; 6] = [
    "#3b6fb6", "#e08214", "#3a9a6b", "#a4508b", "#7a6a53", "#c23b3b",
];

const WIDTH_PX: f64 = 900.0;
const ROW_PX: f64 = 46.0;
const BOX_PX: f64 = 24.0;
const CAP_PX: f64 = 10.0;
const LABEL_GAP_PX: f64 = 12.0;
/// Labels take at most this part of the width; longer ones are cut.
const MAX_LABEL_PX: f64 = 340.0;

const HOW_TO_READ: &str =
    "Box: quartiles and median. Whiskers: 5th to 95th percentile. Dots: every single pull.";

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoxPlotError {
    /// There are no rows.
    #[error("a box plot needs at least one row of pull times")]
    NoRows,
    /// The pull times of a row are no sample.
    #[error("the pull times of {label:?} cannot be drawn")]
    Sample {
        /// Label of the row.
        label: String,
        /// What is wrong with them.
        source: SampleError,
    },
    /// A pull time has no place on the axis.
    #[error("a pull time of {seconds} s of {label:?} cannot be drawn: it must be {}", match scale {
        Scale::Linear => "0 or above",
        Scale::Log => "above 0 on a log axis",
    })]
    OutOfRange {
        /// Label of the row.
        label: String,
        /// The pull time.
        seconds: f64,
        /// The axis.
        scale: Scale,
    },
}

/// The pull times behind one box.
#[derive(Debug, Clone, PartialEq)]
pub struct PullTimes {
    /// What was pulled; rows of equal labels that follow each other share it.
    pub label: String,
    /// On how many nodes; gives the colour.
    pub nodes: Option<u32>,
    /// Every single pull time in seconds, in any order.
    pub seconds: Vec<f64>,
}

impl PullTimes {
    /// Collects traced pulls that succeeded by image and number of nodes, in the order of their first
    /// appearance, images kept together. The label is the reference of the image.
    #[must_use]
    pub fn of_traces<'a>(traces: impl IntoIterator<Item = &'a PullTrace>) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for PullTrace { pull, .. } in traces {
            if pull.outcome != PullOutcome::Pulled {
                continue;
            }
            let is_same = |row: &&mut Self| row.label == pull.image && row.nodes == pull.nodes;
            match rows.iter_mut().find(is_same) {
                Some(row) => row.seconds.push(pull.seconds),
                None => insert_beside_its_image(
                    &mut rows,
                    Self {
                        label: pull.image.clone(),
                        nodes: pull.nodes,
                        seconds: vec![pull.seconds],
                    },
                ),
            }
        }
        rows
    }
}

fn insert_beside_its_image(rows: &mut Vec<PullTimes>, row: PullTimes) {
    let after = rows.iter().rposition(|other| other.label == row.label);
    rows.insert(after.map_or(rows.len(), |position| position + 1), row);
}

/// A horizontal box plot: a row for each [`PullTimes`], from top to bottom.
///
/// Quartiles and percentiles are those of [`Summary`]. Each row says how many pulls it rests on.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{BoxPlot, PullTimes, Scale};
///
/// let rows = [
///     PullTimes { label: "zeros".into(), nodes: Some(4), seconds: vec![0.12, 0.13, 0.15, 0.11] },
///     PullTimes { label: "random".into(), nodes: Some(4), seconds: vec![1.02, 1.11, 1.30, 1.06] },
/// ];
/// let figure = BoxPlot::new("Pull times").with_scale(Scale::Log).draw(&rows)?;
/// assert!(figure.to_svg().contains("n = 4"));
/// # Ok::<(), pullstudy_report::BoxPlotError>(())
/// ```
#[derive(Debug, Clone)]
pub struct BoxPlot {
    title: String,
    scale: Scale,
    note: Option<String>,
}

/// A row that can be drawn.
struct Row<'a> {
    times: &'a PullTimes,
    /// The label without the part that all rows share.
    label: &'a str,
    sample: Sample,
    summary: Summary,
    color: &'static str,
    /// Whether the row above has the same label.
    is_continued: bool,
}

impl BoxPlot {
    /// Starts a plot with a linear axis.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            scale: Scale::Linear,
            note: None,
        }
    }

    /// Chooses the axis.
    #[must_use]
    pub fn with_scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Draws the rows.
    ///
    /// # Errors
    ///
    /// [`BoxPlotError`] if there are no rows, or a row has no pull times, or one that is not a number
    /// from 0 up (above 0 on a log axis).
    pub fn draw(&self, rows: &[PullTimes]) -> Result<Figure, BoxPlotError> {
        let folder = common_folder(rows);
        let subtitle = format!("of images under {folder}");
        let rows = self.checked(rows, folder)?;
        let label_px = label_width(&rows);
        let left = MARGIN_PX + label_px + LABEL_GAP_PX;
        let axis = self.axis(&rows, (left, WIDTH_PX - 2.0 * MARGIN_PX));
        let rows_px = rows.len() as f64 * ROW_PX;
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: (!folder.is_empty()).then_some(&*subtitle),
            legend: legend(&rows),
            rows_px,
            notes: std::iter::once(HOW_TO_READ)
                .chain(self.note.as_deref())
                .collect(),
            description: &self.description(&rows),
        };
        Ok(page.draw(|canvas, top| {
            canvas.x_axis(&axis, (top, top + rows_px), self.axis_label());
            for (position, row) in rows.iter().enumerate() {
                let row_top = top + position as f64 * ROW_PX;
                if position > 0 && !row.is_continued {
                    canvas.line((MARGIN_PX, row_top), (axis.ends_px().1, row_top), GRID, 1.0);
                }
                draw_label(canvas, row, (left - LABEL_GAP_PX, row_top), label_px);
                draw_box(canvas, row, &axis, row_top + ROW_PX / 2.0);
            }
        }))
    }

    fn checked<'a>(
        &self,
        rows: &'a [PullTimes],
        folder: &str,
    ) -> Result<Vec<Row<'a>>, BoxPlotError> {
        if rows.is_empty() {
            return Err(BoxPlotError::NoRows);
        }
        let mut nodes: Vec<Option<u32>> = rows.iter().map(|row| row.nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut checked: Vec<Row<'a>> = Vec::with_capacity(rows.len());
        for times in rows {
            let sample = self.sample(times)?;
            let color = nodes
                .iter()
                .position(|&other| other == times.nodes)
                .unwrap_or(0);
            let is_continued = checked
                .last()
                .is_some_and(|above| above.times.label == times.label);
            checked.push(Row {
                times,
                label: &times.label[folder.len()..],
                summary: Summary::of(&sample),
                sample,
                color: COLORS[color % COLORS.len()],
                is_continued,
            });
        }
        Ok(checked)
    }

    fn sample(&self, times: &PullTimes) -> Result<Sample, BoxPlotError> {
        let label = || times.label.clone();
        let sample =
            Sample::new(times.seconds.as_slice()).map_err(|source| BoxPlotError::Sample {
                label: label(),
                source,
            })?;
        let seconds = sample.min();
        let is_on_the_axis = match self.scale {
            Scale::Linear => seconds >= 0.0,
            Scale::Log => seconds > 0.0,
        };
        if is_on_the_axis {
            Ok(sample)
        } else {
            Err(BoxPlotError::OutOfRange {
                label: label(),
                seconds,
                scale: self.scale,
            })
        }
    }

    fn axis(&self, rows: &[Row<'_>], pixels: (f64, f64)) -> Axis {
        let low = rows
            .iter()
            .map(|row| row.summary.min)
            .fold(f64::INFINITY, f64::min);
        let high = rows.iter().map(|row| row.summary.max).fold(0.0, f64::max);
        match self.scale {
            // Pulls of no time at all still need an axis.
            Scale::Linear => Axis::linear(if high > 0.0 { high } else { 1.0 }, pixels),
            Scale::Log => Axis::log(low, high, pixels),
        }
    }

    fn axis_label(&self) -> &'static str {
        match self.scale {
            Scale::Linear => "pull time in seconds",
            Scale::Log => "pull time in seconds, log scale",
        }
    }

    fn description(&self, rows: &[Row<'_>]) -> String {
        let medians: Vec<String> = rows
            .iter()
            .map(|row| format!("{}: {}", row.times.label, row_facts(row)))
            .collect();
        format!(
            "{}. Box plot of pull times. {}.",
            self.title,
            medians.join("; ")
        )
    }
}

/// Returns the start that all labels share, up to a slash; empty if they are all the same.
fn common_folder(rows: &[PullTimes]) -> &str {
    let Some((first, others)) = rows.split_first() else {
        return "";
    };
    if others.iter().all(|row| row.label == first.label) {
        return "";
    }
    let folders = first
        .label
        .rmatch_indices('/')
        .map(|(slash, _)| &first.label[..=slash]);
    let is_shared = |folder: &&str| others.iter().all(|row| row.label.starts_with(*folder));
    folders.into_iter().find(is_shared).unwrap_or("")
}

fn row_facts(row: &Row<'_>) -> String {
    let nodes = row
        .times
        .nodes
        .map_or_else(String::new, |n| format!("{} · ", nodes_text(n)));
    let Summary { count, median, .. } = row.summary;
    format!("{nodes}n = {count} · median {} s", human_seconds(median))
}

/// One number of nodes needs no legend: each row names it.
fn legend(rows: &[Row<'_>]) -> Vec<(String, &'static str)> {
    let mut entries: Vec<(u32, &'static str)> = rows
        .iter()
        .filter_map(|row| Some((row.times.nodes?, row.color)))
        .collect();
    entries.sort_unstable();
    entries.dedup();
    if entries.len() < 2 {
        return Vec::new();
    }
    entries
        .into_iter()
        .map(|(nodes, color)| (nodes_text(nodes), color))
        .collect()
}

fn nodes_text(nodes: u32) -> String {
    if nodes == 1 {
        "1 node".to_owned()
    } else {
        format!("{nodes} nodes")
    }
}

fn label_width(rows: &[Row<'_>]) -> f64 {
    let widths = rows.iter().map(|row| {
        let label = text_width(row.label, TEXT_SIZE, false);
        label.max(text_width(&row_facts(row), SMALL_SIZE, false))
    });
    widths.fold(0.0, f64::max).min(MAX_LABEL_PX)
}

fn draw_label(canvas: &mut Canvas, row: &Row<'_>, (right, top): (f64, f64), width: f64) {
    let middle = top + ROW_PX / 2.0;
    let facts_y = if row.is_continued {
        middle + 4.0
    } else {
        middle + 13.0
    };
    if !row.is_continued {
        let label = cut_front(row.label, TEXT_SIZE, false, width);
        let style = Style::new(TEXT_SIZE, INK, Anchor::End);
        canvas.part("label", &row.times.label, |canvas| {
            canvas.text(&label, (right, middle - 3.0), style);
        });
    }
    canvas.text(
        &row_facts(row),
        (right, facts_y),
        Style::new(SMALL_SIZE, GREY, Anchor::End),
    );
}

fn draw_box(canvas: &mut Canvas, row: &Row<'_>, axis: &Axis, middle: f64) {
    let Summary {
        p5,
        q1,
        median,
        q3,
        p95,
        ..
    } = row.summary;
    let [p5, q1, median, q3, p95] = [p5, q1, median, q3, p95].map(|seconds| axis.px(seconds));
    let (top, color) = (middle - BOX_PX / 2.0, row.color);
    // A box without width is still to be seen.
    let area = Area(q1, top, (q3 - q1).max(1.0), BOX_PX);
    canvas.part("box", &tooltip(row), |canvas| {
        canvas.line((p5, middle), (q1, middle), color, 1.3);
        canvas.line((q3, middle), (p95, middle), color, 1.3);
        for cap in [p5, p95] {
            canvas.line(
                (cap, middle - CAP_PX / 2.0),
                (cap, middle + CAP_PX / 2.0),
                color,
                1.3,
            );
        }
        canvas.fill(area, color, 0.22);
        canvas.frame(area, color, 1.3);
        canvas.dots(&places(row, axis, middle), dot_px(row.summary.count), color);
        canvas.line((median, top), (median, top + BOX_PX), INK, 2.0);
    });
}

/// Many dots are drawn small, so that they do not hide the box.
fn dot_px(count: usize) -> f64 {
    match count {
        0..=20 => 2.8,
        21..=60 => 2.2,
        _ => 1.6,
    }
}

/// Spreads the pulls over the height of the box, evenly and the same way each time.
fn places(row: &Row<'_>, axis: &Axis, middle: f64) -> Vec<(f64, f64)> {
    /// Multiples of the golden ratio's inverse leave the most even gaps.
    const INVERSE_GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;
    let spread = BOX_PX - 2.0 * dot_px(row.summary.count) - 2.0;
    let height = |position: usize| (position as f64 * INVERSE_GOLDEN_RATIO + 0.5).fract() - 0.5;
    let values = row.sample.values().iter().enumerate();
    values
        .map(|(position, &s)| (axis.px(s), middle + height(position) * spread))
        .collect()
}

fn tooltip(row: &Row<'_>) -> String {
    let Summary {
        min,
        p5,
        q1,
        median,
        q3,
        p95,
        max,
        ..
    } = row.summary;
    format!(
        "{} · {} · min {min:.6} s · 5 % {p5:.6} s · 25 % {q1:.6} s · 50 % {median:.6} s · 75 % {q3:.6} s · \
         95 % {p95:.6} s · max {max:.6} s",
        row.times.label,
        row_facts(row)
    )
}
