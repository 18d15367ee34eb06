//! How alike images are: a heat map in the order of a tree.

mod cells;
mod layout;
mod ramp;
mod tree;

use std::collections::HashSet;

use pullstudy_similarity::Dendrogram;

use super::canvas::{Anchor, Canvas, GREY, GRID, INK, SMALL_SIZE, Style};
use super::figure::Figure;
use super::labels::{common_start, common_tag, subtitle};
use super::page::{MARGIN_PX, Page};
use super::text::{cut_end, cut_front, cut_middle};
use crate::units::grouped;
use cells::Cells;
use layout::{Layout, PAGE_AXIS_PX};
use ramp::Ramp;
pub(super) use ramp::ramp_colors;
use tree::Tree;

const HOW_TO_READ: &str =
    "Trees join images at their distance. Beside and above: the same images in the same order.";

/// Between a tree and the labels of its scale.
const SCALE_GAP_PX: f64 = 6.0;

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClustermapError {
    /// There are no images.
    #[error("a cluster map needs at least one image")]
    NoImages,
    /// The tree is one of other images.
    #[error("a tree of {leaves} leaves is none of {images} images")]
    OtherTree {
        /// How many images there are.
        images: usize,
        /// How many leaves the tree has.
        leaves: usize,
    },
    /// The order is none that the tree allows.
    #[error("the images are not in an order in which every cluster of the tree lies together")]
    TornOrder,
    /// The similarities of an image are too many, too few, or no numbers from 0 to 1.
    #[error(
        "the similarities of {label:?} with {images} images are not as many numbers from 0 to 1"
    )]
    NoSimilarities {
        /// The image.
        label: String,
        /// How many images there are.
        images: usize,
    },
}

/// A heat map of how alike images are, with the tree of their clusters at the left and at the top.
///
/// Up to 100 images are labelled, up to 40 have their values as tooltips, and up to 17 in the picture. Beyond
/// 400 images a cell stands for several, and shows the mean over their pairs; the picture says so.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use pullstudy_report::Clustermap;
/// use pullstudy_similarity::{Linkage, Measure, Sets};
///
/// let sets = Sets::of([[1, 2], [8, 9], [2, 3]]);
/// let tree = sets.cluster(Linkage::Average, Measure::Items, NonZeroUsize::MIN)?;
/// let labels = ["app:1", "other:1", "app:2"].map(str::to_owned);
/// let figure = Clustermap::new("How alike images are", "Jaccard similarity of layers")
///     .draw(&labels, &tree, &tree.leaf_order(), |image| sets.row(image, Measure::Items))?;
/// assert!(figure.to_svg().contains("app:2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Clustermap {
    title: String,
    measure: String,
    note: Option<String>,
}

impl Clustermap {
    /// Starts a picture; `measure` names what the colours show.
    #[must_use]
    pub fn new(title: impl Into<String>, measure: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            measure: measure.into(),
            note: None,
        }
    }

    /// Adds a sentence below the picture: what a reader must know to trust it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Draws images in the order given, which is one of the tree's, such as
    /// [`Dendrogram::leaf_order`] or [`Dendrogram::optimal_leaf_order`].
    ///
    /// `similarities` returns how alike one image is with every image, from 0 to 1; it is asked once for each, so that
    /// there need be no matrix of all of them. Where it is not symmetric, an image asked for is a row.
    ///
    /// # Errors
    ///
    /// [`ClustermapError`] if there are no images, or something does not fit them.
    pub fn draw(
        &self,
        labels: &[String],
        tree: &Dendrogram,
        order: &[usize],
        similarities: impl FnMut(usize) -> Vec<f64>,
    ) -> Result<Figure, ClustermapError> {
        let (images, leaves) = (labels.len(), tree.leaves());
        if images == 0 {
            return Err(ClustermapError::NoImages);
        }
        if images != leaves {
            return Err(ClustermapError::OtherTree { images, leaves });
        }
        let tree = Tree::of(tree, order).ok_or(ClustermapError::TornOrder)?;
        let cells = Cells::of(labels, order, similarities)?;
        let start = common_start(labels.iter().map(String::as_str));
        let tag = common_tag(labels.iter().map(|label| &label[start.len()..]));
        let name = |image: &usize| {
            let label = &labels[*image];
            &label[start.len()..label.len() - tag.len()]
        };
        let names: Vec<&str> = order.iter().map(name).collect();
        let layout = Layout::of(&names, cells.side());
        let map = Map {
            labels,
            order,
            names,
            tree,
            cells,
            layout,
        };
        Ok(self.draw_page(&map, shared(start, tag).as_deref()))
    }

    fn draw_page(&self, map: &Map<'_>, subtitle: Option<&str>) -> Figure {
        let means = map.cells.note();
        let notes = [
            Some(HOW_TO_READ),
            means.as_deref(),
            map.tree.note(),
            self.note.as_deref(),
        ];
        let page = Page {
            width: map.layout.width(),
            title: &self.title,
            subtitle,
            legend: Vec::new(),
            rows_px: map.layout.height() - PAGE_AXIS_PX,
            notes: notes.into_iter().flatten().collect(),
            description: &self.description(map),
        };
        page.draw(|canvas, top| {
            Ramp::draw(canvas, (MARGIN_PX, top), &self.measure);
            map.draw(canvas, &map.layout.moved(top));
        })
    }

    /// A sentence cannot hold thousands of names: the order of more than are labelled is left to the caller's tables.
    fn description(&self, map: &Map<'_>) -> String {
        let count = grouped(map.order.len() as u64);
        let of = format!(
            "{}. Heat map of the {} of {count} images, in the order of a tree of clusters",
            self.title, self.measure
        );
        if map.layout.has_labels() {
            format!("{of}: {}.", map.names.join(", "))
        } else {
            format!("{of}.")
        }
    }
}

