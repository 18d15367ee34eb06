//! How alike every image is to one.

use std::collections::HashSet;
use std::io::Write;

use pullstudy_console::{counted, say, terminal_width};
use pullstudy_report::{Alignment, Column, Table};
use pullstudy_similarity::Measure;
use pullstudy_survey::Collection;
use serde::Serialize;

use super::super::names::find;
use super::Args;

/// What is printed of an image. Keys are a contract.
#[derive(Debug, Serialize)]
struct Row {
    image: String,
    similarity: f64,
    /// How much of the image is in the one asked for, and the other way round.
    contained: f64,
    containing: f64,
    wire_bytes: u64,
    /// What is to be pulled of it where the one asked for is there.
    new_bytes: u64,
}

/// Writes a row an image that has something in common with the one named, the most similar first.
pub(super) fn run(
    args: &Args,
    name: &str,
    collection: &Collection,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let compared = collection.sets(args.on.into())?;
    let names: Vec<String> = compared
        .images
        .iter()
        .map(|&i| collection.name(i))
        .collect();
    let image = find(&names, "--image", name)?;
    let weight: Measure = args.weight.into();
    let similarities = compared.sets.row(image, weight);
    let present: HashSet<u32> = layers(collection, compared.images[image]).collect();
    let least = args.threshold.unwrap_or(f64::MIN_POSITIVE);
    let row = |other: usize| Row {
        image: names[other].clone(),
        similarity: similarities[other],
        contained: compared.sets.containment(other, image, weight),
        containing: compared.sets.containment(image, other, weight),
        wire_bytes: collection.wire_bytes(compared.images[other]),
        new_bytes: new_bytes(collection, compared.images[other], &present),
    };
    let similar = (0..names.len()).filter(|&other| similarities[other] >= least);
    let mut rows: Vec<Row> = similar.map(row).collect();
    rows.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    table()
        .within(terminal_width())
        .write(args.format, &rows, out)?;
    tell_others(names.len() - rows.len(), args.threshold);
    Ok(())
}

fn table() -> Table<Row> {
    let part = |key: &'static str, header: &'static str, part: fn(&Row) -> f64| {
        let show = move |row: &Row| format!("{:.4}", part(row));
        Column::custom(key, header, Alignment::Right, show)
    };
    Table::new(vec![
        Column::text("image", "image"),
        part("similarity", "similarity", |row| row.similarity),
        part("contained", "part of it in this", |row| row.contained),
        part("containing", "part of this in it", |row| row.containing),
        Column::bytes("wire_bytes", "wire"),
        Column::bytes("new_bytes", "still to pull"),
    ])
}

fn layers(collection: &Collection, image: usize) -> impl Iterator<Item = u32> {
    collection.layers_of(image).iter().copied()
}

fn new_bytes(collection: &Collection, image: usize, present: &HashSet<u32>) -> u64 {
    let new: HashSet<u32> = layers(collection, image).collect();
    let new = new.difference(present);
    new.map(|&layer| collection.layer(layer).size_bytes).sum()
}

fn tell_others(others: usize, threshold: Option<f64>) {
    if others == 0 {
        return;
    }
    let images = counted(others, "image");
    match threshold {
        Some(threshold) => say(format_args!("{images} below {threshold} not shown")),
        None => say(format_args!("{images} with nothing in common not shown")),
    }
}
