//! How far nodes lie apart, by their number.

use std::collections::HashMap;

use super::axis::{Axis, Scale};
use super::canvas::{Anchor, Canvas, GREY, INK, RULE, SMALL_SIZE, Style, TEXT_SIZE};
use super::figure::Figure;
use super::labels::{common_start, nodes_text, subtitle};
use super::page::{MARGIN_PX, Page};
use super::palette::IMAGE_COLORS;
use crate::narrow::short_digest;
use crate::units::human_seconds;

const WIDTH_PX: f64 = 900.0;
const PANELS_A_ROW: usize = 3;
/// Left of a panel, for the labels of its axis.
const LEFT_PX: f64 = 44.0;
const HEAD_PX: f64 = 24.0;
const PLOT_PX: f64 = 190.0;
/// Below a panel, for node counts and a gap.
const FOOT_PX: f64 = 48.0;
const GAP_PX: f64 = 16.0;
/// What the page reserves below its rows for an axis, which stands in the panels here.
const PAGE_AXIS_PX: f64 = 54.0;
/// On a log axis a spread of 0 stands this far below the least other one.
const ZERO_PX: f64 = 18.0;
const DOT_PX: f64 = 3.2;
const SMALL_DOT_PX: f64 = 2.2;

const WHAT: &str = "seconds from the first event of a kind to the last";
const HOW_TO_READ: &str = "All panels share one axis. Node counts stand at equal steps.";
const HOW_TO_READ_DASHES: &str = "Dashed: the range expected if only as many nodes as the smallest cluster has were drawn from these at random.";
const ZERO_NOTE: &str = "0 has no place on a log axis: it stands below the others.";
const COLORS_NOTE: &str = "Coloured: the images with the greatest spreads; choose fewer images to tell all apart. What was expected of the grey ones is in their tooltips.";

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpreadLinesError {
    /// There are no points.
    #[error("spread lines need at least one point")]
    NoPoints,
    /// A spread has no place on the axis.
    #[error(
        "a spread of {seconds} s of {event} of {label:?} cannot be drawn: it must be 0 or above"
    )]
    OutOfRange {
        /// What was pulled.
        label: String,
        /// The kind of event.
        event: String,
        /// The spread.
        seconds: f64,
    },
}

/// How far the events of one kind lie apart, of one image on one number of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadPoint {
    /// What was pulled; gives the line and its colour.
    pub label: String,
    /// The kind of event; gives the panel.
    pub event: String,
    /// On how many nodes.
    pub nodes: u32,
    /// From the first such event to the last.
    pub seconds: f64,
    /// The range expected if only as many nodes as the smallest cluster has were drawn from these.
    pub expected_seconds: Option<f64>,
}

/// A line chart of spreads: a panel for each kind of event, a line for each image, nodes from left to right.
///
/// All panels share one axis of seconds, so that one sees at which kind of event the nodes drift apart. Panels and
/// images come in the order of their first point. A range grows with the number of nodes by itself;
/// where a solid line rises and its dashed one does not, it did no more than that.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{SpreadLines, SpreadPoint};
///
/// let point = |nodes, seconds, expected_seconds| SpreadPoint {
///     label: "app:1".into(), event: "pulled".into(), nodes, seconds, expected_seconds,
/// };
/// let points = [point(4, 1.0, Some(1.0)), point(8, 3.0, Some(1.5))];
/// let figure = SpreadLines::new("Spread by nodes").draw(&points)?;
/// assert!(figure.to_svg().contains("pulled"));
/// # Ok::<(), pullstudy_report::SpreadLinesError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpreadLines {
    title: String,
    scale: Scale,
    note: Option<String>,
}

/// What all panels share.
struct Chart<'a> {
    points: &'a [SpreadPoint],
    events: Vec<&'a str>,
    labels: Vec<&'a str>,
    /// For each label its colour; `None` for those that are grey.
    colors: Vec<Option<&'static str>>,
    nodes: Vec<u32>,
    scale: Scale,
}

impl SpreadLines {
    /// Starts a chart with a linear axis.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            scale: Scale::Linear,
            note: None,
        }
    }

    /// Chooses the axis of seconds.
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

    /// Draws the points, which may come in any order.
    ///
    /// # Errors
    ///
    /// [`SpreadLinesError`] if there are none, or one is not a number from 0 up.
    pub fn draw(&self, points: &[SpreadPoint]) -> Result<Figure, SpreadLinesError> {
        check(points)?;
        let chart = Chart::of(points, self.scale);
        let start = common_start(chart.labels.iter().copied());
        let subtitle =
            subtitle(start).map_or_else(|| WHAT.to_owned(), |of| format!("{WHAT}, {of}"));
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: Some(&subtitle),
            legend: chart.legend(start),
            rows_px: chart.height() - PAGE_AXIS_PX,
            notes: chart.notes(self.note.as_deref()),
            description: &self.description(&chart),
        };
        Ok(page.draw(|canvas, top| {
            for (position, event) in chart.events.iter().enumerate() {
                let (left, right, panel_top) = chart.panel(position);
                chart.draw_panel(canvas, event, (left, right), top + panel_top);
            }
        }))
    }

    fn description(&self, chart: &Chart<'_>) -> String {
        let points = chart.points.iter().map(|point| {
            format!(
                "{} of {} on {}: {} s",
                point.event,
                point.label,
                nodes_text(point.nodes),
                human_seconds(point.seconds)
            )
        });
        let points: Vec<String> = points.collect();
        format!(
            "{}. Line chart of spreads by number of nodes. {}.",
            self.title,
            points.join("; ")
        )
    }
}

