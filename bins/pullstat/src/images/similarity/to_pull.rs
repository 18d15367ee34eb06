//! What each image adds on a node that keeps what it has pulled.

use std::io::Write;

use pullstudy_console::{counted, terminal_width};
use pullstudy_report::{Column, Format, Table, human_bytes};
use pullstudy_similarity::Measure;
use pullstudy_survey::{Basis, Collection};
use serde::Serialize;

use super::super::names::find;
use super::Args;
use super::choices::OrderArg;

/// What is printed of an image. Keys are a contract.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    position: usize,
    image: String,
    /// One a layer of the image; one that it has twice counts twice, as in its wire bytes.
    layers: usize,
    wire_bytes: u64,
    new_layers: u64,
    new_bytes: u64,
    /// Everything pulled so far.
    pulled_bytes: u128,
}

/// Writes a row an image.
pub(super) fn run(args: &Args, collection: &Collection, out: &mut dyn Write) -> anyhow::Result<()> {
    let names = names(collection);
    let start = args.start.iter().map(|name| find(&names, "--start", name));
    let start = start.collect::<Result<Vec<usize>, _>>()?;
    write(args.format, &rows(collection, args.order, &start)?, out)
}

fn names(collection: &Collection) -> Vec<String> {
    (0..collection.len()).map(|i| collection.name(i)).collect()
}

/// Returns a row for each image in the order in which they are pulled, those of `start` first.
pub(crate) fn rows(
    collection: &Collection,
    order: OrderArg,
    start: &[usize],
) -> anyhow::Result<Vec<Row>> {
    let compared = collection.sets(Basis::Digest)?;
    let names = names(collection);
    let order = match order {
        OrderArg::LeastEarly => compared.sets.order_least_early(Measure::Weights, start),
        OrderArg::Archive => first(start, collection.len()),
    };
    let additions = compared.sets.additions(order);
    let mut pulled_bytes = 0;
    let rows = additions.steps().iter().zip(1..).map(|(step, position)| {
        pulled_bytes += u128::from(step.new_weight);
        Row {
            position,
            image: names[step.set].clone(),
            layers: collection.layers_of(step.set).len(),
            wire_bytes: collection.wire_bytes(step.set),
            new_layers: step.new_items,
            new_bytes: step.new_weight,
            pulled_bytes,
        }
    });
    Ok(rows.collect())
}

/// Returns all images, those in `start` before the others.
fn first(start: &[usize], images: usize) -> Vec<usize> {
    let mut is_first = vec![false; images];
    let mut order = Vec::with_capacity(images);
    for image in start.iter().copied().chain(0..images) {
        if !std::mem::replace(&mut is_first[image], true) {
            order.push(image);
        }
    }
    order
}

pub(crate) fn table() -> Table<Row> {
    Table::new(vec![
        Column::count("position", "position"),
        Column::text("image", "image"),
        Column::count("layers", "layers"),
        Column::bytes("wire_bytes", "wire"),
        Column::count("new_layers", "new layers"),
        Column::bytes("new_bytes", "new"),
        Column::bytes("pulled_bytes", "pulled so far"),
    ])
}

fn write(format: Format, rows: &[Row], out: &mut dyn Write) -> anyhow::Result<()> {
    table().within(terminal_width()).write(format, rows, out)?;
    if format == Format::Table {
        let sum = |bytes: u128| human_bytes(u64::try_from(bytes).unwrap_or(u64::MAX));
        writeln!(
            out,
            "\n{} of {}, {}: {} pulled, {}",
            counted(rows.iter().map(|row| row.layers).sum(), "layer"),
            counted(rows.len(), "image"),
            sum(rows.iter().map(|row| u128::from(row.wire_bytes)).sum()),
            rows.iter().map(|row| row.new_layers).sum::<u64>(),
            sum(rows.last().map_or(0, |row| row.pulled_bytes)),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_comes_once_whatever_comes_first() {
        assert_eq!(first(&[2, 0, 2], 4), [2, 0, 1, 3]);
        assert_eq!(first(&[], 2), [0, 1]);
    }
}
