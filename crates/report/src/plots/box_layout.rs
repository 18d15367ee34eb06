//! Where the rows of a box plot stand.

use super::box_row::{Place, Row};

/// More rows than these are set close together.
const MAX_AIRY_ROWS: usize = 48;

/// How much room images and their rows take.
struct Spacing {
    /// An image with a single row.
    single_px: f64,
    /// The line of the label, above several rows.
    label_px: f64,
    row_px: f64,
    box_px: f64,
    /// Below the rows of an image.
    gap_px: f64,
}

const AIRY: Spacing = Spacing {
    single_px: 46.0,
    label_px: 24.0,
    row_px: 28.0,
    box_px: 22.0,
    gap_px: 8.0,
};

const CLOSE: Spacing = Spacing {
    single_px: 34.0,
    label_px: 19.0,
    row_px: 16.0,
    box_px: 12.0,
    gap_px: 5.0,
};

/// A figure higher than this has the labels of its axis above the rows, too.
const TALL_PX: f64 = 1_000.0;
const HEAD_PX: f64 = 22.0;

/// Where everything stands, from the top of the rows.
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    /// Lines between images.
    pub(super) lines: Vec<f64>,
    /// Room for the labels of the axis above the rows.
    pub(super) head_px: f64,
    pub(super) height: f64,
}

impl Layout {
    pub(super) fn of(rows: &[Row<'_>]) -> Self {
        let spacing = if rows.len() > MAX_AIRY_ROWS {
            CLOSE
        } else {
            AIRY
        };
        let images: Vec<usize> = rows
            .chunk_by(|a, b| a.times.label == b.times.label)
            .map(<[_]>::len)
            .collect();
        let rows_px: f64 = images.iter().map(|&rows| spacing.image_px(rows)).sum();
        let head_px = if rows_px > TALL_PX { HEAD_PX } else { 0.0 };
        let (mut places, mut lines, mut top) = (Vec::new(), Vec::new(), head_px);
        for &rows in &images {
            if top > head_px {
                lines.push(top);
            }
            places.extend((0..rows).map(|row| spacing.place(row, rows).moved(top)));
            top += spacing.image_px(rows);
        }
        Self {
            places,
            lines,
            head_px,
            height: top,
        }
    }
}

impl Spacing {
    fn image_px(&self, rows: usize) -> f64 {
        if rows == 1 {
            self.single_px
        } else {
            self.label_px + rows as f64 * self.row_px + self.gap_px
        }
    }

    /// Places a row of an image with so many; a single one has its label and its facts beside the box.
    fn place(&self, row: usize, rows: usize) -> Place {
        let (middle_y, label_y, facts_y) = if rows == 1 {
            let middle = self.single_px / 2.0;
            (middle, Some(middle - 3.0), middle + 12.0)
        } else {
            let middle = self.label_px + (row as f64 + 0.5) * self.row_px;
            (
                middle,
                (row == 0).then_some(self.label_px - 6.0),
                middle + 4.0,
            )
        };
        Place {
            label_y,
            facts_y,
            middle_y,
            box_px: self.box_px,
        }
    }
}
