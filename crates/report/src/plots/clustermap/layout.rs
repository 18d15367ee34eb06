//! Where the parts of a cluster map stand.

use super::super::canvas::Area;
use super::super::page::MARGIN_PX;
use super::super::text::text_width;
use super::ramp::RAMP_PX;

/// What the page reserves below its rows for an axis, which there is none of here.
pub(super) const PAGE_AXIS_PX: f64 = 50.0;

/// More images than these are not labelled.
const MAX_LABELLED: usize = 100;
/// Cells of labelled images have room for a line of text.
const MIN_LABELLED_PX: f64 = 11.0;
const MAX_CELL_PX: f64 = 44.0;
/// The side of a map of few images, and that of a map of many.
const FEW_PX: f64 = 520.0;
const MANY_PX: f64 = 800.0;

/// Height of the tree, at the left and at the top.
const TREE_PX: f64 = 90.0;
const GAP_PX: f64 = 6.0;
/// Labels take at most this, longer ones are cut.
const MAX_LABEL_PX: f64 = 280.0;
/// Right of the tree at the top, for what its height is.
const SCALE_PX: f64 = 90.0;
/// The title and the colours need this much, however small the map is.
const LEAST_PX: f64 = 480.0;

/// Where everything stands, in whole pixels: cells then have no soft edges.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    cells: usize,
    cell_px: f64,
    label_size: u32,
    label_px: f64,
    top: f64,
}

impl Layout {
    /// Sets out so many cells a side; names are only shown where each has a cell.
    pub(super) fn of(names: &[&str], cells: usize) -> Self {
        let has_labels = names.len() <= MAX_LABELLED;
        let fitting = |side: f64| (side / cells as f64).floor();
        let (cell_px, label_size) = if has_labels {
            let cell_px = fitting(FEW_PX).clamp(MIN_LABELLED_PX, MAX_CELL_PX);
            (cell_px, if cell_px < 14.0 { 10 } else { 11 })
        } else {
            (fitting(MANY_PX).max(2.0), 0)
        };
        let widths = names.iter().map(|name| text_width(name, label_size, false));
        let longest = widths.fold(0.0, f64::max).min(MAX_LABEL_PX).ceil();
        Self {
            cells,
            cell_px,
            label_size,
            label_px: if has_labels { longest } else { 0.0 },
            top: 0.0,
        }
    }

    /// Returns the same further down.
    pub(super) fn moved(self, down: f64) -> Self {
        Self {
            top: (self.top + down).round(),
            ..self
        }
    }

    pub(super) fn has_labels(&self) -> bool {
        self.label_size > 0
    }

    pub(super) fn label_size(&self) -> u32 {
        self.label_size
    }

    pub(super) fn label_px(&self) -> f64 {
        self.label_px
    }

    fn side_px(&self) -> f64 {
        self.cells as f64 * self.cell_px
    }

    pub(super) fn width(&self) -> f64 {
        let right = GAP_PX + self.label_px.max(SCALE_PX);
        (2.0 * MARGIN_PX + TREE_PX + self.side_px() + right).max(LEAST_PX)
    }

    /// From the ramp down to the names of the columns.
    pub(super) fn height(&self) -> f64 {
        let below = GAP_PX + self.label_px;
        RAMP_PX + TREE_PX + self.side_px() + below
    }

    /// Returns where the cells are.
    pub(super) fn map(&self) -> Area {
        let (left, top) = (MARGIN_PX + TREE_PX, self.top + RAMP_PX + TREE_PX);
        Area(left, top, self.side_px(), self.side_px())
    }

    /// Returns the rectangle of so many cells, from a column and a row on.
    pub(super) fn area(
        &self,
        (column, row): (usize, usize),
        (columns, rows): (usize, usize),
    ) -> Area {
        let Area(left, top, ..) = self.map();
        let px = |cells: usize| cells as f64 * self.cell_px;
        Area(left + px(column), top + px(row), px(columns), px(rows))
    }

    /// Returns where the tree at the top has a point: `across` and `up` go from 0 to 1.
    pub(super) fn above(&self, across: f64, up: f64) -> (f64, f64) {
        let Area(left, top, side, _) = self.map();
        (
            left + across * side,
            top - GAP_PX / 2.0 - up * (TREE_PX - GAP_PX),
        )
    }

    /// Returns where the tree at the left has a point.
    pub(super) fn beside(&self, down: f64, out: f64) -> (f64, f64) {
        let Area(left, top, side, _) = self.map();
        (
            left - GAP_PX / 2.0 - out * (TREE_PX - GAP_PX),
            top + down * side,
        )
    }

    pub(super) fn row_label(&self, position: usize) -> (f64, f64) {
        let Area(left, top, width, height) = self.area((self.cells - 1, position), (1, 1));
        let middle = top + height / 2.0 + f64::from(self.label_size) * 0.36;
        (left + width + GAP_PX, middle)
    }

    pub(super) fn column_label(&self, position: usize) -> (f64, f64) {
        let Area(left, top, width, height) = self.area((position, self.cells - 1), (1, 1));
        let middle = left + width / 2.0 + f64::from(self.label_size) * 0.36;
        (middle, top + height + GAP_PX)
    }
}
