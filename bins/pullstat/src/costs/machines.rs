//! `pullstat cost machines`: whether a faster machine is worth its price.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, say, terminal_width, warn};
use pullstudy_costmodel::{Machine, MachineChoice, MachineSide};
use pullstudy_events::{CompareOptions, ComparedRow, Comparison, compare};
use pullstudy_report::{Alignment, Column, Format, Table};
use pullstudy_stats::Bootstrap;
use serde::Serialize;

use super::args::{PriceArgs, price_words, tell_machine, unpriced};
use crate::events::args::{ClockArg, Method, Selection, check_clock};

/// Compare what pulls cost on two machine types.
///
/// A and B are logs of the same pulls on the two. speed_up is how many times faster B is, by the means of the pulls'
/// seconds; median_ratio is the same by medians, with a bootstrap interval. price_ratio is the price of an hour of B by
/// that of A, cost_ratio what a pull on B costs by what it costs on A: below 1, B is worth its price. cheaper is empty where the interval leaves it open. The last row is
/// all that was compared. --seconds-a and --seconds-b take the place of logs where only sums are known.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat cost machines small/ large/ --machine-a n1-standard-16 --machine-b n1-standard-64\n  \
    pullstat cost machines --seconds-a 3254.42 --seconds-b 3164.17 --machine-a n1-standard-16 --machine-b n1-standard-64\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// Logs of the first machine type: a file, or a folder with files named `events*`
    #[arg(value_name = "A", requires = "b", required_unless_present = "seconds_a", conflicts_with_all = ["seconds_a", "seconds_b"])]
    a: Option<PathBuf>,
    /// Logs of the second
    #[arg(value_name = "B")]
    b: Option<PathBuf>,
    /// The first machine type
    #[arg(long, value_name = "MACHINE")]
    machine_a: String,
    /// The second machine type
    #[arg(long, value_name = "MACHINE")]
    machine_b: String,
    /// Seconds of the same work on the first, in place of logs
    #[arg(long, value_name = "SECONDS", requires = "seconds_b", allow_negative_numbers = true, value_parser = parse_seconds)]
    seconds_a: Option<f64>,
    /// Seconds of the same work on the second
    #[arg(long, value_name = "SECONDS", requires = "seconds_a", allow_negative_numbers = true, value_parser = parse_seconds)]
    seconds_b: Option<f64>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    prices: PriceArgs,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// Whose method turns events into pulls
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Where the random numbers of the bootstrap start
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed of an image on both machines, or of all. Keys are a contract.
#[derive(Debug, Default, Serialize)]
struct Row<'a> {
    /// `image` or `total`.
    row: &'static str,
    nodes: Option<u32>,
    image: Option<&'a str>,
    count_a: usize,
    count_b: usize,
    sum_a_seconds: f64,
    sum_b_seconds: f64,
    speed_up: Option<f64>,
    median_ratio: Option<f64>,
    median_ratio_low: Option<f64>,
    median_ratio_high: Option<f64>,
    price_ratio: Option<f64>,
    cost_ratio: Option<f64>,
    usd_per_pull_a: Option<f64>,
    usd_per_pull_b: Option<f64>,
    /// `a` or `b`; null where they cost the same, or the interval leaves it open.
    cheaper: Option<&'static str>,
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    seconds.ok_or_else(|| "expected seconds above 0, such as 3254.42".to_owned())
}

pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    check_clock(args.method, args.clock)?;
    let prices = args.prices.read()?;
    let machine = |option: &'static str, name: &str| {
        prices
            .machine(name)
            .map_err(|error| unpriced(&option, &error))
    };
    let a = machine("--machine-a", &args.machine_a)?;
    let b = machine("--machine-b", &args.machine_b)?;
    let comparison = args.compare()?;
    let rates = (a.usd_per_hour(), b.usd_per_hour());
    let mut rows: Vec<Row<'_>> = Vec::new();
    if let Some(comparison) = &comparison {
        rows.extend(comparison.rows.iter().map(|row| Row::of(row, rates)));
    }
    let total = args.total(comparison.as_ref());
    rows.push(Row::of_total(total, rates));
    table()
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    tell(comparison.as_ref(), (a, b), rows.last());
    Ok(())
}

impl Args {
    fn compare(&self) -> anyhow::Result<Option<Comparison>> {
        let Some((a, b)) = self.a.as_ref().zip(self.b.as_ref()) else {
            return Ok(None);
        };
        let pulls = |path: &PathBuf| {
            self.selection
                .pulls(std::slice::from_ref(path), self.method)
        };
        let options = CompareOptions {
            clock: self.clock.into(),
            bootstrap: Bootstrap {
                seed: self.seed,
                ..Bootstrap::default()
            },
            ..CompareOptions::default()
        };
        let comparison = compare(&pulls(a)?, &pulls(b)?, &options);
        if comparison.rows.is_empty() {
            let sentence = "no image was pulled in both A and B on the same number of nodes: there is nothing to compare";
            return Err(UsageError(sentence.to_owned()).into());
        }
        Ok(Some(comparison))
    }

