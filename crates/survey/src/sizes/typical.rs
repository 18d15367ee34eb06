//! A few images that stand for all.

use std::collections::{BTreeMap, HashMap};

use super::file::{StudyImage, StudyLayer, StudySizes, UNKNOWN_RATIO};
use super::medoids::{Point, medoids, nearest};
use crate::Collection;

/// Images of nearly the same size and number of layers are taken together: this many steps for each factor of two.
const STEPS_PER_DOUBLING: f64 = 8.0;

/// Images that are taken together.
struct Cell {
    /// The first of them.
    image: usize,
    images: u64,
}

impl StudySizes {
    /// Chooses at most `k` images that cover the collection: every image is near one of them in size and in number of layers,
    /// both taken as logarithms. `None` where no image has a layer.
    ///
    /// Layers have the sizes they have, but at least [`LEAST_LAYER_BYTES`](Self::LEAST_LAYER_BYTES). A layer that several of
    /// the chosen images have at the same position is shared.
    pub fn typical(collection: &Collection, k: usize) -> Option<Self> {
        let cells = cells(collection);
        let points: Vec<Point> = cells.iter().map(|cell| point(collection, cell)).collect();
        let chosen = medoids(&points, k);
        if chosen.is_empty() {
            return None;
        }
        let mut stands_for = vec![0; chosen.len()];
        for (cell, medoid) in cells.iter().zip(nearest(&points, &chosen)) {
            stands_for[medoid] += cell.images;
        }
        let numbers: Vec<usize> = chosen.iter().map(|&cell| cells[cell].image).collect();
        let names = shared_names(collection, &numbers);
        let images = numbers.iter().zip(stands_for);
        let mut images: Vec<_> = images
            .map(|(&image, stands_for)| study_image(collection, image, stands_for, &names))
            .collect();
        images.sort_by_key(|image| (image.wire_bytes(), image.layers.len()));
        images.dedup_by(merge_into);
        Some(Self {
            notes: notes(collection, &images),
            totals: Vec::new(),
            layer_counts: Vec::new(),
            images,
        })
    }
}

impl StudyImage {
    /// Returns the sum of its layers' sizes.
    pub fn wire_bytes(&self) -> u64 {
        let layers = self.layers.iter();
        layers.fold(0, |sum, layer| sum.saturating_add(layer.bytes))
    }
}

fn cells(collection: &Collection) -> Vec<Cell> {
    let mut cells: BTreeMap<(i64, i64), Cell> = BTreeMap::new();
    let with_layers =
        (0..collection.len()).filter(|&image| !collection.layers_of(image).is_empty());
    for image in with_layers {
        let (x, y) = logarithms(collection, image);
        let step = |value: f64| (value * STEPS_PER_DOUBLING).round() as i64;
        let cell = cells.entry((step(x), step(y)));
        cell.or_insert(Cell { image, images: 0 }).images += 1;
    }
    cells.into_values().collect()
}

fn point(collection: &Collection, cell: &Cell) -> Point {
    let (x, y) = logarithms(collection, cell.image);
    Point {
        x,
        y,
        weight: cell.images as f64,
    }
}

/// Twice the size is as far away as twice the layers.
fn logarithms(collection: &Collection, image: usize) -> (f64, f64) {
    let bytes = collection.wire_bytes(image).max(1) as f64;
    let layers = collection.layers_of(image).len() as f64;
    (bytes.log2(), layers.log2())
}

/// Names the layers that several of these images have at the same position.
fn shared_names(collection: &Collection, images: &[usize]) -> HashMap<(usize, u32), String> {
    let mut counts: HashMap<(usize, u32), usize> = HashMap::new();
    for &image in images {
        for place in collection.layers_of(image).iter().copied().enumerate() {
            *counts.entry(place).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > 1);
    let named = counts.into_keys().map(|(position, layer)| {
        let digest = collection.layer(layer).digest.hex();
        (
            (position, layer),
            format!("{}-{}", &digest[..12], position + 1),
        )
    });
    named.collect()
}

fn study_image(
    collection: &Collection,
    image: usize,
    stands_for: u64,
    names: &HashMap<(usize, u32), String>,
) -> StudyImage {
    let layers = collection.layers_of(image).iter().copied().enumerate();
    let layer = |place: (usize, u32)| StudyLayer {
        bytes: collection
            .layer(place.1)
            .size_bytes
            .max(StudySizes::LEAST_LAYER_BYTES),
        shared: names.get(&place).cloned(),
    };
    StudyImage {
        name: collection.name(image),
        stands_for,
        layers: layers.map(layer).collect(),
    }
}

/// Images of the same tag would be one: their layers were too small to stay apart.
fn merge_into(image: &mut StudyImage, other: &mut StudyImage) -> bool {
    let shape = |image: &StudyImage| (image.layers.len(), image.wire_bytes());
    let is_same = shape(image) == shape(other);
    if is_same {
        other.stands_for += image.stands_for;
    }
    is_same
}

fn notes(collection: &Collection, images: &[StudyImage]) -> Vec<String> {
    let all: u64 = images.iter().map(|image| image.stands_for).sum();
    let shared = images.iter().flat_map(|image| &image.layers);
    let shared = shared.filter(|layer| layer.shared.is_some()).count();
    vec![
        format!(
            "{} images that stand for {all} of {}: near all of them in size and number of layers.",
            images.len(),
            collection.len()
        ),
        format!(
            "Layers have the sizes they have, but at least {} bytes; {shared} are shared among these images.",
            StudySizes::LEAST_LAYER_BYTES
        ),
        UNKNOWN_RATIO.to_owned(),
    ]
}
