//! `pullstat cost prices`: which prices are known.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_costmodel::{Machine, TransferPrice};
use pullstudy_report::{Alignment, Column, Format, Table};
use serde::Serialize;

use super::args::{PriceArgs, price_words};

/// List the prices that are known, each with its date and its source.
///
/// A machine's price is that of an hour, its extras with it. The prices of transfers are for --transfer; what is not known
/// is null, and not free.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  pullstat cost prices --prices mine.yaml\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(super) struct Args {
    #[command(flatten)]
    prices: PriceArgs,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed of a price. Keys are a contract.
#[derive(Debug, Default, Serialize)]
struct Row<'a> {
    /// `machine` or `transfer`.
    kind: &'static str,
    provider: &'a str,
    name: &'a str,
    usd_per_hour: Option<f64>,
    base_usd_per_hour: Option<f64>,
    extras: Option<String>,
    egress_usd_per_gb: Option<f64>,
    usd_per_million_requests: Option<f64>,
    storage_usd_per_gb_month: Option<f64>,
    date: &'a str,
    source: &'a str,
}

pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let prices = args.prices.read()?;
    let machines = prices.machines().iter().map(Row::of_machine);
    let transfers = prices.transfers().iter().map(Row::of_transfer);
    let rows: Vec<Row<'_>> = machines.chain(transfers).collect();
    table()
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    Ok(())
}

impl<'a> Row<'a> {
    fn of_machine(machine: &'a Machine) -> Self {
        let extras = machine.extras.iter().map(|extra| {
            format!(
                "{} x {} at {}",
                extra.count,
                extra.name,
                price_words(extra.usd_per_hour() / extra.count.max(f64::MIN_POSITIVE))
            )
        });
        let extras: Vec<String> = extras.collect();
        Self {
            kind: "machine",
            provider: &machine.provider,
            name: &machine.machine,
            usd_per_hour: Some(machine.usd_per_hour()),
            base_usd_per_hour: Some(machine.base_usd_per_hour),
            extras: (!extras.is_empty()).then(|| extras.join(", ")),
            date: &machine.date,
            source: &machine.source,
            ..Self::default()
        }
    }

    fn of_transfer(price: &'a TransferPrice) -> Self {
        Self {
            kind: "transfer",
            provider: &price.provider,
            name: &price.name,
            egress_usd_per_gb: price.egress_usd_per_gb,
            usd_per_million_requests: price.usd_per_million_requests,
            storage_usd_per_gb_month: price.storage_usd_per_gb_month,
            date: &price.date,
            source: &price.source,
            ..Self::default()
        }
    }
}

fn table<'a>() -> Table<Row<'a>> {
    let price = |key: &str, header: &str, of: fn(&Row<'_>) -> Option<f64>| {
        Column::custom(key, header, Alignment::Right, move |row: &Row<'_>| {
            of(row).map_or_else(|| "-".to_owned(), price_words)
        })
    };
    Table::new(vec![
        Column::hidden("kind"),
        Column::text("provider", "provider"),
        Column::text("name", "name"),
        price("usd_per_hour", "USD an hour", |row| row.usd_per_hour),
        Column::hidden("base_usd_per_hour"),
        Column::text("extras", "extras"),
        price("egress_usd_per_gb", "egress USD/GB", |row| {
            row.egress_usd_per_gb
        }),
        price("usd_per_million_requests", "USD/M requests", |row| {
            row.usd_per_million_requests
        }),
        price("storage_usd_per_gb_month", "USD/GB month", |row| {
            row.storage_usd_per_gb_month
        }),
        Column::text("date", "noted"),
        Column::text("source", "source"),
    ])
}
