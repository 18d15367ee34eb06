//! `pullstat cost PATH...`: what measured pulls cost.

use std::io::Write;

use pullstudy_console::{UsageError, counted, terminal_width, warn};
use pullstudy_costmodel::{PullCostRow, PullCosts};
use pullstudy_events::Column as By;
use pullstudy_report::{Alignment, Column, Format, Table};
use serde_json::json;

use super::args::{MachineArgs, PriceArgs};
use crate::events::args::{ClockArg, GroupArgs, LogArgs, Method, check_clock, check_output};
use crate::events::fields::{Fields, key_columns};

/// Figures that groups cannot have the names of.
pub(super) const FIGURES: [&str; 5] =
    ["row", "machine", "pulls", "without_seconds", "usd_per_hour"];

/// The words of a row that sums the others up.
pub(super) const TOTAL: &str = "total";

#[derive(Debug, clap::Args)]
pub(super) struct PullsArgs {
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    groups: GroupArgs,
    #[command(flatten)]
    machines: MachineArgs,
    #[command(flatten)]
    prices: PriceArgs,
    /// Columns to group by, separated by commas
    #[arg(long, value_name = "COLUMNS", default_value = "experiment")]
    by: String,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// Whose method turns events into pulls
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// How the rows are printed: table, json, csv or parquet
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = Format::among(Format::ALL))]
    format: Format,
}

pub(super) fn run(args: &PullsArgs, results: &mut dyn Write) -> anyhow::Result<()> {
    check_output(args.format)?;
    check_clock(args.method, args.clock)?;
    let selection = args.logs.selection();
    let is_taken = |name: &str| is_figure(name) || selection.columns(name, &[]).is_ok();
    let columns = selection.columns(&args.by, args.groups.checked(is_taken)?)?;
    let prices = args.prices.read()?;
    let machines = args.machines.find(&prices)?;
    let pulls = args.logs.pulls(args.method)?;
    machines.check(&pulls)?;
    let costs: Result<PullCosts, UsageError> =
        PullCosts::of(&pulls, &columns, args.clock.into(), |pull| {
            machines.of(pull)
        });
    let costs = costs?;
    table(&columns).within(terminal_width()).write(
        args.format,
        &rows(&columns, &costs),
        results,
    )?;
    machines.tell();
    warning(&costs).iter().for_each(|line| warn(line));
    Ok(())
}

/// Returns a row for each group, and their sum.
pub(crate) fn rows(columns: &[By], costs: &PullCosts) -> Vec<Fields> {
    let groups = costs.rows.iter().map(|row| fields("group", columns, row));
    groups
        .chain([fields(TOTAL, columns, &costs.total)])
        .collect()
}

/// Returns what is missing in the sums, if anything.
pub(crate) fn warning(costs: &PullCosts) -> Option<String> {
    (costs.total.without_seconds > 0).then(|| {
        format!(
            "{} failed, did not end or tell no seconds, and are not in cost_usd",
            counted(costs.total.without_seconds, "pull")
        )
    })
}

/// Tells whether a name is one of a figure.
pub(super) fn is_figure(name: &str) -> bool {
    FIGURES.contains(&name) || name.ends_with("_seconds") || name.ends_with("_usd")
}

/// The values of a group; of the total, null for each, as it is of all of them.
pub(super) fn key_fields(row: &str, columns: &[By], key: &pullstudy_events::Key) -> Fields {
    let mut fields = Fields::default();
    fields.push("row", json!(row));
    if row == TOTAL {
        for column in columns {
            fields.push(column.name(), json!(null));
        }
    } else {
        fields.push_key(columns, key);
    }
    fields
}

fn fields(row: &str, columns: &[By], cost: &PullCostRow) -> Fields {
    let mut fields = key_fields(row, columns, &cost.key);
    fields.push("machine", json!(machine_words(&cost.machines)));
    fields.push("usd_per_hour", json!(cost.usd_per_hour));
    fields.push("pulls", json!(cost.pulls));
    fields.push("without_seconds", json!(cost.without_seconds));
    fields.push("node_seconds", json!(cost.node_seconds));
    fields.push("cost_usd", json!(cost.cost_usd));
    fields.push("occupied_seconds", json!(cost.occupied_seconds));
    fields.push("occupied_usd", json!(cost.occupied_usd));
    fields.push("lost_seconds", json!(cost.lost_seconds));
    fields.push("lost_usd", json!(cost.lost_usd));
    fields
}

/// One machine's name, or how many there are.
fn machine_words(machines: &[String]) -> Option<String> {
    match machines {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(several.join(", ")),
    }
}

pub(crate) fn table(columns: &[By]) -> Table<Fields> {
    let mut shown = vec![row_column()];
    shown.extend(key_columns(columns));
    shown.extend([
        Column::text("machine", "machine"),
        Column::usd("usd_per_hour", "USD an hour"),
        Column::count("pulls", "pulls"),
        Column::count("without_seconds", "without time"),
        Column::seconds("node_seconds", "node seconds"),
        Column::usd("cost_usd", "cost USD"),
        Column::seconds("occupied_seconds", "occupied s"),
        Column::usd("occupied_usd", "occupied USD"),
        Column::seconds("lost_seconds", "lost s"),
        Column::usd("lost_usd", "lost USD"),
    ]);
    Table::new(shown)
}

/// Says which row is the sum, and nothing of the others.
pub(super) fn row_column() -> Column<Fields> {
    Column::custom("row", "", Alignment::Left, |row: &Fields| {
        let is_total = row.get("row").and_then(serde_json::Value::as_str) == Some(TOTAL);
        if is_total { "all" } else { "" }.to_owned()
    })
}
