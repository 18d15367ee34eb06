//! Pictures of what images have in common.

use std::path::Path;

use anyhow::Context;
use pullstudy_report::{Clustermap, Figure, LayerSizes};
use pullstudy_similarity::Measure;
use pullstudy_survey::Collection;

use super::clusters::Clusters;
use super::comparison::{Comparison, Similarities};
use crate::picture_file;

/// Draws how alike images are, in the order of their clusters.
pub(crate) fn clustermap(
    comparison: &Comparison<'_>,
    clusters: &Clusters,
) -> anyhow::Result<Figure> {
    let map = Clustermap::new("How alike the images are", measure(comparison))
        .with_note("Distance: 1 - Jaccard similarity.");
    let (names, order) = (&comparison.names, &clusters.order);
    let figure = map.draw(names, &clusters.tree, order, |image| comparison.row(image));
    figure.context("no plot was drawn")
}

fn measure(comparison: &Comparison<'_>) -> String {
    let items = comparison.on.items();
    let weighed = match comparison.weight {
        Measure::Items => items.to_owned(),
        Measure::Weights => format!("bytes of {items}"),
    };
    match comparison.similarities {
        Similarities::Containment(_) => format!("part of the row's {weighed} in the column's"),
        _ => format!("Jaccard similarity of {weighed}"),
    }
}

/// Draws how large layers are.
pub(crate) fn histogram(collection: &Collection, path: &Path) -> anyhow::Result<()> {
    let size = |layer: u32| collection.layer(layer).size_bytes;
    let images = 0..collection.len();
    let rows: Vec<u64> = images
        .flat_map(|image| collection.layers_of(image))
        .map(|&layer| size(layer))
        .collect();
    let layers = collection.layers().iter();
    let unique: Vec<u64> = layers.map(|layer| layer.size_bytes).collect();
    let figure = LayerSizes::new("How large the layers are").draw(&rows, &unique);
    picture_file::write(&figure.context("no histogram was drawn")?, path)
}
