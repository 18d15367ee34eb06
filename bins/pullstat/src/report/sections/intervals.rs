//! Pictures of what may be said of differences.

use pullstudy_events::{ComparedRow, Comparison, Verdict};
use pullstudy_report::{IntervalRow, Intervals, PageFigure};

/// So many comparisons fit into one picture.
pub(in crate::report) const DRAWN: usize = 20;

/// Draws ratios of medians to those of the baseline, of the rows in front that have an interval.
pub(super) fn ratios(
    id: &str,
    title: &str,
    baseline: &str,
    comparison: &Comparison,
) -> anyhow::Result<Option<PageFigure>> {
    let tested = comparison.rows.iter();
    let tested = tested.filter(|row| row.verdict != Verdict::TooFew);
    let all: Vec<IntervalRow> = tested.filter_map(ratio).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let rows = &all[..all.len().min(DRAWN)];
    let figure = Intervals::of_ratios(title)
        .with_baseline(baseline)
        .with_note("Ratio of the median pull times, B by A. Each interval is of its row alone, and one in twenty lies beside the line by chance; the verdicts below are corrected for that.")
        .draw(rows)?;
    let caption = match all.len() > rows.len() {
        true => format!(
            "{title}: the {} of {} comparisons with the largest sums of seconds",
            rows.len(),
            all.len()
        ),
        false => title.to_owned(),
    };
    Ok(Some(PageFigure::new(
        format!("{id}-intervals"),
        caption,
        "intervals",
        figure,
    )))
}

/// The commands say A over B; a picture in which less is better says B over A.
fn ratio(row: &ComparedRow) -> Option<IntervalRow> {
    let ratio = row.ratio_a_over_b.as_ref()?;
    let interval = ratio.interval?;
    let values = [ratio.estimate, interval.low, interval.high];
    let is_drawn = values.iter().all(|value| value.is_normal() && *value > 0.0);
    is_drawn.then(|| IntervalRow {
        label: label(&row.image, row.nodes),
        estimate: ratio.estimate.recip(),
        low: interval.high.recip(),
        high: interval.low.recip(),
        count: row.count_b as u64,
        baseline_count: row.count_a as u64,
    })
}

pub(in crate::report) fn label(image: &str, nodes: Option<u32>) -> String {
    match nodes {
        Some(1) => format!("{image}, 1 node"),
        Some(nodes) => format!("{image}, {nodes} nodes"),
        None => image.to_owned(),
    }
}
