//! The sweep, drawn.

use pullstudy_costmodel::node_cost_usd;
use pullstudy_report::{Figure, SweepLine, SweepLines, SweepPanel, human_bytes};
use pullstudy_simulator::{Image, Scenario, Strategy};

use super::row::Row;

/// The law that no direct pull can beat.
const LIMIT: &str = "direct limit: max(S / b, N S / B)";

/// Draws the rows of a sweep; in USD where they have them.
pub(crate) fn draw(rows: &[Row], subtitle: Option<String>) -> anyhow::Result<Figure> {
    let panels = [seconds(rows), cost(rows)];
    let lines = SweepLines::new("What pulling takes on more and more nodes (simulated)")
        .with_note("Seconds until half of the containers are ready. Strategies that prepare before (preload, shared-volume) are \
            drawn without that time; what takes no time at all has no point.")
        .with_note("The direct limit is that of the scenario as it is: S bytes a node, its link b, N nodes, the registry's B.");
    let lines = match subtitle {
        Some(subtitle) => lines.with_subtitle(subtitle),
        None => lines,
    };
    Ok(lines.draw(&panels)?)
}

/// Says what the scenario pulls, and from where.
pub(super) fn subtitle(scenario: &Scenario) -> String {
    let bytes = scenario
        .images
        .iter()
        .map(Image::wire_bytes)
        .fold(0, u64::saturating_add);
    let images = match scenario.images.len() {
        1 => "one image".to_owned(),
        count => format!("{count} images"),
    };
    let registry = match scenario.registry.bytes_per_second {
        rate if rate.is_finite() => format!("{}/s", human_bytes(rate as u64)),
        _ => "without limit".to_owned(),
    };
    let link = human_bytes(scenario.node.link_bytes_per_second as u64);
    format!(
        "{images} of {} on the wire; registry {registry}, link of a node {link}/s",
        human_bytes(bytes)
    )
}

fn seconds(rows: &[Row]) -> SweepPanel {
    let base = rows.iter().filter(|row| row.strategy == Strategy::AS_IS);
    let limit = base.map(|row| (row.nodes, row.direct_limit_seconds));
    SweepPanel {
        title: "median until ready, seconds".to_owned(),
        lines: lines(rows, |row| row.median_seconds),
        limit: Some(SweepLine {
            label: LIMIT.to_owned(),
            points: limit.filter(|point| point.1 > 0.0).collect(),
        }),
    }
}

fn cost(rows: &[Row]) -> SweepPanel {
    let has_price = rows.iter().any(|row| row.gang_cost_usd.is_some());
    let unit = if has_price { "USD" } else { "node-hours" };
    // A node-hour costs a node-hour.
    let hours = |row: &Row| Some(node_cost_usd(row.gang_node_seconds, 1.0));
    let usd = |row: &Row| row.gang_cost_usd;
    SweepPanel {
        title: format!("all nodes until the last is ready, {unit}"),
        lines: if has_price {
            lines(rows, usd)
        } else {
            lines(rows, hours)
        },
        limit: None,
    }
}

/// A line a strategy, in their order. What is 0 has no place on a logarithmic axis.
fn lines(rows: &[Row], figure: impl Fn(&Row) -> Option<f64>) -> Vec<SweepLine> {
    let mut lines: Vec<SweepLine> = Vec::new();
    for row in rows {
        if lines.last().is_none_or(|line| line.label != row.strategy) {
            lines.push(SweepLine {
                label: row.strategy.clone(),
                points: Vec::new(),
            });
        }
        let value = figure(row).filter(|&value| value > 0.0);
        if let (Some(line), Some(value)) = (lines.last_mut(), value) {
            line.points.push((row.nodes, value));
        }
    }
    lines
}
