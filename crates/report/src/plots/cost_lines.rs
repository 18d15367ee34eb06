//! What options cost as they are used more, and from where on one is the cheapest.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, GREY, INK, SMALL_SIZE, Style};
use super::figure::Figure;
use super::page::{MARGIN_PX, Page};
use super::palette::{IMAGE_COLORS, cycled};
use super::text::text_width;
use crate::units::{grouped, human_usd};

const WIDTH_PX: f64 = 900.0;
const PLOT_PX: f64 = 320.0;
/// Left of the plot, for the labels of the upright axis.
const LEFT_PX: f64 = 64.0;
/// Above the plot, for what the upright axis shows, and for where options cross.
const HEAD_PX: f64 = 40.0;
const DOT_PX: f64 = 4.0;
/// Beyond these nobody pays, and no axis has ticks that mean something.
const MAX_USD: f64 = 1e12;
const MAX_STARTS: u64 = 1_000_000_000_000;

const HOW_TO_READ: &str =
    "Dots: from there on, going right, another option is the cheapest of all.";

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CostLinesError {
    /// There are no options, or no starts.
    #[error(
        "lines of costs need at least one option, and from 1 to {MAX_STARTS} starts, not {starts}"
    )]
    NoOptions {
        /// How many starts were asked for.
        starts: u64,
    },
    /// A cost has no place on the axis.
    #[error(
        "{label:?} cannot be drawn: USD {fixed_usd} and USD {usd_per_start} a start must be from 0 to {MAX_USD:e} in all"
    )]
    OutOfRange {
        /// The option.
        label: String,
        /// What it costs at once.
        fixed_usd: f64,
        /// What each start costs.
        usd_per_start: f64,
    },
}

/// One way to do it.
#[derive(Debug, Clone, PartialEq)]
pub struct CostOption {
    /// What it is.
    pub label: String,
    /// What it costs however often it is used.
    pub fixed_usd: f64,
    /// What each start costs.
    pub usd_per_start: f64,
}

/// Lines of what options cost in all, over how often they are used, with the points from which on another is the cheapest.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{CostLines, CostOption};
///
/// let option = |label: &str, fixed_usd, usd_per_start| CostOption { label: label.into(), fixed_usd, usd_per_start };
/// let options = [option("as-is", 0.0, 0.5), option("cache", 50.0, 0.1)];
/// let figure = CostLines::new("Cache or not").draw(&options, 400)?;
/// assert!(figure.alt().contains("From 125 starts on cache is the cheapest"));
/// # Ok::<(), pullstudy_report::CostLinesError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CostLines {
    title: String,
    unit: String,
    note: Option<String>,
}

/// Where another option becomes the cheapest.
struct Crossing<'a> {
    starts: f64,
    usd: f64,
    to: &'a CostOption,
}