fn check(points: &[SpreadPoint]) -> Result<(), SpreadLinesError> {
    if points.is_empty() {
        return Err(SpreadLinesError::NoPoints);
    }
    for point in points {
        let spreads = [Some(point.seconds), point.expected_seconds];
        let bad = spreads
            .into_iter()
            .flatten()
            .find(|seconds| !(seconds.is_finite() && *seconds >= 0.0));
        if let Some(seconds) = bad {
            return Err(SpreadLinesError::OutOfRange {
                label: point.label.clone(),
                event: point.event.clone(),
                seconds,
            });
        }
    }
    Ok(())
}

/// Returns each text once, in the order of first appearance.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct
}

impl<'a> Chart<'a> {
    fn of(points: &'a [SpreadPoint], scale: Scale) -> Self {
        let mut nodes: Vec<u32> = points.iter().map(|point| point.nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let labels = distinct(points.iter().map(|point| point.label.as_str()));
        Self {
            points,
            events: distinct(points.iter().map(|point| point.event.as_str())),
            colors: colors(points, &labels),
            labels,
            nodes,
            scale,
        }
    }

    fn seconds(&self) -> impl Iterator<Item = f64> {
        let expected = self
            .points
            .iter()
            .filter_map(|point| point.expected_seconds);
        self.points
            .iter()
            .map(|point| point.seconds)
            .chain(expected)
    }

    fn has_zero_on_log(&self) -> bool {
        self.scale == Scale::Log && self.seconds().any(|seconds| seconds == 0.0)
    }

    fn legend(&self, start: &str) -> Vec<(String, &'static str)> {
        let names = self.labels.iter().zip(&self.colors);
        let coloured = names.filter_map(|(label, color)| {
            Some((short_digest(&label[start.len()..]).into_owned(), (*color)?))
        });
        let grey = self.colors.iter().filter(|color| color.is_none()).count();
        let others = (grey > 0).then(|| (other_images(grey), RULE));
        coloured.chain(others).collect()
    }

    fn notes<'b>(&self, note: Option<&'b str>) -> Vec<&'b str> {
        let has_dashes = self
            .points
            .iter()
            .any(|point| point.expected_seconds.is_some());
        let notes = [
            Some(HOW_TO_READ),
            has_dashes.then_some(HOW_TO_READ_DASHES),
            self.has_zero_on_log().then_some(ZERO_NOTE),
            (self.labels.len() > IMAGE_COLORS.len()).then_some(COLORS_NOTE),
            note,
        ];
        notes.into_iter().flatten().collect()
    }

    fn height(&self) -> f64 {
        let rows = self.events.len().div_ceil(PANELS_A_ROW);
        rows as f64 * (HEAD_PX + PLOT_PX + FOOT_PX)
    }

    /// Returns left and right end of a panel's axis, and its top.
    fn panel(&self, position: usize) -> (f64, f64, f64) {
        let columns = self.events.len().min(PANELS_A_ROW) as f64;
        let room = WIDTH_PX - 2.0 * MARGIN_PX - GAP_PX * (columns - 1.0);
        let left = MARGIN_PX + (position % PANELS_A_ROW) as f64 * (room / columns + GAP_PX);
        let row = (position / PANELS_A_ROW) as f64;
        let top = row * (HEAD_PX + PLOT_PX + FOOT_PX);
        (left + LEFT_PX, left + room / columns, top)
    }

    /// The axis of seconds from `bottom` up to `top`.
    fn axis(&self, bottom: f64, top: f64) -> Axis {
        let high = self.seconds().fold(0.0, f64::max);
        let low = self.seconds().filter(|&seconds| seconds > 0.0);
        match self.scale {
            Scale::Log if high > 0.0 => {
                let zero_px = if self.has_zero_on_log() { ZERO_PX } else { 0.0 };
                Axis::log(low.fold(high, f64::min), high, (bottom - zero_px, top))
            }
            // Spreads of nothing still need an axis.
            _ => Axis::linear(if high > 0.0 { high } else { 1.0 }, (bottom, top)),
        }
    }

    fn draw_panel(&self, canvas: &mut Canvas, event: &str, (left, right): (f64, f64), top: f64) {
        let (head, bottom) = (top + HEAD_PX, top + HEAD_PX + PLOT_PX);
        let style = Style::new(TEXT_SIZE, INK, Anchor::Start).bold();
        canvas.text(event, (left, top + 14.0), style);
        let panel = Panel {
            chart: self,
            axis: self.axis(bottom, head),
            ends: (left, right),
            bottom,
        };
        canvas.y_axis(&panel.axis, (left, right));
        if self.has_zero_on_log() {
            canvas.y_tick("0", bottom, (left, right));
        }
        panel.draw_nodes(canvas);
        let mut lines: Vec<_> = self.labels.iter().zip(&self.colors).collect();
        // Grey ones come first, and so lie behind.
        lines.sort_by_key(|(_, color)| color.is_some());
        for (label, color) in lines {
            panel.draw_line(canvas, (event, label), *color);
        }
    }
}

