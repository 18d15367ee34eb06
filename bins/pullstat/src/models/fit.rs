//! `pullstat fit`: from measured pulls to a node profile.

use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use pullstudy_console::{UsageError, in_words, say, terminal_width, write_whole};
use pullstudy_costmodel::{
    BreakpointChoice, FitOptions, FittedObservation, ModelFit, NodeProfile, ProfileTerm, Term, fit,
};
use pullstudy_image::ByteSize;
use pullstudy_report::{Alignment, Column, Format, Table, human_bytes, human_seconds};
use serde::Serialize;

use super::observed::Observed;
use super::set_up::SetUp;
use super::sizes_file::SizesArgs;
use super::told::tell;
use crate::events::args::{ClockArg, LogArgs, ManifestsArgs};

/// Fit how long pulls take on nodes of one kind, and keep it as a profile.
///
/// Seconds are what every pull takes and rates for what varies among the images: bytes unpacked and on the wire, layers,
/// nodes. Sizes come from --sizes, else from --manifests (wire), else from the kubelet's message (wire) and from
/// a tag's `size-N-bytes` (unpacked). What goes along with something else, or does not vary, is left out and named. The line may break once along
/// the bytes, where a disk's burst ends. Pulls of one image by one node share a download and count once.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat fit experiments/run1 --image my-org -o run1.json\n  \
    pullstat predict --profile run1.json --unpacked-bytes 12GB\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    /// Where the profile is written
    #[arg(short, long, value_name = "PROFILE")]
    output: PathBuf,
    #[command(flatten)]
    manifests: ManifestsArgs,
    #[command(flatten)]
    sizes: SizesArgs,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    clock: ClockArg,
    /// Let observations far off the line count in full: least squares, without Huber's weights
    #[arg(long)]
    ordinary: bool,
    /// Whether the line may break: auto, none, or at so many bytes
    #[arg(long, value_name = "auto|none|SIZE", default_value = "auto")]
    breakpoint: BreakpointArg,
    /// What seconds may depend on, of unpacked_bytes, wire_bytes, layers, files, nodes and zstd_bytes: only pulls that tell
    /// all of it are fitted [default: what the pulls tell; where enough tell unpacked bytes, those]
    #[arg(long, value_name = "TERM,...", value_delimiter = ',')]
    terms: Option<Vec<Term>>,
    /// What it is a profile of [default: the experiments]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The nodes' container runtime, such as containerd://1.7.24; predictions for another are refused [default: what
    /// files named `nodes*.json` beside the logs say]
    #[arg(long, value_name = "RUNTIME")]
    runtime: Option<String>,
    /// The nodes' machine type, kept for whoever reads the profile [default: what files named `nodes*.json` say]
    #[arg(long, value_name = "MACHINE")]
    machine: Option<String>,
    /// How the fit is printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// `--breakpoint`.
#[derive(Debug, Clone, Copy)]
struct BreakpointArg(BreakpointChoice);

impl FromStr for BreakpointArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self(BreakpointChoice::Auto)),
            "none" => Ok(Self(BreakpointChoice::Never)),
            size => {
                let bytes = size.parse::<ByteSize>().map(ByteSize::bytes);
                let bytes = bytes.ok().filter(|&bytes| bytes > 0);
                let bytes = bytes
                    .ok_or_else(|| format!("{text:?} is not auto, none or a size such as 7GB"))?;
                Ok(Self(BreakpointChoice::At(bytes as f64)))
            }
        }
    }
}

/// Runs the command; the fit goes to `results`, the profile to its file.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let layers = args.manifests.read()?;
    let known = args.sizes.read()?;
    let logs = args.logs.read()?;
    let pulls = args.logs.selection().of(logs.pulls());
    let observed = Observed::of(&pulls, args.clock.into(), &known, layers.as_ref());
    let nodes = SetUp::of(&observed, &logs);
    let fitted = fit(&observed.observations, &args.options(&observed, &nodes))
        .map_err(|error| UsageError(in_words(&error)))?;
    write_whole(&args.output, fitted.profile.to_json().as_bytes())?;
    print(&fitted, args.format, results)?;
    tell(&fitted.profile, &observed, &nodes);
    say(format_args!("{}", args.output.display()));
    Ok(())
}

