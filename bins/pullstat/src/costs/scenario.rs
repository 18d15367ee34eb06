//! `pullstat cost scenario`: what sharing layers is worth.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, say, terminal_width};
use pullstudy_costmodel::{
    Bandwidth, Cluster, Load, LoadCost, Prices, PublishedRedundancy, Redundancy,
    RedundancyScenario, Span, Traffic, TransferCost, TransferPrice,
};
use pullstudy_report::{Alignment, Column, Format, Table, human_seconds, human_usd};
use serde::Serialize;

use super::archive::{ArchiveArgs, ArchivedSet};
use super::args::{PriceArgs, TransferArgs, unpriced, unreadable};
use super::totals::MethodArg;

/// Tell what the best and the worst sharing of layers cost a cluster.
///
/// FILE is a scenario: format_version: 1, applications, layers (count and bytes each), bandwidth: {low, high} in bytes a
/// second, nodes, machine. best: all applications have the same layers; worst: none has a layer of another. Without FILE,
/// the two scenarios of the published study. With --manifests, real images: as-shared is what they are, one-base an upper
/// bound of what one base for all would bring, nothing-shared what they would be without a layer in common.
///
/// seconds are bytes by bandwidth and nothing else: no latency, no unpacking, no waiting for a registry. The low figure is
/// that of the high bandwidth. cost_usd is all nodes for so long. stored_bytes is what a registry keeps.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat cost scenario\n  pullstat cost scenario --method published\n  \
    pullstat cost scenario ours.yaml --transfer ecr-internet\n  \
    pullstat cost scenario --manifests archive/ --bandwidth 50MB,200MB --nodes 32 --machine p5.48xlarge\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// A scenario [default: the two of the published study]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    archive: ArchiveArgs,
    #[command(flatten)]
    prices: PriceArgs,
    #[command(flatten)]
    transfer: TransferArgs,
    /// Whose rounding: none, or the published study's
    #[arg(long, value_enum, default_value_t)]
    method: MethodArg,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed of a case. Keys are a contract.
#[derive(Debug, Default, Serialize)]
struct Row {
    scenario: String,
    /// `best`, `worst`, `as-shared`, `one-base`, `nothing-shared` or `difference`.
    case: &'static str,
    images: u64,
    layers: Option<u64>,
    wire_bytes: u64,
    seconds_low: f64,
    seconds_high: f64,
    cost_usd_low: Option<f64>,
    cost_usd_high: Option<f64>,
    egress_bytes: u64,
    egress_usd: Option<f64>,
    requests: Option<u64>,
    requests_usd: Option<f64>,
    stored_bytes: u64,
    storage_usd_per_month: Option<f64>,
}

/// A best and a worst case, and what may lie between.
struct Set {
    title: String,
    cases: [(&'static str, Load); 2],
    one_base_bytes: Option<u64>,
    bandwidth: Bandwidth,
    cluster: Cluster,
    is_study: bool,
}

pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let prices = args.prices.read()?;
    let price = args.transfer.find(&prices)?;
    let sets = sets(args, &prices)?;
    let mut rows = Vec::new();
    for set in &sets {
        rows.extend(set.rows(args.method, price));
    }
    table(price.is_some())
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    for set in &sets {
        set.tell(args.method);
    }
    Ok(())
}

fn sets(args: &Args, prices: &Prices) -> anyhow::Result<Vec<Set>> {
    if let Some(archived) = args.archive.read(prices)? {
        return Ok(vec![Set::of_archive(archived)]);
    }
    let sets = scenarios(args.file.as_ref())?
        .into_iter()
        .map(|(name, scenario)| {
            let is_study = args.file.is_none();
            Set::of_scenario(&name, &scenario, prices, is_study)
        });
    Ok(sets.collect::<Result<_, _>>()?)
}

/// The scenario of a file, or those of the study, each with its name.
pub(super) fn scenarios(
    file: Option<&PathBuf>,
) -> Result<Vec<(String, RedundancyScenario)>, UsageError> {
    let scenarios = match file {
        Some(file) => {
            let scenario = RedundancyScenario::read(file).map_err(|error| unreadable(&error))?;
            vec![(file.display().to_string(), scenario)]
        }
        None => vec![
            ("study".to_owned(), RedundancyScenario::study()),
            ("study".to_owned(), RedundancyScenario::study_pytorch()),
        ],
    };
    Ok(scenarios)
}

impl Set {
    fn of_scenario(
        name: &str,
        scenario: &RedundancyScenario,
        prices: &Prices,
        is_study: bool,
    ) -> Result<Self, UsageError> {
        let cluster = scenario
            .cluster(prices)
            .map_err(|error| unpriced(&name, &error))?;
        Ok(Self {
            title: scenario.title.clone().unwrap_or_else(|| name.to_owned()),
            cases: [("best", scenario.best()), ("worst", scenario.worst())],
            one_base_bytes: None,
            bandwidth: scenario.bandwidth,
            cluster,
            is_study,
        })
    }