    /// Pulls and their seconds on both sides; sums that are given count as one piece of work.
    fn total(&self, comparison: Option<&Comparison>) -> ((usize, f64), (usize, f64)) {
        match comparison {
            Some(comparison) => {
                let total = &comparison.total;
                (
                    (total.count_a, total.sum_a_seconds),
                    (total.count_b, total.sum_b_seconds),
                )
            }
            None => (
                (1, self.seconds_a.unwrap_or_default()),
                (1, self.seconds_b.unwrap_or_default()),
            ),
        }
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a ComparedRow, rates: (f64, f64)) -> Self {
        let ratio = row.ratio_a_over_b.as_ref();
        let interval = ratio.and_then(|ratio| ratio.interval);
        let sums = Self::of_sums(
            (row.count_a, row.sum_a_seconds),
            (row.count_b, row.sum_b_seconds),
            rates,
        );
        // A speed-up that may be what the price is leaves open which is cheaper.
        let is_open = interval
            .zip(sums.price_ratio)
            .is_some_and(|(interval, price_ratio)| interval.contains(price_ratio));
        Self {
            cheaper: sums.cheaper.filter(|_| !is_open),
            row: "image",
            nodes: row.nodes,
            image: Some(&row.image),
            median_ratio: ratio.map(|ratio| ratio.estimate),
            median_ratio_low: interval.map(|interval| interval.low),
            median_ratio_high: interval.map(|interval| interval.high),
            ..sums
        }
    }

    fn of_total((a, b): ((usize, f64), (usize, f64)), rates: (f64, f64)) -> Self {
        Self {
            row: "total",
            ..Self::of_sums(a, b, rates)
        }
    }

    fn of_sums(a: (usize, f64), b: (usize, f64), rates: (f64, f64)) -> Self {
        let choice = MachineChoice::of(
            &MachineSide::new(a.0, a.1, rates.0),
            &MachineSide::new(b.0, b.1, rates.1),
        );
        Self {
            count_a: a.0,
            count_b: b.0,
            sum_a_seconds: a.1,
            sum_b_seconds: b.1,
            speed_up: choice.map(|choice| choice.speed_up),
            price_ratio: choice.map(|choice| choice.price_ratio),
            cost_ratio: choice.map(|choice| choice.cost_ratio),
            usd_per_pull_a: choice.map(|choice| choice.usd_per_pull_a),
            usd_per_pull_b: choice.map(|choice| choice.usd_per_pull_b),
            cheaper: choice.and_then(|choice| cheaper(choice.cost_ratio)),
            ..Self::default()
        }
    }
}

fn cheaper(cost_ratio: f64) -> Option<&'static str> {
    if cost_ratio == 1.0 {
        return None;
    }
    Some(if cost_ratio < 1.0 { "b" } else { "a" })
}

fn table<'a>() -> Table<Row<'a>> {
    let ratio = |key: &str, header: &str, of: fn(&Row<'_>) -> Option<f64>| {
        Column::custom(key, header, Alignment::Right, move |row: &Row<'_>| {
            of(row).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"))
        })
    };
    let interval = |row: &Row<'_>| match row.median_ratio_low.zip(row.median_ratio_high) {
        Some((low, high)) => format!("{low:.2} to {high:.2}"),
        None => "-".to_owned(),
    };
    let image = |row: &Row<'_>| row.image.unwrap_or("all together").to_owned();
    Table::new(vec![
        Column::hidden("row"),
        Column::count("nodes", "nodes"),
        Column::custom("image", "image", Alignment::Left, image),
        Column::count("count_a", "pulls A"),
        Column::count("count_b", "pulls B"),
        Column::seconds("sum_a_seconds", "sum A s"),
        Column::seconds("sum_b_seconds", "sum B s"),
        ratio("speed_up", "speed-up", |row| row.speed_up),
        ratio("median_ratio", "of medians", |row| row.median_ratio),
        Column::custom("median_ratio_low", "interval", Alignment::Right, interval),
        Column::hidden("median_ratio_high"),
        ratio("price_ratio", "price ratio", |row| row.price_ratio),
        ratio("cost_ratio", "cost ratio", |row| row.cost_ratio),
        Column::usd("usd_per_pull_a", "USD a pull A"),
        Column::usd("usd_per_pull_b", "USD a pull B"),
        Column::text("cheaper", "cheaper"),
    ])
}

/// What a reader of the rows must know.
fn tell(comparison: Option<&Comparison>, (a, b): (&Machine, &Machine), total: Option<&Row<'_>>) {
    tell_machine(a);
    tell_machine(b);
    if let Some((speed_up, cost_ratio)) = total.and_then(|row| row.speed_up.zip(row.cost_ratio)) {
        say(format_args!(
            "B is {speed_up:.4} times as fast, an hour of it {} USD in place of {}, and the same work on it costs {cost_ratio:.4} times as much",
            price_words(b.usd_per_hour()),
            price_words(a.usd_per_hour())
        ));
    }
    let alone = comparison.map_or(0, |comparison| {
        comparison.only_a.len() + comparison.only_b.len()
    });
    if alone > 0 {
        warn(
            &"pulls that are only in one of A and B are not compared: pullstat compare names them",
        );
    }
}