fn other_images(count: usize) -> String {
    if count == 1 {
        "1 other image".to_owned()
    } else {
        format!("{count} other images")
    }
}

/// Colours tell eight images apart: of more, those with the greatest spreads have them.
fn colors(points: &[SpreadPoint], labels: &[&str]) -> Vec<Option<&'static str>> {
    let mut greatest: HashMap<&str, f64> = HashMap::new();
    for point in points {
        let seconds = greatest.entry(&point.label).or_insert(0.0);
        *seconds = seconds.max(point.seconds);
    }
    let mut ranks: Vec<usize> = (0..labels.len()).collect();
    ranks.sort_by(|&a, &b| greatest[labels[b]].total_cmp(&greatest[labels[a]]));
    let mut chosen = ranks[..labels.len().min(IMAGE_COLORS.len())].to_vec();
    // Of few images each keeps the colour of its place.
    chosen.sort_unstable();
    let mut colors = vec![None; labels.len()];
    for (position, label) in chosen.into_iter().enumerate() {
        colors[label] = Some(IMAGE_COLORS[position]);
    }
    colors
}

/// One kind of event.
struct Panel<'a> {
    chart: &'a Chart<'a>,
    axis: Axis,
    ends: (f64, f64),
    bottom: f64,
}

impl Panel<'_> {
    /// Node counts stand in the middle of equal parts of the width.
    fn x(&self, nodes: u32) -> f64 {
        let position = self.chart.nodes.binary_search(&nodes).unwrap_or(0);
        let (left, right) = self.ends;
        let part = (position as f64 + 0.5) / self.chart.nodes.len() as f64;
        left + part * (right - left)
    }

    fn y(&self, seconds: f64) -> f64 {
        if seconds > 0.0 {
            self.axis.px(seconds)
        } else {
            self.bottom
        }
    }

    fn draw_nodes(&self, canvas: &mut Canvas) {
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Middle);
        for &nodes in &self.chart.nodes {
            let place = (self.x(nodes), self.bottom + 16.0);
            canvas.text(&nodes.to_string(), place, style);
        }
        let middle = (self.ends.0 + self.ends.1) / 2.0;
        canvas.text("nodes", (middle, self.bottom + 30.0), style);
    }

    fn draw_line(&self, canvas: &mut Canvas, (event, label): (&str, &str), color: Option<&str>) {
        let mut points: Vec<&SpreadPoint> = self
            .chart
            .points
            .iter()
            .filter(|point| point.event == event && point.label == label)
            .collect();
        points.sort_by_key(|point| point.nodes);
        if points.is_empty() {
            return;
        }
        let place = |nodes: u32, seconds: f64| (self.x(nodes), self.y(seconds));
        let expected: Vec<_> = points
            .iter()
            .filter_map(|point| Some(place(point.nodes, point.expected_seconds?)))
            .collect();
        let spreads: Vec<_> = points
            .iter()
            .map(|point| place(point.nodes, point.seconds))
            .collect();
        canvas.part("line", &tooltip(label, event, &points), |canvas| {
            let Some(color) = color else {
                canvas.path(&spreads, RULE, 1.0);
                canvas.marks(&spreads, SMALL_DOT_PX, RULE);
                return;
            };
            canvas.dashes(&expected, color, 1.4);
            canvas.path(&spreads, color, 1.8);
            canvas.marks(&spreads, DOT_PX, color);
        });
    }
}

fn tooltip(label: &str, event: &str, points: &[&SpreadPoint]) -> String {
    let points = points.iter().map(|point| {
        let expected = point
            .expected_seconds
            .map_or_else(String::new, |seconds| format!(" (expected {seconds:.6} s)"));
        let nodes = nodes_text(point.nodes);
        format!("{nodes}: {:.6} s{expected}", point.seconds)
    });
    let points: Vec<String> = points.collect();
    format!("{label} · {event} · {}", points.join(" · "))
}