    fn of_archive(archived: ArchivedSet) -> Self {
        Self {
            title: archived.title,
            cases: [
                ("as-shared", archived.as_shared),
                ("nothing-shared", archived.nothing_shared),
            ],
            one_base_bytes: Some(archived.one_base_bytes),
            bandwidth: archived.bandwidth,
            cluster: archived.cluster,
            is_study: false,
        }
    }

    fn redundancy(&self) -> Redundancy {
        let [(_, best), (_, worst)] = self.cases;
        Redundancy::of(best, worst, &self.bandwidth, &self.cluster)
    }

    fn rows(&self, method: MethodArg, price: Option<&TransferPrice>) -> Vec<Row> {
        let found = self.redundancy();
        let [(best, _), (worst, _)] = self.cases;
        let mut rows = vec![self.row(best, &found.best, price)];
        rows.extend(self.one_base_bytes.map(|bytes| self.one_base(bytes, price)));
        rows.push(self.row(worst, &found.worst, price));
        rows.push(self.difference(&found, price));
        if method == MethodArg::Published {
            round(&mut rows, &PublishedRedundancy::of(&found, &self.cluster));
        }
        rows
    }

    fn row(&self, case: &'static str, cost: &LoadCost, price: Option<&TransferPrice>) -> Row {
        let mut row = Row {
            scenario: self.title.clone(),
            case,
            images: cost.load.images,
            layers: Some(cost.load.layers),
            wire_bytes: cost.load.wire_bytes,
            stored_bytes: cost.load.wire_bytes,
            ..Row::default()
        };
        row.put(cost.seconds, cost.cost_usd);
        row.put_traffic(&cost.traffic, price);
        row
    }

    /// How many layers one base would make is not known, and so are neither the requests.
    fn one_base(&self, bytes: u64, price: Option<&TransferPrice>) -> Row {
        let load = Load {
            wire_bytes: bytes,
            ..self.cases[0].1
        };
        Row {
            layers: None,
            requests: None,
            requests_usd: None,
            ..self.row("one-base", &self.cluster.cost(load, &self.bandwidth), price)
        }
    }

    fn difference(&self, found: &Redundancy, price: Option<&TransferPrice>) -> Row {
        let (best, worst) = (&found.best, &found.worst);
        let load = Load {
            images: 0,
            layers: worst.load.layers - best.load.layers,
            wire_bytes: worst.load.wire_bytes - best.load.wire_bytes,
        };
        self.row(
            "difference",
            &self.cluster.cost(load, &self.bandwidth),
            price,
        )
    }

