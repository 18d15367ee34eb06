//! `pullstat cost totals`: what node-seconds cost that were added up elsewhere.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, say, terminal_width};
use pullstudy_costmodel::{BilledRow, PublishedCost, Totals, TotalsBill};
use pullstudy_report::{Alignment, Column, Format, Table};
use serde::Serialize;

use super::args::{PriceArgs, price_words, unpriced, unreadable};
use super::pulls::TOTAL;

/// Turn sums of node-seconds into USD, row by row.
///
/// FILE holds format_version: 1 and rows, each with label, machine and node_seconds; usd_per_hour takes the place of the
/// machine's price, and published: {hours, cost_usd} is what somebody typed. Without FILE, the six rows of the
/// published study.
///
/// hours and cost_usd are not rounded; with --method published they are those typed. Where the hours typed are not the
/// seconds' hours, rounded to as many places, that is said.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat cost totals\n  pullstat cost totals --method published\n  \
    pullstat cost totals spent.yaml --prices prices.yaml\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// Rows of node-seconds [default: those of the published study]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    prices: PriceArgs,
    /// Whose hours and products: unrounded, or as typed in the published study
    #[arg(long, value_enum, default_value_t)]
    method: MethodArg,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Whose figures are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MethodArg {
    /// Nothing is rounded
    #[default]
    Corrected,
    /// As the published study rounded
    Published,
}

/// What is printed of a row. Keys are a contract.
#[derive(Debug, Serialize)]
struct Row<'a> {
    row: &'static str,
    label: Option<&'a str>,
    machine: Option<&'a str>,
    node_seconds: f64,
    hours: f64,
    usd_per_hour: Option<f64>,
    listed_usd_per_hour: Option<f64>,
    cost_usd: f64,
}

pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let prices = args.prices.read()?;
    let totals = match &args.file {
        Some(file) => Totals::read(file).map_err(|error| unreadable(&error))?,
        None => Totals::study(),
    };
    let name = args
        .file
        .as_ref()
        .map_or_else(|| "totals".to_owned(), |file| file.display().to_string());
    let bill = totals
        .bill(&prices)
        .map_err(|error| unpriced(&name, &error))?;
    let mut rows = Vec::new();
    for row in &bill.rows {
        rows.push(Row::of(row, chosen(row, args.method, &name)?));
    }
    rows.push(Row::of_total(&bill, &rows));
    table()
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    tell(&totals, &bill, args.method);
    Ok(())
}

/// The hours and the product that are printed.
fn chosen(row: &BilledRow, method: MethodArg, name: &str) -> Result<(f64, f64), UsageError> {
    match (method, row.published) {
        (MethodArg::Corrected, _) => Ok((row.hours, row.cost_usd)),
        (MethodArg::Published, Some(typed)) => Ok((typed.hours, typed.cost_usd)),
        (MethodArg::Published, None) => Err(UsageError(format!(
            "{name}: {} has nothing published: add published: {{hours, cost_usd}}, or leave --method published out",
            row.label
        ))),
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a BilledRow, (hours, cost_usd): (f64, f64)) -> Self {
        Self {
            row: "row",
            label: Some(&row.label),
            machine: Some(&row.machine),
            node_seconds: row.node_seconds,
            hours,
            usd_per_hour: Some(row.usd_per_hour),
            listed_usd_per_hour: row.listed_usd_per_hour,
            cost_usd,
        }
    }

    fn of_total(bill: &TotalsBill, rows: &[Self]) -> Self {
        Self {
            row: TOTAL,
            label: None,
            machine: None,
            node_seconds: bill.node_seconds,
            hours: rows.iter().map(|row| row.hours).sum(),
            usd_per_hour: None,
            listed_usd_per_hour: None,
            cost_usd: rows.iter().map(|row| row.cost_usd).sum(),
        }
    }
}

fn table<'a>() -> Table<Row<'a>> {
    let label = |row: &Row<'_>| row.label.unwrap_or("all").to_owned();
    Table::new(vec![
        Column::hidden("row"),
        Column::custom("label", "of", Alignment::Left, label),
        Column::text("machine", "machine"),
        Column::seconds("node_seconds", "node seconds")
            .shown_as(Alignment::Right, |row: &Row<'_>| {
                format!("{:.3}", row.node_seconds)
            }),
        Column::custom("hours", "hours", Alignment::Right, |row: &Row<'_>| {
            four(row.hours)
        }),
        Column::custom(
            "usd_per_hour",
            "USD an hour",
            Alignment::Right,
            |row: &Row<'_>| row.usd_per_hour.map_or_else(|| "-".to_owned(), price_words),
        ),
        Column::hidden("listed_usd_per_hour"),
        Column::custom("cost_usd", "cost USD", Alignment::Right, |row: &Row<'_>| {
            four(row.cost_usd)
        }),
    ])
}

/// As many places as the study typed at most.
fn four(value: f64) -> String {
    format!("{value:.4}")
}

/// Says what was typed and is something else.
fn tell(totals: &Totals, bill: &TotalsBill, method: MethodArg) {
    for row in &bill.rows {
        if let Some((typed, rounded)) = row.published.zip(row.slip_hours) {
            tell_slip(row, &typed, rounded);
        }
        if let Some(listed) = row.listed_usd_per_hour {
            say(format_args!(
                "{}: the row says {} USD an hour, the list of prices {}; at that it is {:.4} USD",
                row.label,
                price_words(row.usd_per_hour),
                price_words(listed),
                row.hours * listed
            ));
        }
    }
    let Some(published) = totals.published_total_usd.or(bill.published_usd) else {
        return;
    };
    let difference = published - bill.cost_usd;
    let words = match method {
        MethodArg::Corrected => "nothing is rounded here",
        MethodArg::Published => "these are the rounded figures",
    };
    say(format_args!(
        "published: {published:.4} USD; unrounded: {:.4} USD, {difference:+.4} by rounding hours and products; {words}",
        bill.cost_usd
    ));
}

fn tell_slip(row: &BilledRow, typed: &PublishedCost, rounded: f64) {
    let of_rounded = rounded * row.usd_per_hour;
    say(format_args!(
        "{}: {:.3} s are {:.4} hours, {rounded} when rounded; {} was typed, a slip of {:+.4} USD",
        row.label,
        row.node_seconds,
        row.hours,
        typed.hours,
        typed.hours * row.usd_per_hour - of_rounded
    ));
}
