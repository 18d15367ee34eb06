//! What one pull was doing, from its start to its end.

use pullstudy_events::{Phase, PullOutcome, PullRecord, PullTrace};

use super::axis::Axis;
use super::canvas::{Anchor, Area, Canvas, INK, RULE, SMALL_SIZE, Style};
use super::figure::Figure;
use super::lanes::{Bar, Lane, Shown, lanes, name, path_lane};
use super::page::{MARGIN_PX, Page};
use super::text::text_width;
use crate::units::{human_bytes, human_seconds, percent};

const WIDTH_PX: f64 = 960.0;
const LABEL_GAP_PX: f64 = 10.0;
const ROW_PX: f64 = 22.0;
const BAR_PX: f64 = 14.0;
/// Waiting is drawn as a thin line: nothing is done meanwhile.
const WAIT_PX: f64 = 4.0;
/// A bar narrower than this could not be seen.
const MIN_BAR_PX: f64 = 1.2;
/// Before a layer's unpacking.
const UNPACK_GAP_PX: f64 = 1.6;
/// Between the layers and the critical path.
const PATH_GAP_PX: f64 = 10.0;

const OTHER_COLOR: &str = "#dde1e6";

const HOW_TO_READ: [&str; 2] = [
    "Inside a bar the phases take turns, chunk by chunk; each is drawn as one piece, as wide as the time spent in it.",
    "Critical path: where the pull's seconds went, summed by phase, not in the order of time.",
];

/// Purples and blue for the wire, yellows for hashing, red for decompression, green for the file
/// system, brown for what was not told apart, grey for waiting: one hue a resource.
fn color(shown: Shown) -> &'static str {
    match shown {
        Some(Phase::Resolve) => "#c4b5e0",
        Some(Phase::Manifest) => "#9b7fc9",
        Some(Phase::Config) => "#6a4c9c",
        Some(Phase::Wait) => "#b8c0c8",
        Some(Phase::Download) => "#3b6fb6",
        Some(Phase::Verify) => "#f2c14e",
        Some(Phase::Decompress) => "#d1495b",
        Some(Phase::DiffId) => "#c98a04",
        Some(Phase::Write) => "#3a9a6b",
        Some(Phase::Apply) => "#8a5a44",
        _ => OTHER_COLOR,
    }
}

/// A picture of one pull: a row for each request before the layers, then one for each layer.
///
/// A layer's row has a bar for its way into the store and one for its unpacking. Inside a bar the phases
/// really take turns, chunk by chunk; here each is drawn as one piece, as wide as the time spent in it.
/// The last row sums the critical path by phase: those pieces are in no order of time, but together
/// they are as long as the pull.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pullstudy_events::{Phase, PhaseRecord, PullRecord, PullTrace, Stage};
/// use pullstudy_report::Waterfall;
///
/// let pull = PullRecord::new("8a1f", "registry.local/app:1", SystemTime::UNIX_EPOCH);
/// let second = Duration::from_secs(1);
/// let rows = vec![PhaseRecord::new("8a1f", Stage::Prepare, Phase::Resolve, Duration::ZERO, second)];
/// let trace = PullTrace::finish(pull, rows, second, None);
///
/// let svg = Waterfall::new().draw(&trace).to_svg();
/// assert!(svg.contains("bound by wire"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Waterfall {
    note: Option<String>,
}

impl Waterfall {
    /// Starts a waterfall without a note.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Draws a pull.
    ///
    /// Phases whose times are no finite numbers from 0 up are left out.
    #[must_use]
    pub fn draw(&self, trace: &PullTrace) -> Figure {
        let pull = &trace.pull;
        let rows = Rows::of(trace);
        let subtitle = subtitle(pull);
        let error = pull.error.as_ref().map(|error| format!("Error: {error}"));
        let page = Page {
            width: WIDTH_PX,
            title: &pull.image,
            subtitle: Some(&subtitle),
            legend: rows.legend(),
            rows_px: rows.height_px(),
            notes: (error.as_deref().into_iter())
                .chain(HOW_TO_READ)
                .chain(self.note.as_deref())
                .collect(),
            description: &format!("Waterfall of the pull of {}: {subtitle}.", pull.image),
        };
        page.draw(|canvas, top| rows.draw(canvas, top))
    }
}

/// The lanes, the critical path below them, and the axis that they share.
struct Rows {
    lanes: Vec<Lane>,
    path: Option<Lane>,
    axis: Axis,
}

impl Rows {
    fn of(trace: &PullTrace) -> Self {
        let lanes = lanes(trace);
        let path = trace.pull.critical_path.as_ref().map(path_lane);
        let labels = lanes.iter().chain(&path).map(|lane| &lane.label);
        let label_px = labels
            .map(|label| text_width(label, SMALL_SIZE, false))
            .fold(0.0, f64::max);
        let left = MARGIN_PX + label_px + LABEL_GAP_PX;
        let axis = Axis::until(axis_end(&trace.pull, &lanes), (left, WIDTH_PX - MARGIN_PX));
        Self { lanes, path, axis }
    }

