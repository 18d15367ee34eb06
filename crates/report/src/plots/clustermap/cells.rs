//! The cells of a cluster map.

use std::collections::BTreeMap;

use super::super::canvas::{Anchor, Area, Canvas, RULE, Style};
use super::ClustermapError;
use super::layout::Layout;
use super::ramp::Ramp;
use crate::units::grouped;

/// Cells of more images stand for several.
const MAX_CELLS: usize = 400;
/// Cells of more images have no tooltips: a picture is to be opened, too.
const MAX_TOOLTIPS: usize = 40;
/// Cells this large have their value written in them.
const VALUE_PX: f64 = 30.0;

/// How alike images are, a number a cell.
pub(super) struct Cells {
    side: usize,
    images: usize,
    /// Row by row.
    values: Vec<f64>,
}

impl Cells {
    /// Asks for the similarities of each image, and takes the mean where a cell stands for several.
    pub(super) fn of(
        labels: &[String],
        order: &[usize],
        mut similarities: impl FnMut(usize) -> Vec<f64>,
    ) -> Result<Self, ClustermapError> {
        let images = order.len();
        let side = images.min(MAX_CELLS);
        let mut sums = Sums::new(images, side);
        for (position, &image) in order.iter().enumerate() {
            let row = similarities(image);
            let is_similarity = |value: &f64| (0.0..=1.0).contains(value);
            if row.len() != images || !row.iter().all(is_similarity) {
                return Err(ClustermapError::NoSimilarities {
                    label: labels[image].clone(),
                    images,
                });
            }
            sums.add(position, order.iter().map(|&other| row[other]));
        }
        Ok(Self {
            side,
            images,
            values: sums.means(),
        })
    }

    /// Returns how many cells there are a side.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// Says what a cell is, where it is more than two images.
    pub(super) fn note(&self) -> Option<String> {
        (self.images > self.side).then(|| {
            let images = grouped(self.images as u64);
            let most = self.images.div_ceil(self.side);
            format!(
                "{images} images: a cell stands for up to {most} by {most} of them, and shows the mean over pairs of different ones."
            )
        })
    }

    /// Draws the cells; `labels` are those of the rows and columns.
    pub(super) fn draw(&self, canvas: &mut Canvas, layout: &Layout, labels: &[&str]) {
        canvas.crisp(|canvas| {
            canvas.fill(layout.map(), &Ramp::color(0), 1.0);
            if self.images <= MAX_TOOLTIPS {
                self.draw_each(canvas, layout, labels);
            } else {
                self.draw_together(canvas, layout);
            }
        });
        canvas.frame(layout.map(), RULE, 1.0);
    }

    fn draw_each(&self, canvas: &mut Canvas, layout: &Layout, labels: &[&str]) {
        for (row, a) in labels.iter().enumerate() {
            for (column, b) in labels.iter().enumerate() {
                let value = self.values[row * self.side + column];
                canvas.part("cell", &format!("{a} · {b} · {value:.6}"), |canvas| {
                    draw_cell(canvas, layout.area((column, row), (1, 1)), value);
                });
            }
        }
    }

    fn draw_together(&self, canvas: &mut Canvas, layout: &Layout) {
        for (step, blocks) in self.blocks() {
            let areas = blocks
                .iter()
                .map(|block| layout.area(block.corner, block.size));
            canvas.mosaic(&areas.collect::<Vec<_>>(), &Ramp::color(step));
        }
    }

    /// Returns rectangles of equal cells, by their colour; what has the colour of the ground is left out.
    fn blocks(&self) -> BTreeMap<u8, Vec<Block>> {
        let mut done: BTreeMap<u8, Vec<Block>> = BTreeMap::new();
        let mut open: BTreeMap<(usize, usize, u8), Block> = BTreeMap::new();
        for row in 0..self.side {
            let mut still_open = BTreeMap::new();
            for (column, length, step) in self.runs(row) {
                let key = (column, length, step);
                let mut block = open.remove(&key).unwrap_or(Block {
                    corner: (column, row),
                    size: (length, 0),
                });
                block.size.1 += 1;
                still_open.insert(key, block);
            }
            close(&mut done, std::mem::replace(&mut open, still_open));
        }
        close(&mut done, open);
        done
    }

