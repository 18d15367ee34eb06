//! What a study would do, take and cost.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, in_words, say, terminal_width};
use pullstudy_costmodel::{NodeProfile, Sizes, node_cost_usd};
use pullstudy_report::{Column, Format, Table, human_seconds};
use pullstudy_runner::{Plan, Step};
use serde::Serialize;

use crate::costs::args::OneMachineArgs;
use crate::models::size_in_tag;

/// What a dry run predicts with.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Dry run")]
pub(super) struct CostArgs {
    /// A profile of pullstat fit, to predict how long each step takes
    #[arg(long, value_name = "PROFILE", requires = "dry_run")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    machine: OneMachineArgs,
}

/// What is printed of a step. Keys are a contract.
#[derive(Serialize)]
struct Row {
    step: usize,
    experiment: String,
    strategy: String,
    nodes: u32,
    repeat: u32,
    image: String,
    wire_bytes: Option<u64>,
    unpacked_bytes: Option<u64>,
    median_seconds: Option<f64>,
    p95_seconds: Option<f64>,
    cost_usd: Option<f64>,
}

/// Prints a row for each step, and the sum.
pub(super) fn run(
    plan: &Plan,
    args: &CostArgs,
    format: Format,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let profile = args.profile.as_ref().map(NodeProfile::read);
    let profile = profile
        .transpose()
        .map_err(|error| UsageError(in_words(&error)))?;
    let usd_per_hour = args.machine.usd_per_hour()?;
    let rows: Vec<Row> = plan
        .steps
        .iter()
        .map(|step| Row::of(step, profile.as_ref(), usd_per_hour))
        .collect();
    table(usd_per_hour.is_some())
        .within(terminal_width())
        .write(format, &rows, results)?;
    tell(plan, &rows, profile.is_some());
    Ok(())
}

impl Row {
    fn of(step: &Step, profile: Option<&NodeProfile>, usd_per_hour: Option<f64>) -> Self {
        let image = step.image.reference.to_string();
        // The sizes of the published study's images stand in their tags, and are those of the files.
        let in_tag = || size_in_tag::unpacked_bytes(&image);
        let unpacked_bytes = step.image.unpacked_bytes.or_else(in_tag);
        let sizes = Sizes {
            wire_bytes: step.image.wire_bytes,
            unpacked_bytes,
            layers: step
                .image
                .layers
                .and_then(|layers| u32::try_from(layers).ok()),
            nodes: Some(step.nodes),
            ..Sizes::default()
        };
        let prediction = profile.and_then(|profile| profile.predict_image(&image, &sizes).ok());
        let median_seconds = prediction.as_ref().map(|it| it.median_seconds);
        let node_seconds = median_seconds.map(|seconds| seconds * f64::from(step.nodes));
        Self {
            step: step.number + 1,
            experiment: step.experiment.clone(),
            strategy: step.strategy.name.clone(),
            nodes: step.nodes,
            repeat: step.repeat,
            wire_bytes: step.image.wire_bytes,
            unpacked_bytes,
            median_seconds,
            p95_seconds: prediction.map(|it| it.p95_seconds),
            cost_usd: node_seconds
                .zip(usd_per_hour)
                .map(|(seconds, usd)| node_cost_usd(seconds, usd)),
            image,
        }
    }
}

fn table(with_cost: bool) -> Table<Row> {
    let cost = Column::usd("cost_usd", "cost");
    Table::new(vec![
        Column::count("step", "step"),
        Column::text("experiment", "experiment"),
        Column::text("strategy", "strategy").only_in_files(),
        Column::count("nodes", "nodes"),
        Column::count("repeat", "repeat"),
        Column::text("image", "image"),
        Column::bytes("wire_bytes", "wire"),
        Column::bytes("unpacked_bytes", "unpacked"),
        Column::seconds("median_seconds", "median s"),
        Column::seconds("p95_seconds", "p95 s"),
        if with_cost {
            cost
        } else {
            cost.only_in_files()
        },
    ])
}

fn tell(plan: &Plan, rows: &[Row], with_profile: bool) {
    say(format_args!(
        "{} steps, {} pulls; nothing was done",
        rows.len(),
        rows.iter().map(|row| u64::from(row.nodes)).sum::<u64>()
    ));
    if !with_profile {
        say(format_args!(
            "--profile PROFILE (of pullstat fit) predicts how long each step takes, --machine what that costs"
        ));
        return;
    }
    let known: Vec<f64> = rows.iter().filter_map(|row| row.median_seconds).collect();
    let cost: f64 = rows.iter().filter_map(|row| row.cost_usd).sum();
    say(format_args!(
        "the pulls take {} s, one after the other, by the medians of {} of {} steps; nodes that wait cost USD {cost:.2}",
        human_seconds(known.iter().sum()),
        known.len(),
        plan.steps.len()
    ));
}
