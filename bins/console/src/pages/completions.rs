//! `completions`: what makes a shell complete a program's commands and options.

use std::io::Write;

use clap::Command;
use clap_complete::Shell;

/// Print a script that makes a shell complete the commands and options
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script of one shell for `program`.
///
/// # Errors
///
/// It cannot be printed.
pub fn completions(
    args: &CompletionsArgs,
    mut program: Command,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let name = program.get_name().to_owned();
    // The generator panics where it cannot write, such as into `head`.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, name, &mut script);
    Ok(results.write_all(&script)?)
}
