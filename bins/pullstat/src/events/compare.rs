//! `pullstat compare`: whether two sets of pulls differ, and by how much.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{counted, say, terminal_width, warn};
use pullstudy_events::{
    CompareOptions, ComparedRow, ComparedTotal, Comparison, MatchBy, OneSided, compare,
};
use pullstudy_report::{Alignment, Column, Format, Table};
use pullstudy_stats::{Bootstrap, Confidence};
use serde::Serialize;

use super::args::{ClockArg, Method, Selection, check_clock};

/// Compare the pulls of two sets of logs, image by image and by number of nodes.
///
/// `ratio` is the median of A by the median of B, above 1 where B is faster, with a bootstrap interval. `shift` is the
/// estimate of Hodges and Lehmann in seconds. The p value is of Mann and Whitney, corrected (Holm) for the rows that
/// have pulls enough to show anything (Tarone). Nothing is called faster that could be chance; with few pulls that is
/// often all that can be said. Intervals are of each row alone, not corrected, and too narrow below eight pulls.
///
/// An image of A is compared with the one of B that has the same reference; else the same name and tag; else the same
/// tag and a name much like it. The last row is the sum of all that were compared.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat compare experiments/run1 experiments/run3 --image my-org\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// Logs of the first set: a file, or a folder with files named `events*`
    #[arg(value_name = "A")]
    a: PathBuf,
    /// Logs of the second set
    #[arg(value_name = "B")]
    b: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// When images of the two sets are the same
    #[arg(long = "match", value_enum, value_name = "BY", default_value_t)]
    match_by: MatchArg,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// Whose method turns events into pulls
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Count the pulls of an image on one node as one, with their mean: pods on one node share a download
    #[arg(long)]
    per_node: bool,
    /// How sure intervals and verdicts shall be, such as 0.95
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = parse_confidence)]
    confidence: Confidence,
    /// Where the random numbers of the bootstrap start
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// When an image of A is an image of B.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum MatchArg {
    /// By reference, else by name and tag, else by tag and a name much like it
    #[default]
    Auto,
    /// By reference only
    Reference,
    /// By reference, else by name and tag
    Name,
    /// By reference, else by tag
    Tag,
}

impl From<MatchArg> for MatchBy {
    fn from(by: MatchArg) -> Self {
        match by {
            MatchArg::Auto => Self::Auto,
            MatchArg::Reference => Self::Reference,
            MatchArg::Name => Self::Name,
            MatchArg::Tag => Self::Tag,
        }
    }
}

pub(crate) fn parse_confidence(text: &str) -> Result<Confidence, String> {
    let level = text
        .parse()
        .ok()
        .and_then(|level| Confidence::new(level).ok());
    level.ok_or_else(|| "expected a number above 0 and below 1".to_owned())
}

/// What is printed of a pair of images, or of all together. Keys are a contract.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Row<'a> {
    /// `image` or `total`.
    row: &'static str,
    nodes: Option<u32>,
    image: Option<&'a str>,
    image_a: Option<&'a str>,
    image_b: Option<&'a str>,
    matched_by: Option<&'static str>,
    count_a: usize,
    count_b: usize,
    median_a_seconds: Option<f64>,
    median_b_seconds: Option<f64>,
    ratio_a_over_b: Option<f64>,
    ratio_low: Option<f64>,
    ratio_high: Option<f64>,
    shift_seconds: Option<f64>,
    shift_low_seconds: Option<f64>,
    shift_high_seconds: Option<f64>,
    mann_whitney_u: Option<f64>,
    p: Option<f64>,
    p_corrected: Option<f64>,
    verdict: Option<&'static str>,
    sum_a_seconds: f64,
    sum_b_seconds: f64,
    sum_ratio_a_over_b: Option<f64>,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    check_clock(args.method, args.clock)?;
    let pulls = |path: &PathBuf| {
        args.selection
            .pulls(std::slice::from_ref(path), args.method)
    };
    let (a, b) = (pulls(&args.a)?, pulls(&args.b)?);
    let options = CompareOptions {
        clock: args.clock.into(),
        match_by: args.match_by.into(),
        bootstrap: Bootstrap {
            confidence: args.confidence,
            seed: args.seed,
            ..Bootstrap::default()
        },
        per_node: args.per_node,
    };
    let comparison = compare(&a, &b, &options);
    table()
        .within(terminal_width())
        .write(args.format, &rows(&comparison), results)?;
    tell(args, &comparison);
    Ok(())
}

/// Returns what is printed of a comparison, the total last.
pub(crate) fn rows(comparison: &Comparison) -> Vec<Row<'_>> {
    let rows = comparison.rows.iter().map(Row::of);
    rows.chain([Row::of_total(&comparison.total)]).collect()
}

fn tell(args: &Args, comparison: &Comparison) {
    say(format_args!(
        "A is {}, B is {}; intervals at {} %, seed {}",
        args.a.display(),
        args.b.display(),
        args.confidence.level() * 100.0,
        args.seed
    ));
    warnings(comparison).iter().for_each(|line| warn(line));
}

