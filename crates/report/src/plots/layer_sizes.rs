//! How large layers are.

use pullstudy_stats::Sample;

use super::axis::Axis;
use super::canvas::{Anchor, Area, Canvas, GREY, SMALL_SIZE, Style};
use super::figure::Figure;
use super::page::{MARGIN_PX, Page};
use crate::units::{grouped, human_bytes};

const WIDTH_PX: f64 = 900.0;
const PLOT_PX: f64 = 300.0;
/// Left of the plot, for the labels of the upright axis.
const LEFT_PX: f64 = 56.0;
/// Above the plot, for what the upright axis counts.
const HEAD_PX: f64 = 18.0;
/// Between two bars.
const GAP_PX: f64 = 1.0;

/// All rows behind, unique layers before them.
const COLORS: [&str; 2] = ["#b5cfe8", "#1f5f99"];

/// Few layers have wide bars, so that chance shows less.
const FEW: usize = 1_000;
const BARS_A_DECADE: (f64, f64) = (4.0, 10.0);

const HOW_TO_READ: &str = "The size of a layer is that of its compressed blob: what a registry sends. Layers in several images are several rows.";

/// Why there is nothing to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerSizesError {
    /// No layer has a size above 0.
    #[error("a histogram of layer sizes needs at least one layer of 1 byte or more")]
    NoLayers,
}

/// A histogram of layer sizes on a logarithmic axis: all rows, and unique layers in front of them.
///
/// # Examples
///
/// ```
/// use pullstudy_report::LayerSizes;
///
/// let (rows, unique) = ([32, 32, 3_738_655, 30_439_933], [32, 3_738_655, 30_439_933]);
/// let figure = LayerSizes::new("Layer sizes").draw(&rows, &unique)?;
/// assert!(figure.to_svg().contains("3 unique layers"));
/// # Ok::<(), pullstudy_report::LayerSizesError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LayerSizes {
    title: String,
    note: Option<String>,
}

impl LayerSizes {
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

    /// Draws sizes in bytes: one a layer of an image in `rows`, one a different layer in `unique`, in any order.
    ///
    /// Layers of 0 bytes have no place on the axis; the picture says how many there are.
    ///
    /// # Errors
    ///
    /// [`LayerSizesError`] if there is nothing to draw.
    pub fn draw(&self, rows: &[u64], unique: &[u64]) -> Result<Figure, LayerSizesError> {
        let histogram = Histogram::of(rows, unique).ok_or(LayerSizesError::NoLayers)?;
        let medians = histogram.medians();
        let zero = histogram.zero_note();
        let notes = [
            Some(HOW_TO_READ),
            Some(&*medians),
            zero.as_deref(),
            self.note.as_deref(),
        ];
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: None,
            legend: histogram.legend(),
            rows_px: PLOT_PX,
            notes: notes.into_iter().flatten().collect(),
            description: &format!(
                "{}. Histogram of layer sizes on a logarithmic axis: {} layers of images, {} unique. {medians}",
                self.title,
                grouped(rows.len() as u64),
                grouped(unique.len() as u64)
            ),
        };
        Ok(page.draw(|canvas, top| histogram.draw(canvas, top)))
    }
}

/// Layers counted by size.
struct Histogram<'a> {
    rows: &'a [u64],
    unique: &'a [u64],
    low: u64,
    high: u64,
    bars: Vec<Bar>,
}

/// Layers of similar size.
struct Bar {
    from_bytes: f64,
    to_bytes: f64,
    counts: [u64; 2],
}

impl<'a> Histogram<'a> {
    fn of(rows: &'a [u64], unique: &'a [u64]) -> Option<Self> {
        let sizes = rows.iter().chain(unique).copied().filter(|&size| size > 0);
        let (low, high) = (sizes.clone().min()?, sizes.max()?);
        let (wide, narrow) = BARS_A_DECADE;
        let a_decade = if unique.len() < FEW { wide } else { narrow };
        let bar_of = |size: u64| ((size as f64).log10() * a_decade + 1e-9).floor() as usize;
        let first = bar_of(low);
        let edge = |bar: usize| 10_f64.powf((first + bar) as f64 / a_decade);
        let mut bars: Vec<Bar> = (0..=bar_of(high) - first)
            .map(|bar| Bar {
                from_bytes: edge(bar),
                to_bytes: edge(bar + 1),
                counts: [0; 2],
            })
            .collect();
        for (of, sizes) in [rows, unique].into_iter().enumerate() {
            for &size in sizes.iter().filter(|&&size| size > 0) {
                bars[bar_of(size) - first].counts[of] += 1;
            }
        }
        Some(Self {
            rows,
            unique,
            low,
            high,
            bars,
        })
    }

