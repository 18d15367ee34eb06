//! The study's matrices and the figures over them, as published and without the diagonal.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_similarity::{Measure, SimilarityMatrix};
use serde_json::Value;

use crate::images::{ItemsOf, content, content_of_layers, digests, read, sets};

const ONE_THREAD: NonZeroUsize = NonZeroUsize::MIN;

/// What the files call the sets of an image.
const KINDS: [(&str, ItemsOf); 2] = [("digests", digests), ("content", content)];

pub(crate) fn every_listed_matrix(data: &Path) -> Result<(), Failed> {
    for_each_matrix(data, |name, expected, sets| {
        let matrix = sets.matrix(Measure::Items, ONE_THREAD);
        for (i, row) in rows(expected).enumerate() {
            for (j, value) in row.iter().enumerate() {
                close(&format!("{name} {i} {j}"), matrix.get(i, j), value)?;
            }
        }
        Ok(())
    })
}

pub(crate) fn every_listed_pair_by_join(data: &Path) -> Result<(), Failed> {
    for_each_matrix(data, |name, expected, sets| {
        let pairs = sets.pairs_above(0.05, Measure::Items, ONE_THREAD)?;
        let listed: Vec<(u32, u32)> = (0..)
            .zip(rows(expected))
            .flat_map(|(i, row)| (0..).zip(row).map(move |(j, value)| (i, j, value)))
            .filter(|(i, j, value)| i < j && value.as_f64() >= Some(0.05))
            .map(|(i, j, _)| (i, j))
            .collect();
        let found: Vec<(u32, u32)> = pairs.iter().map(|pair| (pair.a, pair.b)).collect();
        if found == listed {
            Ok(())
        } else {
            Err(format!("{name}: {found:?}, not {listed:?}").into())
        }
    })
}

pub(crate) fn every_listed_figure(data: &Path) -> Result<(), Failed> {
    let expected = json(data, "similarity.json")?;
    for (set, expected) in members(&expected["sets"]) {
        let images = read(&data.join("manifests/similarity").join(set))?;
        let names: Vec<&str> = images.keys().map(String::as_str).collect();
        let content_figures = &expected["content"];
        for (of, figures) in [
            (digests as ItemsOf, &expected["digest_similarity"]),
            (content, &content_figures["similarity"]),
            (
                content_of_layers,
                &content_figures["similarity_without_empty_layers"],
            ),
        ] {
            let matrix = sets(&images, &names, of)?.matrix(Measure::Items, ONE_THREAD);
            check_figures(set, &matrix, figures)?;
        }
    }
    Ok(())
}

fn check_figures(set: &str, matrix: &SimilarityMatrix, expected: &Value) -> Result<(), Failed> {
    for (key, actual) in [
        ("original_mean_with_diagonal", matrix.mean_with_diagonal()),
        (
            "original_std_population_with_diagonal",
            matrix.sd_with_diagonal(),
        ),
        ("correct_mean_distinct_pairs", matrix.mean()),
        ("correct_std_population_distinct_pairs", matrix.sd()),
    ] {
        let actual = actual.ok_or("there is no figure")?;
        close(&format!("{set} {key}"), actual, &expected[key])?;
    }
    Ok(())
}

/// Calls `check` with every matrix listed, its name, and the sets behind it.
fn for_each_matrix(
    data: &Path,
    check: impl Fn(&str, &Value, &pullstudy_similarity::Sets) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let expected = json(data, "similarity-matrices.json")?;
    for (set, expected) in members(&expected["sets"]) {
        let images = read(&data.join("manifests/similarity").join(set))?;
        for (kind, of) in KINDS {
            let expected = &expected[kind];
            let names = expected["images"]
                .as_array()
                .ok_or("no images are listed")?;
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            check(
                &format!("{set} {kind}"),
                &expected["matrix"],
                &sets(&images, &names, of)?,
            )?;
        }
    }
    Ok(())
}

fn json(data: &Path, name: &str) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&fs::read(
        data.join("expected").join(name),
    )?)?)
}

fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

fn rows(matrix: &Value) -> impl Iterator<Item = &Vec<Value>> {
    matrix
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
}

fn close(what: &str, actual: f64, expected: &Value) -> Result<(), Failed> {
    let expected = expected
        .as_f64()
        .ok_or_else(|| format!("{what}: nothing is expected"))?;
    if (actual - expected).abs() <= 1e-9 {
        return Ok(());
    }
    Err(format!("{what}: {actual}, not {expected}").into())
}
