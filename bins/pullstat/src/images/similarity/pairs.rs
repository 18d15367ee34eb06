//! Images two by two.

use std::io::Write;

use pullstudy_console::{UsageError, terminal_width};
use pullstudy_report::{Alignment, Column, Format, Table};
use pullstudy_similarity::Sets;
use serde::Serialize;

use super::Args;
use super::comparison::{Comparison, Similarities, threads};
use super::outcome::Outcome;

/// Two images, as numbers, and how alike they are.
pub(super) type Pair = (u32, u32, f64);

/// A row for people and for CSV.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    similarity: f64,
    image_a: &'a str,
    image_b: &'a str,
}

/// Returns the pairs that are at least so similar: each once, or both ways where these differ.
pub(super) fn above(comparison: &Comparison<'_>, threshold: f64) -> anyhow::Result<Vec<Pair>> {
    if let Similarities::Containment(values) = &comparison.similarities {
        return Ok(contained(comparison.len(), values, threshold));
    }
    let sets: &Sets = &comparison.sets;
    let pairs = sets.pairs_above(threshold, comparison.weight, threads())?;
    let pairs = pairs.into_iter();
    Ok(pairs
        .map(|pair| (pair.a, pair.b, pair.similarity))
        .collect())
}

/// Returns all pairs, if there is a matrix.
pub(super) fn all(comparison: &Comparison<'_>) -> Option<Vec<Pair>> {
    let images = u32::try_from(comparison.len()).ok()?;
    match &comparison.similarities {
        Similarities::Containment(values) => Some(contained(comparison.len(), values, 0.0)),
        Similarities::Jaccard(matrix) => {
            let pairs = (0..images).flat_map(|a| (a + 1..images).map(move |b| (a, b)));
            let values = matrix.values().iter();
            Some(
                pairs
                    .zip(values)
                    .map(|((a, b), &value)| (a, b, value))
                    .collect(),
            )
        }
        Similarities::Many => None,
    }
}

fn contained(len: usize, values: &[f64], threshold: f64) -> Vec<Pair> {
    let images = 0..u32::try_from(len).unwrap_or(u32::MAX);
    let pairs = images
        .clone()
        .flat_map(|a| images.clone().map(move |b| (a, b)));
    let pairs = pairs.zip(values).map(|((a, b), &value)| (a, b, value));
    pairs
        .filter(|&(a, b, value)| a != b && value >= threshold)
        .collect()
}

/// Writes a row a pair.
pub(super) fn write(
    format: Format,
    names: &[String],
    pairs: &[Pair],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let row = |&(a, b, similarity): &Pair| Row {
        similarity,
        image_a: &names[a as usize],
        image_b: &names[b as usize],
    };
    let rows: Vec<Row<'_>> = pairs.iter().map(row).collect();
    let similarity = |row: &Row<'_>| format!("{:.4}", row.similarity);
    let columns = vec![
        Column::custom("similarity", "similarity", Alignment::Right, similarity),
        Column::text("image_a", "image"),
        Column::text("image_b", "image"),
    ];
    Table::new(columns)
        .within(terminal_width())
        .write(format, &rows, out)?;
    Ok(())
}

/// Writes all pairs as CSV, or those that the threshold leaves.
pub(super) fn write_all(
    comparison: &Comparison<'_>,
    outcome: &Outcome<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let all = match &outcome.pairs {
        Some(_) => None,
        None => all(comparison),
    };
    let Some(pairs) = outcome.pairs.as_ref().or(all.as_ref()) else {
        return Err(too_many(comparison.len()).into());
    };
    write(Format::Csv, &comparison.names, pairs, out)
}

fn too_many(images: usize) -> UsageError {
    UsageError(format!(
        "all pairs of {images} images are too many rows: --threshold takes those that are similar"
    ))
}

/// Returns what is listed instead of the matrix, if that is asked for.
pub(super) fn asked_for(
    args: &Args,
    comparison: &Comparison<'_>,
) -> anyhow::Result<Option<Vec<Pair>>> {
    args.threshold
        .map(|threshold| above(comparison, threshold))
        .transpose()
}