    fn legend(&self) -> Vec<(String, &'static str)> {
        let count = |sizes: &[u64]| grouped(sizes.len() as u64);
        vec![
            (format!("{} layers of images", count(self.rows)), COLORS[0]),
            (format!("{} unique layers", count(self.unique)), COLORS[1]),
        ]
    }

    fn medians(&self) -> String {
        let median = |sizes: &[u64]| {
            let sizes: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
            let sample = Sample::new(sizes).ok()?;
            Some(human_bytes(sample.median().round() as u64))
        };
        let [all, unique] = [self.rows, self.unique]
            .map(|sizes| median(sizes).unwrap_or_else(|| "no size".to_owned()));
        format!("Median: {all} over all layers of images, {unique} over unique layers.")
    }

    fn zero_note(&self) -> Option<String> {
        let zero = |sizes: &[u64]| sizes.iter().filter(|&&size| size == 0).count() as u64;
        let (rows, unique) = (zero(self.rows), zero(self.unique));
        (rows + unique > 0).then(|| {
            format!(
                "Not shown, for want of a place on a log axis: layers of 0 bytes ({} of images, {} unique).",
                grouped(rows),
                grouped(unique)
            )
        })
    }

    fn draw(&self, canvas: &mut Canvas, top: f64) {
        let (left, right) = (MARGIN_PX + LEFT_PX, WIDTH_PX - MARGIN_PX);
        let bottom = top + PLOT_PX;
        let high = self
            .bars
            .last()
            .map_or(self.high as f64, |bar| bar.to_bytes);
        let low = self
            .bars
            .first()
            .map_or(self.low as f64, |bar| bar.from_bytes);
        let bytes = Axis::log(low, high, (left, right)).with_labels(size_label);
        let most = self.bars.iter().flat_map(|bar| bar.counts).max();
        let counts = Axis::linear(most.unwrap_or(1) as f64, (bottom, top + HEAD_PX));
        let counts = counts.with_labels(|count| grouped(count.round() as u64));
        canvas.y_axis(&counts, (left, right));
        canvas.x_axis(
            &bytes,
            (top, bottom),
            "size of a layer as it is sent, log scale",
        );
        for bar in self.bars.iter().filter(|bar| bar.counts != [0; 2]) {
            bar.draw(canvas, &bytes, &counts, bottom);
        }
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Start);
        canvas.text("layers", (MARGIN_PX, top + 8.0), style);
    }
}

impl Bar {
    fn draw(&self, canvas: &mut Canvas, bytes: &Axis, counts: &Axis, bottom: f64) {
        let (left, right) = (bytes.px(self.from_bytes), bytes.px(self.to_bytes));
        let [rows, unique] = self.counts.map(grouped);
        let tooltip = format!(
            "{} to {} · {rows} layers of images · {unique} unique layers",
            human_bytes(self.from_bytes.round() as u64),
            human_bytes(self.to_bytes.round() as u64),
        );
        canvas.part("bar", &tooltip, |canvas| {
            for (count, color) in self.counts.into_iter().zip(COLORS) {
                let top = counts.px(count as f64);
                if count > 0 {
                    let width = (right - left - GAP_PX).max(1.0);
                    canvas.fill(Area(left, top, width, bottom - top), color, 1.0);
                }
            }
        });
    }
}

/// Ticks are round: `100 kB`, not `100.0 kB`.
fn size_label(bytes: f64) -> String {
    let text = human_bytes(bytes.round() as u64);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {unit}")
        }
        _ => text,
    }
}
