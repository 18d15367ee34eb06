//! Manifests on standard output, and what they may touch on standard error.

use std::io::Write;

use clap::ValueEnum;
use pullstudy_console::{UsageError, in_words, say};
use pullstudy_runner::{DeployError, Manifests};

/// How manifests are printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// Documents of YAML, under a comment.
    Yaml,
    /// One List of the API's version v1.
    Json,
}

/// Prints manifests, or says in one sentence why there are none.
pub(super) fn print(
    manifests: Result<Manifests, DeployError>,
    format: Format,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let manifests = manifests.map_err(|error| usage(&error))?;
    match format {
        Format::Yaml => results.write_all(manifests.to_yaml().as_bytes())?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *results, &manifests.to_list())?;
            writeln!(results)?;
        }
    }
    say(format_args!("note: {}", manifests.touches().note()));
    Ok(())
}

/// Whatever cannot be deployed was asked for by the command line.
pub(super) fn usage(error: &DeployError) -> UsageError {
    UsageError(in_words(error))
}
