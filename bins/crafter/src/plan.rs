//! `crafter plan`: what would be built.

use std::io::Write;

use pullstudy_console::{Clients, ConnectionArgs, retries, say, terminal_width};
use pullstudy_report::Format;

use crate::matrix::{Matrix, MatrixArgs};
use crate::row::{self, Row};

/// Show the matrix of a sizes file: what would be built, and what is skipped and why
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  crafter plan sizes.yaml
  crafter plan sizes.yaml --format json | jq '.[].wire_bytes'

Nothing is made. What only building tells (digest, sizes of config and manifest) is null.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// How to print the rows: table, json or csv
    #[arg(long, default_value_t)]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints a row for each image and platform.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let matrix = Matrix::read(&args.matrix)?;
    let clients = Clients::new(
        &args.connection,
        retries(|line| say(format_args!("{line}"))),
    );
    let plan = matrix.plan(matrix.seed(None)?, &clients)?;
    if plan
        .images
        .iter()
        .flat_map(|image| &image.platforms)
        .any(|platform| platform.wire_bytes().is_none())
    {
        say(format_args!(
            "the wire bytes of published images are known once they are built: zeros shrink a thousandfold"
        ));
    }
    let rows = Row::planned(&plan);
    Ok(row::table(&rows)
        .within(terminal_width())
        .write(args.format, &rows, results)?)
}
