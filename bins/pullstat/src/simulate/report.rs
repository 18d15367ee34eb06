//! Rows, and what must be known to trust them.

use std::io::Write;

use pullstudy_console::{say, terminal_width};
use pullstudy_report::Format;
use pullstudy_simulator::{BreakEven, Outcome, ResourceUse, Scenario, Strategy, SweepPoint};
use serde::{Deserialize, Serialize};

use super::row::{self, Row, table};

/// Everything that is printed.
pub(super) struct Report<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) strategies: &'a [Strategy],
    pub(super) points: &'a [SweepPoint],
    /// Of each strategy, unless nodes were swept.
    pub(super) resources: &'a [Resources],
    pub(super) break_even: Vec<BreakEven>,
    pub(super) usd_per_hour: Option<f64>,
}

/// The object of `--format json`. Keys are a contract.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    results: Results,
    resources: &'a [Resources],
}

/// What of the object is read back.
#[derive(Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) seed: u64,
    pub(crate) images: usize,
    pub(crate) usd_per_hour: Option<f64>,
    pub(crate) rows: Vec<Row>,
    pub(crate) strategies: Vec<Described>,
    pub(crate) break_even: Vec<BreakEven>,
}

/// A strategy with what it takes for granted.
#[derive(Serialize, Deserialize)]
pub(crate) struct Described {
    pub(crate) strategy: String,
    pub(crate) assumptions: Vec<String>,
}

/// What the things that many nodes use did over time, under one strategy.
#[derive(Serialize)]
pub(super) struct Resources {
    strategy: String,
    resources: Vec<ResourceUse>,
}

impl Resources {
    pub(super) fn of(strategy: &Strategy, outcome: Outcome) -> Self {
        Self {
            strategy: strategy.to_string(),
            resources: outcome.resources,
        }
    }
}

impl Report<'_> {
    pub(super) fn write(&self, format: Format, results: &mut dyn Write) -> anyhow::Result<()> {
        let rows = row::rows(self.points, self.usd_per_hour);
        if format == Format::Json {
            serde_json::to_writer_pretty(&mut *results, &self.document(rows))?;
            writeln!(results)?;
            return Ok(());
        }
        table(&rows)
            .within(terminal_width())
            .write(format, &rows, results)?;
        if format == Format::Table {
            self.write_assumptions(results)?;
        } else {
            say(format_args!(
                "assumptions and break-even stand in --format table and json"
            ));
        }
        Ok(())
    }

    fn document(&self, rows: Vec<Row>) -> Document<'_> {
        let strategies = self.strategies.iter();
        let described = |strategy: &Strategy| Described {
            strategy: strategy.to_string(),
            assumptions: strategy.assumptions(self.scenario),
        };
        let results = Results {
            seed: self.scenario.seed,
            images: self.scenario.images.len(),
            usd_per_hour: self.usd_per_hour,
            rows,
            strategies: strategies.map(described).collect(),
            break_even: self.break_even.clone(),
        };
        Document {
            results,
            resources: self.resources,
        }
    }

    fn write_assumptions(&self, results: &mut dyn Write) -> anyhow::Result<()> {
        let has_several_counts = self
            .points
            .iter()
            .any(|point| point.nodes != self.points[0].nodes);
        for strategy in &self.strategies[1..] {
            writeln!(results, "\n{strategy} takes for granted:")?;
            for assumption in strategy.assumptions(self.scenario) {
                writeln!(results, "  - {assumption}")?;
            }
            let text = strategy.to_string();
            let even = self.break_even.iter().find(|even| even.strategy == text);
            if let Some(even) = even.filter(|_| has_several_counts) {
                writeln!(results, "  {}", even_words(even))?;
            }
        }
        Ok(())
    }
}

pub(crate) fn even_words(even: &BreakEven) -> String {
    let from = |nodes: Option<u32>| match nodes {
        Some(nodes) => format!("from {nodes} nodes on"),
        None => "for no number of nodes to the end of the sweep".to_owned(),
    };
    format!(
        "faster in the median {}; fewer node-seconds until all are ready {}",
        from(even.faster_from_nodes),
        from(even.cheaper_from_nodes)
    )
}
