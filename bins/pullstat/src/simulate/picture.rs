//! The sweep, drawn.

use std::path::Path;

use pullstudy_costmodel::node_cost_usd;
use pullstudy_report::{SweepLine, SweepLines, SweepPanel, human_bytes};
use pullstudy_simulator::{Image, Scenario, Strategy, SweepPoint};

use crate::picture_file;

/// The law that no direct pull can beat.
const LIMIT: &str = "direct limit: max(S / b, N S / B)";

pub(super) fn draw(
    scenario: &Scenario,
    points: &[SweepPoint],
    usd_per_hour: Option<f64>,
    path: &Path,
) -> anyhow::Result<()> {
    let panels = [seconds(points), cost(points, usd_per_hour)];
    let bytes = scenario
        .images
        .iter()
        .map(Image::wire_bytes)
        .fold(0, u64::saturating_add);
    let figure = SweepLines::new("What pulling takes on more and more nodes (simulated)")
        .with_subtitle(subtitle(scenario, bytes))
        .with_note("Seconds until half of the containers are ready. Strategies that prepare before (preload, shared-volume) are \
            drawn without that time; what takes no time at all has no point.")
        .with_note("The direct limit is that of the scenario as it is: S bytes a node, its link b, N nodes, the registry's B.")
        .draw(&panels)?;
    picture_file::write(&figure, path)
}

fn subtitle(scenario: &Scenario, bytes: u64) -> String {
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

fn seconds(points: &[SweepPoint]) -> SweepPanel {
    let base = points
        .iter()
        .filter(|point| point.strategy == Strategy::AS_IS);
    let limit = base.map(|point| (point.nodes, point.direct_limit_seconds));
    SweepPanel {
        title: "median until ready, seconds".to_owned(),
        lines: lines(points, |point| point.median_seconds),
        limit: Some(SweepLine {
            label: LIMIT.to_owned(),
            points: limit.filter(|point| point.1 > 0.0).collect(),
        }),
    }
}

fn cost(points: &[SweepPoint], usd_per_hour: Option<f64>) -> SweepPanel {
    let unit = usd_per_hour.map_or("node-hours", |_| "USD");
    // A node-hour costs a node-hour.
    let price = usd_per_hour.unwrap_or(1.0);
    SweepPanel {
        title: format!("all nodes until the last is ready, {unit}"),
        lines: lines(points, |point| {
            Some(node_cost_usd(point.gang_node_seconds, price))
        }),
        limit: None,
    }
}

/// A line a strategy, in their order. What is 0 has no place on a logarithmic axis.
fn lines(points: &[SweepPoint], figure: impl Fn(&SweepPoint) -> Option<f64>) -> Vec<SweepLine> {
    let mut lines: Vec<SweepLine> = Vec::new();
    for point in points {
        if lines.last().is_none_or(|line| line.label != point.strategy) {
            lines.push(SweepLine {
                label: point.strategy.clone(),
                points: Vec::new(),
            });
        }
        let value = figure(point).filter(|&value| value > 0.0);
        if let (Some(line), Some(value)) = (lines.last_mut(), value) {
            line.points.push((point.nodes, value));
        }
    }
    lines
}
