//! Where the time of a pull went: an ordinary one and the slowest.

use std::collections::BTreeMap;

use pullstudy_report::{Waterfall, human_seconds, percent};

use super::super::study::Study;
use super::super::traced::TracedPull;
use pullstudy_report::{PageFigure, Section};

pub(in crate::report) fn section(study: &Study) -> anyhow::Result<Option<Section>> {
    let Some((median, slowest)) = chosen(study) else {
        return Ok(None);
    };
    let mut section = Section::new("where-time-went", "Where the time of a pull went");
    section = section
        .text(format!(
            "Of {}: the ordinary one is the pull nearest to the median of the image and number of nodes with the largest sum of seconds.",
            study.traced.words()
        ))
        .text(words("The ordinary pull", median))
        .figure(figure("waterfall-median", "The ordinary pull", median)?);
    if !std::ptr::eq(median, slowest) {
        section = section
            .text(words("The slowest pull of all", slowest))
            .figure(figure("waterfall-slowest", "The slowest pull", slowest)?);
    }
    Ok(Some(section))
}

/// The ordinary pull and the slowest.
fn chosen(study: &Study) -> Option<(&TracedPull, &TracedPull)> {
    let mut groups: BTreeMap<(&str, Option<u32>), Vec<&TracedPull>> = BTreeMap::new();
    for pull in study.traced.succeeded() {
        let key = (pull.record.image.as_str(), pull.record.nodes);
        groups.entry(key).or_default().push(pull);
    }
    let by_seconds =
        |a: &&TracedPull, b: &&TracedPull| a.record.seconds.total_cmp(&b.record.seconds);
    let sum = |group: &[&TracedPull]| group.iter().map(|pull| pull.record.seconds).sum::<f64>();
    let mut largest = groups
        .into_values()
        .max_by(|a, b| sum(a).total_cmp(&sum(b)))?;
    largest.sort_by(by_seconds);
    let median = largest[(largest.len() - 1) / 2];
    let slowest = study.traced.succeeded().max_by(by_seconds)?;
    Some((median, slowest))
}

fn words(which: &str, pull: &TracedPull) -> String {
    let record = &pull.record;
    let mut words = format!("{which}: {}", record.image);
    if let Some(node) = &record.node {
        words.push_str(&format!(" on {node}"));
    }
    words.push_str(&format!(", {} s", human_seconds(record.seconds)));
    if let Some((bound, path)) = record.bound_by.zip(record.critical_path.as_ref()) {
        words.push_str(&format!(
            "; the binding resource is {bound}, with {} of the critical path",
            percent(path.share(bound))
        ));
    }
    words.push('.');
    words
}

fn figure(id: &str, caption: &str, pull: &TracedPull) -> anyhow::Result<PageFigure> {
    let figure = Waterfall::new().draw(&pull.with_phases()?);
    Ok(PageFigure::new(id, caption, "waterfall", figure))
}
