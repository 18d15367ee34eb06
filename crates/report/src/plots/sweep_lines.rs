//! How something grows with the number of nodes, one line a strategy.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, GREY, INK, SMALL_SIZE, Style, TEXT_SIZE};
use super::figure::Figure;
use super::labels::nodes_text;
use super::page::{MARGIN_PX, Page};
use super::palette::{IMAGE_COLORS, cycled};

const WIDTH_PX: f64 = 1000.0;
/// Left of a panel, for the labels of its axis.
const LEFT_PX: f64 = 56.0;
const HEAD_PX: f64 = 26.0;
const PLOT_PX: f64 = 330.0;
/// Below a panel, for node counts.
const FOOT_PX: f64 = 48.0;
const GAP_PX: f64 = 20.0;
/// What the page reserves below its rows for an axis, which stands in the panels here.
const PAGE_AXIS_PX: f64 = 54.0;
const DOT_PX: f64 = 3.2;
/// Node counts on the axis lie at least so far apart.
const TICK_PX: f64 = 38.0;

const HOW_TO_READ: &str = "Both axes are logarithmic.";
const COLORS_NOTE: &str = "There are more lines than colours, so colours repeat: choose fewer strategies to tell them apart.";

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SweepLinesError {
    /// There are no panels, or one has no points.
    #[error("lines of a sweep need at least one point in each panel")]
    NoPoints,
    /// A value has no place on a logarithmic axis.
    #[error(
        "{value} of {label:?} on {nodes} nodes cannot be drawn: it must be above 0 and finite, and so must the nodes"
    )]
    OutOfRange {
        /// The line.
        label: String,
        /// The number of nodes.
        nodes: u32,
        /// The value.
        value: f64,
    },
}

/// A line: what something comes to on each number of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepLine {
    /// What the line is of; gives its colour.
    pub label: String,
    /// Number of nodes and value, in any order.
    pub points: Vec<(u32, f64)>,
}

/// One panel: a figure for every line.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPanel {
    /// What the figure is, with its unit.
    pub title: String,
    /// One line a strategy.
    pub lines: Vec<SweepLine>,
    /// What no line can go below, dashed.
    pub limit: Option<SweepLine>,
}

/// A line chart over numbers of nodes, a panel for each figure, both axes logarithmic, so that what grows in proportion is a
/// straight line.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{SweepLine, SweepLines, SweepPanel};
///
/// let line = |label: &str, points: &[(u32, f64)]| SweepLine { label: label.into(), points: points.to_vec() };
/// let panel = SweepPanel {
///     title: "median, seconds".into(),
///     lines: vec![line("as-is", &[(4, 10.0), (64, 160.0)]), line("peer-to-peer", &[(4, 12.0), (64, 13.0)])],
///     limit: Some(line("S / b, N S / B", &[(4, 8.0), (64, 128.0)])),
/// };
/// let figure = SweepLines::new("One image on more and more nodes").draw(&[panel])?;
/// assert!(figure.to_svg().contains("peer-to-peer"));
/// # Ok::<(), pullstudy_report::SweepLinesError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SweepLines {
    title: String,
    subtitle: Option<String>,
    notes: Vec<String>,
}

/// What all panels share.
struct Chart<'a> {
    panels: &'a [SweepPanel],
    labels: Vec<&'a str>,
    nodes: Vec<u32>,
}

impl SweepLines {
    /// Starts a chart.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            notes: Vec::new(),
        }
    }

    /// Says below the title what was pulled.
    #[must_use]
    pub fn with_subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = Some(subtitle.into());
        self
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Draws the panels side by side.
    ///
    /// # Errors
    ///
    /// [`SweepLinesError`] if one is empty, or a value is not above 0.
    pub fn draw(&self, panels: &[SweepPanel]) -> Result<Figure, SweepLinesError> {
        check(panels)?;
        let chart = Chart::of(panels);
        let has_many = chart.labels.len() > IMAGE_COLORS.len();
        let mut notes = vec![HOW_TO_READ];
        notes.extend(has_many.then_some(COLORS_NOTE));
        notes.extend(self.notes.iter().map(String::as_str));
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: self.subtitle.as_deref(),
            legend: chart.legend(),
            rows_px: HEAD_PX + PLOT_PX + FOOT_PX - PAGE_AXIS_PX,
            notes,
            description: &self.description(&chart),
        };
        Ok(page.draw(|canvas, top| {
            for (position, panel) in panels.iter().enumerate() {
                chart.draw_panel(canvas, panel, chart.ends(position), top);
            }
        }))
    }

    fn description(&self, chart: &Chart<'_>) -> String {
        let panels = chart.panels.iter().map(|panel| {
            let lines: Vec<String> = panel.lines.iter().map(words).collect();
            format!("{}: {}", panel.title, lines.join("; "))
        });
        let panels: Vec<String> = panels.collect();
        format!(
            "{}. Lines by number of nodes. {}.",
            self.title,
            panels.join(". ")
        )
    }
}