/// Returns what a reader of the rows must know.
pub(crate) fn warnings(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    if comparison.rows.is_empty() {
        lines.push(
            "no image was pulled in both on the same number of nodes: --match says when images are the same"
                .to_owned(),
        );
    }
    if comparison.shared > 0 {
        let pulls = counted(comparison.shared, "pull");
        lines.push(format!(
            "{pulls} shared a node with another pull of the same image; p values and intervals take them for independent, and so \
             are surer than they should be: --per-node counts each node once"
        ));
    }
    lines.extend(one_sided(&comparison.only_a, "A"));
    lines.extend(one_sided(&comparison.only_b, "B"));
    lines
}

fn one_sided(rows: &[OneSided], side: &str) -> Option<String> {
    let first = rows.first()?;
    let pulls: usize = rows.iter().map(|row| row.count).sum();
    let seconds: f64 = rows.iter().map(|row| row.sum_seconds).sum();
    let nodes = first
        .nodes
        .map_or_else(String::new, |nodes| format!(" on {nodes} nodes"));
    Some(format!(
        "{pulls} pulls ({seconds:.1} s) are only in {side} and are not compared, such as of {}{nodes}",
        first.image
    ))
}

pub(crate) fn table<'a>() -> Table<Row<'a>> {
    let interval = |low: Option<f64>, high: Option<f64>| match low.zip(high) {
        Some((low, high)) => format!("{low:.2} to {high:.2}"),
        None => "-".to_owned(),
    };
    let number =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let p = |row: &Row<'_>| match row.p_corrected {
        Some(p) if p < 0.001 => "<0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
        None => "-".to_owned(),
    };
    let image = |row: &Row<'_>| row.image.unwrap_or("all together").to_owned();
    Table::new(vec![
        Column::hidden("row"),
        Column::count("nodes", "nodes"),
        Column::custom("image", "image", Alignment::Left, image),
        Column::hidden("image_a"),
        Column::hidden("image_b"),
        Column::hidden("matched_by"),
        Column::count("count_a", "pulls A"),
        Column::count("count_b", "pulls B"),
        Column::seconds("median_a_seconds", "median A s"),
        Column::seconds("median_b_seconds", "median B s"),
        Column::custom(
            "ratio_a_over_b",
            "ratio",
            Alignment::Right,
            move |row: &Row<'_>| number(row.ratio_a_over_b),
        ),
        Column::custom(
            "ratio_low",
            "interval",
            Alignment::Right,
            move |row: &Row<'_>| interval(row.ratio_low, row.ratio_high),
        ),
        Column::hidden("ratio_high"),
        Column::seconds("shift_seconds", "shift s"),
        Column::custom(
            "shift_low_seconds",
            "interval",
            Alignment::Right,
            move |row: &Row<'_>| interval(row.shift_low_seconds, row.shift_high_seconds),
        ),
        Column::hidden("shift_high_seconds"),
        Column::hidden("mann_whitney_u"),
        Column::hidden("p"),
        Column::custom("p_corrected", "p", Alignment::Right, p),
        Column::text("verdict", "verdict"),
        Column::seconds("sum_a_seconds", "sum A s"),
        Column::seconds("sum_b_seconds", "sum B s"),
        Column::custom(
            "sum_ratio_a_over_b",
            "of sums",
            Alignment::Right,
            move |row: &Row<'_>| number(row.sum_ratio_a_over_b),
        ),
    ])
}

impl<'a> Row<'a> {
    fn of(row: &'a ComparedRow) -> Self {
        let ratio = row.ratio_a_over_b.as_ref();
        let ratio_interval = ratio.and_then(|ratio| ratio.interval);
        let shift_interval = row.shift_seconds.interval;
        Self {
            row: "image",
            nodes: row.nodes,
            image: Some(&row.image),
            image_a: Some(&row.image_a),
            image_b: Some(&row.image_b),
            matched_by: Some(row.matched_by.as_str()),
            count_a: row.count_a,
            count_b: row.count_b,
            median_a_seconds: Some(row.median_a_seconds),
            median_b_seconds: Some(row.median_b_seconds),
            ratio_a_over_b: ratio.map(|ratio| ratio.estimate),
            ratio_low: ratio_interval.map(|interval| interval.low),
            ratio_high: ratio_interval.map(|interval| interval.high),
            shift_seconds: Some(row.shift_seconds.estimate),
            shift_low_seconds: shift_interval.map(|interval| interval.low),
            shift_high_seconds: shift_interval.map(|interval| interval.high),
            mann_whitney_u: Some(row.test.u),
            p: Some(row.test.p),
            p_corrected: row.p_corrected,
            verdict: Some(row.verdict.as_str()),
            sum_a_seconds: row.sum_a_seconds,
            sum_b_seconds: row.sum_b_seconds,
            sum_ratio_a_over_b: (row.sum_b_seconds > 0.0)
                .then(|| row.sum_a_seconds / row.sum_b_seconds),
        }
    }

    fn of_total(total: &ComparedTotal) -> Self {
        Self {
            row: "total",
            count_a: total.count_a,
            count_b: total.count_b,
            sum_a_seconds: total.sum_a_seconds,
            sum_b_seconds: total.sum_b_seconds,
            sum_ratio_a_over_b: total.sum_ratio_a_over_b,
            ..Self::default()
        }
    }
}
