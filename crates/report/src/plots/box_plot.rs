//! Pull times by image and number of nodes.

use std::collections::HashMap;

use pullstudy_stats::{Sample, SampleError, Summary};

use super::axis::{Axis, Scale};
use super::box_layout::Layout;
use super::box_row::{Dots, Row};
use super::canvas::{GRID, SMALL_SIZE, TEXT_SIZE};
use super::figure::Figure;
use super::labels::{common_start, nodes_text, subtitle};
use super::page::{MARGIN_PX, Page};
use super::palette::{NODE_COLORS, cycled};
use super::pull_times::PullTimes;
use super::text::text_width;
use crate::units::grouped;

const WIDTH_PX: f64 = 900.0;
const LABEL_GAP_PX: f64 = 12.0;
/// Labels take at most this part of the width; longer ones are cut.
const MAX_LABEL_PX: f64 = 340.0;

/// From the labels above the rows down to them.
const HEAD_GAP_PX: f64 = 7.0;

const HOW_TO_READ: &str =
    "Box: quartiles and median. Whiskers: 5th to 95th percentile. Dots: every single pull.";

/// Of a row with more pulls than these only the ends are dots: more hide the box, and make a file that nobody opens.
const MAX_DOTS: usize = 200;
/// In a figure with more dots than these, rows have fewer.
const MAX_ALL_DOTS: usize = 4_000;

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

/// A horizontal box plot: a row for each [`PullTimes`], those of an image together, one colour a number of nodes.
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
    node_counts: Vec<u32>,
}

impl BoxPlot {
    /// Starts a plot with a linear axis.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            scale: Scale::Linear,
            note: None,
            node_counts: Vec::new(),
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

    /// Names all node counts of a study, so that each has the same colour in all its figures, also in those that
    /// have not all of them. Else colours go by the node counts of the figure.
    #[must_use]
    pub fn with_node_counts(mut self, nodes: impl IntoIterator<Item = u32>) -> Self {
        self.node_counts = nodes.into_iter().collect();
        self
    }

    /// Draws the rows: images in the order of their first row, within an image from few nodes to many.
    ///
    /// # Errors
    ///
    /// [`BoxPlotError`] if there are no rows, or a row has no pull times, or one that is not a number
    /// from 0 up (above 0 on a log axis).
    pub fn draw(&self, rows: &[PullTimes]) -> Result<Figure, BoxPlotError> {
        let start = common_start(rows.iter().map(|row| row.label.as_str()));
        let rows = self.checked(rows, start)?;
        let label_px = label_width(&rows);
        let left = MARGIN_PX + label_px + LABEL_GAP_PX;
        let axis = self.axis(&rows, (left, WIDTH_PX - 2.0 * MARGIN_PX));
        let layout = Layout::of(&rows);
        let subtitle = subtitle(start);
        let how_to_read = how_to_read(&rows);
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: subtitle.as_deref(),
            legend: legend(&rows),
            rows_px: layout.height,
            notes: std::iter::once(&*how_to_read)
                .chain(self.note.as_deref())
                .collect(),
            description: &self.description(&rows),
        };
        Ok(page.draw(|canvas, top| {
            let head = top + layout.head_px;
            canvas.x_axis(&axis, (head, top + layout.height), self.axis_label());
            if layout.head_px > 0.0 {
                canvas.x_labels(&axis, head - HEAD_GAP_PX);
            }
            for line in &layout.lines {
                let ends = [MARGIN_PX, axis.ends_px().1].map(|x| (x, top + line));
                canvas.line(ends[0], ends[1], GRID, 1.0);
            }
            for (row, place) in rows.iter().zip(&layout.places) {
                let place = place.moved(top);
                row.draw_label(canvas, place, left - LABEL_GAP_PX, label_px);
                row.draw_box(canvas, &axis, place);
            }
        }))
    }

    fn checked<'a>(
        &self,
        rows: &'a [PullTimes],
        start: &str,
    ) -> Result<Vec<Row<'a>>, BoxPlotError> {
        if rows.is_empty() {
            return Err(BoxPlotError::NoRows);
        }
        let mut nodes: Vec<u32> = rows.iter().filter_map(|row| row.nodes).collect();
        nodes.extend(&self.node_counts);
        nodes.sort_unstable();
        nodes.dedup();
        let most = most_dots(rows);
        let row = |times: &'a PullTimes| {
            let sample = self.sample(times)?;
            let color = times
                .nodes
                .and_then(|count| nodes.binary_search(&count).ok());
            Ok(Row {
                times,
                label: &times.label[start.len()..],
                summary: Summary::of(&sample),
                sample,
                color: cycled(&NODE_COLORS, color.unwrap_or(0)),
                dots: if times.seconds.len() > most {
                    Dots::Ends((most / 4).clamp(1, 30))
                } else {
                    Dots::All
                },
            })
        };
        together(rows).into_iter().map(row).collect()
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
            .map(|row| format!("{}: {}", row.times.label, row.facts()))
            .collect();
        format!(
            "{}. Box plot of pull times. {}.",
            self.title,
            medians.join("; ")
        )
    }
}

/// Returns of how many pulls a row may show every single one.
fn most_dots(rows: &[PullTimes]) -> usize {
    let dots = rows.iter().map(|row| row.seconds.len().min(MAX_DOTS));
    if dots.sum::<usize>() > MAX_ALL_DOTS {
        (MAX_ALL_DOTS / rows.len()).min(MAX_DOTS)
    } else {
        MAX_DOTS
    }
}

/// Says which pulls are dots, and how many are not.
fn how_to_read(rows: &[Row<'_>]) -> String {
    let cut = rows.iter().filter(|row| row.dots != Dots::All);
    let (mut shown, mut pulls, mut ends) = (0, 0, 0);
    for row in cut {
        shown += row.shown().len();
        pulls += row.times.seconds.len();
        if let Dots::Ends(most) = row.dots {
            ends = most;
        }
    }
    if pulls == 0 {
        return HOW_TO_READ.to_owned();
    }
    let [shown, pulls] = [shown, pulls].map(|count| grouped(count as u64));
    let whole = HOW_TO_READ.trim_end_matches('.');
    format!(
        "{whole}; of rows with many, the {ends} shortest and {ends} longest outside the whiskers at most ({shown} of {pulls} drawn)."
    )
}

/// Brings rows of one image together, images in the order of their first row, few nodes before many.
fn together(rows: &[PullTimes]) -> Vec<&PullTimes> {
    let mut first_of: HashMap<&str, usize> = HashMap::new();
    for (position, row) in rows.iter().enumerate() {
        first_of.entry(&row.label).or_insert(position);
    }
    let mut together: Vec<&PullTimes> = rows.iter().collect();
    together.sort_by_key(|row| (first_of.get(row.label.as_str()).copied(), row.nodes));
    together
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

fn label_width(rows: &[Row<'_>]) -> f64 {
    let widths = rows.iter().map(|row| {
        let label = text_width(row.label, TEXT_SIZE, false);
        label.max(text_width(&row.facts(), SMALL_SIZE, false))
    });
    widths.fold(0.0, f64::max).min(MAX_LABEL_PX)
}
