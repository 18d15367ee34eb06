//! `pullstat cost break-even`: from how many pulls on something pays.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, say, terminal_width};
use pullstudy_costmodel::{BreakEven, Prices, RedundancyScenario, Span, Strategy};
use pullstudy_report::{Column, Format, Table};
use serde::Serialize;

use super::args::{PriceArgs, unpriced};
use super::scenario::scenarios;

/// Tell from how many pulls and nodes on the strategies of a scenario pay.
///
/// strategies: is a list in the file of pullstat cost scenario, each with strategy (its name), once_usd, and machine,
/// machines or usd_per_hour for so many hours: that is fixed_usd. saved_seconds_per_pull is what each pull is shorter by;
/// without it, what sharing all layers saves, which is more at the low bandwidth. A pull is one image on one node.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  pullstat cost break-even ours.yaml\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(super) struct Args {
    /// A scenario with strategies
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    prices: PriceArgs,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed of a strategy; `low` is the least, `high` the most. Keys are a contract.
#[derive(Debug, Serialize)]
struct Row {
    scenario: String,
    strategy: String,
    fixed_usd: f64,
    saved_seconds_per_pull_low: f64,
    saved_seconds_per_pull_high: f64,
    saved_usd_per_pull_low: f64,
    saved_usd_per_pull_high: f64,
    break_even_pulls_low: Option<u64>,
    break_even_pulls_high: Option<u64>,
    break_even_nodes_low: Option<u64>,
    break_even_nodes_high: Option<u64>,
    /// Whether it pays on the scenario's nodes, at the least that it saves.
    pays: bool,
}

pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let prices = args.prices.read()?;
    let mut rows = Vec::new();
    for (name, scenario) in scenarios(Some(&args.file))? {
        if scenario.strategies.is_empty() {
            let sentence = format!(
                "{name} has no strategies: add strategies: and a list, such as - {{strategy: shared base, once_usd: 500}}"
            );
            return Err(UsageError(sentence).into());
        }
        for strategy in &scenario.strategies {
            rows.push(row(&name, &scenario, strategy, &prices)?);
        }
    }
    table()
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    say(format_args!(
        "low and high go with the bandwidths: what saves most pays first"
    ));
    Ok(())
}

fn row(
    name: &str,
    scenario: &RedundancyScenario,
    strategy: &Strategy,
    prices: &Prices,
) -> Result<Row, UsageError> {
    let cluster = scenario
        .cluster(prices)
        .map_err(|error| unpriced(&name, &error))?;
    let saved = saved_seconds(
        scenario,
        strategy,
        &scenario.redundancy(&cluster).more_seconds,
    );
    let at = |seconds: f64| {
        let found = strategy.break_even(prices, seconds, cluster.usd_per_hour());
        found.map_err(|error| unpriced(&format_args!("{name}, {}", strategy.name), &error))
    };
    let (least, most): (BreakEven, BreakEven) = (at(saved.low)?, at(saved.high)?);
    let of_node = scenario.applications.into();
    let nodes_at_least = least.nodes(of_node);
    Ok(Row {
        scenario: scenario.title.clone().unwrap_or_else(|| name.to_owned()),
        strategy: strategy.name.clone(),
        fixed_usd: least.fixed_usd,
        saved_seconds_per_pull_low: saved.low,
        saved_seconds_per_pull_high: saved.high,
        saved_usd_per_pull_low: least.saved_usd_per_pull,
        saved_usd_per_pull_high: most.saved_usd_per_pull,
        break_even_pulls_low: most.pulls,
        break_even_pulls_high: least.pulls,
        break_even_nodes_low: most.nodes(of_node),
        break_even_nodes_high: nodes_at_least,
        pays: nodes_at_least.is_some_and(|nodes| nodes <= cluster.nodes().into()),
    })
}

/// Each application of a node is one pull.
fn saved_seconds(scenario: &RedundancyScenario, strategy: &Strategy, shared: &Span) -> Span {
    let applications = f64::from(scenario.applications);
    match strategy.saved_seconds_per_pull {
        Some(seconds) => Span {
            low: seconds,
            high: seconds,
        },
        None => Span {
            low: shared.low / applications,
            high: shared.high / applications,
        },
    }
}

fn table() -> Table<Row> {
    Table::new(vec![
        Column::text("scenario", "scenario"),
        Column::text("strategy", "strategy"),
        Column::usd("fixed_usd", "costs USD"),
        Column::seconds("saved_seconds_per_pull_low", "saves s, least").only_in_files(),
        Column::seconds("saved_seconds_per_pull_high", "saves s, most").only_in_files(),
        Column::usd("saved_usd_per_pull_low", "a pull saves USD"),
        Column::usd("saved_usd_per_pull_high", "at most"),
        Column::count("break_even_pulls_low", "pays from pulls"),
        Column::count("break_even_pulls_high", "at most"),
        Column::count("break_even_nodes_low", "from nodes"),
        Column::count("break_even_nodes_high", "at most"),
        Column::text("pays", "pays here"),
    ])
}
