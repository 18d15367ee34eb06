//! What the colours mean.

use super::canvas::{Anchor, Area, Canvas, INK, SMALL_SIZE, Style};
use super::text::text_width;

const SWATCH_PX: f64 = 11.0;
const SWATCH_GAP_PX: f64 = 5.0;
const ENTRY_GAP_PX: f64 = 16.0;
const LINE_PX: f64 = 18.0;

/// Names and their colours, set out in lines.
#[derive(Debug)]
pub(super) struct Legend {
    entries: Vec<Entry>,
    lines: u32,
}

/// A name, its colour, and where it stands in the legend.
#[derive(Debug)]
struct Entry {
    name: String,
    color: &'static str,
    x: f64,
    y: f64,
}

impl Legend {
    /// Sets out entries in lines of at most `width` pixels.
    pub(super) fn new(
        entries: impl IntoIterator<Item = (String, &'static str)>,
        width: f64,
    ) -> Self {
        let (mut placed, mut x, mut line) = (Vec::new(), 0.0, 0_u32);
        for (name, color) in entries {
            let length = SWATCH_PX + SWATCH_GAP_PX + text_width(&name, SMALL_SIZE, false);
            if x > 0.0 && x + length > width {
                (x, line) = (0.0, line + 1);
            }
            placed.push(Entry {
                name,
                color,
                x,
                y: f64::from(line) * LINE_PX,
            });
            x += length + ENTRY_GAP_PX;
        }
        let lines = if placed.is_empty() { 0 } else { line + 1 };
        Self {
            entries: placed,
            lines,
        }
    }

    pub(super) fn height(&self) -> f64 {
        f64::from(self.lines) * LINE_PX
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, (left, top): (f64, f64)) {
        let style = Style::new(SMALL_SIZE, INK, Anchor::Start);
        for Entry { name, color, x, y } in &self.entries {
            let (x, y) = (left + x, top + y);
            canvas.fill(Area(x, y, SWATCH_PX, SWATCH_PX), color, 1.0);
            canvas.text(
                name,
                (x + SWATCH_PX + SWATCH_GAP_PX, y + SWATCH_PX - 1.5),
                style,
            );
        }
    }
}