fn words(line: &SweepLine) -> String {
    let points = line.points.iter();
    let points: Vec<String> = points
        .map(|(nodes, value)| format!("{value:.3} on {}", nodes_text(*nodes)))
        .collect();
    format!("{} {}", line.label, points.join(", "))
}

fn check(panels: &[SweepPanel]) -> Result<(), SweepLinesError> {
    let is_empty = |panel: &SweepPanel| panel.lines.iter().all(|line| line.points.is_empty());
    if panels.is_empty() || panels.iter().any(is_empty) {
        return Err(SweepLinesError::NoPoints);
    }
    for line in panels.iter().flat_map(all_lines) {
        let bad = |&&(nodes, value): &&(u32, f64)| !(value.is_finite() && value > 0.0 && nodes > 0);
        if let Some(&(nodes, value)) = line.points.iter().find(bad) {
            return Err(SweepLinesError::OutOfRange {
                label: line.label.clone(),
                nodes,
                value,
            });
        }
    }
    Ok(())
}

fn all_lines(panel: &SweepPanel) -> impl Iterator<Item = &SweepLine> {
    panel.lines.iter().chain(panel.limit.as_ref())
}

impl<'a> Chart<'a> {
    fn of(panels: &'a [SweepPanel]) -> Self {
        let mut labels: Vec<&str> = Vec::new();
        for line in panels.iter().flat_map(|panel| &panel.lines) {
            if !labels.contains(&line.label.as_str()) {
                labels.push(&line.label);
            }
        }
        let points = panels
            .iter()
            .flat_map(all_lines)
            .flat_map(|line| &line.points);
        let mut nodes: Vec<u32> = points.map(|(nodes, _)| *nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Self {
            panels,
            labels,
            nodes,
        }
    }

    fn legend(&self) -> Vec<(String, &'static str)> {
        let lines = self.labels.iter().enumerate();
        let lines = lines.map(|(position, label)| ((*label).to_owned(), color(position)));
        let limits = self.panels.iter().find_map(|panel| panel.limit.as_ref());
        lines
            .chain(limits.map(|limit| (limit.label.clone(), GREY)))
            .collect()
    }

    /// Left and right end of a panel's axis.
    fn ends(&self, position: usize) -> (f64, f64) {
        let columns = self.panels.len() as f64;
        let width = (WIDTH_PX - 2.0 * MARGIN_PX - GAP_PX * (columns - 1.0)) / columns;
        let left = MARGIN_PX + position as f64 * (width + GAP_PX);
        (left + LEFT_PX, left + width)
    }

    fn draw_panel(&self, canvas: &mut Canvas, panel: &SweepPanel, ends: (f64, f64), top: f64) {
        let (head, bottom) = (top + HEAD_PX, top + HEAD_PX + PLOT_PX);
        let style = Style::new(TEXT_SIZE, INK, Anchor::Start).bold();
        canvas.text(&panel.title, (ends.0 - LEFT_PX, top + 12.0), style);
        let values = all_lines(panel).flat_map(|line| line.points.iter().map(|point| point.1));
        let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let axis = Axis::log(low, high, (bottom, head));
        canvas.y_axis(&axis, ends);
        self.draw_nodes(canvas, ends, bottom);
        if let Some(limit) = &panel.limit {
            let places = self.places(limit, &axis, ends);
            canvas.part("line", &words(limit), |canvas| {
                canvas.dashes(&places, GREY, 1.4)
            });
        }
        for line in &panel.lines {
            let position = self.labels.iter().position(|label| *label == line.label);
            let color = color(position.unwrap_or(0));
            let places = self.places(line, &axis, ends);
            canvas.part("line", &words(line), |canvas| {
                canvas.path(&places, color, 1.8);
                canvas.marks(&places, DOT_PX, color);
            });
        }
    }

    fn places(&self, line: &SweepLine, axis: &Axis, ends: (f64, f64)) -> Vec<(f64, f64)> {
        let mut points = line.points.clone();
        points.sort_by_key(|point| point.0);
        let points = points.into_iter();
        points
            .map(|(nodes, value)| (self.x(nodes, ends), axis.px(value)))
            .collect()
    }

    fn x(&self, nodes: u32, (left, right): (f64, f64)) -> f64 {
        let log = |nodes: u32| f64::from(nodes).ln();
        let (Some(&first), Some(&last)) = (self.nodes.first(), self.nodes.last()) else {
            return left;
        };
        match last > first {
            true => left + (log(nodes) - log(first)) / (log(last) - log(first)) * (right - left),
            false => (left + right) / 2.0,
        }
    }

    fn draw_nodes(&self, canvas: &mut Canvas, ends: (f64, f64), bottom: f64) {
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Middle);
        let mut free_from = f64::NEG_INFINITY;
        for &nodes in &self.nodes {
            let x = self.x(nodes, ends);
            if x >= free_from {
                canvas.text(&nodes.to_string(), (x, bottom + 16.0), style);
                free_from = x + TICK_PX;
            }
        }
        canvas.text("nodes", ((ends.0 + ends.1) / 2.0, bottom + 32.0), style);
    }
}

fn color(position: usize) -> &'static str {
    cycled(&IMAGE_COLORS, position)
}
