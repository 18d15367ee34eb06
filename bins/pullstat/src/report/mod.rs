//! `pullstat report`: one page that shows a study.

mod args;
mod compose;
mod fixed_cost;
mod found;
mod glossary;
mod sections;
mod starts;
mod study;
mod traced;
mod verdict;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use pullstudy_console::{UsageError, say, write_whole};
use pullstudy_events::PullOutcome;

pub(crate) use args::Args;
use args::PageFormat;
use found::Found;
use study::{Choices, Study};
use verdict::Compared;

/// Runs the command; the page goes to `results` unless a file is named.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    check_output(args)?;
    let found = Found::in_folders(&args.folders)?;
    // Prices that nobody asks for are not looked at.
    let beside = found.prices.iter().filter(|_| args.machines.are_named());
    let prices = args.prices.read_beside(beside)?;
    let study = Study::read(args, &found)?;
    let choices = Choices::of(args, &prices, &study)?;
    let compared = match &args.compare {
        Some(base) => Some(compared(args, base, &study, &choices)?),
        None => None,
    };
    let text = match args.format {
        PageFormat::Html => compose::full(&study, &choices, compared.as_ref())?.to_html(),
        PageFormat::Md => compose::short(&study, &choices, compared.as_ref())?.to_markdown(),
    };
    write(args.output.as_deref(), &text, results)?;
    // After the page, which says more than the exit code.
    match compared.and_then(|compared| compared.failure()) {
        Some(sentence) => anyhow::bail!("{sentence}"),
        None => Ok(()),
    }
}

fn compared(
    args: &Args,
    base: &Path,
    study: &Study,
    choices: &Choices<'_>,
) -> anyhow::Result<Compared> {
    let found = Found::in_folders(&[base.to_owned()])?;
    let before = Study::read(args, &found)?;
    if !before
        .pulls
        .iter()
        .any(|pull| pull.outcome == PullOutcome::Pulled)
    {
        return Err(UsageError(format!(
            "--compare {}: no pull succeeded there, so there is nothing to compare with",
            base.display()
        ))
        .into());
    }
    Compared::of(base.display().to_string(), &before, study, choices)
}

/// A page of a megabyte is not for a terminal, and a folder that is not there is a slip that is told before any work.
fn check_output(args: &Args) -> Result<(), UsageError> {
    let Some(path) = &args.output else {
        return match args.format {
            PageFormat::Html if io::stdout().is_terminal() => Err(UsageError(
                "a page of HTML is not for a terminal: name a file, with -o report.html".to_owned(),
            )),
            _ => Ok(()),
        };
    };
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(UsageError(format!(
                "--output {}: there is no folder {}",
                path.display(),
                folder.display()
            )))
        }
        _ => Ok(()),
    }
}

fn write(output: Option<&Path>, text: &str, results: &mut dyn Write) -> anyhow::Result<()> {
    match output {
        Some(path) => {
            write_whole(path, text.as_bytes())?;
            say(format_args!("wrote {}", path.display()));
            Ok(())
        }
        None => {
            results.write_all(text.as_bytes())?;
            Ok(results.flush()?)
        }
    }
}
