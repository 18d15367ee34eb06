//! `pullstat`: measures what it costs to get container images onto nodes.

mod collect;
mod costs;
mod deploy;
mod events;
mod images;
mod manifests;
mod models;
mod picture_file;
mod quickstart;
mod report;
mod run;
mod simulate;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use pullstudy_console::{CompletionsArgs, ManArgs, ReferenceArgs, Results};

/// Measure what it costs to get container images onto nodes.
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Example:
  pullstat quickstart

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Advise(images::advise::Args),
    Collect(collect::Args),
    Compare(events::compare::Args),
    #[command(after_help = "\
Examples:
  pullstat completions bash > ~/.local/share/bash-completion/completions/pullstat
  pullstat completions zsh > ~/.zfunc/_pullstat
  pullstat completions fish > ~/.config/fish/completions/pullstat.fish

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
    Completions(CompletionsArgs),
    Cost(Box<costs::Args>),
    Deploy(Box<deploy::Args>),
    Failures(events::failures::Args),
    Fit(models::fit::Args),
    Health(events::health::Args),
    Inspect(images::inspect::Args),
    #[command(hide = true)]
    Man(ManArgs),
    Manifests(manifests::Args),
    Practices(images::practices::Args),
    Predict(models::predict::Args),
    Pulls(events::pulls::Args),
    Quickstart(quickstart::Args),
    #[command(hide = true)]
    Reference(ReferenceArgs),
    Report(Box<report::Args>),
    Run(Box<run::Args>),
    Similarity(images::similarity::Args),
    Simulate(Box<simulate::Args>),
    Spread(events::spread::Args),
    Stages(events::stages::Args),
    Summary(events::summary::Args),
    Survey(images::survey::Args),
    Wall(events::wall::Args),
}

fn main() -> ExitCode {
    let cli: Cli = pullstudy_console::arguments();
    let mut results = Results::open();
    let result = match &cli.command {
        Command::Advise(args) => images::advise::run(args, &mut results),
        Command::Collect(args) => collect::run(args, &mut results),
        Command::Compare(args) => events::compare::run(args, &mut results),
        Command::Completions(args) => {
            pullstudy_console::completions(args, Cli::command(), &mut results)
        }
        Command::Cost(args) => costs::run(args, &mut results),
        Command::Deploy(args) => deploy::run(args, &mut results),
        Command::Failures(args) => events::failures::run(args, &mut results),
        Command::Fit(args) => models::fit::run(args, &mut results),
        Command::Health(args) => events::health::run(args, &mut results),
        Command::Inspect(args) => images::inspect::run(args, &mut results),
        Command::Man(args) => pullstudy_console::man(args, Cli::command()),
        Command::Manifests(args) => manifests::run(args, &mut results),
        Command::Practices(args) => images::practices::run(args, &mut results),
        Command::Predict(args) => models::predict::run(args, &mut results),
        Command::Pulls(args) => events::pulls::run(args, &mut results),
        Command::Quickstart(args) => quickstart::run(args, &mut results),
        Command::Reference(args) => {
            pullstudy_console::reference(args, Cli::command(), &mut results)
        }
        Command::Report(args) => report::run(args, &mut results),
        Command::Run(args) => run::run(args, &mut results),
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
