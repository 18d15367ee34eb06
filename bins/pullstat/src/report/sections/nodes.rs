//! How far apart the nodes are that do the same thing.

use std::collections::BTreeMap;

use pullstudy_events::{SpreadRow, spread};
use pullstudy_report::Scale;

use super::super::study::{Choices, Study};
use super::{table, times::ROWS_SHOWN};
use crate::events::{picture, spread as command};
use pullstudy_report::{PageFigure, Section};

/// So many images have lines in one picture.
const IMAGES_DRAWN: usize = 12;

pub(in crate::report) fn section(
    study: &Study,
    choices: &Choices<'_>,
) -> anyhow::Result<Option<Section>> {
    let Some(logs) = &study.logs else {
        return Ok(None);
    };
    let mut timelines = logs.timelines();
    choices.args.selection.of_timelines(&mut timelines);
    let mut spreads = spread(&timelines);
    if spreads.is_empty() {
        return Ok(None);
    }
    let mut section = Section::new("node-coordination", "How far apart the nodes are").text(
        "A range grows with the number of nodes by itself. Whether larger clusters are really less in step is told by the expected \
         range: that of as many nodes as the smallest cluster has, drawn from the larger one.",
    );
    if let Some(figure) = lines(&spreads) {
        section = section.figure(figure);
    }
    let caption = "From the first node to the last, by kind of event; the farthest apart first";
    spreads.sort_by(|a, b| b.range_seconds.total_cmp(&a.range_seconds));
    let made = table(
        "spread",
        caption,
        &command::table(),
        &command::rows(&spreads),
    )?;
    Ok(Some(section.table(made.first(ROWS_SHOWN))))
}

/// Draws the images whose nodes are farthest apart; nothing where there are no two numbers of nodes to draw a
/// line between.
fn lines(spreads: &[SpreadRow]) -> Option<PageFigure> {
    let mut farthest: BTreeMap<_, f64> = BTreeMap::new();
    for row in spreads.iter().filter(|row| row.nodes.is_some()) {
        let range = farthest.entry((&row.experiment, &row.image)).or_default();
        *range = range.max(row.range_seconds);
    }
    let mut clusters: Vec<_> = spreads.iter().filter_map(|row| row.nodes).collect();
    clusters.sort_unstable();
    clusters.dedup();
    if clusters.len() < 2 {
        return None;
    }
    let count = farthest.len();
    let mut order: Vec<_> = farthest.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(IMAGES_DRAWN);
    let is_drawn = |row: &&SpreadRow| {
        let key = (&row.experiment, &row.image);
        order.iter().any(|(drawn, _)| *drawn == key)
    };
    let drawn: Vec<SpreadRow> = spreads.iter().filter(is_drawn).cloned().collect();
    let figure = picture::spread_lines(&drawn, Scale::Linear).ok()?;
    let caption = match count > IMAGES_DRAWN {
        true => format!(
            "Ranges by number of nodes, of the {IMAGES_DRAWN} of {count} images and experiments with the largest"
        ),
        false => "Ranges by number of nodes".to_owned(),
    };
    Some(PageFigure::new("spread-lines", caption, "lines", figure))
}
