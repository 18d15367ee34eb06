//! `crafter`: crafts, verifies, serves and copies container images of exact size.

mod build;
mod copy;
mod exit;
mod matrix;
mod plan;
mod progress;
mod push;
mod row;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use pullstudy_console::{CompletionsArgs, ManArgs, ReferenceArgs, Results};

/// Craft, verify, serve and copy container images of exact size.
#[derive(Parser)]
#[command(
    name = "crafter",
    version,
    after_help = "\
Example:
  crafter build sizes.yaml -o images

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Plan(plan::Args),
    Build(build::Args),
    Verify(verify::Args),
    Serve(serve::Args),
    Copy(copy::Args),
    #[command(after_help = "\
Examples:
  crafter completions bash > ~/.local/share/bash-completion/completions/crafter
  crafter completions zsh > ~/.zfunc/_crafter
  crafter completions fish > ~/.config/fish/completions/crafter.fish

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Man(ManArgs),
    #[command(hide = true)]
    Reference(ReferenceArgs),
}

fn main() -> ExitCode {
    let cli: Cli = pullstudy_console::arguments();
    let mut results = Results::open();
    let result = match &cli.command {
        Command::Plan(args) => plan::run(args, &mut results),
        Command::Build(args) => build::run(args, &mut results),
        Command::Verify(args) => verify::run(args, &mut results),
        Command::Serve(args) => serve::run(args, &mut results),
        Command::Copy(args) => copy::run(args, &mut results),
        Command::Completions(args) => {
            pullstudy_console::completions(args, Cli::command(), &mut results)
        }
        Command::Man(args) => pullstudy_console::man(args, Cli::command()),
        Command::Reference(args) => {
            pullstudy_console::reference(args, Cli::command(), &mut results)
        }
    };
    pullstudy_console::code("crafter", result, exit::is_usage)
}
