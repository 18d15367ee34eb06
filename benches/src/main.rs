//! Benchmarks of pullstudy, beside its peers and the machine's own limits.
//!
//! `cargo xtask bench` runs all; `cargo xtask bench generate` one. Nothing here is asserted by a test: a figure is
//! printed with its spread and kept raw, and a promise is printed as kept or missed.

mod crafter;
mod crafting;
mod docker_registry;
mod events;
mod faults;
mod figure;
mod generate;
mod hashing;
mod layout;
mod machine;
mod manifests;
mod plain_http;
mod process;
mod published;
mod reader;
mod realistic;
mod report;
mod similarity;
mod simulator;
mod table;
mod transfer;

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};

use figure::Findings;
use machine::Machine;
use report::Kept;

/// Run benchmarks beside their peers, and keep the results.
#[derive(Parser)]
#[command(
    after_help = "Examples:\n  cargo xtask bench generate layout --keep docs/results\n  cargo xtask bench --table docs/results"
)]
struct Args {
    /// Which benchmarks; all if none is named
    names: Vec<Name>,
    /// Runs of each figure
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// A part of the full size, to try a benchmark out; only `similarity` has sizes to choose
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = part)]
    scale: f64,
    /// Also write the results into a folder of this one, named after the date and the machine
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Run nothing; print one table of the newest results in the folders of this one
    #[arg(long, value_name = "DIR", conflicts_with_all = ["names", "runs", "scale", "keep"])]
    table: Option<PathBuf>,
    /// The date in that folder's name [default: today, by `date`]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "keep")]
    date: Option<String>,
}

/// A benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Layers into a null sink, against the rate at which the cores can hash
    Generate,
    /// Realistic layers, against a tar of /usr: what reading them costs
    Realistic,
    /// A 9-layer image into a layout, against umoci and buildah
    Layout,
    /// All 38 images of the published study, 118 GB, into a null sink
    Published,
    /// Images to and from docker-registry, against skopeo and plain sockets
    Transfer,
    /// 10,000 schedules of faults against the registry client
    Faults,
    /// 345 MB of event logs into pulls, against Python's JSON modules
    Events,
    /// 810 MB of manifests into images, against Python's JSON module
    Manifests,
    /// 10,000 images clustered, against SciPy; a crawl of 51,519 clustered, a million sets joined
    Similarity,
    /// 4,096 nodes with 100 layers, 100,000 nodes with 12: time, memory, growth
    Simulator,
    /// `published` in this process, whose memory `published` measures
    #[value(hide = true)]
    PublishedChild,
    /// `events` in this process, whose time and memory `events` measures
    #[value(hide = true)]
    EventsChild,
    /// `manifests` in this process, whose time and memory `manifests` measures
    #[value(hide = true)]
    ManifestsChild,
    /// `similarity` in this process, whose time and memory `similarity` measures
    #[value(hide = true)]
    SimilarityChild,
    /// `simulator` in this process, whose time and memory `simulator` measures
    #[value(hide = true)]
    SimulatorChild,
}

