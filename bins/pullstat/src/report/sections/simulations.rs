//! What simulations said.

use pullstudy_simulator::Strategy;

use super::super::study::Study;
use super::table;
use crate::simulate::report::{Results, even_words};
use crate::simulate::{picture, row};
use pullstudy_report::{PageFigure, Section};

pub(in crate::report) fn section(study: &Study) -> anyhow::Result<Option<Section>> {
    if study.simulations.is_empty() {
        return Ok(None);
    }
    let mut section = Section::new("simulations", "Simulations");
    for (position, (path, results)) in study.simulations.iter().enumerate() {
        section = section.text(format!(
            "{}: simulated with seed {}, not measured.",
            path.display(),
            results.seed
        ));
        if let Some(figure) = lines(position, results)? {
            section = section.figure(figure);
        }
        let id = format!("simulation-{position}");
        let made = table(
            &id,
            "Strategies by number of nodes",
            &row::table(&results.rows),
            &results.rows,
        )?;
        section = section.table(made);
        for words in assumptions(results) {
            section = section.text(words);
        }
    }
    Ok(Some(section))
}

fn has_several_counts(results: &Results) -> bool {
    let mut nodes = results.rows.iter().map(row::Row::nodes);
    let first = nodes.next();
    nodes.any(|nodes| Some(nodes) != first)
}

fn lines(position: usize, results: &Results) -> anyhow::Result<Option<PageFigure>> {
    if !has_several_counts(results) {
        return Ok(None);
    }
    let figure = picture::draw(&results.rows, None)?;
    let id = format!("sweep-{position}");
    let caption = "The same images on more and more nodes";
    Ok(Some(PageFigure::new(id, caption, "lines", figure)))
}

/// What strategies take for granted, and from how many nodes on they pay.
fn assumptions(results: &Results) -> Vec<String> {
    let is_change = |strategy: &str| strategy != Strategy::AS_IS;
    let described = results.strategies.iter();
    let mut lines: Vec<String> = described
        .filter(|described| is_change(&described.strategy))
        .map(|described| {
            format!(
                "{} takes for granted: {}.",
                described.strategy,
                described.assumptions.join("; ")
            )
        })
        .collect();
    if has_several_counts(results) {
        let even = results.break_even.iter();
        lines.extend(
            even.map(|even| format!("Break-even of {}: {}.", even.strategy, even_words(even))),
        );
    }
    lines
}
