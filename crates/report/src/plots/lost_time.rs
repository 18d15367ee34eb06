//! What failures cost, by what failed.

use super::axis::Axis;
use super::canvas::{Anchor, Area, Canvas, GREY, INK, SMALL_SIZE, Style, TEXT_SIZE};
use super::figure::Figure;
use super::page::{MARGIN_PX, Page};
use super::text::{cut_middle, text_width};
use crate::units::{grouped, human_seconds};

const WIDTH_PX: f64 = 900.0;
const LABEL_GAP_PX: f64 = 12.0;
/// Labels take at most this; longer ones are cut in the middle.
const MAX_LABEL_PX: f64 = 300.0;
const ROW_PX: f64 = 30.0;
const BAR_PX: f64 = 18.0;
const COLOR: &str = "#c23b3b";
/// More is no time that anybody lost.
const MAX_SECONDS: f64 = 1e15;

const HOW_TO_READ: &str = "Node-seconds: how long nodes stood without their image because of failures, summed over nodes.";

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LostTimeError {
    /// There are no classes.
    #[error("bars of lost time need at least one class of failures")]
    NoRows,
    /// A time has no place on the axis.
    #[error(
        "{node_seconds} node-seconds of {class:?} cannot be drawn: they must be from 0 to {MAX_SECONDS:e}"
    )]
    OutOfRange {
        /// The class.
        class: String,
        /// The time.
        node_seconds: f64,
    },
}

/// What one class of failures cost.
#[derive(Debug, Clone, PartialEq)]
pub struct LostTimeRow {
    /// What failed, such as `registry: too many requests`.
    pub class: String,
    /// Seconds that nodes lost, summed over nodes.
    pub node_seconds: f64,
    /// How many failures there were.
    pub failures: u64,
    /// How many nodes had one, where that is known.
    pub nodes: Option<u64>,
}

/// Horizontal bars: a class of failures each, by the node-seconds that were lost, the worst above.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{LostTime, LostTimeRow};
///
/// let row = |class: &str, node_seconds| LostTimeRow { class: class.into(), node_seconds, failures: 3, nodes: Some(2) };
/// let figure = LostTime::new("Time lost").draw(&[row("timeout", 12.0), row("too many requests", 340.0)])?;
/// assert!(figure.alt().contains("too many requests: 340 node-seconds, 3 failures on 2 nodes; timeout"));
/// # Ok::<(), pullstudy_report::LostTimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LostTime {
    title: String,
    note: Option<String>,
}

impl LostTime {
    /// Starts a picture.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            note: None,
        }
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Draws classes, which may come in any order.
    ///
    /// # Errors
    ///
    /// [`LostTimeError`] if there are none, or a time is not a number from 0 up.
    pub fn draw(&self, rows: &[LostTimeRow]) -> Result<Figure, LostTimeError> {
        let rows = checked(rows)?;
        let label_px = rows
            .iter()
            .map(|row| text_width(&row.class, TEXT_SIZE, false))
            .fold(0.0, f64::max)
            .min(MAX_LABEL_PX);
        let facts_px = rows
            .iter()
            .map(|row| text_width(&row.facts(), SMALL_SIZE, false))
            .fold(0.0, f64::max);
        let left = MARGIN_PX + label_px + LABEL_GAP_PX;
        // What stands behind the longest bar needs room, too.
        let right = (WIDTH_PX - MARGIN_PX - facts_px - LABEL_GAP_PX).max(left + 120.0);
        let most = rows.first().map_or(0.0, |row| row.node_seconds);
        let axis = Axis::linear(most.max(1e-3), (left, right));
        let words: Vec<String> = rows.iter().map(|row| row.words()).collect();
        let height = rows.len() as f64 * ROW_PX + 8.0;
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: None,
            legend: Vec::new(),
            rows_px: height,
            notes: std::iter::once(HOW_TO_READ)
                .chain(self.note.as_deref())
                .collect(),
            description: &format!(
                "{}. Bars of node-seconds lost by class of failure. {}.",
                self.title,
                words.join("; ")
            ),
        };
        Ok(page.draw(|canvas, top| {
            canvas.x_axis(&axis, (top, top + height), "node-seconds lost");
            for (position, row) in rows.iter().enumerate() {
                let middle = top + 4.0 + (position as f64 + 0.5) * ROW_PX;
                row.draw(canvas, &axis, (middle, label_px));
            }
        }))
    }
}

/// The worst comes first.
fn checked(rows: &[LostTimeRow]) -> Result<Vec<&LostTimeRow>, LostTimeError> {
    if rows.is_empty() {
        return Err(LostTimeError::NoRows);
    }
    let is_time = |row: &&LostTimeRow| (0.0..=MAX_SECONDS).contains(&row.node_seconds);
    if let Some(row) = rows.iter().find(|row| !is_time(row)) {
        return Err(LostTimeError::OutOfRange {
            class: row.class.clone(),
            node_seconds: row.node_seconds,
        });
    }
    let mut rows: Vec<&LostTimeRow> = rows.iter().collect();
    rows.sort_by(|a, b| b.node_seconds.total_cmp(&a.node_seconds));
    Ok(rows)
}

impl LostTimeRow {
    fn count(&self) -> String {
        let failures = match self.failures {
            1 => "1 failure".to_owned(),
            failures => format!("{} failures", grouped(failures)),
        };
        match self.nodes {
            None => failures,
            Some(1) => format!("{failures} on 1 node"),
            Some(nodes) => format!("{failures} on {} nodes", grouped(nodes)),
        }
    }

    fn facts(&self) -> String {
        format!("{} s · {}", human_seconds(self.node_seconds), self.count())
    }

    fn words(&self) -> String {
        let seconds = human_seconds(self.node_seconds);
        format!("{}: {seconds} node-seconds, {}", self.class, self.count())
    }

    fn draw(&self, canvas: &mut Canvas, axis: &Axis, (middle, label_px): (f64, f64)) {
        let (left, right) = (axis.ends_px().0, axis.px(self.node_seconds));
        let tooltip = format!(
            "{} · {:.6} node-seconds · {}",
            self.class,
            self.node_seconds,
            self.count()
        );
        let baseline = middle + f64::from(TEXT_SIZE) * 0.35;
        canvas.part("row", &tooltip, |canvas| {
            let label = cut_middle(&self.class, TEXT_SIZE, false, label_px);
            let style = Style::new(TEXT_SIZE, INK, Anchor::End);
            canvas.text(&label, (left - LABEL_GAP_PX, baseline), style);
            // Little is not nothing.
            let width = (right - left).max(1.0);
            canvas.fill(Area(left, middle - BAR_PX / 2.0, width, BAR_PX), COLOR, 1.0);
            let style = Style::new(SMALL_SIZE, GREY, Anchor::Start);
            canvas.text(&self.facts(), (right + 6.0, baseline), style);
        });
    }
}