impl Name {
    const ALL: [Self; 10] = [
        Self::Generate,
        Self::Realistic,
        Self::Layout,
        Self::Published,
        Self::Transfer,
        Self::Faults,
        Self::Events,
        Self::Manifests,
        Self::Similarity,
        Self::Simulator,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Realistic => "realistic",
            Self::Layout => "layout",
            Self::Published => "published",
            Self::Transfer => "transfer",
            Self::Faults => "faults",
            Self::Events => "events",
            Self::Manifests => "manifests",
            Self::Similarity => "similarity",
            Self::Simulator => "simulator",
            Self::PublishedChild => "published-child",
            Self::EventsChild => "events-child",
            Self::ManifestsChild => "manifests-child",
            Self::SimilarityChild => "similarity-child",
            Self::SimulatorChild => "simulator-child",
        }
    }

    fn run(self, runs: usize, scale: f64) -> anyhow::Result<Findings> {
        match self {
            Self::Generate => generate::run(runs),
            Self::Realistic => realistic::run(runs),
            Self::Layout => layout::run(runs),
            Self::Published => published::run(),
            Self::Transfer => transfer::run(runs),
            Self::Faults => faults::run(),
            Self::Events => events::run(runs),
            Self::Manifests => manifests::run(runs),
            Self::Similarity => similarity::run(runs, scale),
            Self::PublishedChild => published::run_child(),
            Self::EventsChild => events::run_child(),
            Self::ManifestsChild => manifests::run_child(),
            Self::SimilarityChild => similarity::run_child(),
            Self::Simulator => simulator::run(runs),
            Self::SimulatorChild => simulator::run_child(),
        }
    }

    /// Programs whose versions belong to the result.
    fn programs(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Generate
            | Self::Published
            | Self::PublishedChild
            | Self::EventsChild
            | Self::ManifestsChild
            | Self::Similarity
            | Self::SimilarityChild
            | Self::Simulator
            | Self::SimulatorChild
            | Self::Faults => &[&["rustc", "--version"]],
            Self::Manifests => &[&["rustc", "--version"], &["python3", "--version"]],
            Self::Events => &[
                &["rustc", "--version"],
                &["python3", "--version"],
                &[
                    "python3",
                    "-c",
                    "import orjson; print('orjson', orjson.__version__)",
                ],
            ],
            Self::Realistic => &[
                &["rustc", "--version"],
                &["gzip", "--version"],
                &["zstd", "--version"],
            ],
            Self::Transfer => &[
                &["rustc", "--version"],
                &["skopeo", "--version"],
                &["docker-registry", "--version"],
            ],
            Self::Layout => &[
                &["rustc", "--version"],
                &["umoci", "--version"],
                &["buildah", "--version"],
            ],
        }
    }
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let children = [
        Name::PublishedChild,
        Name::EventsChild,
        Name::SimilarityChild,
        Name::SimulatorChild,
    ];
    if let [name] = args.names[..]
        && children.contains(&name)
    {
        return name.run(1, 1.0).map(drop);
    }
    if let Some(root) = &args.table {
        return say(&table::markdown(&table::newest(root)?)?);
    }
    let names = if args.names.is_empty() {
        Name::ALL.to_vec()
    } else {
        args.names.clone()
    };
    let mut results = Vec::new();
    for name in names {
        let findings = name.run(args.runs, args.scale)?;
        results.push(publish(&args, name, findings)?);
    }
    if results.len() > 1 {
        say(&table::markdown(&results)?)?;
    }
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// Prints the findings, and keeps them if that was asked for.
fn publish(args: &Args, name: Name, findings: Findings) -> anyhow::Result<Kept> {
    let machine = Machine::this(name.programs());
    let mut command = format!("cargo xtask bench {} --runs {}", name.as_str(), args.runs);
    if args.scale < 1.0 {
        command += &format!(" --scale {}", args.scale);
    }
    let text = report::markdown(name.as_str(), &command, &machine, &findings)?;
    say(&format!("{text}\n"))?;
    if let Some(folder) = &args.keep {
        let date = args.date.clone().map_or_else(today, Ok)?;
        let folder = folder.join(format!("{date}-{}", machine.slug()));
        let path = report::keep(&folder, name.as_str(), &command, &machine, &findings)?;
        writeln!(std::io::stderr(), "wrote {}", path.display())?;
    }
    Ok(Kept {
        benchmark: name.as_str().to_owned(),
        command,
        machine,
        findings,
    })
}

/// Reads a part of a whole.
fn part(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(part) if part > 0.0 && part <= 1.0 => Ok(part),
        _ => Err("expected a number above 0, at most 1".to_owned()),
    }
}

fn today() -> anyhow::Result<String> {
    let output = Command::new("date")
        .args(["-u", "+%F"])
        .output()
        .context("failed to run date")?;
    if !output.status.success() {
        bail!("date failed; give --date");
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
