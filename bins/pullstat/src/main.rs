//! `pullstat`: measures what it costs to get container images onto nodes.

mod costs;
mod events;
mod images;
mod manifests;
mod models;
mod picture_file;
mod quickstart;
mod simulate;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measure what it costs to get container images onto nodes.
#[derive(Parser)]
#[command(version, after_help = pullstudy_console::EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Advise(images::advise::Args),
    Compare(events::compare::Args),
    Cost(Box<costs::Args>),
    Failures(events::failures::Args),
    Fit(models::fit::Args),
    Health(events::health::Args),
    Inspect(images::inspect::Args),
    Manifests(manifests::Args),
    Practices(images::practices::Args),
    Predict(models::predict::Args),
    Pulls(events::pulls::Args),
    Quickstart(quickstart::Args),
    Similarity(images::similarity::Args),
    Simulate(Box<simulate::Args>),
    Spread(events::spread::Args),
    Stages(events::stages::Args),
    Summary(events::summary::Args),
    Survey(images::survey::Args),
    Wall(events::wall::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut results = io::stdout().lock();
    let result = match &cli.command {
        Command::Advise(args) => images::advise::run(args, &mut results),
        Command::Compare(args) => events::compare::run(args, &mut results),
        Command::Cost(args) => costs::run(args, &mut results),
        Command::Failures(args) => events::failures::run(args, &mut results),
        Command::Fit(args) => models::fit::run(args, &mut results),
        Command::Health(args) => events::health::run(args, &mut results),
        Command::Inspect(args) => images::inspect::run(args, &mut results),
        Command::Manifests(args) => manifests::run(args, &mut results),
        Command::Practices(args) => images::practices::run(args, &mut results),
        Command::Predict(args) => models::predict::run(args, &mut results),
        Command::Pulls(args) => events::pulls::run(args, &mut results),
        Command::Quickstart(args) => quickstart::run(args, &mut results),
        Command::Similarity(args) => images::similarity::run(args, &mut results),
        Command::Simulate(args) => simulate::run(args, &mut results),
        Command::Spread(args) => events::spread::run(args, &mut results),
        Command::Stages(args) => events::stages::run(args, &mut results),
        Command::Summary(args) => events::summary::run(args, &mut results),
        Command::Survey(args) => images::survey::run(args, &mut results),
        Command::Wall(args) => events::wall::run(args, &mut results),
    };
    pullstudy_console::code("pullstat", result, pullstudy_console::is_usage_error)
}
