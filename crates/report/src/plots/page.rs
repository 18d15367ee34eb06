//! What all figures have around them: title, subtitle, legend, notes.

use super::canvas::{Anchor, Canvas, GREY, INK, SMALL_SIZE, Style, TEXT_SIZE, TITLE_SIZE};
use super::figure::Figure;
use super::legend::Legend;
use super::text::{cut_end, cut_front, wrapped};

pub(super) const MARGIN_PX: f64 = 20.0;
const LINE_PX: f64 = 17.0;

/// From the axis down over its tick labels and its name.
const AXIS_PX: f64 = 46.0;

/// A figure's frame, and how much room its rows take.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) width: f64,
    pub(super) title: &'a str,
    pub(super) subtitle: Option<&'a str>,
    pub(super) legend: Vec<(String, &'static str)>,
    pub(super) rows_px: f64,
    pub(super) notes: Vec<&'a str>,
    pub(super) description: &'a str,
}

impl Page<'_> {
    /// Draws the frame, and lets `draw_rows` fill in the rows below the given height.
    pub(super) fn draw(self, draw_rows: impl FnOnce(&mut Canvas, f64)) -> Figure {
        let width = self.width - 2.0 * MARGIN_PX;
        let legend = Legend::new(self.legend, width);
        let subtitle_px = if self.subtitle.is_some() {
            LINE_PX + 4.0
        } else {
            0.0
        };
        let legend_top = MARGIN_PX + f64::from(TITLE_SIZE) + subtitle_px + 12.0;
        let rows_top = legend_top + legend.height() + 4.0;
        let notes_top = rows_top + self.rows_px + AXIS_PX + LINE_PX;
        let notes = self.notes.iter();
        let notes: Vec<String> = notes
            .flat_map(|note| wrapped(note, SMALL_SIZE, width))
            .collect();
        let height = notes_top + notes.len() as f64 * LINE_PX + MARGIN_PX - LINE_PX;
        let mut canvas = Canvas::new((self.width, height), self.title, self.description);

        let style = Style::new(TITLE_SIZE, INK, Anchor::Start).bold();
        let baseline = MARGIN_PX + f64::from(TITLE_SIZE) * 0.8;
        let title = cut_front(self.title, TITLE_SIZE, true, width);
        canvas.text(&title, (MARGIN_PX, baseline), style);
        if let Some(subtitle) = self.subtitle {
            let style = Style::new(TEXT_SIZE, GREY, Anchor::Start);
            let subtitle = cut_end(subtitle, TEXT_SIZE, false, width);
            canvas.text(&subtitle, (MARGIN_PX, baseline + LINE_PX + 4.0), style);
        }
        legend.draw(&mut canvas, (MARGIN_PX, legend_top));
        draw_rows(&mut canvas, rows_top);
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Start);
        for (position, note) in notes.iter().enumerate() {
            canvas.text(
                note,
                (MARGIN_PX, notes_top + position as f64 * LINE_PX),
                style,
            );
        }
        canvas.finish()
    }
}