    /// Returns the runs of equal cells in a row: first column, length, step.
    fn runs(&self, row: usize) -> Vec<(usize, usize, u8)> {
        let values = &self.values[row * self.side..][..self.side];
        let steps: Vec<u8> = values.iter().map(|&value| Ramp::step(value)).collect();
        let mut runs = Vec::new();
        let mut start = 0;
        for run in steps.chunk_by(|a, b| a == b) {
            if run[0] > 0 {
                runs.push((start, run.len(), run[0]));
            }
            start += run.len();
        }
        runs
    }
}

/// A rectangle of cells.
struct Block {
    corner: (usize, usize),
    size: (usize, usize),
}

fn close(done: &mut BTreeMap<u8, Vec<Block>>, blocks: BTreeMap<(usize, usize, u8), Block>) {
    for ((.., step), block) in blocks {
        done.entry(step).or_default().push(block);
    }
}

fn draw_cell(canvas: &mut Canvas, area: Area, value: f64) {
    let step = Ramp::step(value);
    canvas.fill(area, &Ramp::color(step), 1.0);
    let Area(left, top, width, height) = area;
    if width >= VALUE_PX {
        let style = Style::new(10, Ramp::ink(step), Anchor::Middle);
        let place = (left + width / 2.0, top + height / 2.0 + 3.6);
        canvas.text(&format!("{value:.2}"), place, style);
    }
}

/// What becomes the means of cells.
struct Sums {
    images: usize,
    side: usize,
    sums: Vec<f64>,
}

impl Sums {
    fn new(images: usize, side: usize) -> Self {
        Self {
            images,
            side,
            sums: vec![0.0; side * side],
        }
    }

    fn add(&mut self, row: usize, values: impl Iterator<Item = f64>) {
        let start = self.cell(row) * self.side;
        // Among many images most have nothing in common.
        for (column, value) in values.enumerate().filter(|(_, value)| *value > 0.0) {
            if row != column || !self.leaves_diagonal_out() {
                let cell = start + self.cell(column);
                self.sums[cell] += value;
            }
        }
    }

    /// What an image has in common with itself says nothing of a cell of several.
    fn leaves_diagonal_out(&self) -> bool {
        self.images > self.side
    }

    fn cell(&self, position: usize) -> usize {
        position * self.side / self.images
    }

    /// Returns how many images a row or column of cells stands for.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.side];
        for position in 0..self.images {
            sizes[self.cell(position)] += 1;
        }
        sizes
    }

    fn means(self) -> Vec<f64> {
        let sizes = self.sizes();
        let mean = |(place, sum): (usize, &f64)| {
            let (row, column) = (place / self.side, place % self.side);
            let itself = if row == column && self.leaves_diagonal_out() {
                sizes[row]
            } else {
                0
            };
            match sizes[row] * sizes[column] - itself {
                // A cell without pairs is that of an image with itself.
                0 => 1.0,
                pairs => sum / pairs as f64,
            }
        };
        self.sums.iter().enumerate().map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_several_images_is_the_mean_over_their_pairs() {
        // Two cells a side: of images 0 and 1, and of image 2.
        let mut sums = Sums::new(3, 2);
        for (row, values) in [[1.0, 0.5, 0.2], [0.5, 1.0, 0.4], [0.2, 0.4, 1.0]]
            .into_iter()
            .enumerate()
        {
            sums.add(row, values.into_iter());
        }
        let means = sums.means();
        let expected = [0.5, 0.3, 0.3, 1.0];
        for (mean, expected) in means.into_iter().zip(expected) {
            assert!((mean - expected).abs() < 1e-12, "{mean}, not {expected}");
        }
    }
}
