//! What the pulls cost, in node-seconds, and in USD where a machine is named.

use pullstudy_console::UsageError;
use pullstudy_costmodel::PullCosts;
use pullstudy_events::Column as By;

use super::super::study::{Choices, Study, USUAL_COLUMNS};
use super::times::{ROWS_SHOWN, Told};
use super::{break_even, table};
use crate::costs::args::Machines;
use crate::costs::pulls as costs;
use crate::costs::waiting::{ASSUMED, Waiting};
use crate::events::fields::Fields;
use pullstudy_report::Section;
use serde_json::Value;

/// What a sum of money is of.
const BY: [By; 2] = [By::Experiment, By::Nodes];

pub(in crate::report) fn section(
    study: &Study,
    choices: &Choices<'_>,
) -> anyhow::Result<Option<Told>> {
    if study.pulls.is_empty() {
        return Ok(None);
    }
    let machines = choices.machines.as_ref();
    let mut told = Told {
        section: Section::new("cost", "What it cost"),
        warnings: Vec::new(),
    };
    match machines {
        Some(machines) => told.add_costs(study, choices, machines)?,
        None => {
            told.section = told.section.text(
                "No machine is named, so this is told in node-seconds and not in money: --machine c2d-standard-112 (or \
                 EXPERIMENT=MACHINE for each experiment) prices them; pullstat cost prices lists the machines.",
            );
        }
    }
    let waiting = Waiting::of(
        &study.pulls,
        None,
        &USUAL_COLUMNS,
        choices.clock(),
        machines,
    )?;
    let caption = "What it costs when all nodes start together (gang), and when each starts with its own image (elastic); the most first";
    let mut rows = waiting.rows(&USUAL_COLUMNS, None);
    rows.sort_by(|a, b| gang_seconds(b).total_cmp(&gang_seconds(a)));
    let made = table("waiting", caption, &waiting.table(&USUAL_COLUMNS), &rows)?;
    told.section = told
        .section
        .table(made.first(ROWS_SHOWN))
        .text(format!("Of this table: {ASSUMED}."));
    if machines.is_some() {
        told.section = break_even::add(told.section, study, choices)?;
    }
    told.warnings.extend(waiting.warnings());
    Ok(Some(told))
}

fn gang_seconds(row: &Fields) -> f64 {
    let seconds = row.get("gang_node_seconds");
    seconds.and_then(Value::as_f64).unwrap_or(0.0)
}

impl Told {
    fn add_costs(
        &mut self,
        study: &Study,
        choices: &Choices<'_>,
        machines: &Machines<'_>,
    ) -> anyhow::Result<()> {
        let costs: Result<PullCosts, UsageError> =
            PullCosts::of(&study.pulls, &BY, choices.clock(), |pull| machines.of(pull));
        let costs = costs?;
        let caption =
            "What the pulls cost, each for itself, and each node once while it pulls (occupied)";
        let made = table(
            "costs",
            caption,
            &costs::table(&BY),
            &costs::rows(&BY, &costs),
        )?;
        let section = std::mem::replace(&mut self.section, Section::new("", ""));
        let prices = format!("Prices: {}.", machines.words().join("; "));
        self.section = section.text(prices).table(made);
        self.warnings.extend(costs::warning(&costs));
        Ok(())
    }
}
