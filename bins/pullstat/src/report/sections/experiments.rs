//! Experiments, or strategies, beside each other.

use std::cmp::Ordering;

use pullstudy_events::{CompareOptions, ComparedRow, Comparison, Pull, Verdict, compare_all};
use pullstudy_stats::Bootstrap;

use super::super::study::{Choices, Study};
use super::times::{ROWS_SHOWN, Told};
use super::{intervals, table};
use crate::events::compare as command;
use pullstudy_report::Section;

pub(in crate::report) fn section(
    study: &Study,
    choices: &Choices<'_>,
) -> anyhow::Result<Option<Told>> {
    let experiments = study.experiments();
    let Some(baseline) = choices.baseline(&experiments) else {
        return Ok(None);
    };
    let others: Vec<&str> = experiments
        .into_iter()
        .filter(|name| *name != baseline)
        .collect();
    if others.is_empty() {
        return Ok(None);
    }
    let compared = compared(study, choices, baseline, &others);
    let mut told = Told {
        section: Section::new("experiments", "Experiments beside each other")
            .text(intro(baseline, choices, &compared)),
        warnings: Vec::new(),
    };
    for (name, comparison) in others.iter().zip(&compared) {
        let caption = format!("A is {baseline}, B is {name}: {}", words(comparison));
        let id = format!("compare-{}", id(name));
        let title = format!("{name} beside {baseline}");
        if let Some(figure) = intervals::ratios(&id, &title, baseline, comparison)? {
            told.section = told.section.figure(figure);
        }
        let made = table(&id, &caption, &command::table(), &command::rows(comparison))?;
        told.section = told.section.table(made.first(ROWS_SHOWN));
        let warnings = command::warnings(comparison).into_iter();
        told.warnings
            .extend(warnings.map(|line| format!("A is {baseline}, B is {name}: {line}")));
    }
    Ok(Some(told))
}

/// Compares, and has the rows in front that have pulls enough to show anything, the largest sums first.
fn compared(
    study: &Study,
    choices: &Choices<'_>,
    baseline: &str,
    others: &[&str],
) -> Vec<Comparison> {
    let base = study.of_experiment(baseline);
    let others: Vec<Vec<Pull>> = others
        .iter()
        .map(|name| study.of_experiment(name))
        .collect();
    let pairs: Vec<(&[Pull], &[Pull])> = others
        .iter()
        .map(|other| (base.as_slice(), other.as_slice()))
        .collect();
    let mut compared = compare_all(&pairs, &options(choices));
    for comparison in &mut compared {
        let weight = |row: &ComparedRow| (row.verdict != Verdict::TooFew, row.sum_a_seconds);
        comparison
            .rows
            .sort_by(|a, b| weight(b).partial_cmp(&weight(a)).unwrap_or(Ordering::Equal));
    }
    compared
}

/// As `pullstat compare` compares when nothing else is said.
pub(in crate::report) fn options(choices: &Choices<'_>) -> CompareOptions {
    CompareOptions {
        clock: choices.clock(),
        bootstrap: Bootstrap {
            confidence: choices.args.confidence,
            seed: choices.args.seed,
            ..Bootstrap::default()
        },
        ..CompareOptions::default()
    }
}

fn intro(baseline: &str, choices: &Choices<'_>, compared: &[Comparison]) -> String {
    let rows = compared.iter().map(|comparison| comparison.rows.len());
    format!(
        "Each experiment is compared with {baseline}, image by image and by number of nodes. Intervals are at {} %, each of its row \
         alone. p is corrected for all {} rows of this section together (Holm, for the rows with pulls enough to show anything), so \
         it may be larger than what pullstat compare says of two experiments alone.",
        choices.args.confidence.level() * 100.0,
        rows.sum::<usize>()
    )
}

fn words(comparison: &Comparison) -> String {
    let count = |verdict| {
        let rows = comparison.rows.iter();
        rows.filter(|row| row.verdict == verdict).count()
    };
    format!(
        "B is faster in {}, A in {}, no difference is shown in {}, too few pulls in {} of {} rows",
        count(Verdict::BFaster),
        count(Verdict::AFaster),
        count(Verdict::NoDifferenceShown),
        count(Verdict::TooFew),
        comparison.rows.len()
    )
}

/// A name as it can stand in an address of the page.
pub(super) fn id(name: &str) -> String {
    let plain = |char: char| match char.is_ascii_alphanumeric() {
        true => char.to_ascii_lowercase(),
        false => '-',
    };
    name.chars().map(plain).collect()
}