impl CostLines {
    /// Starts a picture over numbers of starts.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            unit: "starts".to_owned(),
            note: None,
        }
    }

    /// Names what is counted, such as `starts a month` or `pulls`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Draws options from no start to so many.
    ///
    /// # Errors
    ///
    /// [`CostLinesError`] if there are none of either, or a cost is not a number from 0 up.
    pub fn draw(&self, options: &[CostOption], starts: u64) -> Result<Figure, CostLinesError> {
        check(options, starts)?;
        let crossings = crossings(options, starts as f64);
        let costs = options.iter().map(|option| option.usd(starts as f64));
        let most = costs.fold(0.0, f64::max).max(1e-2);
        let page = Page {
            width: WIDTH_PX,
            title: &self.title,
            subtitle: None,
            legend: legend(options),
            rows_px: HEAD_PX + PLOT_PX,
            notes: (!crossings.is_empty())
                .then_some(HOW_TO_READ)
                .into_iter()
                .chain(self.note.as_deref())
                .collect(),
            description: &self.description(options, starts, &crossings),
        };
        Ok(page.draw(|canvas, top| {
            let (head, bottom) = (top + HEAD_PX, top + HEAD_PX + PLOT_PX);
            let ends = (MARGIN_PX + LEFT_PX, WIDTH_PX - 2.0 * MARGIN_PX);
            let counts = Axis::until(starts as f64, ends);
            let counts = counts.with_labels(tick);
            let usd = Axis::linear(most, (bottom, head));
            canvas.y_axis(&usd, ends);
            canvas.x_axis(&counts, (head, bottom), &self.unit);
            let style = Style::new(SMALL_SIZE, GREY, Anchor::Start);
            canvas.text("USD in all", (MARGIN_PX, head - 14.0), style);
            for (position, option) in options.iter().enumerate() {
                let ends = [0.0, starts as f64].map(|n| (counts.px(n), usd.px(option.usd(n))));
                let words = self.words(option, starts);
                canvas.part("line", &words, |canvas| {
                    canvas.path(&ends, cycled(&IMAGE_COLORS, position), 2.2);
                });
            }
            self.draw_crossings(canvas, &crossings, (&counts, &usd), (head, bottom));
        }))
    }

    fn draw_crossings(
        &self,
        canvas: &mut Canvas,
        crossings: &[Crossing<'_>],
        (counts, usd): (&Axis, &Axis),
        (head, bottom): (f64, f64),
    ) {
        let style = Style::new(SMALL_SIZE, INK, Anchor::Middle);
        let mut free_from = f64::NEG_INFINITY;
        for crossing in crossings {
            let place = (counts.px(crossing.starts), usd.px(crossing.usd));
            let label = tick(crossing.starts.ceil());
            let half = text_width(&label, SMALL_SIZE, false) / 2.0;
            canvas.part("crossing", &self.crossing_words(crossing), |canvas| {
                canvas.dashes(&[(place.0, head), (place.0, bottom)], GREY, 1.2);
                canvas.marks(&[place], DOT_PX, INK);
                // Where crossings lie close the first is labelled, and all have their tooltips.
                if place.0 - half >= free_from {
                    canvas.text(&label, (place.0, head - 6.0), style);
                    free_from = place.0 + half + 6.0;
                }
            });
        }
    }

    fn words(&self, option: &CostOption, starts: u64) -> String {
        let CostOption {
            label,
            fixed_usd,
            usd_per_start,
        } = option;
        format!(
            "{label}: {} and {} each, {} for {} {}",
            money(*fixed_usd),
            money(*usd_per_start),
            money(option.usd(starts as f64)),
            grouped(starts),
            self.unit
        )
    }

    fn crossing_words(&self, crossing: &Crossing<'_>) -> String {
        let Crossing { starts, usd, to } = crossing;
        format!(
            "From {} {} on {} is the cheapest, at {}",
            grouped(starts.ceil() as u64),
            self.unit,
            to.label,
            money(*usd)
        )
    }

    fn description(
        &self,
        options: &[CostOption],
        starts: u64,
        crossings: &[Crossing<'_>],
    ) -> String {
        let options = options.iter().map(|option| self.words(option, starts));
        let crossings = crossings
            .iter()
            .map(|crossing| self.crossing_words(crossing));
        let words: Vec<String> = options.chain(crossings).collect();
        format!(
            "{}. Lines of USD in all over {}. {}.",
            self.title,
            self.unit,
            words.join("; ")
        )
    }
}

fn money(usd: f64) -> String {
    format!("USD {}", human_usd(usd))
}

fn tick(count: f64) -> String {
    if count.fract() == 0.0 {
        grouped(count as u64)
    } else {
        format!("{count}")
    }
}

impl CostOption {
    fn usd(&self, starts: f64) -> f64 {
        self.fixed_usd + self.usd_per_start * starts
    }
}

fn check(options: &[CostOption], starts: u64) -> Result<(), CostLinesError> {
    if options.is_empty() || !(1..=MAX_STARTS).contains(&starts) {
        return Err(CostLinesError::NoOptions { starts });
    }
    let is_drawable = |option: &&CostOption| {
        option.fixed_usd >= 0.0
            && option.usd_per_start >= 0.0
            && option.usd(starts as f64) <= MAX_USD
    };
    match options.iter().find(|option| !is_drawable(option)) {
        None => Ok(()),
        Some(option) => Err(CostLinesError::OutOfRange {
            label: option.label.clone(),
            fixed_usd: option.fixed_usd,
            usd_per_start: option.usd_per_start,
        }),
    }
}

fn legend(options: &[CostOption]) -> Vec<(String, &'static str)> {
    let options = options.iter().enumerate();
    options
        .map(|(position, option)| (option.label.clone(), cycled(&IMAGE_COLORS, position)))
        .collect()
}

/// Walks along the cheapest option: the next is the one whose line is met first by a line less steep.
fn crossings(options: &[CostOption], starts: f64) -> Vec<Crossing<'_>> {
    let cheapest = |a: &&CostOption, b: &&CostOption| {
        (a.fixed_usd, a.usd_per_start)
            .partial_cmp(&(b.fixed_usd, b.usd_per_start))
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    let Some(mut current) = options.iter().min_by(cheapest) else {
        return Vec::new();
    };
    let mut crossings = Vec::new();
    loop {
        let met = |to: &CostOption| {
            (to.fixed_usd - current.fixed_usd) / (current.usd_per_start - to.usd_per_start)
        };
        let flatter = options
            .iter()
            .filter(|to| to.usd_per_start < current.usd_per_start)
            .map(|to| (met(to), to))
            .filter(|(at, _)| *at <= starts)
            // Of those met at one place the least steep goes on.
            .min_by(|a, b| {
                let by_place = a.0.total_cmp(&b.0);
                by_place.then(a.1.usd_per_start.total_cmp(&b.1.usd_per_start))
            });
        let Some((at, to)) = flatter else {
            return crossings;
        };
        let usd = to.usd(at);
        crossings.push(Crossing {
            starts: at,
            usd,
            to,
        });
        current = to;
    }
}
