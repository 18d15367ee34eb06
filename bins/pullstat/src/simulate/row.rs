//! What is printed of one simulation.

use pullstudy_costmodel::node_cost_usd;
use pullstudy_report::{Column, Table};
use pullstudy_simulator::{Spent, SweepPoint};
use serde::{Deserialize, Serialize};

/// A strategy on a number of nodes. Keys are a contract.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) strategy: String,
    pub(super) nodes: u32,
    pulls: u64,
    failed: u64,
    pub(super) median_seconds: Option<f64>,
    p5_seconds: Option<f64>,
    p95_seconds: Option<f64>,
    p99_seconds: Option<f64>,
    max_seconds: Option<f64>,
    all_ready_seconds: f64,
    preparation_seconds: f64,
    pub(super) direct_limit_seconds: f64,
    bound_by: Option<String>,
    bound_share: Option<f64>,
    /// Not read back: `bound_by` and its share are what tables show of it.
    #[serde(skip_deserializing)]
    spent_seconds: Spent,
    registry_bytes: u64,
    requests: u64,
    refused_requests: u64,
    elastic_node_seconds: f64,
    pub(super) gang_node_seconds: f64,
    elastic_cost_usd: Option<f64>,
    pub(super) gang_cost_usd: Option<f64>,
}

/// Returns a row for each point.
pub(super) fn rows(points: &[SweepPoint], usd_per_hour: Option<f64>) -> Vec<Row> {
    let points = points.iter();
    points.map(|point| Row::of(point, usd_per_hour)).collect()
}

impl Row {
    /// On how many nodes.
    pub(crate) fn nodes(&self) -> u32 {
        self.nodes
    }

    fn of(point: &SweepPoint, usd_per_hour: Option<f64>) -> Self {
        let cost = |seconds| usd_per_hour.map(|price| node_cost_usd(seconds, price));
        Self {
            strategy: point.strategy.clone(),
            nodes: point.nodes,
            pulls: point.pulls,
            failed: point.failed,
            median_seconds: point.median_seconds,
            p5_seconds: point.p5_seconds,
            p95_seconds: point.p95_seconds,
            p99_seconds: point.p99_seconds,
            max_seconds: point.max_seconds,
            all_ready_seconds: point.all_ready_seconds,
            preparation_seconds: point.preparation_seconds,
            direct_limit_seconds: point.direct_limit_seconds,
            bound_by: point.bound_by.map(|most| most.as_str().to_owned()),
            bound_share: point
                .bound_by
                .map(|most| point.spent.seconds(most) / point.spent.total_seconds()),
            spent_seconds: point.spent,
            registry_bytes: point.registry_bytes.round() as u64,
            requests: point.requests.round() as u64,
            refused_requests: point.refused_requests.round() as u64,
            elastic_node_seconds: point.elastic_node_seconds,
            gang_node_seconds: point.gang_node_seconds,
            elastic_cost_usd: cost(point.elastic_node_seconds),
            gang_cost_usd: cost(point.gang_node_seconds),
        }
    }
}

/// In a table stand costs where there is a price, and preparation, failures and refusals where there are any.
pub(crate) fn table(rows: &[Row]) -> Table<Row> {
    let any = |has: fn(&Row) -> bool, column: Column<Row>| match rows.iter().any(has) {
        true => column,
        false => column.only_in_files(),
    };
    Table::new(vec![
        Column::text("strategy", "strategy"),
        Column::count("nodes", "nodes"),
        Column::count("pulls", "pulls"),
        any(|row| row.failed > 0, Column::count("failed", "failed")),
        Column::seconds("median_seconds", "median s"),
        Column::seconds("p5_seconds", "p5 s").only_in_files(),
        Column::seconds("p95_seconds", "p95 s"),
        Column::seconds("p99_seconds", "p99 s").only_in_files(),
        Column::seconds("max_seconds", "max s").only_in_files(),
        Column::seconds("all_ready_seconds", "all ready s"),
        any(
            |row| row.preparation_seconds > 0.0,
            Column::seconds("preparation_seconds", "before s"),
        ),
        Column::seconds("direct_limit_seconds", "direct limit s"),
        Column::text("bound_by", "bound by"),
        Column::percent("bound_share", "for"),
        Column::bytes("registry_bytes", "registry sent"),
        Column::count("requests", "requests").only_in_files(),
        any(
            |row| row.refused_requests > 0,
            Column::count("refused_requests", "refused"),
        ),
        Column::seconds("elastic_node_seconds", "elastic node s").only_in_files(),
        Column::seconds("gang_node_seconds", "gang node s").only_in_files(),
        any(
            |row| row.elastic_cost_usd.is_some(),
            Column::usd("elastic_cost_usd", "elastic USD"),
        ),
        any(
            |row| row.gang_cost_usd.is_some(),
            Column::usd("gang_cost_usd", "gang USD"),
        ),
    ])
}