impl Args {
    fn options(&self, observed: &Observed, nodes: &SetUp) -> FitOptions {
        let clock = match self.clock {
            ClockArg::IncludingWaiting => "including-waiting",
            ClockArg::PullOnly => "pull-only",
        };
        FitOptions {
            name: self
                .name
                .clone()
                .unwrap_or_else(|| observed.experiments.join(", ")),
            clock: clock.to_owned(),
            runtime: self.runtime.clone().or_else(|| nodes.runtime.clone()),
            machine: self.machine.clone().or_else(|| nodes.machine.clone()),
            is_robust: !self.ordinary,
            breakpoint: self.breakpoint.0,
            terms: self.terms.clone(),
        }
    }
}

/// A term as it is printed. Keys are a contract.
#[derive(Serialize)]
struct Row {
    term: String,
    seconds_per_unit: f64,
    low: Option<f64>,
    high: Option<f64>,
    per_second: Option<f64>,
    held_at_zero: bool,
}

/// The object of `--format json`. Keys are a contract.
#[derive(Serialize)]
struct Document<'a> {
    profile: &'a NodeProfile,
    observations: Vec<Residual<'a>>,
}

/// A download beside the line: what a residual plot is drawn from.
#[derive(Serialize)]
struct Residual<'a> {
    image: &'a str,
    node: Option<&'a str>,
    experiment: &'a str,
    nodes: Option<u32>,
    wire_bytes: Option<u64>,
    unpacked_bytes: Option<u64>,
    layers: Option<u32>,
    seconds: f64,
    fitted_seconds: f64,
    residual_seconds: f64,
    weight: f64,
}

impl<'a> Residual<'a> {
    fn of(fitted: &'a FittedObservation) -> Self {
        let observation = &fitted.observation;
        Self {
            image: &observation.image,
            node: observation.node.as_deref(),
            experiment: &observation.run,
            nodes: observation.nodes,
            wire_bytes: observation.wire_bytes,
            unpacked_bytes: observation.unpacked_bytes,
            layers: observation.layers,
            seconds: observation.seconds,
            fitted_seconds: fitted.fitted_seconds,
            residual_seconds: fitted.residual_seconds,
            weight: fitted.weight,
        }
    }
}

fn print(fitted: &ModelFit, format: Format, results: &mut dyn Write) -> anyhow::Result<()> {
    if format == Format::Json {
        let document = Document {
            profile: &fitted.profile,
            observations: fitted.observations.iter().map(Residual::of).collect(),
        };
        serde_json::to_writer_pretty(&mut *results, &document)?;
        writeln!(results)?;
        return Ok(());
    }
    let mut rows: Vec<Row> = fitted.profile.terms.iter().map(Row::of).collect();
    rows.extend(Row::beyond(&fitted.profile));
    table()
        .within(terminal_width())
        .write(format, &rows, results)?;
    Ok(())
}

impl Row {
    fn of(term: &ProfileTerm) -> Self {
        let seconds = term.seconds_per_unit;
        Self {
            term: term.term.to_string(),
            seconds_per_unit: seconds,
            low: term.low,
            high: term.high,
            per_second: (term.term.is_bytes() && seconds > 0.0).then(|| 1.0 / seconds),
            held_at_zero: term.held_at_zero,
        }
    }

    fn beyond(profile: &NodeProfile) -> Option<Self> {
        let breakpoint = profile.breakpoint.as_ref()?;
        let rate = profile.bytes_per_second_beyond();
        let at = human_bytes(breakpoint.at as u64);
        Some(Self {
            term: format!("{} beyond {at}", breakpoint.term),
            seconds_per_unit: rate.map_or(breakpoint.seconds_per_unit, |rate| 1.0 / rate),
            low: breakpoint.low,
            high: breakpoint.high,
            per_second: rate,
            held_at_zero: false,
        })
    }
}

fn table() -> Table<Row> {
    let number =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4e}"));
    let rate = |row: &Row| match row.per_second {
        Some(rate) => format!("{}/s", human_bytes(rate as u64)),
        None if row.held_at_zero => "held at 0".to_owned(),
        None => format!("{} s each", human_seconds(row.seconds_per_unit)),
    };
    Table::new(vec![
        Column::text("term", "term"),
        Column::custom("per_second", "rate", Alignment::Right, rate),
        Column::custom(
            "seconds_per_unit",
            "seconds a unit",
            Alignment::Right,
            move |row: &Row| number(Some(row.seconds_per_unit)),
        ),
        Column::custom("low", "95 % from", Alignment::Right, move |row: &Row| {
            number(row.low)
        }),
        Column::custom("high", "to", Alignment::Right, move |row: &Row| {
            number(row.high)
        }),
        Column::text("held_at_zero", "held at zero").only_in_files(),
    ])
}