    /// What the study printed, and why that is something else.
    fn tell(&self, method: MethodArg) {
        if !self.is_study && method == MethodArg::Corrected {
            return;
        }
        let exact = self.redundancy();
        let rounded = PublishedRedundancy::of(&exact, &self.cluster);
        say(format_args!(
            "{}: as published {} more, USD {} to {}; unrounded {} to {} s, USD {} to {}: the study rounds seconds up, takes \
             minutes from an hour on, and cuts the cluster's rate off at {:.4} USD a second",
            self.title,
            published_span(&rounded),
            rounded.more_low_usd,
            rounded.more_high_usd,
            human_seconds(exact.more_seconds.low),
            human_seconds(exact.more_seconds.high),
            human_usd(exact.more_usd.low),
            human_usd(exact.more_usd.high),
            (self.cluster.cost_usd(1.0) * 1e4).floor() / 1e4
        ));
    }
}

fn published_span(rounded: &PublishedRedundancy) -> String {
    let (low, high) = (rounded.more.low_seconds, rounded.more.high_seconds);
    if low < 3600 {
        return format!("{low} to {high} s");
    }
    format!("{} to {} min", low / 60, high / 60)
}

impl Row {
    fn put(&mut self, seconds: Span, cost_usd: Span) {
        (self.seconds_low, self.seconds_high) = (seconds.low, seconds.high);
        self.cost_usd_low = Some(cost_usd.low);
        self.cost_usd_high = Some(cost_usd.high);
    }

    fn put_traffic(&mut self, traffic: &Traffic, price: Option<&TransferPrice>) {
        let cost = price.map_or_else(TransferCost::default, |price| price.cost(traffic));
        self.egress_bytes = traffic.egress_bytes;
        self.requests = Some(traffic.requests);
        self.egress_usd = cost.egress_usd;
        self.requests_usd = cost.requests_usd;
        self.storage_usd_per_month =
            price.and_then(|price| price.storage_usd_per_month(self.stored_bytes));
    }
}

/// Puts the study's rounding in place of what is exact. It printed no cost of the cases themselves.
fn round(rows: &mut [Row], rounded: &PublishedRedundancy) {
    let last = rows.len() - 1;
    for (position, row) in rows.iter_mut().enumerate() {
        let (case, cost) = match position {
            0 => (rounded.best, None),
            position if position == last => (
                rounded.more,
                Some((rounded.more_low_usd as f64, rounded.more_high_usd as f64)),
            ),
            _ => (rounded.worst, None),
        };
        row.seconds_low = case.low_seconds as f64;
        row.seconds_high = case.high_seconds as f64;
        row.cost_usd_low = cost.map(|(low, _)| low);
        row.cost_usd_high = cost.map(|(_, high)| high);
    }
}

fn table(is_priced: bool) -> Table<Row> {
    let mut columns = vec![
        Column::text("scenario", "scenario"),
        Column::text("case", "case"),
        Column::count("images", "images"),
        Column::count("layers", "layers"),
        Column::bytes("wire_bytes", "a node pulls"),
        Column::custom("seconds_low", "seconds", Alignment::Right, seconds_words),
        Column::hidden("seconds_high"),
        Column::custom("cost_usd_low", "cost USD", Alignment::Right, usd_words),
        Column::hidden("cost_usd_high"),
        Column::bytes("egress_bytes", "egress"),
    ];
    let price = |column: Column<Row>| {
        if is_priced {
            column
        } else {
            column.only_in_files()
        }
    };
    columns.extend([
        price(Column::usd("egress_usd", "egress USD")),
        Column::count("requests", "requests"),
        price(Column::usd("requests_usd", "requests USD")),
        Column::bytes("stored_bytes", "stored"),
        price(Column::usd("storage_usd_per_month", "storage USD a month")),
    ]);
    Table::new(columns)
}

fn seconds_words(row: &Row) -> String {
    span_words(
        human_seconds(row.seconds_low),
        &human_seconds(row.seconds_high),
    )
}

fn usd_words(row: &Row) -> String {
    match row.cost_usd_low.zip(row.cost_usd_high) {
        Some((low, high)) => span_words(human_usd(low), &human_usd(high)),
        None => "-".to_owned(),
    }
}

fn span_words(low: String, high: &str) -> String {
    if low == high {
        low
    } else {
        format!("{low} to {high}")
    }
}