    fn height_px(&self) -> f64 {
        let path_px = self.path.as_ref().map_or(0.0, |_| PATH_GAP_PX + ROW_PX);
        self.lanes.len() as f64 * ROW_PX + path_px
    }

    fn legend(&self) -> Vec<(String, &'static str)> {
        let bars = self
            .lanes
            .iter()
            .chain(&self.path)
            .flat_map(|lane| &lane.bars);
        let mut shown: Vec<Shown> = bars.map(|bar| bar.shown).collect();
        // `other` comes last.
        shown.sort_by_key(|&shown| (shown.is_none(), shown));
        shown.dedup();
        shown
            .into_iter()
            .map(|shown| (name(shown).to_owned(), color(shown)))
            .collect()
    }

    fn draw(&self, canvas: &mut Canvas, top: f64) {
        let bottom = top + self.height_px();
        canvas.x_axis(
            &self.axis,
            (top, bottom),
            "seconds since the start of the pull",
        );
        for (position, lane) in self.lanes.iter().enumerate() {
            draw_lane(canvas, lane, &self.axis, top + position as f64 * ROW_PX);
        }
        if let Some(path) = &self.path {
            let y = bottom - ROW_PX - PATH_GAP_PX / 2.0;
            canvas.line((MARGIN_PX, y), (WIDTH_PX - MARGIN_PX, y), RULE, 1.0);
            draw_lane(canvas, path, &self.axis, bottom - ROW_PX);
        }
    }
}

/// The pull's end; a record without one gets the end of its last bar.
fn axis_end(pull: &PullRecord, lanes: &[Lane]) -> f64 {
    let is_end = |seconds: &f64| seconds.is_finite() && *seconds > 0.0;
    let bars = lanes.iter().flat_map(|lane| &lane.bars);
    let last = bars
        .map(|bar| bar.start_seconds + bar.length_seconds)
        .fold(0.0, f64::max);
    Some(pull.seconds)
        .filter(is_end)
        .or(Some(last).filter(is_end))
        .unwrap_or(1.0)
}

fn subtitle(pull: &PullRecord) -> String {
    let seconds = human_seconds(pull.seconds);
    let mut parts: Vec<String> = pull.node.iter().cloned().collect();
    parts.push(match pull.outcome {
        PullOutcome::Pulled => format!("{seconds} s"),
        _ => format!("failed after {seconds} s"),
    });
    let layers = if pull.layers == 1 { "layer" } else { "layers" };
    let mut size = format!(
        "{} {layers}, {} on the wire",
        pull.layers,
        human_bytes(pull.wire_bytes)
    );
    if pull.unpacked_bytes > 0 {
        size.push_str(&format!(", {} unpacked", human_bytes(pull.unpacked_bytes)));
    }
    parts.push(size);
    if let (Some(bound), Some(path)) = (pull.bound_by, &pull.critical_path) {
        parts.push(format!("bound by {bound} ({})", percent(path.share(bound))));
    }
    parts.join(" · ")
}

fn draw_lane(canvas: &mut Canvas, lane: &Lane, axis: &Axis, top: f64) {
    let middle = top + ROW_PX / 2.0;
    let label_right = axis.ends_px().0 - LABEL_GAP_PX;
    let style = Style::new(SMALL_SIZE, INK, Anchor::End);
    canvas.text(
        &lane.label,
        (label_right, middle + f64::from(SMALL_SIZE) * 0.35),
        style,
    );
    for bar in &lane.bars {
        draw_bar(canvas, bar, axis, middle);
    }
}

fn draw_bar(canvas: &mut Canvas, bar: &Bar, axis: &Axis, middle: f64) {
    let (left, right) = (
        axis.px(bar.start_seconds),
        axis.px(bar.start_seconds + bar.length_seconds),
    );
    let height = if bar.shown == Some(Phase::Wait) {
        WAIT_PX
    } else {
        BAR_PX
    };
    let area = Area(
        left,
        middle - height / 2.0,
        (right - left).max(MIN_BAR_PX),
        height,
    );
    canvas.part("bar", &bar.tooltip, |canvas| {
        canvas.fill(area, color(bar.shown), 1.0);
        if bar.begins_unpack {
            // Sets the layer's way into the file system apart from its way into the store.
            let before = left - UNPACK_GAP_PX / 2.0;
            let (top, bottom) = (area.1, area.1 + height);
            canvas.line((before, top), (before, bottom), "#ffffff", UNPACK_GAP_PX);
        }
        let fits = |label: &&String| text_width(label, SMALL_SIZE, false) + 8.0 < right - left;
        if let Some(label) = bar.label.as_ref().filter(fits) {
            let style = Style::new(SMALL_SIZE, text_color(bar.shown), Anchor::Middle);
            let baseline = middle + f64::from(SMALL_SIZE) * 0.35;
            canvas.text(label, ((left + right) / 2.0, baseline), style);
        }
    });
}

/// White on the dark colours, ink on the light ones.
fn text_color(shown: Shown) -> &'static str {
    let is_dark = matches!(
        shown,
        Some(Phase::Config | Phase::Download | Phase::Decompress | Phase::Write | Phase::Apply)
    );
    if is_dark { "#ffffff" } else { INK }
}