/// What is drawn.
struct Map<'a> {
    labels: &'a [String],
    order: &'a [usize],
    names: Vec<&'a str>,
    tree: Tree,
    cells: Cells,
    layout: Layout,
}

impl Map<'_> {
    fn draw(&self, canvas: &mut Canvas, layout: &Layout) {
        self.draw_scale(canvas, layout);
        self.tree.draw(canvas, layout);
        let full: Vec<&str> = self.order.iter().map(|&i| &*self.labels[i]).collect();
        self.cells.draw(canvas, layout, &full);
        if layout.has_labels() {
            let shown = fitting(&self.names, layout);
            for (position, (name, full)) in shown.iter().zip(full).enumerate() {
                draw_label(canvas, layout, position, (name, full));
            }
        }
    }

    /// Draws at which distances the trees join images: at none, at half of the greatest and at the greatest.
    fn draw_scale(&self, canvas: &mut Canvas, layout: &Layout) {
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Start);
        let height = self.tree.height();
        let labels = [
            "0".to_owned(),
            format!("{:.2}", height / 2.0),
            format!("distance {height:.2}"),
        ];
        for (up, label) in [0.0, 0.5, 1.0].into_iter().zip(labels) {
            let (left, right) = (layout.above(0.0, up), layout.above(1.0, up));
            canvas.line(left, right, GRID, 1.0);
            canvas.line(layout.beside(0.0, up), layout.beside(1.0, up), GRID, 1.0);
            canvas.text(&label, (right.0 + SCALE_GAP_PX, right.1 + 4.0), style);
        }
    }
}

/// Says what the labels are without.
fn shared(start: &str, tag: &str) -> Option<String> {
    let of = subtitle(start);
    match tag.strip_prefix(':') {
        None => of,
        Some(tag) => Some(match of {
            Some(of) => format!("{of}, tag {tag}"),
            None => format!("of images with tag {tag}"),
        }),
    }
}

/// Cuts names to the room there is, where most of them stay apart.
fn fitting(names: &[&str], layout: &Layout) -> Vec<String> {
    let cuts = [cut_middle, cut_front, cut_end].map(|cut| {
        let cut = |name: &&str| cut(name, layout.label_size(), false, layout.label_px());
        names.iter().map(cut).collect::<Vec<String>>()
    });
    let different = |names: &[String]| names.iter().collect::<HashSet<_>>().len();
    let [middle, front, end] = cuts;
    let better = |one: Vec<String>, other: Vec<String>| {
        if different(&other) > different(&one) {
            other
        } else {
            one
        }
    };
    better(better(middle, front), end)
}

/// Writes a name to the right of its row and below its column.
fn draw_label(canvas: &mut Canvas, layout: &Layout, position: usize, (name, full): (&str, &str)) {
    let size = layout.label_size();
    canvas.part("label", full, |canvas| {
        let style = Style::new(size, INK, Anchor::Start);
        canvas.text(name, layout.row_label(position), style);
        let style = Style::new(size, INK, Anchor::End);
        canvas.upright(name, layout.column_label(position), style);
    });
}
